"""Tokens of a macro as statements: declarations, loops, conditions, functions. Expressions stay spans of the text."""

from __future__ import annotations

from tmvalite.errors import Span
from tmvalite.migration.declaration_reading import DeclarationReading
from tmvalite.migration.macro_nodes import Braces, ExpressionStatement, For, ForEach, If, Simple, Statement, Unknown, While
from tmvalite.migration.tokens import Tokens

WHOLE = {"class", "struct", "enum", "union", "template", "namespace", "extern", "switch", "try", "typedef", "goto"}
CLOSING = {"(": ")", "[": "]", "{": "}"}
MAX_DEPTH = 100


def read_statements(tokens: Tokens) -> list[Statement]:
    """The statements and functions of a macro, in their order."""
    return _Reading(tokens).several(len(tokens.tokens), top=True)


class _Unreadable(Exception):
    """A bracket that belongs here is not there."""


class _Reading(DeclarationReading):
    """Goes through the tokens once, from `at` on."""

    def __init__(self, given: Tokens):
        self.tokens, self.at, self.depth = given.tokens, 0, 0
        self.comments, self.next_comment, self.whole = given.comments, 0, given.source.text

    def text(self, i: int) -> str:
        return self.tokens[i].text if i < len(self.tokens) else ""

    def several(self, stop: int, top: bool = False) -> list[Statement]:
        """The statements up to token `stop`."""
        out = []
        while self.at < stop:
            comments = self.comments_before(self.tokens[self.at].start)
            found = self.one(top)
            trailing = self.comments_in_line()
            if found is not None:
                found.comments, found.trailing = comments, trailing
                out.append(found)
        return out

    def comments_in_line(self) -> tuple[str, ...]:
        """The comment that stands behind the last token, in the same line, where nothing follows it there."""
        if not self.at or self.next_comment >= len(self.comments):
            return ()
        start, stop, text = self.comments[self.next_comment]
        last = self.tokens[min(self.at, len(self.tokens)) - 1].stop
        between = self.whole[last:start]
        if start < last or between.strip() or "\n" in between or "\n" in text:
            return ()
        if self.whole[stop : self.whole.find("\n", stop)].strip():
            return ()
        self.next_comment += 1
        return (text,)

    def comments_before(self, place: int) -> tuple[str, ...]:
        """The texts of comments that end before a place and were not handed out."""
        out = []
        while self.next_comment < len(self.comments) and self.comments[self.next_comment][1] <= place:
            out.append(self.comments[self.next_comment][2])
            self.next_comment += 1
        return tuple(out)

    def closing(self, i: int) -> int:
        """The index of the bracket that closes the one at i; brackets were checked before."""
        if self.text(i) not in CLOSING:
            raise _Unreadable
        depth, wanted, opening = 0, CLOSING[self.text(i)], self.text(i)
        for k in range(i, len(self.tokens)):
            if self.tokens[k].kind == "sign":
                depth += (self.tokens[k].text == opening) - (self.tokens[k].text == wanted)
                if depth == 0:
                    return k
        return len(self.tokens) - 1

    def find(self, marks: set[str], i: int, stop: int | None = None) -> int:
        """The first of these signs at or behind i that stands outside brackets; `stop` without one."""
        stop = len(self.tokens) if stop is None else stop
        while i < stop:
            text = self.tokens[i].text if self.tokens[i].kind == "sign" else ""
            if text in marks:
                return i
            if text in CLOSING:
                i = self.closing(i)
            elif text in ")]}":
                if text:
                    return i
            i += 1
        return stop

    def span(self, first: int, stop: int) -> Span:
        """The text of the tokens from first to before stop."""
        if first >= stop:
            place = self.tokens[min(first, len(self.tokens) - 1)].start if self.tokens else 0
            return Span(place, place)
        return Span(self.tokens[first].start, self.tokens[min(stop, len(self.tokens)) - 1].stop)

    # Statements

    def one(self, top: bool = False) -> Statement | None:
        """The next statement; None for an empty one."""
        begin, depth = self.at, self.depth
        try:
            return self._one(top)
        except _Unreadable:
            self.depth = depth
            return self.unknown(begin, "statement of this form")

    def _one(self, top: bool) -> Statement | None:
        begin, word = self.at, self.text(self.at)
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                return self.unknown(begin, "too many levels")
            if word == ";":
                self.at += 1
                return None
            if word == "{":
                return self.block()
            if word == "using":
                self.at = self.find({";"}, begin) + 1
                return Simple(self.span(begin, self.at), "using", self.span(begin + 1, self.at - 1))
            if word in ("if", "for", "while", "do"):
                return getattr(self, f"{word}_")()
            if word in WHOLE and not (word in ("struct", "enum") and self.is_declaration(begin)):
                return self.unknown(begin, word)
            if word in ("return", "break", "continue", "delete", "throw"):
                end = self.find({";"}, begin)
                self.at = end + 1
                first = begin + 1
                if word == "delete" and self.text(first) == "[":
                    first += 2
                return Simple(self.span(begin, end), word, self.span(first, end))
            if top and (function := self.function(begin)) is not None:
                return function
            return self.declaration(begin) if self.is_declaration(begin) else self.expression(begin)
        finally:
            self.depth -= 1

    def body(self) -> Statement:
        """The statement of a loop or a condition."""
        found = self.one() if self.at < len(self.tokens) else None
        return found if found is not None else Braces(self.span(self.at, self.at), [])

    def block(self) -> Braces:
        begin, end = self.at, self.closing(self.at)
        self.at += 1
        body = self.several(end)
        rest = self.comments_before(self.tokens[end].stop)
        self.at = end + 1
        return Braces(self.span(begin, end + 1), body, rest)

    def unknown(self, begin: int, what: str) -> Unknown:
        """Up to the semicolon or, with what belongs to it, the closing brace."""
        end = self.find({";", "{"}, begin)
        if self.text(end) == "{":
            end = self.closing(end)
            while self.text(end + 1) == "catch":
                end = self.closing(self.find({"{"}, end + 1))
            if what not in ("switch", "namespace", "extern", "template", "try"):
                end = self.find({";"}, end + 1) if self.text(end + 1) else end
        self.at = end + 1
        return Unknown(self.span(begin, min(self.at, len(self.tokens))), what)

    def bracket(self, i: int) -> tuple[int, int]:
        """(first, stop) of what stands between the brackets that open at i."""
        return i + 1, self.closing(i)

    def if_(self) -> Statement:
        begin = self.at
        at = begin + 2 if self.text(begin + 1) == "constexpr" else begin + 1
        first, stop = self.bracket(at)
        self.at = stop + 1
        yes, no = self.body(), None
        if self.text(self.at) == "else":
            self.at += 1
            no = self.body()
        return If(self.span(begin, self.at), self.span(first, stop), yes, no)

    def while_(self) -> Statement:
        begin = self.at
        first, stop = self.bracket(begin + 1)
        self.at = stop + 1
        body = self.body()
        return While(self.span(begin, self.at), self.span(first, stop), body)

    def do_(self) -> Statement:
        begin = self.at
        self.at += 1
        body = self.body()
        first, stop = self.bracket(self.at + 1)
        self.at = self.find({";"}, stop) + 1
        return While(self.span(begin, self.at), self.span(first, stop), body, at_end=True)

    def for_(self) -> Statement:
        begin = self.at
        first, stop = self.bracket(begin + 1)
        colon, semicolon = self.find({":"}, first, stop), self.find({";"}, first, stop)
        if colon < semicolon and colon < stop:
            name = self.text(colon - 1)
            values = self.span(colon + 1, stop)
            self.at = stop + 1
            body = self.body()
            return ForEach(self.span(begin, self.at), name, values, body)
        self.at = first
        start = self.one() if semicolon > first else None
        second = self.find({";"}, semicolon + 1, stop)
        condition, step = self.span(semicolon + 1, second), self.span(min(second + 1, stop), stop)
        self.at = stop + 1
        body = self.body()
        return For(self.span(begin, self.at), start, condition, step, body)

    def expression(self, begin: int) -> Statement:
        end = self.find({";"}, begin)
        if self.text(end) != ";":  # a brace that no statement opened
            end = max(end, begin + 1)
            self.at = end
            return Unknown(self.span(begin, end), "statement")
        self.at = end + 1
        return ExpressionStatement(self.span(begin, self.at), self.span(begin, end))

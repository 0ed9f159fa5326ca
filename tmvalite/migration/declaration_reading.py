"""Tokens of a macro as declarations and functions: types, names, initial values, parameters."""

from __future__ import annotations

from tmvalite.errors import Span
from tmvalite.migration.macro_nodes import Declaration, Declarator, MacroFunction, Simple, Statement

QUALIFIERS = {"const", "static", "constexpr", "inline", "volatile", "register", "mutable", "struct", "enum", "extern"}


WORDS_OF_NUMBERS = {"unsigned", "signed", "long", "short"}


NOT_TYPES = {
    "return",
    "delete",
    "new",
    "throw",
    "else",
    "case",
    "goto",
    "if",
    "for",
    "while",
    "do",
    "switch",
    "using",
    "operator",
}


AFTER_NAME = {"=", "(", "{", ";", ",", "[", ":"}


class DeclarationReading:
    """The part of the reading of statements that knows types."""

    def type_end(self, i: int) -> int:
        """Where a type that begins at i ends, with its stars; i itself where there is no type."""
        begin, seen = i, False
        while self.text(i) in QUALIFIERS | WORDS_OF_NUMBERS:
            seen = seen or self.text(i) in WORDS_OF_NUMBERS
            i += 1
        if self.text(i) == "::":
            i += 1
        named = i < len(self.tokens) and self.tokens[i].kind == "name" and self.text(i) not in NOT_TYPES
        if named and not (seen and self.text(i) not in ("int", "long", "char", "double", "short", "float")):
            i += 1
            while self.text(i) == "::" and i + 1 < len(self.tokens) and self.tokens[i + 1].kind == "name":
                i += 2
            if self.text(i) == "<":
                end = self.template_end(i)
                if end < 0:
                    return begin
                i = end
                while self.text(i) == "::" and self.tokens[i + 1].kind == "name":
                    i += 2
        elif not seen:
            return begin
        while self.text(i) in ("const", "*", "&", "&&", "**"):
            i += 1
        return i

    def template_end(self, i: int) -> int:
        """The token behind `<...>`, or -1 where this is a comparison."""
        depth = 0
        for k in range(i, min(i + 60, len(self.tokens))):
            text = self.text(k)
            depth += (text == "<") - (text == ">") - 2 * (text == ">>")
            if depth <= 0:
                return k + 1
            if text in (";", "{", "(", ")") or self.tokens[k].kind == "text":
                return -1
        return -1

    def is_declaration(self, i: int) -> bool:
        end = self.type_end(i)
        if end == i or end >= len(self.tokens) or self.tokens[end].kind != "name":
            return False
        return self.text(end + 1) in AFTER_NAME and self.text(end) not in NOT_TYPES

    def declaration(self, begin: int) -> Statement:
        name_at = self.type_end(begin)
        kind, stars = self.kind(begin, name_at)
        end = self.find({";"}, begin)
        names, at = [], name_at
        while at < end:
            stop = self.find({","}, at, end)
            more = 0
            while self.text(at) in ("*", "&", "const"):
                more += self.text(at) == "*"
                at += 1
            names.append(self.declarator(at, stop, more if names else stars))
            at = stop + 1
        self.at = end + 1
        return Declaration(self.span(begin, self.at), kind, names)

    def kind(self, begin: int, end: int) -> tuple[str, int]:
        """The type without qualifiers, and the number of stars."""
        parts = [token.text for token in self.tokens[begin:end] if token.text not in QUALIFIERS | {"&", "&&"}]
        stars = 0
        while parts and parts[-1] in ("*", "**"):
            stars += len(parts.pop())
        words: list[str] = []
        for part in parts:
            words.append(f" {part}" if words and part[0].isalnum() and words[-1][-1].isalnum() else part)
        return "".join(words), stars

    def declarator(self, at: int, stop: int, stars: int) -> Declarator:
        name, i, sizes = self.text(at), at + 1, []
        while self.text(i) == "[" and i < stop:
            first, last = self.bracket(i)
            sizes.append(self.span(first, last))
            i = last + 1
        form = self.text(i) if i < stop and self.text(i) in ("=", "(", "{") else ""
        if form == "=":
            value = self.span(i + 1, stop)
        elif form:
            value = self.span(*self.bracket(i))
        else:
            value = self.span(i, i)
        return Declarator(name, stars, tuple(sizes), form, value)

    def function(self, begin: int) -> Statement | None:
        """A function with its body, or a declaration of one, which is empty; None where there is none."""
        name_at = self.type_end(begin)
        if name_at == begin or name_at >= len(self.tokens) or self.tokens[name_at].kind != "name":
            if self.tokens[begin].kind != "name" or self.text(begin + 1) != "(":
                return None
            name_at = begin  # old style: a function without a type
        if self.text(name_at + 1) != "(":
            return None
        close = self.closing(name_at + 1)
        after = close + 1 + (self.text(close + 1) == "const")
        parameters = self.parameters(name_at + 2, close)
        if self.text(after) == ";" and parameters is not None and name_at != begin and (parameters or close == name_at + 2):
            self.at = after + 1
            return Simple(self.span(begin, self.at), "using", self.span(begin, begin))  # only announced
        if self.text(after) != "{" or parameters is None:
            return None
        self.at = after
        body = self.block()
        return MacroFunction(self.span(begin, self.at), self.text(name_at), parameters, body)

    def parameters(self, at: int, stop: int) -> list[tuple[str, str, Span | None]] | None:
        """(type, name, default) of each; None where these are no parameters."""
        out: list[tuple[str, str, Span | None]] = []
        if self.text(at) == "void" and at + 1 == stop:
            return out
        while at < stop:
            end = self.find({","}, at, stop)
            name_at = self.type_end(at)
            if name_at == at:
                return None
            kind, stars = self.kind(at, name_at)
            if name_at >= end:
                out.append((kind + "*" * stars, f"unused{len(out)}", None))
            else:
                if self.tokens[name_at].kind != "name":
                    return None
                equals = self.find({"="}, name_at, end)
                default = self.span(equals + 1, end) if equals < end else None
                out.append((kind + "*" * stars, self.text(name_at), default))
            at = end + 1
        return out

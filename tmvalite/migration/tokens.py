"""A macro's text as tokens; comments and directives are set aside, and what a directive leaves out is blanked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tmvalite.errors import OptionError, Source, Span

# What a directive may ask for by name; everything else that is not defined in the macro is not there.
DEFINED = {"R__HAS_TMVACPU", "R__USE_IMT", "__CLING__"}

WORDS = {"and": "&&", "or": "||", "not": "!"}  # other names of signs

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<text>R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
    |(?P<number>(?:0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fFuUlL]*)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>::|->|\+\+|--|<<=|>>=|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|[^\s])""",
    re.VERBOSE | re.DOTALL,
)
_CONTINUED = re.compile(r'"(?:\\.|\\\n|[^"\\\n])*\\\n(?:\\.|\\\n|[^"\\\n])*"')  # a text over several lines
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)?((?:\\\n|[^\n])*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MacroToken:
    """A piece of the text: name, number, text or sign."""

    kind: str
    text: str
    start: int
    stop: int


@dataclass(frozen=True)
class Tokens:
    """All tokens, the comments by where they end, and the text that they are of: as long as the macro's, with blanks."""

    source: Source
    tokens: tuple[MacroToken, ...]
    comments: tuple[tuple[int, int, str], ...]
    constants: tuple[tuple[str, str], ...]


def tokenize(text: str) -> Tokens:
    """The tokens of a macro. Raises OptionError for brackets that do not fit."""
    text, constants = _without_directives(text)
    tokens, comments = [], []
    shown = list(text)
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "comment":
            comments.append((match.start(), match.end(), match.group()))
            continue
        word = match.group()
        if word in WORDS:
            shown[match.start() : match.end()] = WORDS[word].ljust(len(word))
        tokens.append(MacroToken(match.lastgroup, word, match.start(), match.end()))
    source = Source("".join(shown))
    _check_brackets(source, tokens)
    return Tokens(source, tuple(tokens), tuple(comments), tuple(constants))


def _check_brackets(source: Source, tokens: list[MacroToken]) -> None:
    pairs, open_ones = {")": "(", "]": "[", "}": "{"}, []
    for token in tokens:
        if token.kind != "sign":
            continue
        if token.text in pairs.values():
            open_ones.append(token)
        elif token.text in pairs:
            if not open_ones:
                raise _bracket(source, token, f"'{token.text}' has no '{pairs[token.text]}' before it")
            if open_ones[-1].text != pairs[token.text]:
                raise _bracket(source, open_ones[-1], f"'{open_ones[-1].text}' is never closed")
            open_ones.pop()
    if open_ones:
        raise _bracket(source, open_ones[-1], f"'{open_ones[-1].text}' is never closed")


def _bracket(source: Source, token: MacroToken, message: str) -> OptionError:
    line = source.text.count("\n", 0, token.start) + 1
    begin = source.text.rfind("\n", 0, token.start) + 1
    end = source.text.find("\n", token.start)
    shown = source.text[begin : end if end >= 0 else len(source.text)]
    place = Span(token.start - begin, token.stop - begin)
    return OptionError(message, code="macro-bracket", source=Source(shown), span=place, where=f"line {line} of the macro")


def _without_directives(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text with directives, and what they leave out, as blanks; and the constants that `#define` gives."""
    kept, at, defined, constants = [], 0, set(DEFINED), []
    taken: list[list[bool]] = []  # of each open #if: whether this part counts, whether one has counted
    text = _CONTINUED.sub(lambda match: match.group().replace("\\\n", ""), text.replace("\r\n", "\n"))

    def counts() -> bool:
        return all(level[0] for level in taken)

    for match in _DIRECTIVE.finditer(text):
        kept.append(_part(text, at, match.start(), counts()))
        word, rest = match[1] or "", match[2].replace("\\\n", " ").strip()
        if word in ("if", "ifdef", "ifndef"):
            holds = _holds(rest, defined) if word == "if" else (rest.split()[:1] or [""])[0] in defined
            holds = not holds if word == "ifndef" else holds
            taken.append([holds, holds])
        elif word in ("else", "elif") and taken:
            holds = not taken[-1][1] and (word == "else" or _holds(rest, defined))
            taken[-1] = [holds, taken[-1][1] or holds]
        elif word == "endif" and taken:
            taken.pop()
        elif word == "define" and counts():
            name, _, value = rest.partition(" ")
            defined.add(name)
            if value.strip() and "(" not in name:
                constants.append((name, value.strip()))
        kept.append(_blank(match.group()))
        at = match.end()
    kept.append(_part(text, at, len(text), counts()))
    return "".join(kept), constants


def _part(text: str, start: int, stop: int, counts: bool) -> str:
    return text[start:stop] if counts else _blank(text[start:stop])


def _blank(text: str) -> str:
    return "".join("\n" if c == "\n" else " " for c in text)


def _holds(condition: str, defined: set[str]) -> bool:
    """The truth of an #if: names that are defined, numbers, ! && || and brackets; a comparison counts as false."""
    words = re.findall(r"defined\s*\(\s*\w+\s*\)|defined\s+\w+|\w+|&&|\|\||[!()]", re.sub(r"//.*|/\*.*?\*/", "", condition))
    if re.search(r"[<>=]", condition):
        return False
    at = 0

    def either() -> bool:
        nonlocal at
        value = both()
        while at < len(words) and words[at] in ("||", "or"):
            at += 1
            value = both() or value
        return value

    def both() -> bool:
        nonlocal at
        value = one()
        while at < len(words) and words[at] in ("&&", "and"):
            at += 1
            value = one() and value
        return value

    def one() -> bool:
        nonlocal at
        if at >= len(words):
            return False
        word = words[at]
        at += 1
        if word in ("!", "not"):
            return not one()
        if word == "(":
            value = either()
            at += 1
            return value
        if word.startswith("defined"):
            return re.findall(r"\w+", word)[-1] in defined
        return int(word) != 0 if word.isdigit() else word in defined

    return either()

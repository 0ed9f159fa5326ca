"""Numbers as TMVA reads them: the leading part counts, what follows is ignored. We say so, or refuse.

A whole number may be written as `1e3`, which TMVA reads as 1. Only ASCII digits count, as in TMVA.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from tmvalite.errors import OptionError, Source, Span, quoted

_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NO_MANTISSA = re.compile(r"([+-]?)([eE][+-]?[0-9]+)$")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2212\u066b", "-----.")
_LETTERS = str.maketrans("OolI", "0011")
_SPOILT = (
    (re.compile(r"([0-9.]+)-[eE]([0-9]+)"), r"\1e-\2"),
    (re.compile(r"([0-9.]+)[eE]{2,}([+-]?[0-9]+)"), r"\1e\2"),
    (re.compile(r"10(?:\^|\*\*)([+-]?[0-9]+)"), r"1e\1"),
    (re.compile(r"([0-9.]+)(?:\*|x|X)10(?:\^|\*\*)([+-]?[0-9]+)"), r"\1e\2"),
)
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 400  # of a number; Python reads longer integers in quadratic time, and no option needs them


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """The number at the beginning of a text, and what TMVA ignores behind it: its place (None if nothing) and text."""

    value: float | int
    ignored: Span | None = None
    rest: str = ""


def read_number(text: str, kind: type, source: Source, span: Span, *, name: str, where: str | None = None) -> ReadNumber:
    """Read the number that `text`, found at `span`, begins with.

    Parameters
    ----------
    kind : type
        int or float. A whole number may be written as 20.0 or 2e1.
    name : str
        What the number is, for messages.

    Raises
    ------
    OptionError
        If the text does not begin with a number (TMVA would read 0), or if the number is not finite.
    """
    what = "a whole number" if kind is int else "a number"

    def fail(message, hint=None, code="number"):
        return OptionError(message, code=code, source=source, span=span, where=where, expected=what, hint=hint)

    if not text:
        raise fail(f"{name} has no value", code="value-missing")
    whole = as_whole(text) if kind is int else None
    match = (_INTEGER if kind is int and whole is None else _REAL).match(text)
    if match is None:
        missing = _NO_MANTISSA.match(text)
        hint = f"did you mean {missing[1]}1{missing[2]}?" if missing and kind is float else number_hint(text)
        raise fail(f"{quoted(text)} is not a number; TMVA would read {name} as 0", hint)
    digits = match.group()
    value = whole if whole is not None else kind(digits) if len(digits) <= MAX_DIGITS else math.inf
    if kind is int and _REAL.fullmatch(text) and math.isinf(float(text)):
        digits, value = text, math.inf  # 1e999
    if not math.isfinite(value) or (kind is int and abs(value) > MAX_INTEGER):
        raise fail(f"{name} is too large: {quoted(digits)}")
    rest = text[match.end() :].strip()
    if not rest:
        return ReadNumber(value)
    begin = span.start + source.text[span.start : span.stop].find(rest[0], match.end())
    return ReadNumber(value, Span(max(begin, span.start), span.stop), rest)


def number_hint(text: str) -> str | None:
    """What to write for a number that was spoilt: other digits or minus signs than those of ASCII, 1-e3, 10^-3, 1OO."""
    ascii_text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    ascii_text = "".join(str(unicodedata.decimal(c, c)) for c in ascii_text)
    if ascii_text != text and _REAL.fullmatch(ascii_text):
        return f"write {ascii_text} in plain characters"
    for pattern, right in _SPOILT:
        match = pattern.fullmatch(text)
        if match is not None:
            return f"did you mean {match.expand(right)}?"
    digits = text.translate(_LETTERS)
    return f"did you mean {digits}?" if digits != text and _REAL.fullmatch(digits) else None


def as_whole(text: str) -> int | None:
    """The whole number that a text such as `20`, `1e3` or `20.0` stands for, else None."""
    if _REAL.fullmatch(text) is None or len(text) > MAX_DIGITS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text)
    return int(value) if math.isfinite(value) and value == int(value) else None


def plain(value: float | int) -> str:
    """The shortest text that reads back as the same number."""
    if isinstance(value, bool) or isinstance(value, int):
        return str(int(value))
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))

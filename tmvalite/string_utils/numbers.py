"""Numbers as TMVA reads them: the leading part counts, what follows is ignored. We say so, or refuse."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tmvalite.errors import OptionError, Source, Span, quoted

_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_NO_MANTISSA = re.compile(r"([+-]?)([eE][+-]?\d+)$")
_NO_VALUE_LOST = re.compile(r"\.0*$")
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 400  # of a number; Python reads longer integers in quadratic time, and no option needs them


@dataclass(frozen=True, slots=True)
class Number:
    """The number at the beginning of a text, and what TMVA ignores behind it: its place (None if nothing) and text."""

    value: float | int
    ignored: Span | None = None
    rest: str = ""


def read_number(text: str, kind: type, source: Source, span: Span, *, name: str, where: str | None = None) -> Number:
    """Read the number that `text`, found at `span`, begins with.

    Parameters
    ----------
    kind : type
        int or float. A whole number may end in ".0", as Python writes it.
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
    match = (_INTEGER if kind is int else _REAL).match(text)
    if match is None:
        missing = _NO_MANTISSA.match(text)
        hint = f"did you mean {missing[1]}1{missing[2]}?" if missing and kind is float else None
        raise fail(f"{quoted(text)} is not a number; TMVA would read {name} as 0", hint)
    digits = match.group()
    value = kind(digits) if len(digits) <= MAX_DIGITS else math.inf
    if not math.isfinite(value) or (kind is int and abs(value) > MAX_INTEGER):
        raise fail(f"{name} is too large: {quoted(digits)}")
    rest = text[match.end() :].strip()
    if not rest or (kind is int and _NO_VALUE_LOST.fullmatch(rest)):
        return Number(value)
    begin = span.start + source.text[span.start : span.stop].find(rest[0], match.end())
    return Number(value, Span(max(begin, span.start), span.stop), rest)


def as_whole(text: str) -> int | None:
    """The whole number that a text such as `1e3` or `20.0` stands for when read in full, else None."""
    if _REAL.fullmatch(text) is None or len(text) > MAX_DIGITS:
        return None
    value = float(text)
    return int(value) if math.isfinite(value) and value == int(value) else None


def plain(value: float | int) -> str:
    """The shortest text that reads back as the same number."""
    if isinstance(value, bool) or isinstance(value, int):
        return str(int(value))
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))

"""Blanks and line breaks inside option values.

TMVA reads a value up to its first blank and loses the rest without a word. Here the whole value counts, and one
warning per value says that TMVA would not have seen it.
"""

from __future__ import annotations

import re

from tmvalite.errors import Diagnostics, Source, Span, quoted

_CUT = re.compile(r"\s+(?=\S)")
_BLANK = re.compile(r"\s+")


def trim(source: Source, span: Span) -> Span:
    """The span without the blanks at its ends."""
    text = source.text[span.start : span.stop]
    left = len(text) - len(text.lstrip())
    return Span(span.start + left, span.start + max(left, len(text.rstrip())))


def without_blanks(text: str) -> str:
    return _BLANK.sub("", text)


def warn_about_blanks(source: Source, span: Span, diagnostics: Diagnostics, option: str) -> None:
    """Warn once if TMVA would cut the value at a blank inside it."""
    span = trim(source, span)
    cut = _CUT.search(source.text, span.start, span.stop)
    if cut is None:
        return
    diagnostics.warn(
        f"the value of {option} has a blank inside; TMVA would stop there and ignore "
        f"{quoted(source.text[cut.end() : span.stop])}",
        code="blank-in-value",
        source=source,
        span=Span(cut.start(), cut.end()),
        hint="remove the blank, so that TMVA reads the whole value too",
    )

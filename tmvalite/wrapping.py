"""Lines that fit a terminal of 80 columns; what a user wrote is cut only where it has a separator."""

from __future__ import annotations

import re
from html import escape

WIDTH = 80  # columns of a terminal
SHORT = 12  # letters of a word that does not stand alone in a last line
LONG_NAME = 40  # letters that no word of a sentence has

# a word that is longer than a line, as a layout may be, is cut behind the first of these, and its pieces behind the second
_SEPARATORS = (re.compile(r"[^,}]*[,}]+|[^,}]+"), re.compile(r"[^|+]*[|+]+|[^|+]+"))
_MARKER = re.compile(r" *\^~*")


def wrapped(text: str, first: int = 0, rest: int | None = None, width: int = WIDTH) -> list[str]:
    """`text` in lines of at most `width` columns: the first one `first` columns to the right, the others `rest`.

    By default the others stand 2 columns further right than the first. What has neither a blank nor a separator stays whole.

    >>> wrapped("Layout=TANH|128,TANH|128,LINEAR is long", 2, width=24)
    ['  Layout=TANH|128,', '    TANH|128,LINEAR', '    is long']
    """
    rest = first + 2 if rest is None else rest
    lines, line = [], " " * first
    for number, word in enumerate(text.split(" ")):
        blank = " " if number else ""
        if len(line) + len(blank) + len(word) <= width:
            line += blank + word
            continue
        if line.strip() and len(word) <= width - rest:
            lines.append(line)
            line = " " * rest + word
            continue
        for piece in _pieces(blank + word, width - rest):
            if len(line) + len(piece) > width and line.strip():
                lines.append(line)
                line, piece = " " * rest, piece.lstrip()
            line += piece
    return _without_widow([line.rstrip() for line in [*lines, line] if line.strip()], rest)


def _without_widow(lines: list[str], rest: int) -> list[str]:
    """The lines; a short last word, such as a unit, gets the word before it into its line."""
    if len(lines) < 2 or len(lines[-1]) - rest > SHORT or " " in lines[-1].strip():
        return lines
    before, blank, word = lines[-2].rpartition(" ")
    if len(before.split()) < 2 or len(word) > SHORT:
        return lines
    return [*lines[:-2], before.rstrip(), " " * rest + word + blank + lines[-1].strip()]


def _pieces(word: str, room: int) -> list[str]:
    """A word in pieces, those still longer than `room` in smaller ones."""
    pieces = _SEPARATORS[0].findall(word)
    return [part for piece in pieces for part in ([piece] if len(piece) <= room else _SEPARATORS[1].findall(piece))]


def fitted(text: str, width: int = WIDTH) -> str:
    """A message of several lines with its long lines wrapped below themselves.

    What stays is an excerpt and the marker below it, and a line with a long name in it, such as a path: it can be copied.

    >>> print(fitted("the width is no number\\n  hint: write 8", 16))
    the width is no
      number
      hint: write 8
    """
    lines = text.split("\n")
    out = []
    for line, below in zip(lines, [*lines[1:], ""]):
        marked = _MARKER.fullmatch(line) or (_MARKER.fullmatch(below) and below.strip())
        named = any(len(word) > LONG_NAME and len(_pieces(word, width)) == 1 for word in line.split(" "))
        if len(line) <= width or marked or named:
            out.append(line)
        else:
            indent = len(line) - len(line.lstrip(" "))
            out += wrapped(line.lstrip(" "), indent, width=width)
    return "\n".join(out)


def preformatted(text: str) -> str:
    """HTML that shows a text as it stands; notebooks have no fixed width for <pre> by themselves."""
    return f"<pre style='font-family:monospace'>{escape(text)}</pre>"

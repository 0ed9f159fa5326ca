"""Many numbers as one text: the contents of matrices, histograms and statistics.

TMVA writes them on one line; readers split at white space. 9 significant digits restore a float32 bit for bit, 17 a float64.
"""

from __future__ import annotations

import re

import numpy as np

from tmvalite.errors import quoted
from tmvalite.io.xml_element import XmlElement

_CHUNK = 1 << 16  # characters or numbers handled at a time, so that no list of all of them is ever made
_SINGLE = 20  # characters per number, blanks included, that texts of float32 never reach: at most 18 in ROOT 6.39
_LONGEST = 400  # characters of one number; TMVA's have at most 24
_OTHER_THAN_NUMBERS = re.compile(r"[^0-9eE+\-. \t\r\n]")
_BLANKS = re.compile(r"[ \t\r\n]")


def parse_numbers(element: XmlElement, count: int) -> np.ndarray:
    """The text of an element as exactly `count` finite numbers, (count,) float64.

    Raises FileError if there are more or fewer, or one is not a finite decimal number. Nothing of the declared size is
    allocated before the text is known to be long enough for it.
    """
    text = element.text
    strange = _OTHER_THAN_NUMBERS.search(text)
    if strange:
        raise element.error(
            f"{element.tag} holds {_word(text, strange.start())}, which is not a finite number", code="xml-number"
        )
    if count > (len(text) + 1) // 2:
        _wrong_count(element, count)
    values = np.empty(count, dtype=np.float64)
    found = 0
    for piece in _pieces(text):
        words = piece.split()
        if len(piece) > _CHUNK + _LONGEST:
            raise element.error(f"{element.tag} holds {quoted(words[-1])}, which is not a number", code="xml-number")
        if found + len(words) > count:
            _wrong_count(element, count)
        try:
            values[found : found + len(words)] = [float(word) for word in words]
        except ValueError:
            bad = next(word for word in words if not _is_number(word))
            raise element.error(f"{element.tag} holds {quoted(bad)}, which is not a number", code="xml-number") from None
        found += len(words)
    if found != count:
        _wrong_count(element, count)
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise element.error(f"{element.tag} holds a number that is too large (number {place + 1})", code="xml-number")
    return values


def parse_parameters(element: XmlElement, rows: int, columns: int, dtype: np.dtype | None = None) -> np.ndarray:
    """The text of a layer's matrix, (rows, columns), in the given type.

    Without a type it is float32, or float64 if the numbers have more digits than ROOT writes for single precision and
    float32 would change one of them.
    """
    values = parse_numbers(element, rows * columns).reshape(rows, columns)
    if dtype == np.float64:
        return values
    with np.errstate(over="ignore", under="ignore"):
        single = values.astype(np.float32)
    if dtype is None and len(element.text.strip()) > _SINGLE * values.size and not np.array_equal(single, values):
        return values
    if not np.isfinite(single).all():
        raise element.error(f"{element.tag} holds a number that is too large for single precision", code="xml-number")
    return single


def format_numbers(values: np.ndarray, digits: int, blanks: int) -> str:
    """All numbers in scientific form, `digits` after the point, each followed by so many blanks."""
    flat = np.ascontiguousarray(values, dtype=np.float64).ravel()
    one = f"%.{digits}e" + " " * blanks
    pieces = []
    for start in range(0, len(flat), _CHUNK):
        part = flat[start : start + _CHUNK].tolist()
        pieces.append((one * len(part)) % tuple(part))
    return "".join(pieces)


def _pieces(text: str):
    """The text in pieces that end at blanks."""
    start = 0
    while start < len(text):
        blank = _BLANKS.search(text, start + _CHUNK)
        stop = blank.start() if blank else len(text)
        yield text[start:stop]
        start = stop


def _wrong_count(element: XmlElement, count: int):
    found = sum(len(piece.split()) for piece in _pieces(element.text))
    raise element.error(
        f"{element.tag} must hold {count} numbers, but holds {found}",
        code="xml-count",
        hint="the file is cut off or damaged" if found < count else None,
    )


def _word(text: str, place: int) -> str:
    """The word around a place, quoted."""
    start = max(text.rfind(" ", 0, place), text.rfind("\n", 0, place)) + 1
    return quoted(text[start : start + 80].split()[0])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True

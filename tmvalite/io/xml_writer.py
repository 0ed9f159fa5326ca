"""Writing XML in the form that TMVA writes: two blanks a level, empty elements closed in themselves, long texts on one line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

import numpy as np

from tmvalite.errors import FileError, quoted
from tmvalite.io.number_text import format_numbers

# ROOT's reader knows these four escapes and no numeric ones.
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"})
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class XmlWriter:
    """Collects the lines of a file; `text` is the whole."""

    def __init__(self):
        self._parts = ['<?xml version="1.0"?>\n']
        self._level = 0

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @contextlib.contextmanager
    def element(self, tag: str, attributes: Mapping | None = None, content: bool = True):
        """An element with children, written inside the with statement; without `content` it is closed in itself."""
        self._line(f"<{tag}{_attributes(attributes)}{'' if content else '/'}>")
        self._level += 1
        yield
        self._level -= 1
        if content:
            self._line(f"</{tag}>")

    def empty(self, tag: str, attributes: Mapping | None = None) -> None:
        self._line(f"<{tag}{_attributes(attributes)}/>")

    def leaf(self, tag: str, attributes: Mapping, text: str) -> None:
        """An element whose text stands between its tags."""
        if text:
            self._line(f"<{tag}{_attributes(attributes)}>{escape(text)}</{tag}>")
        else:
            self.empty(tag, attributes)

    def numbers(
        self,
        tag: str,
        attributes: Mapping,
        values: np.ndarray,
        digits: int,
        blanks: int,
        last_blank: bool = True,
        exact: type | None = None,
    ) -> None:
        """An element with numbers on one line; every number, or every one but the last, is followed by the blanks.

        With `exact`, a floating type, there are 16 digits after the point where `digits` would change a number of that type.
        Raises FileError if one of them is not finite: no reader would take it.
        """
        if not np.isfinite(values).all():
            raise FileError(f"cannot write {tag}: a number in it is not finite", code="file-content")
        with self.element(tag, attributes):
            text = format_numbers(values, digits, blanks)
            if exact is not None and not _restores(text, values, exact):
                text = format_numbers(values, 16, blanks)
            self._line(text if last_blank else text.rstrip(" "))

    def _line(self, text: str) -> None:
        self._parts += ("  " * self._level, text, "\n")


def _restores(text: str, values: np.ndarray, kind: type) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(np.array(text.split(), np.float64).astype(kind), np.ravel(values).astype(kind))


def escape(text: str) -> str:
    """The text with the four characters replaced that mean something in XML. Raises FileError for those that XML cannot hold."""
    strange = _NO_XML.search(text)
    if strange:
        raise FileError(
            f"cannot write {quoted(text)}: XML cannot hold the character U+{ord(strange[0]):04X}", code="file-content"
        )
    return text.translate(_ESCAPES)


def _attributes(attributes: Mapping | None) -> str:
    return "".join(f' {name}="{_value(value)}"' for name, value in (attributes or {}).items())


def _value(value) -> str:
    """int as it is, bool as 0 or 1, float with 16 digits after the point, str escaped and on one line."""
    if isinstance(value, str):
        return escape(" ".join(re.split(r"[\t\r\n]", value)))
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if not np.isfinite(value):
        raise FileError(f"cannot write the number {value}: it is not finite", code="file-content")
    return f"{float(value):.16e}"

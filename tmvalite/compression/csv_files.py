"""Tables as comma-separated text: the types of the columns follow from what stands in them.

The file is read twice: once for the types, then some rows at a time.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn, check_columns, is_whole
from tmvalite.compression.table_kinds import TableKind, is_text, is_truth, register
from tmvalite.compression.table_source import TableParts
from tmvalite.errors import DataError
from tmvalite.io.atomic import write_atomic

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DELIMITERS = ",;\t"
_MISSING = ("", "nan", "NaN", "NAN", "NA")
_WORDS = (("True", "False"), ("true", "false"), ("TRUE", "FALSE"))
_DOUBLE = 17  # significant digits that state any double
_ROWS = 4096  # looked at together for their types


@dataclass(eq=False)
class _Kind:
    """What the cells of a column have in common so far."""

    low: int = 0
    high: int = 0
    integers: bool = True
    words: list[tuple[str, str]] = field(default_factory=lambda: list(_WORDS))
    numbers: bool = True
    gaps: set[str] = field(default_factory=set)
    digits: int = 0
    letters: int = 1

    def add(self, cells: list[str]) -> None:
        """Some cells more."""
        if self.integers:
            self.integers = all(len(cell) < 21 and _INTEGER.fullmatch(cell) for cell in cells)
            if self.integers:
                numbers = [int(cell) for cell in cells]
                self.low, self.high = min(self.low, *numbers), max(self.high, *numbers)
        if self.words:
            found = set(cells)
            self.words = [pair for pair in self.words if found <= set(pair)]
        if self.numbers:
            gaps = {cell for cell in cells if cell in _MISSING}
            self.numbers = all(cell in gaps or _is_number(cell) for cell in cells)
            self.gaps |= gaps
            self.digits = max(self.digits, *(_digits(cell) for cell in cells if cell not in gaps), 0)
        self.letters = max(self.letters, *map(len, cells))

    @property
    def dtype(self) -> str:
        """The type of the column, as numpy writes it."""
        if self.integers and -(2**63) <= self.low and self.high < 2**64 and not (self.high >= 2**63 and self.low < 0):
            return "<u8" if self.high >= 2**63 else "<i8"
        if self.words:
            return "|b1"
        return "<f8" if self.numbers else f"<U{self.letters}"

    def spelling(self) -> dict:
        """How booleans or gaps are written."""
        if self.dtype == "|b1":
            return dict(zip(("true", "false"), self.words[0]))
        return {"gap": next(iter(self.gaps))} if self.dtype == "<f8" and len(self.gaps) == 1 else {}

    def column(self, name: str, cells: list[str]) -> FileColumn:
        """The cells in the type of the column."""
        if self.dtype == "|b1":
            return FileColumn(name, np.array([cell == self.words[0][0] for cell in cells]))
        if self.dtype != "<f8":
            return FileColumn(name, np.array(cells, self.dtype))
        values = np.array([np.nan if cell in self.gaps else float(cell) for cell in cells])
        return FileColumn(name, values, min(max(self.digits or _DOUBLE, 1), _DOUBLE), is_whole(values))


def open_csv(path: str | os.PathLike, part: str | None = None, *, drop: bool = False) -> TableParts:
    """The table of a text file with one row an event, columns cut by comma, semicolon or tab.

    The first row holds the names, unless it holds numbers only (then var1, var2, ...). A column of whole numbers is int64
    (uint64 beyond), of True and False boolean, of numbers and gaps float64, else text.

    Raises
    ------
    DataError
        The file is missing, is no UTF-8 text, or has rows of different lengths.
    """
    where = f"'{os.fspath(path)}'"
    delimiter, end = _manner(path, where)
    rows = _rows(path, where, delimiter)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{where} is empty", code="data-empty")
    header = not all(_is_number(cell) for cell in first)
    names = [cell.strip() for cell in first] if header else [f"var{i + 1}" for i in range(len(first))]
    check_columns([FileColumn(name, np.empty(0)) for name in names], where)
    kinds, n = [_Kind() for _ in names], 0
    for cells in _columns(rows if header else itertools.chain([first], rows), names, where, _ROWS):
        for kind, column in zip(kinds, cells):
            kind.add(column)
        n += len(cells[0])
    if not n:
        raise DataError(f"{where} has no events", code="data-empty")

    def read(size: int) -> Iterator[EventTable]:
        again = _rows(path, where, delimiter)
        if header:
            next(again)
        for cells in _columns(again, names, where, size):
            columns = [kind.column(name, column) for kind, name, column in zip(kinds, names, cells)]
            yield EventTable("csv", columns, len(cells[0]), layout, name=where)

    spelling = {name: kind.spelling() for name, kind in zip(names, kinds) if kind.spelling()}
    layout = {"delimiter": delimiter, "header": header, "end": end} | ({"spelling": spelling} if spelling else {})
    row_bytes = sum(np.dtype(kind.dtype).itemsize for kind in kinds)
    return TableParts("csv", n, row_bytes, row_bytes / 8.0, 1.0, read, layout, {}, os.path.getsize(path), where)


def _manner(path, where: str) -> tuple[str, str]:
    """How the columns are cut, and how lines end."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            line = file.readline()
    except FileNotFoundError:
        raise DataError(f"there is no file {where}", code="data-file-missing") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{where} cannot be read: {problem}", code="data-file-damaged") from problem
    return max(_DELIMITERS, key=line.count), "\r\n" if line.endswith("\r\n") else "\n"


def _rows(path, where: str, delimiter: str) -> Iterator[list[str]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield from (row for row in csv.reader(file, delimiter=delimiter, strict=True) if row)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{where} cannot be read: {problem}", code="data-file-damaged") from problem


def _columns(rows: Iterator[list[str]], names: list[str], where: str, size: int) -> Iterator[list[list[str]]]:
    """The cells of so many rows at a time, by column."""
    number = 0
    while block := list(itertools.islice(rows, size)):
        bad = next((at for at, row in enumerate(block) if len(row) != len(names)), None)
        if bad is not None:
            row = number + bad + 1
            raise DataError(f"row {row} has {len(block[bad])} values, not {len(names)}", code="data-shape", where=where)
        number += len(block)
        yield [[cell.strip() for cell in cells] for cells in zip(*block)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _digits(text: str) -> int:
    """Significant digits of a number as written."""
    return len(text.lower().partition("e")[0].lstrip("+-").replace(".", "").lstrip("0"))


def write_csv(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table as it was read; numbers with as many digits as they need. Raises FileError."""
    layout = source.layout
    spelling = layout.get("spelling", {})

    def fill(file):
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, delimiter=layout.get("delimiter", ","), lineterminator=layout.get("end", "\n"))
        for number, part in enumerate(parts):
            if not number and layout.get("header", True):
                writer.writerow(part.names())
            writer.writerows(zip(*(_texts(column, spelling.get(column.name, {})) for column in part.columns)))
        text.detach()

    write_atomic(path, fill)


def _texts(column: FileColumn, words: dict) -> list[str]:
    values = column.values.tolist()
    if column.values.dtype.kind == "b":
        return [words.get("true", "True") if value else words.get("false", "False") for value in values]
    if column.values.dtype.kind != "f":
        return [str(value) for value in values]
    gap = words.get("gap", "nan")
    return [
        gap if value != value else format(value, ".0f") if column.whole and abs(value) < 2.0**53 else repr(value)
        for value in values
    ]


def round_digits(values: np.ndarray, digits: int) -> np.ndarray:
    """Doubles as they are after having been written with this many significant digits."""
    if not 0 < digits < _DOUBLE:
        return values
    return np.array([float(format(value, f".{digits}g")) for value in values.reshape(-1).tolist()]).reshape(values.shape)


def _is_spelling(value) -> bool:
    words = [item for item in value.values() if type(item) is dict] if type(value) is dict else []
    return type(value) is dict and len(words) == len(value) and all(is_text(word) for item in words for word in item.values())


_LAYOUT = {
    "delimiter": lambda value: is_text(value) and len(value) == 1 and value in _DELIMITERS,
    "header": is_truth,
    "end": lambda value: value in ("\n", "\r\n"),
    "spelling": _is_spelling,
}
register(TableKind("csv", (".csv",), open_csv, write_csv, _LAYOUT))

"""Tables as comma-separated text: the types of the columns follow from what stands in them."""

from __future__ import annotations

import csv
import io
import os
import re

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn, check_columns, is_whole
from tmvalite.errors import DataError
from tmvalite.io.atomic import write_atomic

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DELIMITERS = ",;\t"
_MISSING = ("", "nan", "NaN", "NAN", "NA")
_DOUBLE = 17  # significant digits that state any double


def read_csv(path: str | os.PathLike) -> EventTable:
    """The table of a text file with one row an event, columns cut by comma, semicolon or tab.

    The first row holds the names, unless it holds numbers only (then var1, var2, ...). A column of whole numbers is int64
    (uint64 beyond), of True and False boolean, of numbers and gaps float64, else text.

    Raises
    ------
    DataError
        The file is missing, is no UTF-8 text, or has rows of different lengths.
    """
    where = f"'{os.fspath(path)}'"
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise DataError(f"there is no file {where}", code="data-file-missing") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{where} cannot be read: {problem}", code="data-file-damaged") from problem
    line, rest = text.partition("\n")[0], text.find("\n")
    delimiter = max(_DELIMITERS, key=line.count)
    end = "\r\n" if rest > 0 and text[rest - 1] == "\r" else "\n"
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as problem:
        raise DataError(f"{where} cannot be read: {problem}", code="data-file-damaged") from None
    if not rows:
        raise DataError(f"{where} is empty", code="data-empty")
    header = not all(_is_number(cell) for cell in rows[0])
    names = [cell.strip() for cell in rows[0]] if header else [f"var{i + 1}" for i in range(len(rows[0]))]
    rows = rows[1:] if header else rows
    bad = next((at for at, row in enumerate(rows) if len(row) != len(names)), None)
    if bad is not None:
        raise DataError(f"row {bad + 1} has {len(rows[bad])} values, not {len(names)}", code="data-shape", where=where)
    if not rows:
        raise DataError(f"{where} has no events", code="data-empty")
    columns, spelling = [], {}
    for name, cells in zip(names, zip(*rows)):
        column, words = _column(name, cells)
        columns.append(column)
        if words:
            spelling[name] = words
    check_columns(columns, where)
    layout = {"delimiter": delimiter, "header": header, "end": end, "spelling": spelling}
    return EventTable("csv", columns, len(rows), layout, {}, os.path.getsize(path), where)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _column(name: str, cells) -> tuple[FileColumn, dict]:
    """A column of texts in its type, and how booleans or gaps are spelled in it."""
    cells = [cell.strip() for cell in cells]
    kinds = set(cells) if len(cells) < 1000 else set(cells[:1000])
    if all(_INTEGER.fullmatch(cell) for cell in kinds) and all(_INTEGER.fullmatch(cell) for cell in cells):
        numbers = [int(cell) for cell in cells if len(cell) < 21]
        if len(numbers) == len(cells) and -(2**63) <= min(numbers) and max(numbers) < 2**64:
            unsigned = max(numbers) >= 2**63
            if not unsigned or min(numbers) >= 0:
                return FileColumn(name, np.array(numbers, np.uint64 if unsigned else np.int64)), {}
    for true, false in (("True", "False"), ("true", "false"), ("TRUE", "FALSE")):
        if kinds <= {true, false} and set(cells) <= {true, false}:
            return FileColumn(name, np.array([cell == true for cell in cells])), {"true": true, "false": false}
    gaps = {cell for cell in cells if cell in _MISSING}
    try:
        values = np.array([np.nan if cell in gaps else float(cell) for cell in cells])
    except ValueError:
        values = None
    if values is None or any("_" in cell for cell in cells):  # Python takes 1_0 for a number
        return FileColumn(name, np.array(cells, dtype=np.str_)), {}
    digits = max((_digits(cell) for cell in cells if cell not in gaps), default=_DOUBLE)
    words = {"gap": gaps.pop()} if len(gaps) == 1 else {}
    return FileColumn(name, values, digits=min(max(digits, 1), _DOUBLE), whole=is_whole(values)), words


def _digits(text: str) -> int:
    """Significant digits of a number as written."""
    return len(text.lower().partition("e")[0].lstrip("+-").replace(".", "").lstrip("0"))


def write_csv(path: str | os.PathLike, table: EventTable) -> None:
    """Write a table as it was read; numbers with as many digits as they need. Raises FileError."""
    layout = table.layout
    spelling = layout.get("spelling", {})
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=layout.get("delimiter", ","), lineterminator=layout.get("end", "\n"))
    if layout.get("header", True):
        writer.writerow(table.names())
    writer.writerows(zip(*(_texts(column, spelling.get(column.name, {})) for column in table.columns)))
    write_atomic(path, text.getvalue())


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

"""CSV files: names in the first line, numbers below; comma, semicolon or tab between them."""

from __future__ import annotations

import csv

import numpy as np

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import damaged, file_source, register
from tmvalite.errors import DataError


def open_csv(path: str, part: str | None) -> LazyTable:
    """The whole file is read at once: its lines say how many entries there are."""
    where = f"'{path}'"
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            rows = [row for row in csv.reader(file, delimiter=max(",;\t", key=first.count)) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise damaged(path, problem) from problem
    if not rows:
        raise DataError(f"{where} is empty", code="data-file-kind", expected="names in the first line")
    names, rows = [name.strip() for name in rows[0]], rows[1:]
    names[0] = names[0].removeprefix("#").strip()  # as numpy.savetxt writes names
    if any(_is_number(name) for name in names):
        raise DataError(
            f"the first line of {where} holds numbers",
            code="data-file-kind",
            expected="the names of the columns in the first line",
        )
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise DataError(
                f"row {number + 1} of {where} has {len(row)} cells, its first line {len(names)} names", code="data-file-damaged"
            )
    cells = dict(zip(names, zip(*rows), strict=True)) if rows else {name: () for name in names}
    return LazyTable(f"{where}", names, len(rows), lambda name: _values(cells[name]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _values(cells) -> np.ndarray:
    """Integers where all cells are, then numbers (an empty cell is NaN), then texts."""
    for kind in (np.int64, np.float64):
        try:
            return np.array([cell.strip() or "nan" for cell in cells]).astype(kind)
        except (ValueError, OverflowError):
            continue
    return np.array(cells)


register(file_source("a CSV file", (".csv", ".tsv"), open_csv))

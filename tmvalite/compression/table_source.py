"""A table that is read some rows at a time, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn, check_columns
from tmvalite.data.columns import Column
from tmvalite.errors import DataError


@dataclass(eq=False)
class TableParts:
    """What is known of a table before its rows are read.

    Attributes
    ----------
    kind, layout, extras, n_bytes, name
        As those of `EventTable`.
    n_events : int
    row_bytes : float
        Mean bytes of an event as plain arrays.
    numbers, widest : float
        Mean numbers of an event in all columns, and in the one that has most.
    read : callable
        rows -> the table in parts of so many events.
    """

    kind: str
    n_events: int
    row_bytes: float
    numbers: float
    widest: float
    read: Callable[[int], Iterator[EventTable]]
    layout: dict = field(default_factory=dict)
    extras: dict[str, np.ndarray] = field(default_factory=dict)
    n_bytes: int = 0
    name: str = "the table"

    @property
    def raw_bytes(self) -> int:
        """Bytes of all columns as plain arrays, about."""
        return int(round(self.row_bytes * self.n_events))

    def whole(self) -> EventTable:
        """The table in memory."""
        return joined_table(list(self.read(max(self.n_events, 1))), self)


def source_of(table: EventTable) -> TableParts:
    """A table that is in memory. Raises DataError for columns of one name or of different lengths."""
    check_columns(table.columns, table.name)

    def read(rows: int) -> Iterator[EventTable]:
        for start in range(0, table.n_events, rows):
            yield table.part(start, min(start + rows, table.n_events))

    n = max(table.n_events, 1)
    sizes = [column.values.size / n for column in table.columns] or [1.0]
    about = (table.layout, table.extras, table.n_bytes, table.name)
    return TableParts(table.kind, table.n_events, table.raw_bytes / n, sum(sizes), max(sizes), read, *about)


def joined_table(parts: Sequence[EventTable], source: TableParts) -> EventTable:
    """Parts one after the other. Text becomes as wide as its widest part."""
    columns = []
    for column in zip(*(part.columns for part in parts), strict=True):
        values = column[0].values if len(column) == 1 else np.concatenate([part.values for part in column])
        offsets = None
        if column[0].offsets is not None:
            offsets = np.concatenate(([0], np.cumsum(np.concatenate([np.diff(part.offsets) for part in column]))))
        whole = all(part.whole or not len(part.values) for part in column)
        columns.append(FileColumn(column[0].name, values, column[0].digits, whole, offsets))
    n = sum(part.n_events for part in parts)
    return EventTable(source.kind, columns, n, source.layout, source.extras, source.n_bytes, source.name)


def streamed(table, kind: str, names: Sequence[str], layout: dict, n_bytes: int, *, drop: bool, entry_bytes=None) -> TableParts:
    """The source of a table of `tmvalite.data.sources`: columns of numbers, arrays of a fixed or a varying length.

    With `drop`, columns of other things are left out. Raises DataError for them, and for a table without columns.
    """
    n, where = table.n_entries, str(table)
    stop = min(n, 1)
    first: dict[str, Column] = {}
    for name in names:
        try:
            first[name] = _range(table, [name], 0, stop)[name]
        except DataError as problem:
            if problem.code == "data-file-damaged":
                raise
            if not drop:
                hint = "leave such columns out: --others drop"
                raise DataError(
                    problem.message, code=problem.code, where=where, expected=problem.expected, hint=hint
                ) from problem
    if not first:
        raise DataError(f"{where} has no column with numbers", code="data-column")
    known = list(first)

    def read(rows: int) -> Iterator[EventTable]:
        bounds = [(start, min(start + rows, n)) for start in range(0, n, rows)]
        if hasattr(table, "stream"):
            parts = table.stream(known, [], bounds)
        else:
            parts = (_range(table, known, *pair) for pair in bounds)
        for (start, stop), columns in zip(bounds, parts, strict=True):
            found = [FileColumn(name, columns[name].values, offsets=columns[name].offsets) for name in known]
            check_columns(found, where)
            yield EventTable(kind, found, stop - start, layout, name=where)

    varying = [name for name, column in first.items() if column.offsets is not None]
    sizes = {name: float(np.prod(column.dims)) for name, column in first.items() if name not in varying}
    if varying and n:
        step = min(n, 1000)
        sizes |= {name: column.values.size / step for name, column in _range(table, varying, 0, step).items()}
    row_bytes = sum(size * first[name].values.dtype.itemsize for name, size in sizes.items()) + 8 * len(varying)
    return TableParts(kind, n, row_bytes, sum(sizes.values()), max(sizes.values(), default=1.0), read, layout, {}, n_bytes, where)


def _range(table, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
    if hasattr(table, "read_range"):
        return table.read_range(names, [], start, stop)
    return {name: column.part(start, stop) for name, column in table.read(names).items()}

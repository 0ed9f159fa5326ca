"""Which columns of a table are the variables of a model, and the events as the model takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.data.info import VariableInfo
from tmvalite.errors import DataError, did_you_mean, quoted

OTHERS = ("keep", "drop", "refuse")


def match_columns(table: EventTable, variables: Sequence[VariableInfo], chosen: Sequence[str] | None = None) -> list[int]:
    """For every column of the table the position of its first variable, or -1 if it is none.

    Columns are found by the label, expression or internal name of a variable; an array column (N, ...) gives as many variables
    as an event of it has numbers. Where the model's variables have no names of their own (var1, var2, ...), the columns count in
    their order. `chosen` names the columns in the order of the variables instead.

    Raises
    ------
    DataError
        A variable has no column, or a column no numbers.
    """
    names, n = table.names(), len(variables)
    if chosen is not None:
        twice = next((name for at, name in enumerate(chosen) if name in chosen[:at]), None)
        if twice is not None:
            raise DataError(f"column {quoted(twice)} is named twice", code="data-column", where=table.name)
        for name in chosen:
            if name not in names:
                raise DataError(
                    f"there is no column {quoted(name)}",
                    code="data-column",
                    where=table.name,
                    expected=f"columns {_list(names)}",
                    hint=did_you_mean(name, names),
                )
        return _in_order(table, [names.index(name) for name in chosen], n)
    start = [-1] * len(names)
    taken = 0
    while taken < n:
        v = variables[taken]
        at = next((names.index(name) for name in (v.label, v.expression, v.internal) if name in names), None)
        if at is None or start[at] >= 0:
            break
        start[at] = taken
        taken += _numbers(table, table.columns[at])
    if taken == n:
        return start
    numbers = [at for at, column in enumerate(table.columns) if column.is_number]
    one_image = len(numbers) == 1 and table.columns[numbers[0]].values.ndim > 1
    if one_image or [v.label for v in variables] == [f"var{i + 1}" for i in range(n)]:
        return _in_order(table, numbers, n)
    missing = variables[min(taken, n - 1)]
    if taken > n or missing.label in names:
        raise DataError(
            f"the columns do not fit the {n} variables of the model at {quoted(missing.label)}",
            code="data-column",
            where=table.name,
            hint="name the columns in the order of the variables: --columns",
        )
    hint = did_you_mean(missing.label, names)
    if missing.expression != missing.label or not missing.expression.isidentifier():
        hint = hint or f"write {missing.expression} into a column of this name: only columns can be restored"
    raise DataError(
        f"the table has no column {quoted(missing.label)}, a variable of the model",
        code="data-column",
        where=table.name,
        expected=f"columns {_list([v.label for v in variables])}",
        hint=hint or "if it has another name: --columns, in the order of the variables",
    )


def _in_order(table: EventTable, positions: Sequence[int], n: int) -> list[int]:
    """Columns of these positions as the variables one after the other; of images the one that has all numbers will do."""
    whole = [at for at in positions if table.columns[at].width == n and table.columns[at].values.ndim > 1]
    positions = whole[:1] or positions
    start, taken = [-1] * len(table.columns), 0
    for at in positions:
        start[at] = taken
        taken += _numbers(table, table.columns[at])
    if taken != n:
        raise DataError(
            f"the columns hold {taken} numbers per event, the model has {n} variables",
            code="data-shape",
            where=table.name,
            hint="name the columns in the order of the variables: --columns",
        )
    return start


def _numbers(table: EventTable, column: FileColumn) -> int:
    if not column.is_number:
        raise DataError(f"column {quoted(column.name)} holds text, not numbers", code="data-column", where=table.name)
    if column.offsets is not None:
        raise DataError(
            f"column {quoted(column.name)} has a varying number of values per event", code="data-column-shape", where=table.name
        )
    return column.width


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")


def sort_others(table: EventTable, start: list[int], others: str) -> tuple[EventTable, list[int]]:
    """The table with or without the columns that are no variables. Raises DataError where they are refused."""
    spare = [column.name for column, at in zip(table.columns, start) if at < 0]
    if others == "refuse" and spare:
        raise DataError(
            f"{len(spare)} column{'s are' if len(spare) > 1 else ' is'} no variable of the model: {_list(spare)}",
            code="data-column",
            where=table.name,
            hint="keep them as they are: --others keep; or leave them out: drop",
        )
    if others == "drop" and spare:
        kept = [(column, at) for column, at in zip(table.columns, start) if at >= 0]
        table = EventTable(
            table.kind, [column for column, _ in kept], table.n_events, table.layout, table.extras, table.n_bytes, table.name
        )
        start = [at for _, at in kept]
    return table, start


def events_of(table: EventTable, start: Sequence[int], n_variables: int) -> np.ndarray:
    """(N, V) float64; entries that are not finite, or too large for single precision, are replaced by the column's median."""
    x = np.empty((table.n_events, n_variables))
    for column, at in zip(table.columns, start):
        if at >= 0:
            x[:, at : at + column.width] = column.values.reshape(table.n_events, -1)
    with np.errstate(over="ignore", invalid="ignore"):
        bad = ~np.isfinite(x.astype(np.float32))
    for at in np.flatnonzero(bad.any(axis=0)):
        fine = x[~bad[:, at], at]
        x[bad[:, at], at] = np.median(fine) if len(fine) else 0.0
    return x

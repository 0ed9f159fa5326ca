"""Classes, targets and weights that are columns of the events' own table, given by their names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tmvalite.data.columns import Column, Table
from tmvalite.data.sources import is_table, open_table
from tmvalite.data.sources.single import as_columns
from tmvalite.errors import DataError, did_you_mean, quoted


class WithoutColumns:
    """A table without some of its columns."""

    def __init__(self, table: Table, left_out: Collection[str]):
        self._table, self._left_out = table, frozenset(left_out)
        self.n_entries = table.n_entries

    def keys(self) -> list[str]:
        return [name for name in _listed(self._table) if name not in self._left_out]

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        return self._table.read(names, texts)

    def __str__(self):
        return str(self._table)


def _listed(table: Table) -> list[str]:
    return list(table.branches() if hasattr(table, "branches") else table.keys())


def with_columns_of_names(X, *given, several: Sequence[bool]) -> tuple[Any, ...]:
    """(X, what was given) where every name of a column stands for that column, which then is no variable.

    Parameters
    ----------
    given : y, weights, targets
        As `fit` takes them, or the name of a column of X.
    several : sequence of bool
        For each of them, whether a list of names stands for several columns.

    Raises
    ------
    DataError
        X has no such column, or no names.
    """
    names = [_names(one, more) for one, more in zip(given, several)]
    if not any(names):
        return X, *given
    X, _ = as_columns(X)
    if not is_table(X):
        raise DataError(f"X has no column {quoted(next(filter(None, names))[0])}: it is no table", code="data-column")
    table = open_table(X)
    known = _listed(table)
    for name in (name for of_one in names for name in of_one):
        if name not in known:
            hint = did_you_mean(name, known)
            raise DataError(f"X has no column {quoted(name)}", code="data-column", where=str(table), hint=hint)
    found = [_values(table, of_one, one) if of_one else one for of_one, one in zip(names, given)]
    return WithoutColumns(table, {name for of_one in names for name in of_one}), *found


def _names(given, several: bool) -> list[str]:
    """The names of columns that `given` holds; none where it holds values."""
    if isinstance(given, str):
        return [given]
    if several and isinstance(given, list | tuple) and given and all(isinstance(name, str) for name in given):
        return list(given)
    return []


def _values(table: Table, names: list[str], given):
    import numpy as np

    columns = table.read(names, names)
    for name, column in columns.items():
        if not column.is_scalar:
            raise DataError(f"column {quoted(name)} has several values per event", code="data-column-shape", where=str(table))
    if isinstance(given, str):
        return columns[given].values
    return np.stack([columns[name].values for name in names], axis=1)

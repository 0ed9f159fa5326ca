"""Where events come from: `open_table` turns whatever the user gives into a table of columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmvalite.data.columns import ArrayTable, Column, Table
from tmvalite.data.sources.arrays import open_frame, open_mapping, open_records, open_structured
from tmvalite.data.sources.root import open_root_object, open_root_path
from tmvalite.errors import DataError

__all__ = ["ArrayTable", "ChainTable", "Column", "Table", "open_table"]

KINDS = "'file.root:tree', an uproot tree, a dict of arrays, a structured array, a pandas or awkward table, or a list of these"


@dataclass(frozen=True, eq=False)
class ChainTable:
    """Several tables as one, one after the other. Its columns are those that all parts have."""

    parts: tuple[Table, ...]
    n_entries: int

    def keys(self) -> list[str]:
        common = set(self.parts[0].keys()).intersection(*(part.keys() for part in self.parts[1:]))
        return [name for name in self.parts[0].keys() if name in common]

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        read = [part.read(names, texts) for part in self.parts]
        columns = {}
        for name in names:
            try:
                columns[name] = Column.concatenate([part[name] for part in read])
            except DataError as problem:
                raise DataError(f"column '{name}' of {self}: {problem.message}", code=problem.code) from None
        return columns

    def lacking(self, name: str) -> str | None:
        """The first part that lacks a column which another part has, or None."""
        without = [part for part in self.parts if name not in part.keys()]
        return str(without[0]) if 0 < len(without) < len(self.parts) else None

    def __str__(self):
        return f"{self.parts[0]} and {len(self.parts) - 1} more"


def open_table(source) -> Table:
    """A table of columns; nothing but names and lengths is read yet.

    Parameters
    ----------
    source : object
        A path `file.root:tree` (folders inside the file and patterns such as `data/*.root:tree` work), an uproot TTree or
        RNTuple, a dict of arrays, a numpy structured array, a pandas DataFrame, an awkward record array, a Table, or a
        list of these.

    Raises
    ------
    DataError
        A missing or damaged file, a missing tree, columns of different lengths, or an object of another kind.
    MissingExtraError
        Reading ROOT files without uproot.
    """
    if isinstance(source, str | Path):
        return _chain(open_root_path(str(source)))
    module = type(source).__module__.partition(".")[0]
    if module == "uproot":
        return open_root_object(source)
    if module == "awkward":
        return open_records(source)
    if isinstance(source, np.ndarray) and source.dtype.names:
        return open_structured(source)
    if isinstance(source, Mapping):
        return open_mapping(source)
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return open_frame(source)
    if isinstance(source, list | tuple) and source and not _numbers(source):
        return _chain([open_table(part) for part in source])
    if isinstance(source, ArrayTable | ChainTable) or (hasattr(source, "n_entries") and hasattr(source, "read")):
        return source
    if isinstance(source, np.ndarray | list | tuple):
        raise DataError(
            "an array without column names cannot be used here",
            code="data-source",
            expected=KINDS,
            hint="give a dict, such as {'x': array[:, 0], 'y': array[:, 1]}",
        )
    raise DataError(f"an object of type {type(source).__name__} is no table of events", code="data-source", expected=KINDS)


def _numbers(values) -> bool:
    first = values[0]
    return isinstance(first, int | float | np.number) or (isinstance(first, list | tuple) and bool(first) and _numbers(first))


def _chain(tables: Sequence[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    parts: list[Table] = []
    for table in tables:
        parts.extend(table.parts if isinstance(table, ChainTable) else [table])
    return ChainTable(tuple(parts), sum(part.n_entries for part in parts))

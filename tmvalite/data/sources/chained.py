"""Several tables as one, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tmvalite.data.columns import Column, Table
from tmvalite.errors import DataError


@dataclass(frozen=True, eq=False)
class ChainTable:
    """Several tables as one, one after the other. Its columns are those that all parts have."""

    parts: tuple[Table, ...]
    n_entries: int

    def keys(self) -> list[str]:
        common = set(self.parts[0].keys()).intersection(*(part.keys() for part in self.parts[1:]))
        return [name for name in self.parts[0].keys() if name in common]

    def branches(self) -> list[str]:
        """Every column once, where a tree has several names for it."""
        common = set(self.keys())
        first = self.parts[0]
        return [name for name in (first.branches() if hasattr(first, "branches") else first.keys()) if name in common]

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        read = [part.read(names, texts) for part in self.parts]
        columns = {}
        for name in names:
            try:
                columns[name] = Column.concatenate([part.pop(name) for part in read])  # which are needed no more
            except DataError as problem:
                raise DataError(f"column '{name}' of {self}: {problem.message}", code=problem.code) from None
        return columns

    def lacking(self, name: str) -> str | None:
        """The first part that lacks a column which another part has, or None."""
        without = [part for part in self.parts if name not in part.keys()]
        return str(without[0]) if 0 < len(without) < len(self.parts) else None

    def __str__(self):
        return f"{self.parts[0]} and {len(self.parts) - 1} more"


def chained(tables: Sequence[Table]) -> Table:
    """The tables as one; a single one stays itself."""
    if len(tables) == 1:
        return tables[0]
    parts: list[Table] = []
    for table in tables:
        parts.extend(table.parts if isinstance(table, ChainTable) else [table])
    return ChainTable(tuple(parts), sum(part.n_entries for part in parts))

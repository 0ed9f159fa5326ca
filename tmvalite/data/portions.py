"""A table in portions of its entries, one after the other, each a table itself. Memory holds one portion, not the table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tmvalite.data.columns import Column, Table

BLOCK = 100_000  # entries of a portion, where a row is not too long
BLOCK_BYTES = 16_000_000  # of its columns
LEAST = 500  # entries that are worth a portion, however long they are


class Portion:
    """The entries start to stop of a table. Columns come from `columns` where they are there, otherwise from the table.

    first_entry, all_entries : where the portion stands in its table, for `Entry$` and `Entries$`
    """

    def __init__(self, table: Table, start: int, stop: int, columns: dict[str, Column] | None = None):
        self._table, self._columns = table, columns or {}
        self.first_entry, self.all_entries = start, table.n_entries
        self.n_entries = stop - start

    def __getattr__(self, name: str):  # aliases, friends and what else a kind of table knows
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._table, name)

    def keys(self) -> Sequence[str]:
        return self._table.keys()

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        rest = [name for name in names if name not in self._columns]
        found = read_range(self._table, rest, texts, self.first_entry, self.first_entry + self.n_entries) if rest else {}
        return {name: found[name] if name in found else self._columns[name] for name in names}

    def __str__(self):
        return str(self._table)


class NotedTable:
    """A table that notes which columns are read of it."""

    def __init__(self, table: Table):
        self._table, self.names, self.texts = table, {}, set()

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._table, name)

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        read = self._table.read(names, texts)
        self.names.update(dict.fromkeys(names))
        self.texts |= set(texts) & set(names)
        return read

    def __str__(self):
        return str(self._table)


def read_range(table: Table, names: Sequence[str], texts: Collection[str], start: int, stop: int) -> dict[str, Column]:
    """The columns of some entries. A table that cannot read a part is read as a whole."""
    if hasattr(table, "read_range"):
        return table.read_range(names, texts, start, stop)
    return {name: column.part(start, stop) for name, column in table.read(names, texts).items()}


def portion_entries(table: Table, names: Sequence[str]) -> int:
    """How many entries a portion of these columns should have: memory holds a few times as much."""
    size = table.entry_bytes(names) if hasattr(table, "entry_bytes") else 8.0 * len(names)
    return max(LEAST, min(BLOCK, int(BLOCK_BYTES / max(1.0, size))))


def portions(
    table: Table, names: Sequence[str], texts: Collection[str], start: int, stop: int, entries: int = BLOCK
) -> Iterator[Portion]:
    """The entries start to stop, at most `entries` at a time, with these columns loaded.

    A table with `stream` (names, texts, bounds) gives the columns of each pair of bounds in turn, decoding nothing twice. Any
    other one is read part by part where it has `read_range`, or once, and cut.
    """
    edges = [*range(start, stop, entries), stop]
    return portions_at(table, names, texts, list(zip(edges, edges[1:])))


def portions_at(
    table: Table, names: Sequence[str], texts: Collection[str], bounds: Sequence[tuple[int, int]]
) -> Iterator[Portion]:
    """The entries of each pair of bounds, which rise, with these columns loaded; see `portions`."""
    if hasattr(table, "stream"):
        parts = table.stream(names, texts, bounds)
    elif hasattr(table, "read_range"):
        parts = (table.read_range(names, texts, *pair) for pair in bounds)
    else:
        whole = table.read(names, texts)
        parts = ({name: column.part(*pair) for name, column in whole.items()} for pair in bounds)
    for (first, last), columns in zip(bounds, parts):
        yield Portion(table, first, last, columns)

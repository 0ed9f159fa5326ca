"""A table with aliases and friends that were given to it in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tmvalite.data.columns import Column, Table
from tmvalite.errors import DataError


class LinkedTable:
    """A table, names that stand for expressions, and further tables of the same length by name.

    A friend's column is called `friend.column`, or `column` where nothing before it is called so. `keeps_friends`: the friends
    that the table knows itself, as from its file, are there too.
    """

    def __init__(
        self,
        table: Table,
        aliases: Mapping[str, str],
        friends: Mapping[str, Table],
        tree_name: str = "",
        keeps_friends: bool = False,
    ):
        self._table, self._friends, self.n_entries = table, dict(friends), table.n_entries
        self.aliases = {**(getattr(table, "aliases", None) or {}), **aliases}
        self._places: dict[str, tuple[Table, str]] = {}
        for prefix, friend in ((tree_name, table), *self._friends.items()):
            self._places.update((f"{prefix}.{name}", (friend, name)) for name in friend.keys() if prefix)
        own = set(table.keys())
        for friend in self._friends.values():
            for name in friend.keys():
                if name not in own:
                    self._places.setdefault(name, (friend, name))
        if keeps_friends and hasattr(table, "friend_keys"):
            for name in table.friend_keys():
                self._places.setdefault(name, (table, name))

    def keys(self) -> list[str]:
        return list(self._table.keys())

    def branches(self) -> list[str]:
        """Every branch once, without those of friends."""
        return self._table.branches() if hasattr(self._table, "branches") else self.keys()

    def friend_keys(self) -> list[str]:
        """The names of columns of friends, and of its own with the tree's name before it."""
        return list(self._places)

    def collection(self, name: str) -> str | None:
        """As the table's own."""
        return self._table.collection(name) if hasattr(self._table, "collection") else None

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        own = set(self._table.keys())
        return {name: self._column(name, own, name in texts) for name in names}

    def _column(self, name: str, own: Collection[str], text: bool) -> Column:
        if name in own:
            return self._table.read([name], [name] if text else [])[name]
        friend, inner = self._places[name]
        if friend.n_entries < self.n_entries:
            raise DataError(
                f"the friend has {friend.n_entries} entries, the tree {self.n_entries}",
                code="data-friend",
                where=f"{self}, friend {friend}",
                hint="a friend needs a row for every entry",
            )
        return friend.read([inner], [inner] if text else [])[inner].take(self.n_entries)

    def __str__(self):
        return str(self._table)

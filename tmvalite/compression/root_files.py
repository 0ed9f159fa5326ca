"""Trees in ROOT files: numbers, arrays of a fixed length, and arrays of a varying one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tmvalite.compression.table import EventTable
from tmvalite.compression.table_kinds import TableKind, is_text, register
from tmvalite.compression.table_source import TableParts, streamed
from tmvalite.data.sources import open_table
from tmvalite.data.sources.root import RootTable
from tmvalite.errors import DataError, MissingExtraError
from tmvalite.io.atomic import write_atomic


def open_root(path: str | os.PathLike, tree: str | None = None, *, drop: bool = False) -> TableParts:
    """One tree of a file, TTree or RNTuple; `tree` may be left out where the file has only one.

    Raises
    ------
    DataError
        The file or tree is missing or damaged, or a branch cannot be kept.
    MissingExtraError
        uproot is not installed.
    """
    table = open_table(f"{os.fspath(path)}:{tree}" if tree else os.fspath(path))
    if not isinstance(table, RootTable):
        raise DataError(f"'{os.fspath(path)}' is a pattern of several files", code="data-file-kind", expected="one ROOT file")
    size = Path(path).stat().st_size if Path(path).exists() else 0
    layout = {"tree": table.path, "title": table.title}
    return streamed(table, "root", table.branches(), layout, size, drop=drop)


def write_root(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table as a TTree of the name it had. Raises FileError, MissingExtraError.

    Branches of varying length get a branch of their lengths; a column that is that already is not written twice. ROOT files
    carry the time at which they were written; the branches are the same to the bit every time.
    """
    try:
        import uproot
    except ImportError as error:
        raise MissingExtraError("ROOT files need the package uproot", code="missing-extra", hint="pip install uproot") from error

    def fill(file):
        with uproot.recreate(file, compression=uproot.ZLIB(1)) as output:
            tree = None
            for part in parts:
                columns = {c.name: c for c in part.columns}
                counters = {_counter(c.name): np.diff(c.offsets) for c in part.columns if c.offsets is not None}
                if tree is None:
                    own = {n for n, c in columns.items() if n not in counters or c.offsets is not None}
                    types = {n: _type(columns[n]) for n in columns if n in own}
                    name, title = source.layout.get("tree") or "tree", source.layout.get("title") or ""
                    tree = output.mktree(name, types, title=title, counter_name=_counter)
                for n, lengths in counters.items():
                    if n in columns and not np.array_equal(columns[n].values, lengths):
                        raise DataError(f"'{n}' is a column, and no branch of the lengths of another", code="data-column")
                tree.extend({n: _values(columns[n]) for n in own})

    write_atomic(path, fill)


def _counter(name: str) -> str:
    """The branch that holds the lengths of another."""
    return "n" + name


def _type(column):
    native = column.values.dtype.newbyteorder("=")
    if column.offsets is None:
        return np.dtype((native, column.values.shape[1:]))
    return "var * " + "".join(f"{size} * " for size in column.values.shape[1:]) + native.name


def _values(column):
    native = np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("="))
    if column.offsets is None:
        return native
    import awkward as ak

    return ak.unflatten(ak.Array(native), np.diff(column.offsets))


register(TableKind("root", (".root",), open_root, write_root, {"tree": is_text, "title": is_text}))

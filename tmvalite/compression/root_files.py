"""Trees in ROOT files: numbers and arrays of a fixed length."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn, check_columns, is_whole
from tmvalite.data.sources import open_table
from tmvalite.data.sources.root import RootTable
from tmvalite.errors import DataError, MissingExtraError
from tmvalite.io.atomic import write_atomic

_CHUNK = 100_000  # events written at a time; each chunk is a basket of every branch


def read_root(path: str | os.PathLike, tree: str | None = None, *, drop: bool = False) -> EventTable:
    """One tree of a file; `tree` may be left out where the file has only one. With `drop`, branches of varying length or of
    other things than numbers are left out.

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
    where, columns = str(table), []
    for name in table.branches():
        try:
            column = table.read([name])[name]
        except DataError as problem:
            if drop:
                continue
            if problem.code == "data-file-damaged":
                raise
            raise DataError(
                problem.message,
                code=problem.code,
                where=where,
                expected=problem.expected,
                hint="leave such branches out: --others drop",
            ) from problem
        if column.offsets is None:
            columns.append(FileColumn(name, column.values, whole=is_whole(column.values)))
        elif not drop:
            raise DataError(
                f"branch '{name}' has a varying number of values per event",
                code="data-column-shape",
                where=where,
                expected="numbers, or arrays of a fixed length",
                hint="leave such branches out: --others drop",
            )
    if not columns:
        raise DataError(f"{where} has no branch with numbers", code="data-column")
    check_columns(columns, where)
    layout = {"tree": table.path, "title": table.title}
    return EventTable("root", columns, table.n_entries, layout, {}, _size(path), where)


def _size(path) -> int:
    return Path(path).stat().st_size if Path(path).exists() else 0


def write_root(path: str | os.PathLike, table: EventTable) -> None:
    """Write a table as a TTree of the name it had. Raises FileError, MissingExtraError.

    ROOT files carry the time at which they were written; the branches are the same to the bit every time.
    """
    try:
        import uproot
    except ImportError as error:
        raise MissingExtraError("ROOT files need the package uproot", code="missing-extra", hint="pip install uproot") from error

    def fill(file):
        with uproot.recreate(file) as output:
            native = {c.name: np.ascontiguousarray(c.values, c.values.dtype.newbyteorder("=")) for c in table.columns}
            types = {name: np.dtype((x.dtype, x.shape[1:])) for name, x in native.items()}
            tree = output.mktree(table.layout.get("tree") or "tree", types, title=table.layout.get("title") or "")
            for start in range(0, table.n_events, _CHUNK):
                tree.extend({name: x[start : start + _CHUNK] for name, x in native.items()})

    write_atomic(path, fill)

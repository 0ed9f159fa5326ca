"""Reading and writing tables by the ending of the file name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from tmvalite.compression import csv_files, hdf5_files, npz_files, parquet_files, root_files
from tmvalite.compression.table import EventTable
from tmvalite.compression.table_kinds import KINDS, check_layout
from tmvalite.compression.table_source import TableParts, source_of
from tmvalite.errors import DataError, FileError

__all__ = [
    "KINDS",
    "check_distinct",
    "check_kind",
    "check_layout",
    "csv_files",
    "hdf5_files",
    "kind_of",
    "npz_files",
    "open_source",
    "parquet_files",
    "read_table",
    "root_files",
    "write_parts",
    "write_table",
]
_ENDINGS = {ending: kind for kind in KINDS.values() for ending in kind.endings}
_SHOWN = ", ".join(list(_ENDINGS)[:-1]) + f" or {list(_ENDINGS)[-1]}"
_WITH_PART = re.compile(r"(?P<file>.*\.(?:root|h5|hdf5))(?::(?P<part>.+))?", re.DOTALL)


def open_source(path: str | os.PathLike | EventTable, *, tree: str | None = None, drop: bool = False) -> TableParts:
    """A table of which nothing but names, types and lengths is read yet.

    Parameters
    ----------
    path : path or EventTable
        A ROOT file may name its tree, `data.root:tree`, an HDF5 file its group.
    tree : str, optional
        The tree of a ROOT file that has several.
    drop : bool
        Leave out what cannot be kept: branches of a ROOT tree, arrays of an .npz file.

    Raises
    ------
    DataError
        The file is missing, of another kind, damaged, or holds no table.
    """
    if isinstance(path, EventTable):
        return source_of(path)
    name = os.fspath(path)
    match = _WITH_PART.fullmatch(name)
    if match:
        return kind_of(match["file"]).open(match["file"], tree or match["part"], drop=drop)
    kind = kind_of(name)
    if tree is not None:
        raise DataError(f"'{name}' has no trees", code="data-tree-missing", hint="leave --tree out")
    if not os.path.exists(name):
        raise DataError(f"there is no file '{name}'", code="data-file-missing")
    return kind.open(name, drop=drop)


def read_table(path: str | os.PathLike, *, tree: str | None = None, drop: bool = False) -> EventTable:
    """The table of a file, in memory; `open_source` has the parameters and errors."""
    return open_source(path, tree=tree, drop=drop).whole()


def kind_of(name: str | os.PathLike):
    """The TableKind of a file name. Raises DataError for another ending."""
    ending = os.path.splitext(os.fspath(name))[1].lower()
    if ending not in _ENDINGS:
        raise DataError(
            f"'{os.fspath(name)}' is no kind of table", code="data-file-kind", expected=f"a file name that ends in {_SHOWN}"
        )
    return _ENDINGS[ending]


def write_table(path: str | os.PathLike, table: EventTable) -> None:
    """Write a table in its own kind of file. Raises FileError, and DataError if the name is that of another kind."""
    write_parts(path, [table], source_of(table))


def write_parts(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table that comes in parts; kind, layout, n_events and extras are those of `source`."""
    check_kind(path, source.kind)
    KINDS[source.kind].write(path, parts, source)


def check_kind(path: str | os.PathLike, kind: str) -> None:
    """Raises DataError if a file of this name would not be of this kind."""
    if kind_of(path).name != kind:
        endings = KINDS[kind].endings
        raise DataError(
            f"the events come from a {endings[0]} file, '{os.fspath(path)}' names another kind",
            code="data-file-kind",
            expected=f"a file name that ends in {' or '.join(endings)}",
        )


def check_distinct(**paths: str | os.PathLike | None) -> None:
    """Raises FileError if two of the paths, by what they are for, are the same file; a ROOT file may name its tree."""
    seen: dict[str, str] = {}
    for use, path in paths.items():
        if not isinstance(path, (str, os.PathLike)):
            continue
        name = os.fspath(path)
        match = _WITH_PART.fullmatch(name)
        place = os.path.realpath(match["file"] if match else name)
        if place in seen:
            raise FileError(
                f"'{name}' is both {seen[place]} and {use.replace('_', ' ')}",
                code="file-same",
                hint="give every file a name of its own",
            )
        seen[place] = use.replace("_", " ")

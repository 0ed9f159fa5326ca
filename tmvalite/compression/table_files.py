"""Reading and writing tables by the ending of the file name."""

from __future__ import annotations

import os
import re

from tmvalite.compression.csv_files import read_csv, write_csv
from tmvalite.compression.npz_files import read_npz, write_npz
from tmvalite.compression.root_files import read_root, write_root
from tmvalite.compression.table import EventTable
from tmvalite.errors import DataError, FileError

_ENDINGS = {".root": "root", ".npz": "npz", ".csv": "csv"}
_WRITERS = {"root": write_root, "npz": write_npz, "csv": write_csv}
_ROOT_PATH = re.compile(r"(?P<file>.*\.root)(?::(?P<tree>.+))?", re.DOTALL)


def read_table(path: str | os.PathLike, *, tree: str | None = None, drop: bool = False) -> EventTable:
    """The table of a .root, .npz or .csv file.

    Parameters
    ----------
    path : path
        A ROOT file may name its tree, `data.root:tree`.
    tree : str, optional
        The tree of a ROOT file that has several.
    drop : bool
        Leave out what cannot be kept: branches of a ROOT tree, arrays of an .npz file.

    Raises
    ------
    DataError
        The file is missing, of another kind, damaged, or holds no table.
    """
    name = os.fspath(path)
    match = _ROOT_PATH.fullmatch(name)
    if match:
        return read_root(match["file"], tree or match["tree"], drop=drop)
    kind = kind_of(name)
    if tree is not None:
        raise DataError(f"'{name}' has no trees", code="data-tree-missing", hint="leave --tree out")
    return read_npz(name, drop=drop) if kind == "npz" else read_csv(name)


def kind_of(name: str | os.PathLike) -> str:
    """ "root", "npz" or "csv". Raises DataError for another ending."""
    ending = os.path.splitext(os.fspath(name))[1].lower()
    if ending not in _ENDINGS:
        raise DataError(
            f"'{os.fspath(name)}' is no kind of table",
            code="data-file-kind",
            expected="a file name that ends in .root, .npz or .csv",
        )
    return _ENDINGS[ending]


def write_table(path: str | os.PathLike, table: EventTable) -> None:
    """Write a table in its own kind of file. Raises FileError, and DataError if the name is that of another kind."""
    check_kind(path, table.kind)
    _WRITERS[table.kind](path, table)


def check_kind(path: str | os.PathLike, kind: str) -> None:
    """Raises DataError if a file of this name would not be of this kind."""
    if kind_of(path) != kind:
        raise DataError(
            f"the events come from a .{kind} file, '{os.fspath(path)}' names another kind",
            code="data-file-kind",
            expected=f"a file name that ends in .{kind}",
        )


def check_distinct(**paths: str | os.PathLike | None) -> None:
    """Raises FileError if two of the paths, by what they are for, are the same file; a ROOT file may name its tree."""
    seen: dict[str, str] = {}
    for use, path in paths.items():
        if not isinstance(path, (str, os.PathLike)):
            continue
        name = os.fspath(path)
        match = _ROOT_PATH.fullmatch(name)
        place = os.path.realpath(match["file"] if match else name)
        if place in seen:
            raise FileError(
                f"'{name}' is both {seen[place]} and {use.replace('_', ' ')}",
                code="file-same",
                hint="give every file a name of its own",
            )
        seen[place] = use.replace("_", " ")

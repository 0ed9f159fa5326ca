"""The registry of kinds of files: each is one file here, and one import line in table_files.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TableKind:
    """A kind of file.

    name : as archives state it
    endings : of the names of its files, in lower case
    open : (path, part, drop=) -> TableParts; `part` is the tree of a ROOT file or the group of an HDF5 file, or None
    write : (path, parts of a table, its TableParts) -> None
    parts : whether a file holds several tables, as `file.root:tree`
    """

    name: str
    endings: tuple[str, ...]
    open: Callable
    write: Callable
    parts: bool = True


KINDS: dict[str, TableKind] = {}


def register(kind: TableKind) -> None:
    """Make a kind of file known."""
    KINDS[kind.name] = kind

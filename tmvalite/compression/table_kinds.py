"""The registry of kinds of files: each is one file here, and one import line in table_files.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableKind:
    """A kind of file.

    name : as archives state it
    endings : of the names of its files, in lower case
    open : (path, part, drop=) -> TableParts; `part` is the tree of a ROOT file or the group of an HDF5 file, or None
    write : (path, parts of a table, its TableParts) -> None
    layout : what a layout may state, and what its value must be
    """

    name: str
    endings: tuple[str, ...]
    open: Callable
    write: Callable
    layout: Mapping[str, Callable[[object], bool]] = field(default_factory=dict)


def is_text(value) -> bool:
    """For `layout`: a text."""
    return type(value) is str


def is_truth(value) -> bool:
    """For `layout`: true or false."""
    return type(value) is bool


KINDS: dict[str, TableKind] = {}


def check_layout(kind: str, layout: dict) -> None:
    """Raises ValueError for a layout that no file of this kind has."""
    for name, value in layout.items():
        allowed = KINDS[kind].layout.get(name)
        if allowed is None or not allowed(value):
            raise ValueError(f"layout {name[:20]!r}")


def register(kind: TableKind) -> None:
    """Make a kind of file known."""
    KINDS[kind.name] = kind

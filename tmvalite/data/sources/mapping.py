"""Dicts of arrays."""

from __future__ import annotations

from collections.abc import Mapping

from tmvalite.data.sources.arrays import LazyTable, refuse_column
from tmvalite.data.sources.base import TableSource, module_of, register
from tmvalite.errors import DataError


def _length(lengths: dict[str, int], where: str) -> int:
    if len(set(lengths.values())) > 1:
        first, *_ = lengths
        other = next(name for name in lengths if lengths[name] != lengths[first])
        raise DataError(
            f"columns differ in length: '{first}' has {lengths[first]} entries, '{other}' has {lengths[other]}",
            code="data-column-length",
            where=where,
        )
    return next(iter(lengths.values()), 0)


def open_mapping(source: Mapping) -> LazyTable:
    """A dict of column names and arrays (numbers, fixed arrays (N, K), lists of arrays, awkward arrays)."""
    where = "the dict of arrays"
    lengths = {}
    for name, values in source.items():
        if not hasattr(values, "__len__"):
            refuse_column(f"column '{name}' is {type(values).__name__}, not an array", where)
        lengths[str(name)] = len(values)
    columns = {str(name): values for name, values in source.items()}
    return LazyTable(where, list(columns), _length(lengths, where), columns.__getitem__)


def names_trees(source) -> bool:
    """Whether it is a dict of files and the trees in them, not of columns."""
    return isinstance(source, dict) and bool(source) and all(isinstance(tree, str) for tree in source.values())


def _fits(source) -> bool:
    if names_trees(source) or module_of(source) == "uproot":  # trees and files of uproot are mappings, too
        return False
    return isinstance(source, Mapping)


register(TableSource("a dict of arrays", _fits, open_mapping))

"""Dicts of arrays."""

from __future__ import annotations

from collections.abc import Mapping

from tmvalite.data.sources.arrays import LazyTable, refuse_column
from tmvalite.data.sources.base import TableSource, register
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


def _fits(source) -> bool:
    return isinstance(source, Mapping) and not hasattr(source, "num_entries")  # an uproot tree is a Mapping, too


register(TableSource("a dict of arrays", _fits, open_mapping))

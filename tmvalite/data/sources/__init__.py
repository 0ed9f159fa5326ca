"""Where events come from: `open_table` turns whatever the user gives into a table of columns.

A kind of source is one file here and one import line below; the first one that fits is taken.
"""

from __future__ import annotations

import numpy as np

from tmvalite.data.columns import ArrayTable, Column, Table
from tmvalite.data.sources import arrow, csv, frame, hdf5, mapping, npz, records, root, root_objects, structured
from tmvalite.data.sources.base import SOURCES
from tmvalite.data.sources.chained import ChainTable, chained
from tmvalite.errors import DataError

__all__ = ["ArrayTable", "ChainTable", "Column", "Table", "files_of", "is_table", "open_table"]


def is_table(source) -> bool:
    """Whether `open_table` takes this: a table with named columns, no bare array of numbers."""
    if isinstance(source, list | tuple):
        return bool(source) and all(not isinstance(part, list | tuple) and is_table(part) for part in source)
    return _is_open(source) or any(kind.fits(source) for kind in SOURCES)


def _is_open(source) -> bool:
    return isinstance(source, ArrayTable | ChainTable) or (hasattr(source, "n_entries") and hasattr(source, "read"))


def files_of(source) -> list[str] | None:
    """The path of every file that a path or pattern means, each of them a source; None for tables that are in memory.

    Raises DataError where there is no such file.
    """
    for kind in () if _is_open(source) else SOURCES:
        if kind.fits(source):
            return None if kind.files is None else list(kind.files(source))
    return None


def open_table(source) -> Table:
    """A table of columns; nothing but names and lengths is read yet.

    Parameters
    ----------
    source : object
        A path `file.root:tree` (folders inside the file and patterns such as `data/*.root:tree` work), or of a CSV, Parquet,
        NPZ or HDF5 file; an uproot TTree or RNTuple, a dict of arrays, a numpy structured array, a pandas DataFrame, a
        pyarrow Table, an awkward record array, a Table, or a list of these.

    Raises
    ------
    DataError
        A missing or damaged file, a missing tree, columns of different lengths, or an object of another kind.
    MissingExtraError
        Reading files without the package that reads them.
    """
    if _is_open(source):
        return source
    for kind in SOURCES:
        if kind.fits(source):
            opened = kind.open(source)
            return chained(opened) if isinstance(opened, list) else opened
    if isinstance(source, list | tuple) and source and not _numbers(source):
        return chained([open_table(part) for part in source])
    expected = ", ".join(kind.shown for kind in SOURCES) + ", or a list of these"
    if isinstance(source, np.ndarray | list | tuple):
        raise DataError(
            "an array without column names cannot be used here",
            code="data-source",
            expected=expected,
            hint="give a dict, such as {'x': array[:, 0], 'y': array[:, 1]}",
        )
    raise DataError(f"an object of type {type(source).__name__} is no table of events", code="data-source", expected=expected)


def _numbers(values) -> bool:
    first = values[0]
    return isinstance(first, int | float | np.number) or (isinstance(first, list | tuple) and bool(first) and _numbers(first))

"""Data frames: pandas, polars, and what has their columns and a way to numpy."""

from __future__ import annotations

import numpy as np

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import TableSource, module_of, register
from tmvalite.errors import DataError

COMPUTED_BY = ("collect", "compute")  # of frames that are a plan until then: polars, dask


def open_frame(source) -> LazyTable:
    """A DataFrame of pandas, or an object with columns that are found by name; a lazy one is computed."""
    for name in COMPUTED_BY:
        source = getattr(source, name)() if hasattr(source, name) else source
    names = [str(name) for name in source.columns]
    position = {name: at for at, name in enumerate(names)}
    if len(position) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the data frame has two columns named '{twice}'", code="data-column")

    def column(name: str):
        return _from_series(source.iloc[:, position[name]] if hasattr(source, "iloc") else source[name])

    return LazyTable("the data frame", names, len(source), column)


def _from_series(series) -> np.ndarray:
    """A column; numbers with gaps get NaN there."""
    kind = getattr(series.dtype, "kind", "O")
    if kind in "biuf" and not isinstance(series.dtype, np.dtype):  # pandas' own types, which know gaps
        if series.isna().any():
            return series.to_numpy(dtype=np.float64, na_value=np.nan)
        return series.to_numpy(dtype=np.dtype(series.dtype.numpy_dtype))
    return series.to_numpy()


def _fits(source) -> bool:
    if isinstance(source, np.ndarray) or module_of(source) in ("awkward", "pyarrow"):
        return False  # a field may be called columns
    if hasattr(source, "collect_schema"):
        return True  # of polars, where the columns of a lazy frame are not asked for
    return hasattr(source, "columns") and (hasattr(source, "iloc") or hasattr(source, "__getitem__"))


register(TableSource("a data frame of pandas or polars", _fits, open_frame))

"""Data frames: pandas, and what has its columns, iloc and to_numpy."""

from __future__ import annotations

import numpy as np

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import TableSource, register
from tmvalite.errors import DataError


def open_frame(source) -> LazyTable:
    """A pandas DataFrame, or an object with its columns, iloc and to_numpy."""
    names = [str(name) for name in source.columns]
    position = {name: at for at, name in enumerate(names)}
    if len(position) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the data frame has two columns named '{twice}'", code="data-column")
    return LazyTable("the data frame", names, len(source), lambda name: _from_series(source.iloc[:, position[name]], name))


def _from_series(series, name: str) -> np.ndarray:
    """A pandas column; numbers with gaps get NaN there."""
    kind = getattr(series.dtype, "kind", "O")
    if kind in "biuf" and not isinstance(series.dtype, np.dtype):  # pandas' own types, which know gaps
        if series.isna().any():
            return series.to_numpy(dtype=np.float64, na_value=np.nan)
        return series.to_numpy(dtype=np.dtype(series.dtype.numpy_dtype))
    return series.to_numpy()


register(TableSource("a pandas data frame", lambda source: hasattr(source, "columns") and hasattr(source, "iloc"), open_frame))

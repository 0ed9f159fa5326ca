"""numpy structured arrays."""

from __future__ import annotations

import numpy as np

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import TableSource, register


def open_structured(source: np.ndarray) -> LazyTable:
    """A numpy structured array (N,)."""
    return LazyTable("the structured array", source.dtype.names, len(source), source.__getitem__)


def _fits(source) -> bool:
    return isinstance(source, np.ndarray) and bool(source.dtype.names)


register(TableSource("a structured array", _fits, open_structured))

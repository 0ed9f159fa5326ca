"""Columns of a table: one number per entry, or an array of numbers per entry of fixed or varying length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tmvalite.errors import DataError


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    values : array
        One number per entry: (N,). Arrays of fixed length: (N, ...). Arrays of varying length: (M,), all elements of all
        entries one after the other. Booleans, integers or floats.
    offsets : (N + 1,) int64 or None
        For varying lengths: entry i has the elements offsets[i] to offsets[i+1].
    """

    values: np.ndarray
    offsets: np.ndarray | None = None

    def __post_init__(self):
        if self.values.dtype.kind not in "biuf":
            raise TypeError(self.values.dtype)

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    @property
    def is_scalar(self) -> bool:
        return self.offsets is None and self.values.ndim == 1

    @property
    def is_integer(self) -> bool:
        return self.values.dtype.kind in "iu"

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape of one entry of a fixed-length column; () for numbers and for varying lengths."""
        return self.values.shape[1:]

    def counts(self) -> np.ndarray:
        """(N,) int64, the number of elements of every entry."""
        if self.offsets is not None:
            return np.diff(self.offsets)
        return np.full(len(self), int(np.prod(self.dims, dtype=np.int64)), np.int64)

    def starts(self) -> np.ndarray:
        """(N,) int64, where the elements of every entry begin in `flat`."""
        if self.offsets is not None:
            return self.offsets[:-1]
        return np.arange(len(self), dtype=np.int64) * int(np.prod(self.dims, dtype=np.int64))

    def flat(self) -> np.ndarray:
        """(M,) float64, all elements of all entries."""
        return self.values.reshape(-1).astype(np.float64, copy=False)

    @staticmethod
    def concatenate(parts: Sequence[Column]) -> Column:
        """One column after the other. Fixed arrays of different shapes, or kinds that do not go together, are an error."""
        if len(parts) == 1:
            return parts[0]
        if all(part.offsets is None for part in parts):
            if len({part.dims for part in parts}) != 1:
                shapes = ", ".join(sorted({str(part.dims) for part in parts}))
                raise DataError(f"its shape differs from part to part: {shapes}", code="data-column-shape")
            return Column(np.concatenate([part.values for part in parts]))
        if any(part.is_scalar for part in parts) or any(len(part.dims) > 1 for part in parts):
            raise DataError("it is a number or a matrix in one part and an array in another", code="data-column-shape")
        counts = np.concatenate([part.counts() for part in parts])
        offsets = np.concatenate(([0], np.cumsum(counts)))
        return Column(np.concatenate([part.values.reshape(-1) for part in parts]), offsets)


class Table(Protocol):
    """What expressions are evaluated on."""

    n_entries: int

    def keys(self) -> Sequence[str]:
        """The names of all columns."""

    def read(self, names: Sequence[str]) -> dict[str, Column]:
        """The columns of these names, each N entries long. Raises DataError."""


@dataclass(frozen=True, eq=False)
class ArrayTable:
    """Columns that are in memory already."""

    columns: dict[str, Column]
    n_entries: int
    name: str = "the arrays"

    def keys(self) -> list[str]:
        return list(self.columns)

    def read(self, names: Sequence[str]) -> dict[str, Column]:
        return {name: self.columns[name] for name in names}

    def __str__(self):
        return self.name

"""Columns of a table: one number per entry, or an array of numbers per entry of fixed or varying length."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
        One number per entry: (N,). Arrays of fixed length: (N, ...). Arrays of varying length: (M, ...), all elements of all
        entries one after the other. Booleans, integers or floats; texts (N,) where an expression compares them.
    offsets : (N + 1,) int64 or None
        For varying lengths: entry i has the elements offsets[i] to offsets[i+1].
    """

    values: np.ndarray
    offsets: np.ndarray | None = None

    def __post_init__(self):
        if self.values.dtype.kind not in "biufU":
            raise TypeError(self.values.dtype)

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    @property
    def is_scalar(self) -> bool:
        return self.offsets is None and self.values.ndim == 1

    @property
    def is_text(self) -> bool:
        return self.values.dtype.kind == "U"

    @property
    def is_integer(self) -> bool:
        return self.values.dtype.kind in "iu"

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape of one entry of a fixed-length column, or of one element of a column of varying length."""
        return self.values.shape[1:]

    @property
    def n_axes(self) -> int:
        """How many indices an element has; the first one varies where there are offsets."""
        return len(self.dims) + (self.offsets is not None)

    def axis(self, at: int):
        """The length of one axis: an int, or (N,) int64 for the one that varies."""
        if self.offsets is None:
            return self.dims[at]
        return np.diff(self.offsets) if at == 0 else self.dims[at - 1]

    def counts(self) -> np.ndarray:
        """(N,) int64, the number of elements of every entry, over all axes."""
        inner = int(np.prod(self.dims, dtype=np.int64))
        if self.offsets is not None:
            return np.diff(self.offsets) * inner
        return np.full(len(self), inner, np.int64)

    def starts(self) -> np.ndarray:
        """(N,) int64, where the elements of every entry begin in `flat`."""
        inner = int(np.prod(self.dims, dtype=np.int64))
        if self.offsets is not None:
            return self.offsets[:-1] * inner
        return np.arange(len(self), dtype=np.int64) * inner

    def flat(self) -> np.ndarray:
        """(M,) float64, all elements of all entries; converted once."""
        made = self.__dict__.get("_flat")
        if made is None:
            made = self.values.reshape(-1).astype(np.float64, copy=False)
            object.__setattr__(self, "_flat", made)
        return made

    def take(self, n: int) -> Column:
        """The first n entries."""
        if n == len(self):
            return self
        if self.offsets is None:
            return Column(self.values[:n])
        return Column(self.values[: self.offsets[n]], self.offsets[: n + 1])

    def part(self, start: int, stop: int) -> Column:
        """The entries start to stop, as a view."""
        if self.offsets is None:
            return Column(self.values[start:stop])
        first, last = self.offsets[start], self.offsets[stop]
        return Column(self.values[first:last], self.offsets[start : stop + 1] - first)

    def chosen(self, passes: np.ndarray) -> Column:
        """The entries of a mask (N,)."""
        if self.offsets is None:
            return Column(self.values[passes])
        counts = np.diff(self.offsets)
        return Column(self.values[np.repeat(passes, counts)], np.concatenate(([0], np.cumsum(counts[passes]))))

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
        inner = {part.dims if part.offsets is not None else part.dims[1:] for part in parts}
        if any(part.is_scalar for part in parts) or len(inner) != 1:
            raise DataError("it is a number or a matrix in one part and an array in another", code="data-column-shape")
        dims = inner.pop()
        counts = np.concatenate([np.broadcast_to(part.axis(0), len(part)) for part in parts])
        offsets = np.concatenate(([0], np.cumsum(counts)))
        return Column(np.concatenate([part.values.reshape(-1, *dims) for part in parts]), offsets)


class Table(Protocol):
    """What expressions are evaluated on."""

    n_entries: int

    def keys(self) -> Sequence[str]:
        """The names of all columns."""

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        """The columns of these names, each N entries long; only those in `texts` may hold text. Raises DataError."""


@dataclass(frozen=True, eq=False)
class ArrayTable:
    """Columns that are in memory already."""

    columns: dict[str, Column]
    n_entries: int
    name: str = "the arrays"

    def keys(self) -> list[str]:
        return list(self.columns)

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        return {name: self.columns[name] for name in names}

    def __str__(self):
        return self.name

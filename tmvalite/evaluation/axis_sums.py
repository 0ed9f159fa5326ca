"""Sums over events in bins of many columns, class by class, filled block by block: what histograms and profiles are made of.

Bins are counted as in io/histograms.py: 0 is below the first edge, B + 1 above the last one, where NaN is too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.evaluation.by_class import MANY
from tmvalite.io.histograms import bins_of

_PLACES = 1 << 16  # of the compiled code
_LANES = 8  # terms that it adds at a time


class Axes:
    """Edges of the bins of every column of a table (N, V), rising in nearly equal steps."""

    def __init__(self, edges: Sequence[np.ndarray]):
        self.each = [np.asarray(one, np.float64) for one in edges]
        self.edges = np.concatenate(self.each)
        self.first = np.cumsum([0, *map(len, self.each)])
        self.starts = self.first + np.arange(len(self.first))  # of the bins; the last one is their number

    def compiled(self, n: int) -> bool:
        """Whether compiled code fills so many events."""
        return n >= MANY and max(map(len, self.each)) < _PLACES - 1

    def places(self, x: np.ndarray, out: np.ndarray, begin: int = 0) -> None:
        """out[v, begin:begin + n] = the bins of x (n, V) float32 or float64; out (V, N) uint16, or int64."""
        if out.dtype == np.uint16:
            _kernels().place_columns.get(x.dtype.name)(x, self.edges, self.first, begin, out)
            return
        for row, column, edges in zip(out, x.T, self.each):
            row[begin : begin + len(x)] = bins_of(column.astype(np.float64), edges)


class _Sums:
    """Sums of a few terms of every event in the bins of every column, for C classes; what is no class counts nowhere."""

    def __init__(self, axes: Axes, n_classes: int, n_events: int, terms: int):
        """n_events : of all blocks together"""
        self.axes, self.entries = axes, np.zeros(n_classes, np.int64)
        self.sums = np.zeros((n_classes, axes.starts[-1], terms))
        self._type = np.uint16 if axes.compiled(n_events) else np.int64

    def add(self, x: np.ndarray, class_index: np.ndarray, weights: np.ndarray) -> None:
        """The events of a block: x (n, V) float32 or float64, class_index (n,) int64, weights (n,) float64, all C-contiguous."""
        classes = len(self.sums)
        known = class_index[(class_index >= 0) & (class_index < classes)]
        self.entries += np.bincount(known, minlength=classes)
        at = np.empty((x.shape[1], len(x)), self._type)
        self.axes.places(x, at)
        if self._type is np.uint16:
            self._fill(x, at, class_index, weights)
            return
        chosen = np.flatnonzero((class_index >= 0) & (class_index < classes))
        values, w = x[chosen].astype(np.float64), weights[chosen]
        shape = self.sums.shape
        for v, start in enumerate(self.axes.starts[:-1]):
            place = known * shape[1] + start + at[v, chosen]
            for sums, term in zip(np.moveaxis(self.sums, 2, 0), self._terms(values, w, v)):
                sums += np.bincount(place, term, shape[0] * shape[1]).reshape(shape[:2])

    def of(self, v: int) -> np.ndarray:
        """(C, B + 2, terms): those of column v."""
        return self.sums[:, self.axes.starts[v] : self.axes.starts[v + 1]]

    def _terms(self, x: np.ndarray, w: np.ndarray, v: int):
        raise NotImplementedError

    def _fill(self, x, at, class_index, weights) -> None:
        raise NotImplementedError


class AxisSums(_Sums):
    """Of w, w^2, w x and w x^2."""

    def __init__(self, axes: Axes, n_classes: int, n_events: int):
        super().__init__(axes, n_classes, n_events, 4)

    def _terms(self, x, w, v):
        return w, w * w, w * x[:, v], w * x[:, v] * x[:, v]

    def _fill(self, x, at, class_index, weights):
        _kernels().sum_along_axes.get(x.dtype.name)(x, at, class_index, weights, self.axes.first, self.sums)


class ProfileSums(_Sums):
    """Of w y and w y^2 for every column y, and of w and w^2."""

    def __init__(self, axes: Axes, n_classes: int, n_events: int):
        super().__init__(axes, n_classes, n_events, -(-2 * (len(axes.each) + 1) // _LANES) * _LANES)

    def profile(self, v: int, u: int) -> np.ndarray:
        """(C, B + 2, 4): sums of w y, w y^2, w, w^2 with y the column u, in bins of column v."""
        last = 2 * len(self.axes.each)
        return self.of(v)[..., [2 * u, 2 * u + 1, last, last + 1]]

    def _terms(self, x, w, v):
        for y in x.T:
            yield from (w * y, w * y * y)
        yield from (w, w * w)

    def _fill(self, x, at, class_index, weights):
        work = np.zeros(self.sums.shape[2])
        _kernels().sum_profiles.get(x.dtype.name)(x, at, class_index, weights, self.axes.first, self.sums, work)


class Pairs:
    """Weights in the bins of two columns at once; the bins of all events are kept, two bytes a value."""

    def __init__(self, axes: Axes, n_classes: int, n_events: int):
        self.axes, self.classes = axes, n_classes
        self._at = np.empty((len(axes.each), n_events), np.uint16 if axes.compiled(n_events) else np.int64)
        self._end = 0

    def add(self, x: np.ndarray, class_index: np.ndarray, weights: np.ndarray) -> None:
        """The next block, x (n, V); classes and weights count when pairs are asked for."""
        self.axes.places(x, self._at, self._end)
        self._end += len(x)

    def contents(self, i: int, j: int, class_index: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(C, B_j + 2, B_i + 2): sums of the weights (N,) of the events of every class in bins of the columns j and i."""
        sides = [len(self.axes.each[v]) + 1 for v in (j, i)]
        if self._at.dtype == np.uint16:
            found = np.zeros((self.classes, *sides))
            _kernels().fill_pair.get("float32")(self._at[i], self._at[j], class_index, weights, found)
            return found
        known = (class_index >= 0) & (class_index < self.classes)
        place = (class_index[known] * sides[0] + self._at[j, known]) * sides[1] + self._at[i, known]
        return np.bincount(place, weights[known], self.classes * sides[0] * sides[1]).reshape(self.classes, *sides)


def _kernels():
    from tmvalite.kernels import axis_bins  # loads the compiler

    return axis_bins

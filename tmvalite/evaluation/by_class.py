"""Sums and histograms of many columns, class by class, in one pass over the events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

MANY = 50_000  # events from which on compiled code pays, and the time to load it


@dataclass(frozen=True)
class Moments:
    """Of every class and column, (C, V): smallest and largest value, weighted mean, RMS; NaN where the weights sum to 0.

    Without events low and high are infinity and minus infinity. A variance that negative weights push below 0 counts as 0.
    """

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    rms: np.ndarray


def moments(x: np.ndarray, class_index: np.ndarray, weights: np.ndarray, n_classes: int) -> Moments:
    """Of x (N, V), with the classes 0 to n_classes - 1 (N,) and weights (N,) of any sign."""
    x, class_index, weights = _as_kernels_take(x, class_index, weights)
    shape = (n_classes, x.shape[1])
    totals = np.bincount(class_index, weights=weights, minlength=n_classes)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums_about(x, class_index, weights, False, np.zeros(shape)) / totals
        known = np.where(np.isfinite(mean), mean, 0.0)
        variance = sums_about(x, class_index, weights, True, known) / totals
        mean, rms = np.where(totals == 0.0, np.nan, mean), np.sqrt(np.maximum(variance, 0.0))
    return Moments(*ranges(x, class_index, n_classes), mean, np.where(totals == 0.0, np.nan, rms))


def moments_of_blocks(blocks: Iterable[tuple[np.ndarray, np.ndarray]], width: int) -> Moments:
    """Those of the columns of all blocks (x (n, V), weights (n,)) together, (V,) each, in one pass."""
    low, high, centre, total = np.full(width, np.inf), np.full(width, -np.inf), None, 0.0
    sums, squares = np.zeros((2, width))  # about the mean of the first block
    for x, weights in blocks:
        x, one_class, weights = _as_kernels_take(x, np.zeros(len(x), np.int64), weights)
        if centre is None:
            mean = x.mean(axis=0, dtype=np.float64)
            centre = np.where(np.isfinite(mean), mean, 0.0)[None]
        of_block = ranges(x, one_class, 1)
        low, high, total = np.fmin(low, of_block[0][0]), np.fmax(high, of_block[1][0]), total + float(weights.sum())
        sums += sums_about(x, one_class, weights, False, centre)[0]
        squares += sums_about(x, one_class, weights, True, centre)[0]
    if centre is None or total == 0.0:
        return Moments(low, high, np.full(width, np.nan), np.full(width, np.nan))
    shift = sums / total
    return Moments(low, high, centre[0] + shift, np.sqrt(np.maximum(squares / total - shift * shift, 0.0)))


def ranges(x: np.ndarray, class_index: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(C, V) smallest and largest values; infinity and minus infinity without events."""
    low, high = np.full((n_classes, x.shape[1]), np.inf), np.full((n_classes, x.shape[1]), -np.inf)
    if len(x) >= MANY:
        _kernels().column_ranges.get(x.dtype.name)(x, class_index, low, high)
        return low, high
    for c in range(n_classes):
        of_class = x[class_index == c]
        low[c], high[c] = of_class.min(axis=0, initial=np.inf), of_class.max(axis=0, initial=-np.inf)
    return low, high


def histograms(x, class_index, weights, edges, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(C, V, B) sums of weights and of their squares; edges (V, B + 1), one row for each column of x (N, V).

    A bin has its lower edge, the last one both; values outside and NaN count nowhere.
    """
    x, class_index, weights = _as_kernels_take(x, class_index, weights)
    bins = edges.shape[1] - 1
    contents, squares = np.zeros((2, n_classes * x.shape[1], bins))
    if len(x) >= MANY:
        edges = np.ascontiguousarray(edges, np.float64)
        _kernels().fill_columns.get(x.dtype.name)(x, class_index, weights, edges, contents, squares)
    else:
        for c in range(n_classes):
            chosen = class_index == c
            for v, row in enumerate(edges):
                at = c * x.shape[1] + v
                for sums, power in ((contents, 1), (squares, 2)):
                    sums[at] = np.histogram(x[chosen, v], bins=row, weights=weights[chosen] ** power)[0]
    shape = (n_classes, x.shape[1], bins)
    return contents.reshape(shape), squares.reshape(shape)


def histograms_of_columns(x, class_index, weights, edges: Sequence[np.ndarray], n_classes: int) -> list[tuple]:
    """For every column of x (N, V), with edges of its own, (C, B) sums of weights and of their squares, as `histograms`."""
    found: list[tuple] = [()] * len(edges)
    for length in {len(one) for one in edges}:  # integers may have another number of bins
        columns = [v for v, one in enumerate(edges) if len(one) == length]
        part = x if len(columns) == x.shape[1] else x[:, columns]
        contents, squares = histograms(part, class_index, weights, np.stack([edges[v] for v in columns]), n_classes)
        for at, v in enumerate(columns):
            found[v] = contents[:, at], squares[:, at]
    return found


def sums_about(x, class_index, weights, squares: bool, centre: np.ndarray) -> np.ndarray:
    """(C, V) sums of w (x - centre), or of w (x - centre)^2; centre (C, V)."""
    sums = np.zeros(centre.shape)
    if len(x) >= MANY:
        run = _kernels().sum_columns.get(x.dtype.name)
        run(x, class_index, weights, squares, centre, np.empty(centre.shape), sums)
        return sums
    for c in range(len(centre)):
        chosen = class_index == c
        distance = x[chosen].astype(np.float64) - centre[c]
        sums[c] = weights[chosen] @ (distance**2 if squares else distance)
    return sums


def _kernels():
    from tmvalite.kernels import histogram  # loads the compiler

    return histogram


def _as_kernels_take(x, class_index, weights):
    x = np.asarray(x)
    x = np.ascontiguousarray(x, x.dtype if x.dtype in (np.float32, np.float64) else np.float64)
    return x, np.ascontiguousarray(class_index, np.int64), np.ascontiguousarray(weights, np.float64)

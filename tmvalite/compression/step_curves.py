"""Curves from the steps of one column to those of another: straight between knots, in whole numbers, the same bits everywhere."""

from __future__ import annotations

import numpy as np

KNOTS = 17
_RANGE = 1 << 24  # of knots and heights: products of two fit into 64 bits
_LEVELS = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, KNOTS))  # of the quantiles at which knots lie: dense in the tails
_GAIN = 0.95  # of the spread that may be left, or a curve is not worth its bytes


def curve(values: np.ndarray, knots: list[int], heights: list[int]) -> np.ndarray:
    """Heights (N,) int64 at values (N,) int64, constant beyond the outer knots. Raises ValueError for what is no curve."""
    k, h = np.asarray(knots), np.asarray(heights)
    whole = k.dtype == h.dtype == np.int64 and k.ndim == 1 and k.shape == h.shape and 2 <= len(k) <= KNOTS
    if not whole or np.abs(k).max() > _RANGE or np.abs(h).max() > _RANGE or np.diff(k).min() <= 0:
        raise ValueError("a curve without knots")
    from tmvalite.compression import curve_kernels  # loads the compiler

    out = np.empty(values.shape, np.int64)
    curve_kernels.heights_at.get("float64")(np.ascontiguousarray(values, np.int64), k, h, out)
    return out


def best_curve(
    left: np.ndarray, columns: dict[int, np.ndarray], bins: dict[int, np.ndarray], place: np.ndarray
) -> tuple[int, list[int], list[int]] | None:
    """The column (its position) whose curve explains most of what is left (N,), its knots and heights; None if none does.

    bins : of every column, `bins_of` at the entries `place` of left
    """
    some = left[place]
    spread = float(some.std()) if some.size else 0.0
    scores = {i: _spread_in_bins(some, at) for i, at in bins.items()}
    if not scores or spread == 0.0:
        return None
    best = min(scores, key=scores.__getitem__)
    if scores[best] > _GAIN * spread:
        return None
    knots = np.unique(np.quantile(columns[best], _LEVELS, method="nearest")).astype(np.int64)
    if len(knots) < 2 or np.abs(knots).max() > _RANGE:
        return None
    v = np.clip(columns[best], knots[0], knots[-1])
    at = np.clip(np.searchsorted(knots, v, side="right") - 1, 0, len(knots) - 2)
    part = (v - knots[at]) / (knots[at + 1] - knots[at])
    hats = np.zeros((len(v), len(knots)))
    rows = np.arange(len(v))
    hats[rows, at] = 1.0 - part
    hats[rows, at + 1] += part
    matrix = hats.T @ hats
    matrix[np.diag_indices(len(knots))] += 1e-9 * len(v)  # a knot without entries nearby
    heights = np.linalg.solve(matrix, hats.T @ left)
    if not np.abs(heights).max() < _RANGE:
        return None
    return best, knots.tolist(), np.rint(heights).astype(np.int64).tolist()


def bins_of(values: np.ndarray) -> np.ndarray:
    """(N,) which of KNOTS - 1 bins of nearly equally many values each value lies in."""
    ordered = np.sort(values)
    edges = ordered[np.arange(1, KNOTS - 1) * (len(values) - 1) // (KNOTS - 1)] if len(values) else ordered
    return np.searchsorted(edges, values, side="right")


def _spread_in_bins(left: np.ndarray, at: np.ndarray) -> float:
    """Standard deviation that remains if the mean of every bin is known."""
    counts = np.bincount(at)
    sums = np.bincount(at, left)
    return float(np.sqrt(max(0.0, (left @ left - np.sum(sums * sums / np.maximum(counts, 1))) / max(len(left), 1))))

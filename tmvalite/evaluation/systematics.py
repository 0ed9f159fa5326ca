"""What a systematic uncertainty makes of a distribution: its rate, and the ratio of the shapes bin by bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.binned import fill
from tmvalite.evaluation.samples import as_scores, as_weights


@dataclass(frozen=True, eq=False)
class ShapeVariation:
    """A distribution and a variation of it.

    Attributes
    ----------
    edges : (B + 1,) float
    nominal, varied : (B,) float
        Sums of weights.
    ratio, error : (B,) float
        varied / nominal and its statistical error; NaN where nominal is 0.
    rate : float
        The same of the whole: by how much the variation changes the yield.
    """

    edges: np.ndarray
    nominal: np.ndarray
    varied: np.ndarray
    ratio: np.ndarray
    error: np.ndarray
    rate: float

    @property
    def shape(self) -> np.ndarray:
        """(B,) the ratio of the distributions, each scaled to the sum 1."""
        return self.ratio / self.rate


def shape_variation(nominal, varied, edges, *, same_events: bool = False) -> ShapeVariation:
    """The variation of a distribution.

    Parameters
    ----------
    nominal, varied : (values (N,), weights (N,) or None)
    edges : (B + 1,) increasing
        Values outside are left out of the bins and count in the rate.
    same_events : bool
        Whether event i is the same in both and only its weight may differ. The error of the ratio r of a bin is then
        sqrt(sum (v_i - r n_i)^2) / sum n_i, far smaller than r sqrt(sum v^2 / (sum v)^2 + sum n^2 / (sum n)^2) of events that
        know nothing of each other, which is what else is given.

    Raises
    ------
    DataError
        Values that are no numbers, weights that are not finite, different lengths with `same_events`.

    Examples
    --------
    >>> v = shape_variation(([0.5, 0.5, 1.5], None), ([0.5, 0.5, 1.5], [1.0, 2.0, 1.5]), [0, 1, 2], same_events=True)
    >>> v.ratio.tolist(), v.rate, v.shape.tolist()
    ([1.5, 1.5], 1.5, [1.0, 1.0])
    """
    (x, a), (y, b) = (_pair(pair) for pair in (nominal, varied))
    edges = np.asarray(edges, np.float64)
    if same_events and len(x) != len(y):
        raise DataError(f"{len(y)} varied events are not the {len(x)} nominal ones", code="data-length")
    before, after = fill(x, a, edges), fill(y, b, edges)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before != 0.0, after / before, np.nan)
        if same_events and np.array_equal(x, y):
            # sum (v - r n)^2 = sum v^2 - 2 r sum v n + r^2 sum n^2
            squares = fill(x, b * b, edges) - 2.0 * ratio * fill(x, a * b, edges) + ratio**2 * fill(x, a * a, edges)
            error = np.sqrt(np.maximum(squares, 0.0)) / np.abs(before)
        else:
            relative = fill(y, b * b, edges) / after**2 + fill(x, a * a, edges) / before**2
            error = np.where(after != 0.0, np.abs(ratio) * np.sqrt(relative), np.nan)
        total = float(a.sum())
        rate = float(b.sum()) / total if total else float("nan")
    return ShapeVariation(edges, before, after, ratio, error, rate)


def _pair(given) -> tuple[np.ndarray, np.ndarray]:
    values = as_scores(given[0])
    return values, as_weights(given[1], len(values))

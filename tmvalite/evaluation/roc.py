"""The receiver operating characteristic: signal efficiency against background rejection, and its area, exactly.

A cut keeps the events whose output is at least the threshold. With event weights w, S the signal and B the background,

    signal efficiency      e_S(t) = sum_{i in S, s_i >= t} w_i / sum_{i in S} w_i
    background rejection   1 - e_B(t)

and the area under the curve is the weighted chance that a signal event scores above a background event,

    A = sum_{i in S, j in B} w_i w_j ([s_i > s_j] + 1/2 [s_i = s_j]) / (W_S W_B).

Events with equal output cannot be told apart by any cut, so the curve is a straight line over them, and they count one
half: the area does not depend on the order of the events. Weights of either sign are used as they are.

Source: J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29, for the unweighted pair count. TMVA's ROCCurve counts
every event in both rates, which adds about 1/(2N) to the area; this one does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.by_class import MANY
from tmvalite.evaluation.samples import ROUNDING, as_scores, as_signal, as_weights
from tmvalite.evaluation.working_points import BestCut, WorkingPoint, best_cut, working_point

_POINTS = 1 << 15  # of a curve


@dataclass(frozen=True)
class RocCurve:
    """The curve of one output on one sample.

    Attributes
    ----------
    threshold : (K,) float64
        Falling: infinity (nothing is kept), then every output that occurs.
    signal_efficiency, background_efficiency : (K,) float64
        From (0, 0) to (1, 1). With negative weights the curve may turn back or leave the unit square.
    area : float
        The exact area A of the module's docstring.
    events : (scores, is_signal, weights)
        What it was made of, (N,) each, for statistical errors; None of a mean of curves, which has none.
    """

    threshold: np.ndarray
    signal_efficiency: np.ndarray
    background_efficiency: np.ndarray
    area: float
    events: tuple[np.ndarray, np.ndarray, np.ndarray] | None = field(default=None, repr=False, compare=False)

    @property
    def background_rejection(self) -> np.ndarray:
        """(K,) 1 - background efficiency, falling from 1 to 0: the y axis of TMVA's curve."""
        return 1.0 - self.background_efficiency

    def signal_efficiency_at(self, background: float) -> float:
        """The largest signal efficiency that the curve reaches where the background efficiency is `background`.

        Between two points of the curve both rates are interpolated linearly: the cut takes part of the events that share
        an output. Where the curve is vertical (signal only), the upper end is taken, since that cut costs nothing.

        >>> import numpy as np
        >>> curve = roc_curve(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
        >>> curve.signal_efficiency_at(0.0), curve.signal_efficiency_at(0.5), curve.area
        (0.5, 1.0, 0.75)
        """
        points = range(0, len(self.threshold) - 1, _POINTS)  # so many at a time need little memory
        found = [self._largest_at(background, slice(start, start + _POINTS + 1)) for start in points]
        return float(np.fmax.reduce(found)) if found else float("nan")

    def _largest_at(self, background: float, part: slice) -> float:
        """`signal_efficiency_at` on a part of the curve; NaN where it does not reach `background`."""
        b, s = self.background_efficiency[part], self.signal_efficiency[part]
        b = np.where(np.abs(b - background) < ROUNDING, background, b)
        low, high = np.minimum(b[:-1], b[1:]), np.maximum(b[:-1], b[1:])
        crosses = (low <= background) & (background <= high)
        if not crosses.any():
            return float("nan")
        b0, b1, s0, s1 = b[:-1][crosses], b[1:][crosses], s[:-1][crosses], s[1:][crosses]
        step = b1 - b0
        flat = step == 0.0
        way = (background - b0) / np.where(flat, 1.0, step)
        return float(np.max(np.where(flat, np.maximum(s0, s1), s0 + way * (s1 - s0))))

    def at(self, *, b_eff: float | None = None, s_eff: float | None = None, cut: float | None = None) -> WorkingPoint:
        """The loosest cut that keeps at most the share `b_eff` of the background, the tightest that keeps at least `s_eff` of the
        signal, or a given cut: what it keeps, with statistical errors. Raises OptionError.

        >>> curve = roc_curve([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> curve.at(s_eff=0.9).cut, curve.at(b_eff=0.1).signal.value
        (0.7, 0.5)
        """
        return working_point(self, b_eff=b_eff, s_eff=s_eff, cut=cut)

    def best_cut(self, n_signal: float, n_background: float, fom: str = "S/sqrt(S+B)", sigma_b: float = 0.0) -> BestCut:
        """The cut with the largest figure of merit for expected events before the cut; see `working_points.best_cut`."""
        return best_cut(self, n_signal, n_background, fom, sigma_b)

    def signal_equals_rejection(self) -> tuple[float, float]:
        """(threshold, efficiency) of the first point of the curve where the signal efficiency reaches the rejection."""
        k = int(np.argmax(self.signal_efficiency >= self.background_rejection))
        return float(self.threshold[k]), float(self.signal_efficiency[k])


def _sums_by_output(scores, is_signal, weights, many: bool):
    """Infinity and the distinct outputs, falling; 0 and the signal and background weight at each; and the two totals.

    many : whether they are float32 numbers, and so many that compiled code pays
    """
    if not is_signal.any() or is_signal.all():
        which = "background" if is_signal.any() else "signal"
        raise DataError(f"a ROC curve needs events of both kinds, but there is no {which} event", code="data-one-class")
    found = (_sums_of_many if many else _sums_of_few)(scores, is_signal, weights)
    totals = float(np.sum(weights[is_signal])), float(np.sum(weights[~is_signal]))
    for total, which in zip(totals, ("signal", "background"), strict=True):
        if total == 0.0:
            raise DataError(f"the weights of the {which} events sum to 0, so no rate can be given", code="data-weight-sum")
    return *found, *totals


def _sums_of_few(scores, is_signal, weights):
    distinct, place = np.unique(-scores, return_inverse=True)
    place = place.reshape(-1) + 1
    signal, background = (np.bincount(place, np.where(of, weights, 0.0), len(distinct) + 1) for of in (is_signal, ~is_signal))
    return np.concatenate([[np.inf], -distinct]), signal, background


def _sums_of_many(scores, is_signal, weights):
    """The same sums of outputs in float32."""
    from tmvalite.kernels.cumulative import PASSES, RADIX, sort_values
    from tmvalite.kernels.ranks import sum_by_value

    n = len(scores)
    keys, index, *work = (np.empty(n, np.uint32) for _ in range(4))
    sort_values.get("float32")(scores, keys, index, *work, np.empty((PASSES, RADIX), np.int64))
    del work
    found = [np.empty(n + 1) for _ in range(3)]
    for values, first in zip(found, (np.inf, 0.0, 0.0)):
        values[0] = first
    is_signal, weights = is_signal.astype(np.int16), np.ascontiguousarray(weights)
    count = sum_by_value.get("float32")(keys.view(np.float32), index, is_signal, weights, *(values[1:] for values in found))
    return tuple(values[: count + 1] for values in found)


def roc_curve(scores, is_signal, weights=None) -> RocCurve:
    """The exact curve and its area; see the module's docstring.

    Parameters
    ----------
    scores : (N,) float
        Output of the method; larger means more like signal.
    is_signal : (N,) bool
    weights : (N,) float or None
        Event weights of any sign; None means 1.

    Raises
    ------
    DataError
        An output is NaN, a class has no events, or the weights of a class sum to 0.
    """
    given = np.asarray(scores).reshape(-1)
    many = given.dtype == np.float32 and len(given) >= MANY
    scores = as_scores(given, np.float32 if many else np.float64)
    is_signal, weights = as_signal(is_signal, len(scores)), as_weights(weights, len(scores))
    threshold, signal, background, total_s, total_b = _sums_by_output(scores, is_signal, weights, many)
    background_efficiency = np.cumsum(background, out=background)  # not divided yet
    below = background_efficiency[1:] + background_efficiency[:-1]
    below *= -0.5
    below += total_b  # background under each output, and half of that at it
    below *= signal[1:]
    area = float(np.sum(below) / (total_s * total_b))
    del below
    signal_efficiency = np.cumsum(signal, out=signal)
    for efficiency, total in ((signal_efficiency, total_s), (background_efficiency, total_b)):
        efficiency /= total
        efficiency[-1] = 1.0  # without the rounding of the running sums
    return RocCurve(threshold, signal_efficiency, background_efficiency, area, (given, is_signal, weights))


def roc_area(scores, is_signal, weights=None) -> float:
    """The area alone; 1 when every signal event scores above every background event, 1/2 for a constant output.

    >>> roc_area([0.9, 0.8, 0.7], [True, False, False], [1.0, 2.0, 2.0])
    1.0
    """
    return roc_curve(scores, is_signal, weights).area

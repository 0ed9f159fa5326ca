"""Cuts on an output: what they keep, with errors, and the best one for a figure of merit.

Sources: G. Cowan, K. Cranmer, E. Gross, O. Vitells, Eur. Phys. J. C 71 (2011) 1554, for the Asimov significance; G. Cowan,
"Discovery sensitivity for a counting experiment with background uncertainty" (2012), equation 20, with an error of it.

`curve` is a RocCurve (roc.py), which has all this as its methods.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.evaluation.intervals import clopper_pearson, weighted_error
from tmvalite.evaluation.samples import ROUNDING


@dataclass(frozen=True)
class Rate:
    """The efficiency of a cut for one class.

    Attributes
    ----------
    value, error : float
        The efficiency and its statistical error, of weighted events (see `intervals.weighted_error`).
    low, high : float
        The 68 % interval of Clopper and Pearson for the effective number of events, which is right near 0 and 1 too.
    """

    value: float
    error: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.4f} +- {self.error:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class WorkingPoint:
    """A cut and what it keeps: events with an output of at least `cut`."""

    cut: float
    signal: Rate
    background: Rate

    def __str__(self):
        return f"cut at {self.cut:.6g}: signal {self.signal}, background {self.background}"


@dataclass(frozen=True)
class BestCut:
    """The working point with the largest figure of merit.

    Attributes
    ----------
    fom : str
    value, error : float
        The largest value, and what the statistical errors of both efficiencies make of it.
    point : WorkingPoint
    n_signal, n_background : float
        Expected events behind the cut.
    """

    fom: str
    value: float
    error: float
    point: WorkingPoint
    n_signal: float
    n_background: float

    @property
    def cut(self) -> float:
        return self.point.cut

    def __str__(self):
        return (
            f"{self.fom} = {self.value:.4g} +- {self.error:.2g} at {self.cut:.6g}: "
            f"S = {self.n_signal:.4g}, B = {self.n_background:.4g}"
        )


# ---- figures of merit: expected signal s and background b behind the cut, (K,), and the relative error of b


def _over_root_sum(s, b, sigma):
    """s / sqrt(s + b + (sigma b)^2)"""
    return _ratio(s, np.sqrt(np.maximum(s + b + (sigma * b) ** 2, 0.0)))


def _over_root_background(s, b, sigma):
    """s / sqrt(b + (sigma b)^2)"""
    return _ratio(s, np.sqrt(np.maximum(b + (sigma * b) ** 2, 0.0)))


def _asimov(s, b, sigma):
    """Cowan and others; 0 where there is no background, or no signal."""
    fine = (b > 0.0) & (s > 0.0)
    s, b = np.where(fine, s, 1.0), np.where(fine, b, 1.0)
    if sigma == 0.0:
        inner = (s + b) * np.log1p(s / b) - s
    else:
        v = (sigma * b) ** 2
        inner = (s + b) * np.log((s + b) * (b + v) / (b * b + (s + b) * v)) - b * b / v * np.log1p(v * s / (b * (b + v)))
    return np.where(fine, np.sqrt(2.0 * np.maximum(inner, 0.0)), 0.0)


def _ratio(a, b):
    return np.where(b > 0.0, a / np.where(b > 0.0, b, 1.0), 0.0)


FIGURES_OF_MERIT: Mapping[str, Callable] = {"S/sqrt(S+B)": _over_root_sum, "S/sqrt(B)": _over_root_background, "AsimovZ": _asimov}


def working_point(curve, *, b_eff: float | None = None, s_eff: float | None = None, cut: float | None = None) -> WorkingPoint:
    """The tightest cut with at least this signal efficiency, the loosest with at most this background, or a given cut.

    Raises
    ------
    OptionError
        Not exactly one of them is given, or an efficiency that is no number from 0 to 1.
    """
    given = [name for name, value in (("b_eff", b_eff), ("s_eff", s_eff), ("cut", cut)) if value is not None]
    if len(given) != 1:
        raise OptionError(f"{len(given)} of b_eff, s_eff and cut are given", code="argument", expected="one of them")
    if cut is not None:
        return _point(curve, int(np.searchsorted(-curve.threshold, -cut, side="right")) - 1, float(cut))
    wanted = b_eff if s_eff is None else s_eff
    if not 0.0 <= wanted <= 1.0:
        raise OptionError(f"{given[0]}={wanted} is no efficiency", code="argument", expected="a number from 0 to 1")
    if s_eff is not None:
        return _point(curve, int(np.argmax(curve.signal_efficiency >= s_eff - ROUNDING)))
    beyond = curve.background_efficiency > b_eff + ROUNDING
    return _point(curve, int(np.argmax(beyond)) - 1 if beyond.any() else len(beyond) - 1)


def best_cut(curve, n_signal: float, n_background: float, fom: str = "S/sqrt(S+B)", sigma_b: float = 0.0) -> BestCut:
    """The cut with the largest figure of merit.

    Parameters
    ----------
    n_signal, n_background : float
        Expected events before the cut.
    fom : "S/sqrt(S+B)", "S/sqrt(B)" or "AsimovZ"
    sigma_b : float
        Relative error of the background behind the cut: 0.1 is 10 %.

    Raises
    ------
    OptionError
        An unknown figure of merit, numbers that are not positive.
    """
    if fom not in FIGURES_OF_MERIT:
        raise OptionError(f"fom={fom!r} is not known", code="argument", expected=tuple(FIGURES_OF_MERIT))
    for name, value, least in (("n_signal", n_signal, True), ("n_background", n_background, True), ("sigma_b", sigma_b, False)):
        if not (np.isfinite(value) and (value > 0.0 if least else value >= 0.0)):
            raise OptionError(f"{name}={value} is not {'positive' if least else 'at least 0'}", code="argument")
    of = FIGURES_OF_MERIT[fom]
    values = of(n_signal * curve.signal_efficiency, n_background * curve.background_efficiency, sigma_b)
    point = _point(curve, int(np.argmax(values)))
    s, b = n_signal * point.signal.value, n_background * point.background.value
    steps = [(n_signal * point.signal.error, 0.0), (0.0, n_background * point.background.error)]
    moved = [float(of(np.array(s + ds), np.array(b + db), sigma_b) - of(np.array(s), np.array(b), sigma_b)) for ds, db in steps]
    return BestCut(fom, float(np.max(values)), float(np.hypot(*moved)), point, s, b)


def optimal_cuts(curves: Mapping, n_signal: float = 1000.0, n_background: float = 1000.0) -> str:
    """TMVA's table of optimal cuts (mvaeffs): for every method the cut with the largest S/sqrt(S+B)."""
    width = max([10, *map(len, curves)])
    lines = [
        f"for {n_signal:g} signal and {n_background:g} background events before the cut",
        f"{'Method':{width}}  {'Cut':>10} {'S/sqrt(S+B)':>12} {'S':>9} {'B':>9} {'EffS':>7} {'EffB':>7}",
    ]
    for name, curve in curves.items():
        best = best_cut(curve, n_signal, n_background)
        kept = f"{best.n_signal:9.5g} {best.n_background:9.5g} {best.point.signal.value:7.4f} {best.point.background.value:7.4f}"
        lines.append(f"{name:{width}}  {best.cut:10.4g} {best.value:12.5g} {kept}")
    return "\n".join(lines)


def _point(curve, k: int, cut: float | None = None) -> WorkingPoint:
    cut = float(curve.threshold[k]) if cut is None else cut
    if curve.events is None:
        values = (float(curve.signal_efficiency[k]), float(curve.background_efficiency[k]))
        return WorkingPoint(cut, *(Rate(value, math.nan, math.nan, math.nan) for value in values))
    (scores, is_signal, weights), rates = curve.events, []
    for efficiency, of_class in ((curve.signal_efficiency, is_signal), (curve.background_efficiency, ~is_signal)):
        e, w, kept = float(efficiency[k]), weights[of_class], scores[of_class] >= np.float64(cut)
        total, squares = float(np.sum(w)), float(np.sum(w * w))
        error = weighted_error(e * total, total, float(np.sum(w[kept] ** 2)), squares)
        number = total * total / squares
        rates.append(Rate(e, error, *clopper_pearson(e * number, number)))
    return WorkingPoint(cut, *rates)

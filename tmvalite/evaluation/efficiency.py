"""Signal efficiencies at given background efficiencies, from the exact curve, and what a cut is worth.

TMVA reads these from histograms of 10000 bins and a scan of 1000 points; here the curve itself is read, so the third
printed digit may differ from TMVA's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.evaluation.roc import RocCurve, roc_curve
from tmvalite.evaluation.samples import as_signal, as_weights, effective_number

REFERENCE_BACKGROUNDS = (0.01, 0.10, 0.30)


@dataclass(frozen=True)
class Efficiencies:
    """Signal efficiencies of one output on one sample.

    Attributes
    ----------
    area : float
        Exact area of the ROC curve.
    at : tuple of float
        Signal efficiency at each of REFERENCE_BACKGROUNDS.
    errors : tuple of float
        Binomial errors sqrt(e (1 - e) / n), n the effective number of signal events (framework 9.2 has n_S).
    """

    area: float
    at: tuple[float, ...]
    errors: tuple[float, ...]


def binomial_error(efficiency: float, number: float) -> float:
    """sqrt(e (1 - e) / n); 0 where negative weights drive e out of [0, 1], NaN without events."""
    if number <= 0.0:
        return float("nan")
    return float(np.sqrt(max(efficiency * (1.0 - efficiency), 0.0) / number))


def signal_efficiencies(scores, is_signal, weights=None, backgrounds=REFERENCE_BACKGROUNDS) -> Efficiencies:
    """Area, efficiencies and their errors; arguments and Raises as roc_curve."""
    curve = roc_curve(scores, is_signal, weights)
    is_signal = as_signal(is_signal, np.size(scores))
    number = effective_number(as_weights(weights, len(is_signal))[is_signal])
    at = tuple(curve.signal_efficiency_at(b) for b in backgrounds)
    return Efficiencies(curve.area, at, tuple(binomial_error(e, number) for e in at))


def maximum_significance(curve: RocCurve, n_signal: float, n_background: float) -> tuple[float, float]:
    """The best S/sqrt(S+B) over all cuts, and its threshold, for expected numbers of events before the cut.

    Z(t) = sqrt(S) e_S(t) / sqrt(e_S(t) + (B/S) e_B(t)), as in MethodBase::GetMaximumSignificance.

    >>> import numpy as np
    >>> curve = roc_curve(np.array([2.0, 1.0]), np.array([True, False]))
    >>> maximum_significance(curve, 100.0, 50.0)
    (10.0, 2.0)
    """
    selected = n_signal * curve.signal_efficiency + n_background * curve.background_efficiency
    z = np.where(selected > 0.0, n_signal * curve.signal_efficiency / np.sqrt(np.where(selected > 0.0, selected, 1.0)), 0.0)
    best = int(np.argmax(z))
    return float(z[best]), float(curve.threshold[best])

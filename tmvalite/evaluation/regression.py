"""How far a regression is from the truth; every sum is weighted.

With d = prediction - truth and event weights w, <.> the weighted mean:

    bias = <d>, mean absolute deviation = <|d|>, rms = sqrt(<d^2> - bias^2)

The truncated forms use only events with |d - bias| <= 2 rms. Source: TMVA, MethodBase::TestRegression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.binned import fill2d
from tmvalite.evaluation.samples import as_scores, as_weights, mean_and_rms

TRUNCATION = 2.0
BINS = (75, 50)  # TMVA fills 150 x 100 bins and joins them two by two


@dataclass(frozen=True)
class Deviation:
    """One target on one sample; units are those of the target, mutual information is in nats."""

    bias: float
    mean_absolute: float
    rms: float
    mutual_information: float
    correlation: float
    bias_truncated: float
    mean_absolute_truncated: float
    rms_truncated: float
    mutual_information_truncated: float
    dev: float
    dev90: float


def mutual_information(x, y, weights=None, *, bins=BINS, ranges=None) -> float:
    """sum_jk p_jk ln(p_jk / (p_j p_k)) over the bins of a two-dimensional histogram, in nats.

    Cells and margins that are not positive (negative weights) do not count. Source: TMVA, Tools::GetMutualInformation.
    """
    x, y = as_scores(x), as_scores(y)
    (low_x, high_x), (low_y, high_y) = ranges or ((_range(x)), (_range(y)))
    cells = fill2d(
        x,
        y,
        as_weights(weights, len(x)),
        *(np.linspace(low, high, n + 1) for low, high, n in ((low_x, high_x, bins[0]), (low_y, high_y, bins[1]))),
    )
    return mutual_information_of_cells(cells)


def mutual_information_of_cells(cells) -> float:
    """The same for given sums of weights (x bins, y bins); NaN if they do not sum to a positive number."""
    total = float(np.sum(cells))
    if not total > 0.0:
        return float("nan")
    p = cells / total
    independent = np.outer(p.sum(axis=1), p.sum(axis=0))
    used = (p > 0.0) & (independent > 0.0)
    return float(np.sum(p[used] * np.log(p[used] / independent[used])))


def _range(values) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def linear_correlation(x, y, weights) -> float:
    """Weighted linear correlation coefficient; 0 if one of the two is constant."""
    mean_x, rms_x = mean_and_rms(x, weights)
    mean_y, rms_y = mean_and_rms(y, weights)
    if rms_x == 0.0 or rms_y == 0.0:
        return 0.0
    return float(np.sum(weights * (x - mean_x) * (y - mean_y)) / np.sum(weights) / (rms_x * rms_y))


def root_mean_square_deviations(deviation, weights) -> tuple[float, float]:
    """sqrt(<d^2>) over all events, and over the 90 percent (by weight) of them with the smallest |d|.

    Source: TMVA, MethodBase::GetRegressionDeviation, which reads both from a histogram of 500 bins.
    """
    order = np.argsort(np.abs(deviation), kind="stable")
    squares, weights = deviation[order] ** 2, weights[order]
    running = np.cumsum(weights)
    total = float(running[-1])
    beyond = running > 0.9 * total + 1e-12 * abs(total)
    kept = int(np.argmax(beyond)) if beyond.any() else len(order)
    kept = max(kept, 1)
    return _root_mean(squares, weights), _root_mean(squares[:kept], weights[:kept])


def _root_mean(squares, weights) -> float:
    total = float(np.sum(weights))
    return float(np.sqrt(max(float(np.sum(weights * squares)) / total, 0.0))) if total != 0.0 else float("nan")


def regression_deviation(prediction, truth, weights=None) -> Deviation:
    """All numbers of one target.

    Parameters
    ----------
    prediction, truth : (N,) float
    weights : (N,) float or None

    Raises
    ------
    DataError
        No events, a NaN, lengths that differ, or weights that sum to 0.
    """
    prediction, truth = as_scores(prediction), as_scores(truth)
    if len(prediction) != len(truth) or not len(truth):
        raise DataError(f"{len(prediction)} predictions do not fit {len(truth)} true values", code="data-length")
    weights = as_weights(weights, len(truth))
    if float(np.sum(weights)) == 0.0:
        raise DataError("the event weights sum to 0, so no mean can be given", code="data-weight-sum")
    d = prediction - truth
    ranges = (_range(truth), _range(prediction))

    def numbers(chosen):
        dd, w = d[chosen], weights[chosen]
        bias, rms = mean_and_rms(dd, w)
        total = float(np.sum(w))
        absolute = float(np.sum(w * np.abs(dd))) / total if total != 0.0 else float("nan")
        return bias, absolute, rms, mutual_information(truth[chosen], prediction[chosen], w, ranges=ranges)

    bias, absolute, rms, information = numbers(slice(None))
    truncated = numbers(np.abs(d - bias) <= TRUNCATION * rms)
    correlation = linear_correlation(truth, prediction, weights)
    return Deviation(bias, absolute, rms, information, correlation, *truncated, *root_mean_square_deviations(d, weights))

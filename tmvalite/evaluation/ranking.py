"""Ranking of the input variables before any training (TMVA's method-unspecific ranking).

Two classes: the separation of signal and background in each variable. More classes: the mean over the classes of the
separation of one class from the rest. Regression: four lists, how much each variable says about one target by the absolute
linear correlation, the mutual information, and the correlation ratio in either direction. Best first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.evaluation.binned import INPUT_RMS, N_BINS, histogram_edges
from tmvalite.evaluation.classification import separations
from tmvalite.evaluation.regression import linear_correlation, mutual_information
from tmvalite.evaluation.samples import as_weights, mean_and_rms


@dataclass(frozen=True)
class Ranking:
    """One list: the discriminator's name, and (variable, value) from best to worst."""

    discriminator: str
    entries: tuple[tuple[str, float], ...]


def _ranked(discriminator, names, values) -> Ranking:
    # NaN (an empty class) goes to the end; equal values keep the order of the variables
    order = sorted(range(len(names)), key=lambda i: -values[i] if values[i] == values[i] else np.inf)
    return Ranking(discriminator, tuple((names[i], float(values[i])) for i in order))


def rank_classification(x, class_index, names, weights=None, *, signal: int = 0, integer=None) -> Ranking:
    """Separation of every variable.

    Parameters
    ----------
    x : (N, V) float
    class_index : (N,) int
    names : sequence of V str
    weights : (N,) float or None
    signal : int
        Class index of the signal where there are two classes.
    integer : (V,) bool or None
        Which variables are integers and get one bin per value.
    """
    x, class_index = np.asarray(x), np.asarray(class_index).reshape(-1)
    weights = as_weights(weights, len(x))
    several = np.flatnonzero(np.bincount(class_index))
    classes = [signal] if len(several) <= 2 else [int(c) for c in several]
    of_classes = [separations(x, class_index == c, weights, max_rms=INPUT_RMS, integer=integer) for c in classes]
    values = [float(np.mean(of_variable)) for of_variable in zip(*of_classes)]
    return _ranked("Separation", names, values)


def correlation_ratio(x, y, weights, *, n_bins: int = N_BINS) -> float:
    """eta^2(y|x) = variance of the mean of y over bins of x, divided by the variance of y: 0 to 1, not only linear.

    Source: TMVA, Tools::GetCorrelationRatio; K. Pearson, Proc. R. Soc. 71 (1903) 288.
    """
    mean_y, rms_y = mean_and_rms(y, weights)
    if not rms_y > 0.0:
        return 0.0
    edges = histogram_edges([(x, weights)], n_bins=n_bins, max_rms=INPUT_RMS)
    cell = np.clip(np.digitize(x, edges[1:-1]), 0, n_bins - 1)
    sums = np.bincount(cell, weights=weights, minlength=n_bins)
    means = np.bincount(cell, weights=weights * y, minlength=n_bins)
    used = sums > 0.0
    between = float(np.sum(sums[used] * (means[used] / sums[used] - mean_y) ** 2)) / float(np.sum(weights))
    return between / (rms_y * rms_y)


def rank_regression(x, target, names, weights=None) -> list[Ranking]:
    """The four lists for one target; x (N, V), target (N,)."""
    x, target = np.asarray(x, dtype=np.float64), np.asarray(target, dtype=np.float64).reshape(-1)
    weights = as_weights(weights, len(x))
    discriminators = {
        "|Correlation with target|": lambda column: abs(linear_correlation(column, target, weights)),
        "Mutual information": lambda column: mutual_information(column, target, weights, bins=(40, 40)),
        "Correlation Ratio": lambda column: correlation_ratio(column, target, weights),
        "Correlation Ratio (T)": lambda column: correlation_ratio(target, column, weights),
    }
    columns = [x[:, v] for v in range(x.shape[1])]
    return [_ranked(name, names, [value(c) for c in columns]) for name, value in discriminators.items()]

"""How alike several methods judge the events: the matrices that the Factory's Correlations option prints."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation.samples import as_weights

_EVENTS = 1 << 15  # at a time
_ROUNDING = 1e-12  # of the mean square about the shift: a variance that is no more is none


def correlation_matrix(columns, weights=None, chosen=None) -> np.ndarray:
    """(M, M) weighted linear correlations of the columns of an (N, M) array; a constant column correlates 0 with others.

    chosen : (N,) bool, the events that count; all by default
    """
    columns = np.asarray(columns)
    return _correlations([columns], columns.shape[1], as_weights(weights, len(columns)), chosen)


def _correlations(parts, width: int, weights: np.ndarray, chosen) -> np.ndarray:
    """(M, M) correlations of the columns of all parts (N, ...) side by side; so many events at a time need little memory."""
    total, sums, products, shift = 0.0, np.zeros(width), np.zeros((width, width)), None
    for start in range(0, len(weights), _EVENTS):
        rows = slice(start, start + _EVENTS)
        kept = slice(None) if chosen is None else chosen[rows]
        x, w = np.concatenate([part[rows][kept] for part in parts], axis=1, dtype=np.float64), weights[rows][kept]
        if shift is None and len(x):
            shift = x.mean(axis=0)  # near the mean of all, so that nothing is lost when squares are summed about it
        if len(x):
            x -= shift
            total += float(w.sum())
            sums += w @ x
            products += (x * w[:, None]).T @ x
    if total == 0.0:
        matrix = np.full((width, width), np.nan)
    else:
        mean = sums / total
        covariance = products / total - mean[:, None] * mean
        variance = np.diagonal(covariance)
        constant = variance <= _ROUNDING * np.maximum(np.diagonal(products) / total, 0.0)
        inverse = np.divide(1.0, np.sqrt(np.maximum(variance, 0.0)), out=np.zeros(width), where=~constant)
        matrix = covariance * inverse * inverse[:, None]
    np.fill_diagonal(matrix, 1.0)
    return matrix


def cross_correlation(outputs, x, weights=None, chosen=None) -> np.ndarray:
    """(V, M) weighted linear correlations of the variables x (N, V) with the outputs (N, M) of the methods.

    chosen : (N,) bool, the events that count; all by default
    """
    x, outputs = np.asarray(x), np.asarray(outputs)
    n_variables = x.shape[1]
    width = n_variables + outputs.shape[1]
    both = _correlations([x, outputs], width, as_weights(weights, len(x)), chosen)
    return both[:n_variables, n_variables:]


def overlap_matrix(outputs, thresholds, weights=None) -> np.ndarray:
    """(M, M) share of the events (by weight) on which two methods agree, each cutting at its own threshold.

    Two methods agree where both keep an event or both reject it, so the diagonal is 1. TMVA cuts each method where its
    signal efficiency equals its background rejection (RocCurve.signal_equals_rejection).
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    weights = as_weights(weights, len(outputs))
    sign = np.where(outputs >= np.asarray(thresholds), 1.0, -1.0)
    total = float(np.sum(weights))
    if total == 0.0:
        return np.full((outputs.shape[1],) * 2, np.nan)
    return 0.5 * (1.0 + (sign * weights[:, None]).T @ sign / total)

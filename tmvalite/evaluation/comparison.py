"""How alike several methods judge the events: the matrices that the Factory's Correlations option prints."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation.samples import as_weights, mean_and_rms


def correlation_matrix(columns, weights=None) -> np.ndarray:
    """(M, M) weighted linear correlations of the columns of an (N, M) array; a constant column correlates 0 with others."""
    columns = np.asarray(columns, dtype=np.float64)
    weights = as_weights(weights, len(columns))
    scaled = np.zeros_like(columns)
    for m in range(columns.shape[1]):
        mean, rms = mean_and_rms(columns[:, m], weights)
        if rms > 0.0:
            scaled[:, m] = (columns[:, m] - mean) / rms
    total = float(np.sum(weights))
    matrix = (scaled * weights[:, None]).T @ scaled / total if total != 0.0 else np.full((columns.shape[1],) * 2, np.nan)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def cross_correlation(outputs, x, weights=None) -> np.ndarray:
    """(V, M) weighted linear correlations of the variables x (N, V) with the outputs (N, M) of the methods."""
    n_variables = np.shape(x)[1]
    both = correlation_matrix(np.concatenate([np.asarray(x, dtype=np.float64), outputs], axis=1), weights)
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

"""Means and covariances of a sample in float64, summed in a fixed order."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.rows import partial_results
from tmvalite.errors import DataError

SAMPLE = 1000  # events whose mean is subtracted before squares are summed


def mean_and_covariance(x: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(K,) means and (K, K) covariances, <(x_i - m_i)(x_j - m_j)>, of (N, K) float32 in float64; weights (N,) or 1 each.

    Raises DataError where the weights do not add up to a positive number.
    """
    x = np.ascontiguousarray(x)
    shift = x[:SAMPLE].mean(axis=0, dtype=np.float64)
    return mean_and_covariance_of(*moments_of(x, shift, weights), shift)


def moments_of(x: np.ndarray, shift: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Of d = x - shift, (N, K): (1 + K,) sum w and sum w d, (K, K) sum w d d^T; weights (N,), or 1 each."""
    from tmvalite.kernels import linear_map

    (n, k), x = x.shape, np.ascontiguousarray(x)
    columns = np.arange(k)
    given = np.empty(0) if weights is None else np.ascontiguousarray(weights, np.float64)
    run, repeated = linear_map.add_moments.get("float64"), np.tile(shift, linear_map.BLOCK)

    def part(start, stop):
        sums, products, work = np.zeros(1 + k), np.zeros((k, k)), np.empty(linear_map.work_size(k))
        run(x, start, stop, columns, repeated, given, sums, products, work)
        return sums, products

    sums, products = (sum(parts) for parts in zip(*partial_results(n, part)))
    return sums, products


def mean_and_covariance_of(sums: np.ndarray, products: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the sums of `moments_of` say. Raises DataError where the weights do not add up to a positive number."""
    if not sums[0] > 0:
        raise DataError("the weights of the training events do not add up to a positive number", code="data-weight-sum")
    mean = sums[1:] / sums[0]
    covariance = products / sums[0] - np.multiply.outer(mean, mean)
    return shift + mean, (covariance + covariance.T) / 2

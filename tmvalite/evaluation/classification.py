"""Numbers that say how far apart two classes are, and whether two samples follow one distribution."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation.binned import N_BINS, OUTPUT_RMS, edges_within
from tmvalite.evaluation.by_class import histograms_of_columns, moments
from tmvalite.evaluation.samples import as_scores, as_signal, as_weights, effective_number, mean_and_rms


def separation_of_histograms(signal, background) -> float:
    """1/2 sum_k (s_k - b_k)^2 / (s_k + b_k) over bins of the two histograms, each scaled to sum 1.

    0 for equal shapes, 1 for shapes without overlap. Bins with s_k + b_k <= 0 do not count; NaN if a sum is not positive.
    Source: TMVA Users Guide, arXiv:physics/0703039, section 3.1.12.
    """
    total_s, total_b = float(np.sum(signal)), float(np.sum(background))
    if not (total_s > 0.0 and total_b > 0.0):
        return float("nan")
    s, b = np.asarray(signal) / total_s, np.asarray(background) / total_b
    both = s + b
    used = both > 0.0
    return float(0.5 * np.sum((s[used] - b[used]) ** 2 / both[used]))


def separation(values, is_signal, weights=None, *, n_bins=N_BINS, max_rms=OUTPUT_RMS, integer=False) -> float:
    """Separation of signal and background in one quantity: (N,) values in n_bins bins of TMVA's range."""
    values = as_scores(values)
    is_signal, weights = as_signal(is_signal, len(values)), as_weights(weights, len(values))
    return separations(values[:, None], is_signal, weights, n_bins=n_bins, max_rms=max_rms, integer=[integer])[0]


def separations(x, is_signal, weights, *, n_bins=N_BINS, max_rms=OUTPUT_RMS, integer=None) -> list[float]:
    """`separation` in every column of x (N, V), without NaN; `integer` (V,) says which have a bin for each integer."""
    classes = np.where(is_signal, 0, 1)
    found = moments(x, classes, weights, 2)
    integer = [False] * x.shape[1] if integer is None else integer
    edges = []
    for v, whole in enumerate(integer):
        there = np.isfinite(found.low[:, v])
        low, high = (found.low[:, v].min(), found.high[:, v].max()) if there.any() else (0.0, 1.0)
        bands = zip(found.mean[there, v], found.rms[there, v])
        edges.append(edges_within(low, high, bands, n_bins=n_bins, max_rms=max_rms, integer=whole))
    filled = histograms_of_columns(x, classes, weights, edges, 2)
    return [separation_of_histograms(*contents) for contents, _ in filled]


def significance(scores, is_signal, weights=None) -> float:
    """|mean_S - mean_B| / sqrt(rms_S^2 + rms_B^2), weighted; infinity for two different constants.

    Source: TMVA, MethodBase::GetSignificance.
    """
    scores = as_scores(scores)
    is_signal, weights = as_signal(is_signal, len(scores)), as_weights(weights, len(scores))
    mean_s, rms_s = mean_and_rms(scores[is_signal], weights[is_signal])
    mean_b, rms_b = mean_and_rms(scores[~is_signal], weights[~is_signal])
    distance, spread = abs(mean_s - mean_b), float(np.hypot(rms_s, rms_b))
    if spread == 0.0:
        return 0.0 if distance == 0.0 else float("inf")
    return distance / spread


def kolmogorov_probability(z: float) -> float:
    """P(Z > z) = 2 sum_{j>=1} (-1)^(j-1) exp(-2 j^2 z^2), Kolmogorov's distribution.

    Below z = 0.75 the other form of the series, 1 - sqrt(2 pi)/z sum_{j>=1} exp(-(2j-1)^2 pi^2 / (8 z^2)), converges
    faster. Source: W. T. Eadie et al., Statistical Methods in Experimental Physics (1971), section 11.4.2.
    """
    if not z > 0.0:
        return 1.0 if z == z else float("nan")
    j = np.arange(1, 9, dtype=np.float64)
    if z < 0.75:
        tail = np.sum(np.exp(-((2 * j - 1) ** 2) * np.pi**2 / (8.0 * z * z)))
        return float(1.0 - np.sqrt(2.0 * np.pi) / z * tail)
    return float(max(0.0, 2.0 * np.sum((-1.0) ** (j - 1) * np.exp(-2.0 * j * j * z * z))))


def kolmogorov_smirnov(a, b, weights_a=None, weights_b=None, *, edges=None) -> tuple[float, float]:
    """Largest difference of the two cumulative distributions, and the probability of a larger one by chance.

    Parameters
    ----------
    a, b : (N,), (M,) float
        For example the outputs of training and test events of one class.
    weights_a, weights_b : (N,), (M,) float or None
    edges : (K + 1,) float or None
        With edges both samples are first put into bins, as in TMVA's overtraining check (TH1::KolmogorovTest, 40 bins).

    Returns
    -------
    distance, probability : float, float
        probability = P(distance * sqrt(n m / (n + m))) with the effective numbers n, m. NaN for both if a sum of weights
        is not positive.

    Notes
    -----
    Weights of one size leave the answer as it is without weights; ties are one step of both distributions.
    """
    a, b = as_scores(a), as_scores(b)
    weights_a, weights_b = as_weights(weights_a, len(a)), as_weights(weights_b, len(b))
    if edges is not None:
        a, b = (np.digitize(values, edges[1:-1]).astype(np.float64) for values in (a, b))
    total_a, total_b = float(np.sum(weights_a)), float(np.sum(weights_b))
    if not (total_a > 0.0 and total_b > 0.0):
        return float("nan"), float("nan")
    distinct, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    place = place.reshape(-1)
    step_a = np.bincount(place[: len(a)], weights=weights_a, minlength=len(distinct)) / total_a
    step_b = np.bincount(place[len(a) :], weights=weights_b, minlength=len(distinct)) / total_b
    distance = float(np.max(np.abs(np.cumsum(step_a - step_b))))
    n, m = effective_number(weights_a), effective_number(weights_b)
    return distance, kolmogorov_probability(distance * float(np.sqrt(n * m / (n + m))))

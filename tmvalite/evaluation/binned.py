"""Weighted histograms with the ranges that TMVA gives them."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation.samples import mean_and_rms

N_BINS = 40  # TMVA's gConfig().GetVariablePlotting().fNbins1D, for inputs and outputs alike
INPUT_RMS = 8.0  # input variables: mean +- 8 RMS
OUTPUT_RMS = 10.0  # outputs of a method: mean +- 10 RMS


def histogram_edges(groups, *, n_bins: int = N_BINS, max_rms: float = OUTPUT_RMS, integer: bool = False) -> np.ndarray:
    """(n_bins + 1,) edges over the data of all groups, clipped to the widest mean +- max_rms RMS among them.

    Parameters
    ----------
    groups : sequence of (values (N,), weights (N,))
        One entry per class.
    integer : bool
        One bin per integer instead of n_bins (variables of type I, framework 3.9).

    Notes
    -----
    A constant gets a range of width 1 around its value, so that there is always a histogram.
    """
    groups = [(values, weights) for values, weights in groups if len(values)]
    if not groups:
        return np.linspace(0.0, 1.0, n_bins + 1)
    low = min(float(np.min(values)) for values, _ in groups)
    high = max(float(np.max(values)) for values, _ in groups)
    bands = [mean_and_rms(values, weights) for values, weights in groups]
    return edges_within(low, high, bands, n_bins=n_bins, max_rms=max_rms, integer=integer)


def edges_within(low: float, high: float, bands, *, n_bins=N_BINS, max_rms=OUTPUT_RMS, integer=False) -> np.ndarray:
    """`histogram_edges` of data between low and high, of which `bands` has mean and RMS of every class that has events."""
    bands = [(mean, rms) for mean, rms in bands if np.isfinite(mean) and rms > 0.0]
    if bands:
        clipped_low = max(low, min(mean - max_rms * rms for mean, rms in bands))
        clipped_high = min(high, max(mean + max_rms * rms for mean, rms in bands))
        if clipped_low < clipped_high:  # with negative weights the band may miss the data
            low, high = clipped_low, clipped_high
    if integer:
        first, last = int(np.floor(low)), int(np.ceil(high))
        if last - first < 10000:
            return np.arange(first, last + 2) - 0.5
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, n_bins + 1)


def fill(values, weights, edges) -> np.ndarray:
    """(B,) sums of weights; values outside are left out, the upper edge belongs to the last bin."""
    return np.histogram(values, bins=edges, weights=weights)[0].astype(np.float64)


def fill2d(x, y, weights, x_edges, y_edges) -> np.ndarray:
    """(x bins, y bins) sums of weights."""
    return np.histogram2d(x, y, bins=(x_edges, y_edges), weights=weights)[0].astype(np.float64)

"""Checks and sums that every evaluation shares: event weights, means, effective numbers."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError

ROUNDING = 1e-12  # of sums of weights: a point this near to what is asked for lies on it


def as_weights(weights, n_events: int) -> np.ndarray:
    """Event weights as (N,) float64; None means 1 for every event.

    Raises
    ------
    DataError
        If there is not one finite weight per event. Negative weights are welcome.
    """
    if weights is None:
        return np.ones(n_events)
    weights = np.asarray(weights, dtype=np.float64).reshape(-1)
    if weights.shape[0] != n_events:
        raise DataError(f"{weights.shape[0]} weights do not fit {n_events} events", code="data-length")
    if not np.isfinite(weights).all():
        count = int((~np.isfinite(weights)).sum())
        raise DataError(f"{count} of {n_events} event weights are not finite", code="data-not-finite")
    return weights


def as_scores(scores, dtype=np.float64) -> np.ndarray:
    """Outputs of a method as (N,) float64, or of another type.

    Raises
    ------
    DataError
        If one of them is not a number: such an event has no place in an order. Infinities have one.
    """
    scores = np.asarray(scores, dtype=dtype).reshape(-1)
    bad = int(np.isnan(scores).sum())
    if bad:
        raise DataError(
            f"{bad} of {len(scores)} outputs are not a number",
            code="data-not-finite",
            hint="look for NaN or infinity among the inputs of these events, or leave them out",
        )
    return scores


def as_signal(is_signal, n_events: int) -> np.ndarray:
    """The truth as (N,) bool, True for signal."""
    is_signal = np.asarray(is_signal).reshape(-1).astype(bool)
    if is_signal.shape[0] != n_events:
        raise DataError(f"{is_signal.shape[0]} truth values do not fit {n_events} events", code="data-length")
    return is_signal


def effective_number(weights) -> float:
    """(sum w)^2 / sum w^2, the number of unweighted events that would know as much; 0 for no events."""
    weights = np.asarray(weights, dtype=np.float64)
    squares = float(np.sum(weights * weights))
    return float(np.sum(weights)) ** 2 / squares if squares > 0.0 else 0.0


def mean_and_rms(values, weights) -> tuple[float, float]:
    """Weighted mean <x> and sqrt(<x^2> - <x>^2), the RMS of ROOT's histograms.

    NaN for both if the weights sum to 0. A variance that negative weights push below 0 counts as 0.
    """
    total = float(np.sum(weights))
    if total == 0.0:
        return float("nan"), float("nan")
    mean = float(np.sum(weights * values)) / total
    variance = float(np.sum(weights * (values - mean) ** 2)) / total
    return mean, float(np.sqrt(max(variance, 0.0)))

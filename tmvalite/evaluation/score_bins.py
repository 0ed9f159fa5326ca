"""Bins of an output for a fit: as many events in each, or as ATLAS bins them; never too few background events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation.samples import ROUNDING, as_scores, as_signal, as_weights


def bin_score(scores, is_signal, weights=None, *, n: int = 10, how: str = "equalS", min_neff: float = 0.0) -> np.ndarray:
    """Edges of n bins of an output, from below; fewer where neighbours had to be joined.

    Parameters
    ----------
    scores : (N,) float; is_signal : (N,) bool; weights : (N,) float or None
    how : "equal", "equalS", "equalB" or "transformD"
        Equal widths; the same signal or background in every bin; or, from above, a bin as soon as
        n/2 S_bin/S + n/2 B_bin/B > 1 (ATLAS, arXiv:1808.08238, section 6).
    min_neff : float
        Effective number of background events that every bin must have; a bin with fewer joins the one below.

    Returns
    -------
    (K + 1,) float64
        Rising. The last one is just above the largest output, so that bins are half open; outputs that are infinite stay out.

    Raises
    ------
    OptionError, DataError
    """
    if how not in _BINS:
        raise OptionError(f"how={how!r} is not known", code="argument", expected=tuple(_BINS))
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise OptionError(f"n={n!r} is no number of bins", code="argument", expected="a whole number above 0")
    scores = as_scores(scores)
    is_signal, weights = as_signal(is_signal, len(scores)), as_weights(weights, len(scores))
    finite = np.isfinite(scores)
    order = np.argsort(-scores[finite], kind="stable")
    scores, is_signal, weights = (one[finite][order] for one in (scores, is_signal, weights))
    if not len(scores) or is_signal.all() or not is_signal.any():
        raise DataError("bins need events of signal and background", code="data-one-class")
    signal, background = (np.cumsum(np.where(chosen, weights, 0.0)) for chosen in (is_signal, ~is_signal))
    last = np.append(scores[:-1] != scores[1:], True)  # of events with equal outputs
    points = np.flatnonzero(last)
    edges = _BINS[how](n, scores[points], signal[points] / signal[-1], background[points] / background[-1])
    top = np.nextafter(np.float64(scores[0]), np.inf)
    edges = np.unique(np.concatenate([[top], edges[edges < scores[0]], [scores[-1]]]))
    return _joined(edges, scores[~is_signal], weights[~is_signal], min_neff) if min_neff > 0 else edges


def _equal_width(n, scores, signal, background):
    return np.linspace(scores[-1], scores[0], n + 1)[1:-1]


def _equal_parts(n, scores, kept):
    """Outputs at which the running share passes 1/n, 2/n, ..."""
    return np.array([scores[min(int(np.searchsorted(kept, k / n - ROUNDING)), len(kept) - 1)] for k in range(1, n)])


def _transform_d(n, scores, signal, background):
    edges, s, b = [], 0.0, 0.0
    for score, kept_s, kept_b in zip(scores, signal, background):
        if 0.5 * n * (kept_s - s + kept_b - b) > 1.0:
            edges.append(score)
            s, b = kept_s, kept_b
    return np.array(edges[: n - 1])


_BINS: Mapping[str, Callable] = {
    "equal": _equal_width,
    "equalS": lambda n, scores, signal, background: _equal_parts(n, scores, signal),
    "equalB": lambda n, scores, signal, background: _equal_parts(n, scores, background),
    "transformD": _transform_d,
}


def _joined(edges: np.ndarray, background: np.ndarray, weights: np.ndarray, least: float) -> np.ndarray:
    """Without the edges below bins that hold too few background events, from above."""
    sums, squares = (np.histogram(background, edges, weights=w)[0] for w in (weights, weights**2))
    kept, total, square = [edges[-1]], 0.0, 0.0
    for low, w, w2 in zip(edges[-2::-1], sums[::-1], squares[::-1]):
        total, square = total + w, square + w2
        if square > 0.0 and total * total / square >= least:
            kept.append(low)
            total = square = 0.0
    if kept[-1] != edges[0]:  # what is left at the bottom joins the bin above
        kept = [*(kept[:-1] if len(kept) > 1 else kept), edges[0]]
    return np.array(kept[::-1])

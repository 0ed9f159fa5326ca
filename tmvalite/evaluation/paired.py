"""ROC areas and RMS deviations with what every event adds to them: the difference of two of the same events has an error.

With p_i what event i adds to a number A, the variance of A is about sum_i p_i^2, and that of the difference of two numbers of
the same events sum_i (p_i - q_i)^2: what the two have in common does not count. For the area this is the estimate of DeLong,
DeLong and Clarke-Pearson, Biometrics 44 (1988) 837, with event weights; for a mean square it is the usual error of a mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.evaluation.samples import as_scores, as_signal, as_weights


@dataclass(frozen=True)
class Measured:
    """A number of a sample.

    value : float
    parts : (N,) float64, what every event adds to it
    label : str, for tables
    larger_is_better : bool
    """

    value: float
    parts: np.ndarray
    label: str = "ROC-integ"
    larger_is_better: bool = True

    def gain_over(self, other: Measured) -> tuple[float, float]:
        """How much better this is than the other, and the error of that, of the same events."""
        sign = 1.0 if self.larger_is_better else -1.0
        return sign * (self.value - other.value), float(np.sqrt(np.sum((self.parts - other.parts) ** 2)))


def measured_area(scores, is_signal, weights=None) -> Measured:
    """The area of the ROC curve, as `roc_area` has it.

    Of a signal event p_i = w_i / W_S (V_i - A), V_i the share of the background below it, of a background event likewise.
    """
    scores = as_scores(scores)
    is_signal, weights = as_signal(is_signal, len(scores)), as_weights(weights, len(scores))
    _, group = np.unique(scores, return_inverse=True)
    s, b = (np.bincount(group, weights=np.where(chosen, weights, 0.0)) for chosen in (is_signal, ~is_signal))
    total_s, total_b = s.sum(), b.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        below = (np.cumsum(b) - 0.5 * b) / total_b  # the share of the background below each output
        above = 1.0 - (np.cumsum(s) - 0.5 * s) / total_s
        area = float(np.sum(s * below) / total_s)
        parts = np.where(is_signal, weights / total_s * (below[group] - area), weights / total_b * (above[group] - area))
    return Measured(area, parts)


def measured_areas(values, class_index, weights=None) -> Measured:
    """The mean of the areas of every class against the rest; values (N, C)."""
    values, class_index = np.asarray(values), np.asarray(class_index)
    each = [measured_area(values[:, c], class_index == c, weights) for c in range(values.shape[1])]
    return Measured(float(np.mean([one.value for one in each])), np.mean([one.parts for one in each], axis=0), "mean ROC-integ")


def measured_rms(values, truth, weights=None) -> Measured:
    """The weighted root mean square of values - truth, (N, T) each, the mean over targets under the root; smaller is better."""
    values, truth = (np.asarray(a, np.float64).reshape(len(a), -1) for a in (values, truth))
    weights = as_weights(weights, len(values))
    squares = np.mean((values - truth) ** 2, axis=1)
    mean = float(np.average(squares, weights=weights))
    rms = float(np.sqrt(mean))
    parts = weights / weights.sum() * (squares - mean) / (2.0 * rms if rms > 0 else 1.0)
    return Measured(rms, parts, "RMS", larger_is_better=False)

"""Event weights before and after the split, and numbers that weighted events give."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError, quoted

NORM_MODES = ("EqualNumEvents", "NumEvents", None)


def normalised(weight: np.ndarray, class_index: np.ndarray, classes: tuple[str, ...], mode: str | None) -> np.ndarray:
    """The weights after TMVA's NormMode, (N,) float64.

    NumEvents: n_c / W_c for class c, EqualNumEvents: n_0 / W_c, with n_c events of weight W_c in class c.
    Raises DataError if the weights of a class do not add up to something positive.
    """
    count = np.bincount(class_index, minlength=len(classes))
    total = np.bincount(class_index, weights=weight, minlength=len(classes))
    for position, (name, n, w) in enumerate(zip(classes, count, total)):
        if n == 0:
            raise DataError(f"class {quoted(name)} has no events", code="data-empty-class")
        if not w > 0:
            what = f"the weights of class {quoted(name)}" if len(classes) > 1 else "the event weights"
            found = "add up to" if weight[class_index == position].any() else "are all zero and add up to"
            raise DataError(f"{what} {found} {w:g} ({n} events); their sum must be positive", code="data-weight-sum")
    if mode is None:
        return weight
    return weight * ((count if mode == "NumEvents" else count[0]) / total)[class_index]


def mean_one(weight: np.ndarray, what: str) -> np.ndarray:
    """The weights scaled to mean 1. `what` names the events; raises DataError if their weights do not have a positive sum."""
    total = float(weight.sum())
    if not total > 0:
        message = f"the weights of the {len(weight)} {what} events add up to {total:g}; their sum must be positive"
        hint = "IgnoreNegWeightsInTraining gives negative weights the value 0"
        raise DataError(message, code="data-weight-sum", hint=hint)
    return weight * (len(weight) / total)


def roc_area(values: np.ndarray, is_signal: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted chance that a signal event has a larger value than a background event, ties counted half; NaN without both.

    Beside it the standard deviation that it has where the values say nothing, sqrt((n_s + n_b + 1) / (12 n_s n_b)), with
    the effective numbers of events (sum w)^2 / sum w^2 (Mann and Whitney, Ann. Math. Stat. 18 (1947) 50).
    """
    found, group = np.unique(values, return_inverse=True)
    s = np.bincount(group, weights=weight * is_signal, minlength=len(found))
    b = np.bincount(group, weights=weight * ~is_signal, minlength=len(found))
    pairs = s.sum() * b.sum()
    if pairs == 0:
        return float("nan"), float("nan")
    n_s, n_b = (weight[chosen].sum() ** 2 / (weight[chosen] ** 2).sum() for chosen in (is_signal, ~is_signal))
    return float((s * (np.cumsum(b) - 0.5 * b)).sum() / pairs), float(np.sqrt((n_s + n_b + 1.0) / (12.0 * n_s * n_b)))


def explained(y: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float:
    """R^2 = 1 - sum w (y - p)^2 / sum w (y - <y>)^2 of targets (N, T), the mean over them."""
    y, predicted = y.astype(np.float64), predicted.astype(np.float64)
    residual = np.average((y - predicted) ** 2, axis=0, weights=weight)
    spread = np.average((y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
    return float(np.mean(1.0 - residual / np.where(spread > 0, spread, 1.0)))

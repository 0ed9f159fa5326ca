"""Several classes: each against the rest, and each against each other."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.efficiency import Efficiencies, signal_efficiencies
from tmvalite.evaluation.roc import roc_curve
from tmvalite.evaluation.samples import as_weights


def _checked(outputs, class_index, weights):
    outputs = np.asarray(outputs, dtype=np.float64)
    class_index = np.asarray(class_index).reshape(-1)
    if outputs.ndim != 2 or len(outputs) != len(class_index):
        raise DataError(f"outputs of shape {outputs.shape} do not fit {len(class_index)} events", code="data-length")
    return outputs, class_index, as_weights(weights, len(outputs))


def one_against_rest(outputs, class_index, weights=None) -> list[Efficiencies]:
    """For each class: area and efficiencies of its own output, all other classes being background.

    Parameters
    ----------
    outputs : (N, C) float
        One column per class, in declared order.
    class_index : (N,) int
    weights : (N,) float or None
    """
    outputs, class_index, weights = _checked(outputs, class_index, weights)
    return [signal_efficiencies(outputs[:, c], class_index == c, weights) for c in range(outputs.shape[1])]


def confusion(outputs, class_index, background: float, weights=None) -> np.ndarray:
    """(C, C) efficiency of the row's class where the share `background` of the column's class is taken for it.

    Both are judged by the output of the row's class, other classes being left out. The diagonal is NaN, and so is a pair
    of which one class has no events.
    """
    outputs, class_index, weights = _checked(outputs, class_index, weights)
    n_classes = outputs.shape[1]
    matrix = np.full((n_classes, n_classes), np.nan)
    for row in range(n_classes):
        for column in range(n_classes):
            pair = (class_index == row) | (class_index == column)
            present = np.unique(class_index[pair])
            if row == column or len(present) < 2:
                continue
            curve = roc_curve(outputs[pair, row], class_index[pair] == row, weights[pair])
            matrix[row, column] = curve.signal_efficiency_at(background)
    return matrix

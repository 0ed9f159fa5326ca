"""MUTUALEXCLUSIVE: the outputs are classes of which one is true."""

from __future__ import annotations

import numpy as np

from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.losses.base import AUTOENCODER, PROBABILITIES, Example, Loss, Use, register

CLASSIFICATION, _, MULTICLASS = ANALYSIS_TYPES


@register("MUTUALEXCLUSIVE")
class MutualExclusive(Loss):
    """The softmax ties the outputs of an event together, so that its kernel works on rows."""

    text = "cross entropy of the softmax over all outputs; a categorical decoder"
    formula = "-sum_j y_j log softmax(o)_j"
    letter = "S"
    applies_function = True
    targets = PROBABILITIES
    uses = {CLASSIFICATION: Use("softmax", per_class=True), MULTICLASS: Use("softmax", usual=True), AUTOENCODER: Use("softmax")}
    examples = (
        Example((1.0, 1.0), (1.0, 0.0), 0.6931471805599453),
        Example((0.0, 2.0, 0.0), (0.0, 1.0, 0.0), 0.23954476622188487),
    )

    def nats(self, width, sigma=1.0):
        return 1.0

    def errors(self, outputs, targets, sigma=1.0):
        top = outputs.max(axis=1, keepdims=True)
        return targets * (top + np.log(np.exp(outputs - top).sum(axis=1, keepdims=True)) - outputs)

    def onnx_errors(self, forms, outputs, targets, sigma=1.0):
        return forms.node("Neg", forms.node("Mul", targets, forms.node("LogSoftmax", outputs, axis=1)))

    def kernel(self, function=None):
        from tmvalite.kernels.mutual_exclusive import mutual_exclusive_loss

        return mutual_exclusive_loss

"""SUMOFSQUARES: the mean squared difference between values and targets."""

from __future__ import annotations

from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.losses.base import AUTOENCODER, Example, Loss, Use, register

CLASSIFICATION, REGRESSION, MULTICLASS = ANALYSIS_TYPES


@register("SUMOFSQUARES")
class SumOfSquares(Loss):
    """In a classification of the sigmoid of the output; TMVA trains the raw output there."""

    text = "mean squared error; a Gaussian decoder of width sigma"
    formula = "1/C sum_j (y_j - o_j)^2"
    letter = "R"
    gaussian = True
    uses = {
        CLASSIFICATION: Use("sigmoid"),
        REGRESSION: Use("identity", usual=True),
        MULTICLASS: Use("softmax"),
        AUTOENCODER: Use("identity", usual=True),
    }
    examples = (Example((2.0,), (0.5,), 2.25), Example((1.0, -1.0), (0.0, 2.0), 5.0))

    def value(self, m, x, t):
        return (x - t) * (x - t)

    def slope(self, m, x, t):
        return (x - t) + (x - t)

    def nats(self, width, sigma=1.0):
        return width / (2.0 * sigma**2)

    def errors(self, outputs, targets, sigma=1.0):
        return (targets - outputs) ** 2 / (2.0 * sigma**2)

    def onnx_errors(self, forms, outputs, targets, sigma=1.0):
        off = forms.node("Sub", targets, outputs)
        return forms.node("Mul", forms.node("Mul", off, off), forms.constant(1 / (2.0 * sigma**2)))

"""CROSSENTROPY: every output by itself says how probable its class is."""

from __future__ import annotations

from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.losses.base import AUTOENCODER, UNIT, Example, Loss, Use, register

CLASSIFICATION, _, MULTICLASS = ANALYSIS_TYPES


@register("CROSSENTROPY")
class CrossEntropy(Loss):
    """Written with exp(-|x|) only, so that large outputs give large, finite losses."""

    text = "cross entropy of the sigmoid of every output; a Bernoulli decoder"
    formula = "1/C sum_j [-y_j log s_j - (1 - y_j) log(1 - s_j)], s = sigmoid(o)"
    letter = "C"
    applies_function = True
    targets = UNIT
    uses = {
        CLASSIFICATION: Use("sigmoid", usual=True),
        MULTICLASS: Use(
            "softmax",
            remark="CROSSENTROPY trains every class by itself, but the values of the classes are made to sum to 1, as in TMVA",
            hint="write ErrorStrategy=MUTUALEXCLUSIVE",
            code="loss-inconsistent",
        ),
        AUTOENCODER: Use("sigmoid"),
    }
    # -log sigmoid(2) for a signal, half of it and half of log 2 beside an output 0
    examples = (Example((2.0,), (1.0,), 0.12692801104297263), Example((2.0, 0.0), (1.0, 0.25), 0.410037595801459))

    def value(self, m, x, t):
        return m.larger(x, 0.0) - x * t + m.log1p_of_fraction(m.exp(-abs(x)))

    def slope(self, m, x, t):
        return m.sigmoid(x) - t

    def nats(self, width, sigma=1.0):
        return width

    def onnx_errors(self, forms, outputs, targets, sigma=1.0):
        above = forms.node("Sub", forms.node("Max", outputs, forms.constant(0.0)), forms.node("Mul", outputs, targets))
        small = forms.node("Exp", forms.node("Neg", forms.node("Abs", outputs)))
        return forms.node("Add", above, forms.node("Log", forms.node("Add", small, forms.constant(1.0))))

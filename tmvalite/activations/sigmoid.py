"""SIGMOID: the logistic function."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register


@register("SIGMOID")
class Sigmoid(Activation):
    formula = "1 / (1 + exp(-x))"
    code = 2
    saves = OUTPUT
    unit_range = True
    examples = (Example(0.0, 0.5, 0.25), Example(-2.0, 0.11920292202211755, 0.10499358540350652))

    def forward(self, m, x):
        return m.sigmoid(x)

    def backward(self, m, y, grad):
        return grad * (y * (1.0 - y))

    def curvature(self, m, x):
        y = m.sigmoid(x)
        return y * (1.0 - y) * (1.0 - 2.0 * y)

    def onnx(self, forms, x):
        """Not the operator Sigmoid: in float32, onnxruntime's is 17 % off at -15 and 0 from -18 down."""
        return forms.node("Reciprocal", forms.node("Add", forms.node("Exp", forms.node("Neg", x)), forms.constant(1.0)))

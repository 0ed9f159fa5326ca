"""TANH: the hyperbolic tangent."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register


@register("TANH")
class Tanh(Activation):
    formula = "tanh(x)"
    code = 3
    saves = OUTPUT
    examples = (Example(0.0, 0.0, 1.0), Example(-0.5, -0.46211715726000973, 0.7864477329659274))

    def forward(self, m, x):
        return m.tanh(x)

    def backward(self, m, y, grad):
        return grad * (1.0 - y * y)

    def curvature(self, m, x):
        y = m.tanh(x)
        return -2.0 * y * (1.0 - y * y)

    def onnx(self, forms, x):
        return forms.node("Tanh", x)

"""GAUSS: a bell of height 1."""

from __future__ import annotations

from tmvalite.activations.base import INPUT, Activation, Example, register


@register("GAUSS")
class Gauss(Activation):
    formula = "exp(-x^2)"
    code = 6
    saves = INPUT
    unit_range = True
    examples = (Example(0.0, 1.0, 0.0), Example(-0.5, 0.7788007830714049, 0.7788007830714049))

    def forward(self, m, x):
        return m.exp(-(x * x))

    def backward(self, m, x, grad):
        return grad * (-2.0 * x * m.exp(-(x * x)))

    def curvature(self, m, x):
        return (4.0 * x * x - 2.0) * m.exp(-(x * x))

    def onnx(self, forms, x):
        return forms.node("Exp", forms.node("Neg", forms.node("Mul", x, x)))

"""SOFTSIGN: x over 1 + |x|."""

from __future__ import annotations

from tmvalite.activations.base import INPUT, Activation, Example, register


@register("SOFTSIGN")
class SoftSign(Activation):
    formula = "x / (1 + |x|)"
    code = 5
    saves = INPUT
    examples = (Example(0.0, 0.0, 1.0), Example(-3.0, -0.75, 0.0625))

    def forward(self, m, x):
        return x / (1.0 + abs(x))

    def backward(self, m, x, grad):
        denominator = 1.0 + abs(x)
        return grad / (denominator * denominator)

    def curvature(self, m, x):
        denominator = 1.0 + abs(x)
        return -2.0 * m.with_sign(1.0, x) / (denominator * denominator * denominator)

    def onnx(self, forms, x):  # SOFIE lacks Softsign
        return forms.node("Div", x, forms.node("Add", forms.node("Abs", x), forms.constant(1.0)))

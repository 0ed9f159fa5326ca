"""SYMMRELU: the absolute value."""

from __future__ import annotations

from tmvalite.activations.base import INPUT, Activation, Example, register


@register("SYMMRELU")
class SymmRelu(Activation):
    formula = "|x|; derivative +1 at 0"
    code = 4
    saves = INPUT
    examples = (Example(-2.0, 2.0, -1.0), Example(0.0, 0.0, 1.0), Example(3.0, 3.0, 1.0))

    def forward(self, m, x):
        return abs(x)

    def backward(self, m, x, grad):
        return grad * m.with_sign(1.0, x)

    def curvature(self, m, x):
        return 0.0 * x

    def onnx(self, forms, x):
        return forms.node("Abs", x)

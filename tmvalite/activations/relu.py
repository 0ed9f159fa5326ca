"""RELU: the rectified linear unit."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register


@register("RELU")
class Relu(Activation):
    formula = "max(0, x); derivative 0 at 0"
    code = 1
    saves = OUTPUT
    examples = (Example(-2.0, 0.0, 0.0), Example(0.0, 0.0, 0.0), Example(3.0, 3.0, 1.0))

    def forward(self, m, x):
        return m.larger(x, 0.0)

    def backward(self, m, y, grad):
        return grad * m.choose(y > 0.0, 1.0, 0.0)

    def curvature(self, m, x):
        return 0.0 * x

    def onnx(self, forms, x):
        return forms.node("Relu", x)

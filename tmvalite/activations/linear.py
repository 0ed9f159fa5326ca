"""LINEAR: no function at all."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register


@register("LINEAR")
class Linear(Activation):
    formula = "x"
    code = 0
    saves = OUTPUT
    examples = (Example(-1.5, -1.5, 1.0), Example(3.0, 3.0, 1.0))

    def forward(self, m, x):
        return x

    def backward(self, m, y, grad):
        return grad

    def curvature(self, m, x):
        return 0.0 * x

    def onnx(self, forms, x):
        return x

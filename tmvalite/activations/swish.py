"""SWISH: x times its sigmoid. Source: Ramachandran et al., arXiv:1710.05941."""

from __future__ import annotations

from tmvalite.activations.base import INPUT, Activation, Example, register


@register("SWISH")
class Swish(Activation):
    formula = "x / (1 + exp(-x))"
    saves = INPUT
    examples = (Example(0.0, 0.0, 0.5), Example(-2.0, -0.2384058440442351, -0.09078424878489548))

    def forward(self, m, x):
        return x * m.sigmoid(x)

    def backward(self, m, x, grad):
        s = m.sigmoid(x)
        return grad * (s + x * s * (1.0 - s))

    def curvature(self, m, x):
        s = m.sigmoid(x)
        return s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s))

    def onnx(self, forms, x):
        return forms.node("Mul", x, forms.activation(x, "SIGMOID"))

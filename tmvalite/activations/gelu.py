"""GELU: x times the normal distribution function. Source: Hendrycks and Gimpel, arXiv:1606.08415."""

from __future__ import annotations

import math

from tmvalite.activations.base import INPUT, Activation, Example, register

ROOT_HALF, DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)


@register("GELU")
class Gelu(Activation):
    formula = "x/2 (1 + erf(x / sqrt(2)))"
    saves = INPUT
    examples = (Example(0.0, 0.0, 0.5), Example(1.0, 0.8413447460685429, 1.0833154705876862))

    def forward(self, m, x):
        return 0.5 * x * (1.0 + m.erf(x * ROOT_HALF))

    def backward(self, m, x, grad):
        return grad * (0.5 * (1.0 + m.erf(x * ROOT_HALF)) + x * DENSITY * m.exp(-(0.5 * x * x)))

    def curvature(self, m, x):
        return DENSITY * (2.0 - x * x) * m.exp(-(0.5 * x * x))

    def onnx(self, forms, x):
        erf = forms.node("Erf", forms.node("Mul", x, forms.constant(ROOT_HALF)))
        return forms.node("Mul", forms.node("Mul", x, forms.constant(0.5)), forms.node("Add", erf, forms.constant(1.0)))

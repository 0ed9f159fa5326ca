"""SOFTPLUS: a smooth RELU."""

from __future__ import annotations

from tmvalite.activations.base import INPUT, Activation, Example, register


@register("SOFTPLUS")
class SoftPlus(Activation):
    formula = "log(1 + exp(x))"
    saves = INPUT
    examples = (Example(0.0, 0.6931471805599453, 0.5), Example(-2.0, 0.1269280110429726, 0.11920292202211755))

    def forward(self, m, x):
        return m.choose(x > 0.0, x, 0.0) + m.log1p(m.exp(-abs(x)))

    def backward(self, m, x, grad):
        return grad * m.sigmoid(x)

    def curvature(self, m, x):
        s = m.sigmoid(x)
        return s * (1.0 - s)

    def onnx(self, forms, x):  # max(0, x) + log(1 + exp(-|x|)), which does not overflow; SOFIE lacks Softplus
        small = forms.node("Exp", forms.node("Neg", forms.node("Abs", x)))
        return forms.node("Add", forms.node("Relu", x), forms.node("Log", forms.node("Add", small, forms.constant(1.0))))

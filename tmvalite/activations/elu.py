"""ELU: the exponential linear unit with alpha = 1. Source: Clevert et al., arXiv:1511.07289."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register


@register("ELU")
class Elu(Activation):
    formula = "x for x >= 0, else exp(x) - 1"
    saves = OUTPUT
    examples = (Example(-1.0, -0.6321205588285577, 0.36787944117144233), Example(0.0, 0.0, 1.0), Example(2.0, 2.0, 1.0))

    def forward(self, m, x):
        return m.larger(x, 0.0) + m.expm1(m.smaller(x, 0.0))

    def backward(self, m, y, grad):
        return grad * m.choose(y > 0.0, 1.0, y + 1.0)

    def curvature(self, m, x):
        return m.choose(x > 0.0, 0.0 * x, m.exp(m.smaller(x, 0.0)))

    def onnx(self, forms, x):
        return forms.node("Elu", x, alpha=1.0)

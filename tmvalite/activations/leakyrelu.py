"""LEAKYRELU: a rectified linear unit that passes a hundredth of what is negative."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, Example, register

LEAK = 0.01


@register("LEAKYRELU")
class LeakyRelu(Activation):
    formula = "x for x >= 0, else 0.01 x; derivative 0.01 at 0"
    saves = OUTPUT
    examples = (Example(-2.0, -0.02, 0.01), Example(0.0, 0.0, 0.01), Example(3.0, 3.0, 1.0))

    def forward(self, m, x):
        return x * m.choose(x < 0.0, LEAK, 1.0)

    def backward(self, m, y, grad):
        return grad * m.choose(y > 0.0, 1.0, LEAK)

    def curvature(self, m, x):
        return 0.0 * x

    def onnx(self, forms, x):
        if forms.dtype == "float32":
            return forms.node("LeakyRelu", x, alpha=LEAK)
        return forms.node("Max", x, forms.node("Mul", x, forms.constant(LEAK)))  # attributes are float32

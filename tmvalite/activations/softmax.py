"""SOFTMAX: positive values that add up to 1. Its step is plan/families/softmax.py."""

from __future__ import annotations

from tmvalite.activations.base import OUTPUT, Activation, register


@register("SOFTMAX")
class SoftMax(Activation):
    formula = "exp(x_i) / sum_j exp(x_j) over the features of a vector or step"
    elementwise = False
    saves = OUTPUT
    unit_range = True

    def onnx(self, forms, x):
        return forms.node("Softmax", x, axis=-1)

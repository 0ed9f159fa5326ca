"""MUL: the product of several values, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from tmvalite.layers.base import ActivationName, Example, arg, register
from tmvalite.layers.merge import Merge


@register("MUL")
@dataclass(frozen=True)
class Mul(Merge):
    """y = f(x_1 x_2 ...), element by element; gates and masks."""

    activation: str = arg("function of the product", type=ActivationName, default="LINEAR")

    other_names = ("MULTIPLY", "TIMES", "PRODUCT")
    examples = (Example("MUL@a+b", ((5,), (5,)), (5,)), Example("MUL@a+b+c", ((3, 4), (3, 4), (3, 4)), (3, 4)))

    def lower(self, low, inputs, slots):
        return low.map(self.chain(low, "Multiply", inputs), self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        total = reduce(lambda a, b: forms.node("Mul", a, b), inputs)
        return forms.activation(total, self.activation)

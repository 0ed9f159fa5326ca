"""ADD: the sum of several values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from tmvalite.layers.base import ActivationName, Example, arg, register
from tmvalite.layers.merge import Merge


@register("ADD")
@dataclass(frozen=True)
class Add(Merge):
    """y = f(x_1 + x_2 + ...); the residual link."""

    activation: str = arg("function of the sum", type=ActivationName, default="LINEAR")

    other_names = ("SUM", "PLUS", "RESIDUAL")
    examples = (
        Example("ADD|RELU@a+b", ((5,), (5,)), (5,)),
        Example("ADD@a+b", ((5,), (5,)), (5,)),
        Example("ADD@a+b+c", ((2, 3, 4), (2, 3, 4), (2, 3, 4)), (2, 3, 4)),
    )

    def lower(self, low, inputs, slots):
        return low.map(self.chain(low, "Add", inputs), self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        total = reduce(lambda a, b: forms.node("Add", a, b), inputs)
        return forms.activation(total, self.activation)

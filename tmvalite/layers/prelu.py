"""PRELU: a rectified linear unit whose slope below 0 is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.layers.base import Example, Layer, Parameter, Shape, arg, register
from tmvalite.layers.shapes import size


@register("PRELU")
@dataclass(frozen=True)
class PRelu(Layer):
    """y = x where x > 0, else a x; any shape, unchanged. The derivative at 0 is a.

    With CHANNEL every channel of an image, or every feature of a vector or sequence, has an a of its own; with ALL there is one.
    Source: He et al., arXiv:1502.01852, section 2.1.
    """

    first: float = arg("value of every a before the training", type=float, default=0.25)
    each: str = arg("what has an a of its own", type=str, default="CHANNEL", choices=("CHANNEL", "ALL"))

    other_names = ("PARAMETRICRELU",)
    examples = (
        Example("PRELU", ((5,),), (5,)),
        Example("PRELU|0.1|ALL", ((3, 2, 4),), (3, 2, 4)),
        Example("PRELU|-0.5", ((3, 2, 4),), (3, 2, 4)),
        Example("PRELU", ((4, 5),), (4, 5)),
    )

    def output_shape(self, x: Shape) -> Shape:
        return x

    def channels(self, x: Shape) -> int:
        """How many numbers a there are."""
        return 1 if self.each == "ALL" else x[0] if len(x) == 3 else x[-1]

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return (Parameter("Slopes", (1, self.channels(x)), init=self.first),)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels.prelu import prelu

        x, shape = inputs[0], low.node.inputs[0].shape
        inner = size(shape) if self.each == "ALL" else size(shape[1:]) if len(shape) == 3 else 1
        y = low.tensor(x.size, x.shape)
        return low.emit(prelu, x=x, y=y, slopes=slots["Slopes"], channels=self.channels(shape), inner=inner)

    def onnx(self, forms, inputs, shapes, parameters):
        """Max(x, 0) + a Min(x, 0): SOFIE lacks PRelu."""
        shape = (-1, 1, 1) if len(shapes[0]) == 3 else (-1,)
        slopes = forms.constant(np.reshape(parameters["Slopes"], shape))
        above = forms.node("Relu", inputs[0])
        return forms.node("Add", above, forms.node("Mul", slopes, forms.node("Sub", inputs[0], above)))

"""DROPOUT: during training, values set to zero at random."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, arg, register


@register("DROPOUT")
@dataclass(frozen=True)
class Dropout(Layer):
    """Training: each value is 0 with probability p, else divided by 1 - p. Scoring: nothing. Any shape, unchanged."""

    p: float = arg("probability to drop a value", type=float, minimum=0, below=1)

    examples = (Example("DROPOUT|0.5", ((5,),), (5,)), Example("DROPOUT|0", ((3, 4, 5),), (3, 4, 5)))

    def output_shape(self, x: Shape) -> Shape:
        return x

    def draws(self):
        return ("dropout",)

    def lower(self, low, inputs, slots):
        return low.dropout(inputs[0], self.p)

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

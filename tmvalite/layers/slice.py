"""SLICE: a part of the features or channels, the inverse of CONCAT."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.merge import concat_axis
from tmvalite.layers.shapes import describe, size


@register("SLICE")
@dataclass(frozen=True)
class Slice(Layer):
    """`count` features of a vector or of every step, or channels of an image, from number `first`, counted from 0."""

    first: int = arg("first feature or channel, counted from 0", minimum=0)
    count: int = arg("number of features or channels", minimum=1)

    examples = (
        Example("SLICE|2|3", ((7,),), (3,)),
        Example("SLICE|0|2", ((4, 5),), (4, 2)),
        Example("SLICE|1|1", ((3, 4, 5),), (1, 4, 5)),
    )

    def output_shape(self, x: Shape) -> Shape:
        axis = concat_axis(x)
        if self.first + self.count > x[axis]:
            raise ShapeError(f"SLICE ends at {self.first + self.count}, but it reads {describe(x)}", code="shape-slice")
        return (*x[:axis], self.count, *x[axis + 1 :])

    def lower(self, low, inputs, slots):
        shape = low.node.inputs[0].shape
        axis = concat_axis(shape)
        inner, steps = size(shape[axis + 1 :]), size(shape[:axis])
        width, y = self.count * inner, low.tensor(size(low.node.shape), low.node.shape)
        return low.emit("Copy", x=inputs[0], y=y, start=self.first * inner, width=width, repeat=steps)

    def onnx(self, forms, inputs, shapes, parameters):
        at = (self.first, self.first + self.count, concat_axis(shapes[0]) + 1)
        return forms.node("Slice", inputs[0], *map(forms.integers, at))

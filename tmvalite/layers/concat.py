"""CONCAT: several values side by side."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Shape, register
from tmvalite.layers.merge import Merge, concat_axis
from tmvalite.layers.shapes import shape_text


@register("CONCAT")
@dataclass(frozen=True)
class Concat(Merge):
    """Values side by side, in the order of the sources: features of vectors and sequences, channels of images."""

    other_names = ("CONCATENATE", "CAT", "JOIN", "MERGE", "STACK")
    examples = (
        Example("CONCAT@a+b", ((5,), (3,)), (8,)),
        Example("CONCAT@a+b", ((4, 5), (4, 2)), (4, 7)),
        Example("CONCAT@a+b+c", ((1, 3, 4), (2, 3, 4), (5, 3, 4)), (8, 3, 4)),
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        axis = concat_axis(inputs[0])
        for number, shape in enumerate(inputs[1:], 2):
            if len(shape) != len(inputs[0]) or any(
                a != b for i, (a, b) in enumerate(zip(shape, inputs[0], strict=True)) if i != axis
            ):
                what = {1: "vectors", 2: "sequences of as many steps", 3: "images of as many rows and columns"}
                raise ShapeError(
                    f"CONCAT joins {what[len(inputs[0])]}, but source 1 is {shape_text(inputs[0])} "
                    f"and source {number} is {shape_text(shape)}",
                    code="shape-merge",
                )
        joined = list(inputs[0])
        joined[axis] = sum(shape[axis] for shape in inputs)
        return tuple(joined)

    def lower(self, low, inputs, slots):
        steps = [value.shape[0] for value in low.node.inputs if len(value.shape) == 2]
        repeat, y, at = steps[0] if steps else 1, low.tensor(sum(x.size for x in inputs)), 0
        for i, x in enumerate(inputs):
            low.emit("Copy", x=x, y=y, to=at, partial=i > 0, repeat=repeat)
            at += x.size // repeat
        return y

    def onnx(self, forms, inputs, shapes, parameters):
        return forms.node("Concat", *inputs, axis=concat_axis(shapes[0]) + 1)

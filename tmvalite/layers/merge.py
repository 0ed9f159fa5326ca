"""What ADD, MUL and CONCAT have in common: several values into one."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Layer, Shape
from tmvalite.layers.shapes import shape_text


@dataclass(frozen=True)
class Merge(Layer):
    """Several values of one shape into one, element by element."""

    min_inputs = 2
    max_inputs = None

    def output_shape(self, *inputs: Shape) -> Shape:
        for number, shape in enumerate(inputs[1:], 2):
            if shape != inputs[0]:
                raise ShapeError(
                    f"{self.kind} joins values of one shape, but source 1 is {shape_text(inputs[0])} "
                    f"and source {number} is {shape_text(shape)}",
                    code="shape-merge",
                )
        return inputs[0]

    def chain(self, low, family, inputs):
        """The steps of a family on two values at a time, from left to right; what `lower` of a layer calls."""
        total = inputs[0]
        for other in inputs[1:]:
            total = low.emit(family, a=total, b=other, y=low.tensor(total.size, total.shape))
        return total


def concat_axis(shape: Shape) -> int:
    """The axis along which CONCAT joins and SLICE cuts: features of a vector or sequence, channels of an image."""
    return 0 if len(shape) != 2 else 1

"""PADDING2D: a frame of zeros around every channel."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_image


@register("PADDING2D")
@dataclass(frozen=True)
class Padding2D(Layer):
    """(N, C, H, W) -> (N, C, H + top + bottom, W + left + right), zeros in the frame.

    The order of the fields is that of TMVA's 2018 code.
    """

    top: int = arg("rows of zeros above", default=0, minimum=0)
    bottom: int = arg("rows of zeros below", default=0, minimum=0)
    left: int = arg("columns of zeros on the left", default=0, minimum=0)
    right: int = arg("columns of zeros on the right", default=0, minimum=0)

    examples = (
        Example("PADDING2D|1|0|0|2", ((1, 2, 2),), (1, 3, 4)),
        Example("PADDING2D|0|0|0|0", ((3, 5, 6),), (3, 5, 6)),
        Example("PADDING2D|1", ((2, 3, 5),), (2, 4, 5)),
    )

    def output_shape(self, x: Shape) -> Shape:
        channels, rows, columns = as_image(self.kind, x)
        return (channels, rows + self.top + self.bottom, columns + self.left + self.right)

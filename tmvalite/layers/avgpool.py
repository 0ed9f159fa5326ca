"""AVGPOOL: the mean value of every window."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Shape, arg, register
from tmvalite.layers.pool import Pool, with_strides
from tmvalite.layers.window import Window, read_padding


@register("AVGPOOL")
@dataclass(frozen=True)
class AvgPool(Pool):
    """y = mean of the values of the window that lie inside the image.

    Two numbers after the strides pad the image, as in CONV. Padding is not counted: ONNX's AveragePool with
    count_include_pad=0, its default. For zeros that count put PADDING2D in front.
    """

    pad_height: int = arg("rows of padding above and below", default=0, minimum=0)
    pad_width: int = arg("columns of padding on the left and on the right", default=0, minimum=0)

    value = "mean"
    other_names = ("AVGPOOL2D", "AVERAGEPOOL", "AVERAGEPOOLING", "AVERAGEPOOLING2D", "MEANPOOL")
    examples = (
        Example("AVGPOOL|2|2|1|1", ((3, 5, 6),), (3, 4, 5)),
        Example("AVGPOOL|2|3", ((2, 4, 6),), (2, 2, 2)),
        Example("AVGPOOL|5|6|1|1", ((3, 5, 6),), (3, 1, 1)),
        Example("AVGPOOL|2|2|2|2|SAME", ((3, 5, 7),), (3, 3, 4)),
        Example("AVGPOOL|3|2|2|1|1|1", ((2, 5, 6),), (2, 3, 7)),
    )

    @classmethod
    def from_fields(cls, words, context):
        words, padding = read_padding(with_strides(words), 4)
        return context.read_fields(cls, words, padding=padding)

    def window(self, x: Shape) -> Window:
        if self.pad_height >= self.filter_height or self.pad_width >= self.filter_width:
            raise ShapeError(
                f"AVGPOOL padding {self.pad_height}x{self.pad_width} leaves windows of {self.filter_height}x{self.filter_width} "
                "without a pixel",
                code="window-padding",
                hint="padding must be smaller than the window",
            )
        return super().window(x)

    def to_fields(self) -> tuple[str, ...]:
        sizes = (self.filter_height, self.filter_width, self.stride_rows, self.stride_cols)
        pads = (self.pad_height, self.pad_width) if self.pad_height or self.pad_width else ()
        return (*(str(n) for n in (*sizes, *pads)), *((self.padding,) if self.padding else ()))

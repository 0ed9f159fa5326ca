"""AVGPOOL: the mean value of every window."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, arg, register
from tmvalite.layers.pool import Pool
from tmvalite.layers.shapes import as_image, size


@register("AVGPOOL")
@dataclass(frozen=True)
class AvgPool(Pool):
    """y = mean of the values of the window that lie inside the image; with count_padding of all its places, zeros outside.

    ONNX: AveragePool with count_include_pad=0, its default, as Keras has it, or 1, PyTorch's default.
    """

    count_padding: bool = arg("1: padding counts as zeros, 0: values inside the image only", type=bool, default=False, extra=True)

    value = "mean"

    def reverse(self, low, node, gradient, slots):
        image = channels, *rows_columns = as_image(self.kind, node.inputs[0].shape)
        window = self.window(image)
        numbers = dict(channels=channels, framed=self.framed and any(window.pads))
        windows = window.fields(self, image=tuple(rows_columns), small=window.out)
        return low.emit("ReversePool", x=gradient, y=low.tensor(size(image), image), **numbers, **windows)

    other_names = ("AVGPOOL2D", "AVERAGEPOOL", "AVERAGEPOOLING", "AVERAGEPOOLING2D", "MEANPOOL")
    examples = (
        Example("AVGPOOL|2|2|1|1", ((3, 5, 6),), (3, 4, 5)),
        Example("AVGPOOL|2|3", ((2, 4, 6),), (2, 2, 2)),
        Example("AVGPOOL|5|6|1|1", ((3, 5, 6),), (3, 1, 1)),
        Example("AVGPOOL|2|2|2|2|SAME", ((3, 5, 7),), (3, 3, 4)),
        Example("AVGPOOL|3|2|2|1|1|1", ((2, 5, 6),), (2, 3, 7)),
        Example("AVGPOOL|3|2|2|1|1|1|1", ((2, 5, 6),), (2, 3, 7)),
        Example("AVGPOOL|2|2|2|2|SAME|1", ((3, 5, 7),), (3, 3, 4)),
    )

    @property
    def framed(self):
        return self.count_padding

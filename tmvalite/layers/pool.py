"""What MAXPOOL and AVGPOOL have in common: windows over every channel by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tmvalite.errors import ShapeError
from tmvalite.layers.base import PADDINGS, Layer, Shape, arg
from tmvalite.layers.shapes import as_image, size
from tmvalite.layers.window import Window, edge_remarks, read_padding, window_of


@dataclass(frozen=True)
class Pool(Layer):
    """Windows of one size over every channel: (N, C, H, W) -> (N, C, P, Q), sizes by `window.slide`.

    Without strides windows stand side by side; TMVA would divide by zero. Behind them stand two numbers of padding, as in CONV,
    or SAME or VALID. Unless a layer says otherwise padded places do not count: a window sees the values inside the image only.
    """

    filter_height: int = arg("window rows", minimum=1)
    filter_width: int = arg("window columns", minimum=1)
    stride_rows: int = arg("rows from one window to the next", minimum=1)
    stride_cols: int = arg("columns from one window to the next", minimum=1)
    pad_height: int = arg("rows of padding above and below", default=0, minimum=0)
    pad_width: int = arg("columns of padding on the left and on the right", default=0, minimum=0)
    padding: str = ""

    value: ClassVar[str] = ""  # of a window: "max" or "mean"
    framed: ClassVar[bool] = False  # padded places count as zeros

    @classmethod
    def from_fields(cls, words, context):
        words, padding = read_padding(with_strides(words), 4)
        return context.read_fields(cls, words, padding=padding)

    def window(self, x: Shape) -> Window:
        """Output size and padding for this input."""
        if self.pad_height >= self.filter_height or self.pad_width >= self.filter_width:
            raise ShapeError(
                f"{self.kind} padding {self.pad_height}x{self.pad_width} leaves windows of "
                f"{self.filter_height}x{self.filter_width} without a pixel",
                code="window-padding",
                hint="padding must be smaller than the window",
            )
        return window_of(self, x)

    def lower(self, low, inputs, slots):
        channels, rows, columns = as_image(self.kind, low.node.inputs[0].shape)
        window = self.window(low.node.inputs[0].shape)
        windows, shape = window.fields(self, image=(rows, columns), small=window.out), (channels, *window.out)
        if self.value == "mean" and windows["filter"] == (rows, columns) and window.out == (1, 1) and not any(windows["pads"]):
            return low.mean(inputs[0], rows * columns, 1, shape)
        y, numbers = low.tensor(size(shape), shape), dict(channels=channels, framed=self.framed and any(window.pads))
        return low.emit("Pool", x=inputs[0], y=y, kind=self.value, **numbers, **windows)

    def onnx(self, forms, inputs, shapes, parameters):
        x = forms.reshape(inputs[0], shapes[0], as_image(self.kind, shapes[0]))
        operator = {"max": "MaxPool", "mean": "AveragePool"}[self.value]
        counted = {"count_include_pad": 1} if self.framed else {}
        return forms.node(operator, x, **self.window(shapes[0]).onnx_attributes(self), **counted)

    def remarks(self, x: Shape) -> tuple[str, ...]:
        return edge_remarks(self, x, padding=False)

    def output_shape(self, x: Shape) -> Shape:
        return (as_image(self.kind, x)[0], *self.window(x).out)

    def to_fields(self) -> tuple[str, ...]:
        fields = super().to_fields()
        if self.padding:
            return (*fields[:4], self.padding, *fields[6:])
        return fields if any(field != "0" for field in fields[4:]) else fields[:4]


def with_strides(words):
    """The fields of a pooling layer; where there are none for the strides, those of the window stand in."""
    windows_only = len(words) == 2 or (len(words) > 2 and words[2].text in PADDINGS)
    return words[:2] * 2 + words[2:] if windows_only else words

"""What MAXPOOL and AVGPOOL have in common: windows over every channel by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tmvalite.layers.base import PADDINGS, Layer, Shape, arg
from tmvalite.layers.shapes import as_image, size
from tmvalite.layers.window import Window, edge_remarks, window_of


@dataclass(frozen=True)
class Pool(Layer):
    """Windows of one size over every channel: (N, C, H, W) -> (N, C, P, Q), sizes by `window.slide`.

    Without strides windows stand side by side; TMVA would divide by zero. SAME or VALID may come last. Padded places never
    count: a window sees the values inside the image only.
    """

    filter_height: int = arg("window rows", minimum=1)
    filter_width: int = arg("window columns", minimum=1)
    stride_rows: int = arg("rows from one window to the next", minimum=1)
    stride_cols: int = arg("columns from one window to the next", minimum=1)
    padding: str = ""

    value: ClassVar[str] = ""  # of a window: "max" or "mean"

    @classmethod
    def from_fields(cls, words, context):
        words = with_strides(words)
        padding = words[4].text if len(words) > 4 and words[4].text in PADDINGS else ""
        return context.read_fields(cls, words[:4] + words[5:] if padding else words, padding=padding)

    def window(self, x: Shape) -> Window:
        """Output size and padding for this input."""
        return window_of(self, x)

    def lower(self, low, inputs, slots):
        channels, rows, columns = as_image(self.kind, low.node.inputs[0].shape)
        window = self.window(low.node.inputs[0].shape)
        windows, shape = window.fields(self, image=(rows, columns), small=window.out), (channels, *window.out)
        if self.value == "mean" and windows["filter"] == (rows, columns) and window.out == (1, 1) and not any(windows["pads"]):
            return low.mean(inputs[0], rows * columns, 1, shape)
        return low.emit("Pool", x=inputs[0], y=low.tensor(size(shape), shape), kind=self.value, channels=channels, **windows)

    def onnx(self, forms, inputs, shapes, parameters):
        x = forms.reshape(inputs[0], shapes[0], as_image(self.kind, shapes[0]))
        operator = {"max": "MaxPool", "mean": "AveragePool"}[self.value]
        return forms.node(operator, x, **self.window(shapes[0]).onnx_attributes(self))

    def remarks(self, x: Shape) -> tuple[str, ...]:
        return edge_remarks(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (as_image(self.kind, x)[0], *self.window(x).out)

    def to_fields(self) -> tuple[str, ...]:
        return (*super().to_fields(), *((self.padding,) if self.padding else ()))


def with_strides(words):
    """The fields of a pooling layer; where there are none for the strides, those of the window stand in."""
    windows_only = len(words) == 2 or (len(words) > 2 and words[2].text in PADDINGS)
    return words[:2] * 2 + words[2:] if windows_only else words

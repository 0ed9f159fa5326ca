"""DEPTHCONV: every channel is filtered by itself."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.activations import ACTIVATIONS, DEFAULT
from tmvalite.layers.base import ActivationName, Example, Layer, Parameter, Shape, arg, register
from tmvalite.layers.shapes import as_image
from tmvalite.layers.window import Window, edge_remarks, read_padding, window_of


@register("DEPTHCONV")
@dataclass(frozen=True)
class DepthConv(Layer):
    """Depthwise convolution: (N, C, H, W) -> (N, M C, P, Q), M = multiplier filters for each channel, sizes as CONV.

    y[c M + m, p, q] = f(b[c M + m] + sum_{i, j} w[c M + m, i S + j] x[c, p s + i - pad, q s + j - pad]). A CONV of 1x1
    behind it mixes the channels.
    """

    multiplier: int = arg("output channels of every input channel", minimum=1)
    filter_height: int = arg("filter rows", minimum=1)
    filter_width: int = arg("filter columns", minimum=1)
    stride_rows: int = arg("rows from one window to the next", minimum=1)
    stride_cols: int = arg("columns from one window to the next", minimum=1)
    pad_height: int = arg("rows of zeros above and below, or SAME or VALID", default=0, minimum=0)
    pad_width: int = arg("columns of zeros left and right", default=0, minimum=0)
    activation: str = arg("function of every output", type=ActivationName, default=DEFAULT)
    padding: str = ""

    activations = tuple(a.name for a in ACTIVATIONS.values() if a.elementwise)
    other_names = ("DEPTHWISECONV2D", "DEPTHWISECONV", "SEPARABLECONV2D")
    examples = (
        Example("DEPTHCONV|1|3|3|1|1|1|1|RELU", ((7, 5, 6),), (7, 5, 6)),
        Example("DEPTHCONV|3|3|2|2|2|SAME|LINEAR", ((2, 5, 6),), (6, 3, 3)),
        Example("DEPTHCONV|2|3|3|2|2|VALID|RELU", ((2, 5, 6),), (4, 2, 2)),
    )

    @classmethod
    def from_fields(cls, words, context):
        words, padding = read_padding(words, 5)
        return context.read_fields(cls, words, padding=padding)

    def window(self, x: Shape) -> Window:
        """Output size and padding for this input."""
        return window_of(self, x)

    def remarks(self, x: Shape) -> tuple[str, ...]:
        return edge_remarks(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (self.multiplier * as_image(self.kind, x)[0], *self.window(x).out)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        channels = self.multiplier * as_image(self.kind, x)[0]
        return (
            Parameter("Weights", (channels, self.filter_height * self.filter_width), decays=True, kept=True),
            Parameter("Biases", (channels, 1), init="zero"),
        )

    def lower(self, low, inputs, slots):
        channels, *image = as_image(self.kind, low.node.inputs[0].shape)
        window = self.window(low.node.inputs[0].shape)
        y = low.convolve(
            inputs[0],
            slots["Weights"],
            slots["Biases"],
            groups=channels,
            image=tuple(image),
            small=window.out,
            filter=(self.filter_height, self.filter_width),
            strides=(self.stride_rows, self.stride_cols),
            pads=(window.pads[0], window.pads[2]),
        )
        return low.map(y, self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        image, window = as_image(self.kind, shapes[0]), self.window(shapes[0])
        y = forms.node(
            "Conv",
            forms.reshape(inputs[0], shapes[0], image),
            forms.constant(parameters["Weights"].reshape(-1, 1, self.filter_height, self.filter_width)),
            forms.constant(parameters["Biases"].ravel()),
            **window.onnx_attributes(self),
            group=image[0],
        )
        return forms.activation(y, self.activation)

    def to_fields(self) -> tuple[str, ...]:
        fields = super().to_fields()
        return (*fields[:5], self.padding, fields[7]) if self.padding else fields

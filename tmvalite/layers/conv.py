"""CONV: cross-correlation of an image with trained filters, TMVA's convolution."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.activations import ACTIVATIONS, DEFAULT
from tmvalite.layers.base import (
    ActivationName,
    Attribute,
    Example,
    Layer,
    Parameter,
    Shape,
    WeightElement,
    arg,
    field_text,
    register,
)
from tmvalite.layers.shapes import as_image
from tmvalite.layers.window import Window, edge_remarks, read_padding, window_of


@register("CONV")
@dataclass(frozen=True)
class Conv(Layer):
    """Convolution: (N, C, H, W) -> (N, K, P, Q), K = depth, sizes by `window.slide`.

    y[k, p, q] = f(b[k] + sum_{c, i, j} w[k, (c R + i) S + j] x[c, p s + i - pad, q s + j - pad]), zeros outside.
    """

    depth: int = arg("output channels", minimum=1)
    filter_height: int = arg("filter rows", minimum=1)
    filter_width: int = arg("filter columns", minimum=1)
    stride_rows: int = arg("rows from one window to the next", minimum=1)
    stride_cols: int = arg("columns from one window to the next", minimum=1)
    pad_height: int = arg("rows of zeros above and below, or SAME or VALID", default=0, minimum=0)
    pad_width: int = arg("columns of zeros left and right", default=0, minimum=0)
    activation: str = arg("function of every output", type=ActivationName, default=DEFAULT)
    padding: str = ""  # "SAME", "VALID" or "": the numbers count

    tmva = True
    # TMVA's convolution does not know FTANH and takes TANH; SOFTMAX has no axis here.
    activations = tuple(a.name for a in ACTIVATIONS.values() if a.name != "FTANH" and a.elementwise)
    weight_element = WeightElement(
        "ConvLayer",
        (
            Attribute("Depth", "depth"),
            Attribute("FilterHeight", "filter_height"),
            Attribute("FilterWidth", "filter_width"),
            Attribute("StrideRows", "stride_rows"),
            Attribute("StrideCols", "stride_cols"),
            Attribute("PaddingHeight", "pad_height"),
            Attribute("PaddingWidth", "pad_width"),
            Attribute("ActivationFunction", "activation"),
        ),
        (("Weights", "Weights"), ("Biases", "Biases")),
    )
    other_names = ("CONV2D", "CONV1D", "CONVOLUTION", "CONVOLUTION2D")
    examples = (
        Example("CONV|7|3|3|1|1|1|1|RELU", ((2, 5, 6),), (7, 5, 6)),
        Example("CONV|4|3|2|2|1|0|1|TANH", ((2, 5, 6),), (4, 2, 7)),
        Example("CONV|4|3|3|2|2|SAME|RELU", ((2, 5, 6),), (4, 3, 3)),
        Example("CONV|4|3|3|2|2|VALID|RELU", ((2, 5, 6),), (4, 2, 2)),
        Example("CONV|4|1|3|1|1|0|1|LINEAR", ((7, 5),), (4, 1, 5)),
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
        return (self.depth, *self.window(x).out)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        channels = as_image(self.kind, x)[0]
        return (
            Parameter("Weights", (self.depth, channels * self.filter_height * self.filter_width), decays=True, kept=True),
            Parameter("Biases", (self.depth, 1), init="zero"),
        )

    def lower(self, low, inputs, slots):
        image, window = as_image(self.kind, low.node.inputs[0].shape)[1:], self.window(low.node.inputs[0].shape)
        y = low.convolve(
            inputs[0],
            slots["Weights"],
            slots["Biases"],
            image=image,
            small=window.out,
            filter=(self.filter_height, self.filter_width),
            strides=(self.stride_rows, self.stride_cols),
            pads=(window.pads[0], window.pads[2]),
        )
        return low.map(y, self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        image, window = as_image(self.kind, shapes[0]), self.window(shapes[0])
        filters = parameters["Weights"].reshape(self.depth, image[0], self.filter_height, self.filter_width)
        y = forms.node(
            "Conv",
            forms.reshape(inputs[0], shapes[0], image),
            forms.constant(filters),
            forms.constant(parameters["Biases"].ravel()),
            **window.onnx_attributes(self),
        )
        return forms.activation(y, self.activation)

    def to_fields(self) -> tuple[str, ...]:
        fields = super().to_fields()
        return (*fields[:5], field_text(self.padding), fields[7]) if self.padding else fields

    def weight_fields(self, x: Shape):
        window = self.window(x)
        if not (window.symmetric and window.whole):
            return None
        return {**super().weight_fields(x), "pad_height": window.pads[0], "pad_width": window.pads[2]}

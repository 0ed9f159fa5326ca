"""CONV: cross-correlation of an image with trained filters, TMVA's convolution."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.activations import DEFAULT
from tmvalite.layers.base import ActivationName, Attribute, Example, Shape, WeightElement, arg, register
from tmvalite.layers.image_filter import ImageFilter


@register("CONV")
@dataclass(frozen=True)
class Conv(ImageFilter):
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
    activations = tuple(name for name in ImageFilter.activations if name != "FTANH")
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

    def weight_fields(self, x: Shape):
        window = self.window(x)
        if not (window.symmetric and window.whole) or len(x) == 1:  # TMVA has no batches of images 1|1|W
            return None
        return {**super().weight_fields(x), "pad_height": window.pads[0], "pad_width": window.pads[2]}

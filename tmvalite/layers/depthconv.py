"""DEPTHCONV: every channel is filtered by itself."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.activations import DEFAULT
from tmvalite.layers.base import ActivationName, Example, arg, register
from tmvalite.layers.image_filter import ImageFilter


@register("DEPTHCONV")
@dataclass(frozen=True)
class DepthConv(ImageFilter):
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

    other_names = ("DEPTHWISECONV2D", "DEPTHWISECONV", "SEPARABLECONV2D")
    examples = (
        Example("DEPTHCONV|1|3|3|1|1|1|1|RELU", ((7, 5, 6),), (7, 5, 6)),
        Example("DEPTHCONV|3|3|2|2|2|SAME|LINEAR", ((2, 5, 6),), (6, 3, 3)),
        Example("DEPTHCONV|2|3|3|2|2|VALID|RELU", ((2, 5, 6),), (4, 2, 2)),
    )

    def outputs(self, channels):
        return self.multiplier * channels

    def groups(self, channels):
        return channels

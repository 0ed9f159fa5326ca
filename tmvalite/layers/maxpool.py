"""MAXPOOL: the largest value of every window."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Attribute, Example, Shape, WeightElement, register
from tmvalite.layers.pool import Pool


@register("MAXPOOL")
@dataclass(frozen=True)
class MaxPool(Pool):
    """y = largest value of the window; of equal values the first, row by row, takes the gradient. NaN in a window is its result.

    ONNX: MaxPool; padding never wins, as there. There are no padding fields: TMVA ignores what follows the strides.
    """

    tmva = True
    value = "max"
    weight_element = WeightElement(
        "MaxPoolLayer",
        (
            Attribute("FilterHeight", "filter_height"),
            Attribute("FilterWidth", "filter_width"),
            Attribute("StrideRows", "stride_rows"),
            Attribute("StrideCols", "stride_cols"),
        ),
    )
    other_names = ("MAXPOOL2D", "MAXPOOLING", "MAXPOOLING2D", "POOL")
    examples = (
        Example("MAXPOOL|2|2|1|1", ((3, 5, 6),), (3, 4, 5)),
        Example("MAXPOOL|2|3|3|1", ((2, 5, 6),), (2, 2, 4)),
        Example("MAXPOOL|2|3", ((2, 4, 6),), (2, 2, 2)),
        Example("MAXPOOL|2|2|2|2|SAME", ((3, 5, 7),), (3, 3, 4)),
        Example("MAXPOOL|2|2|2|2|VALID", ((3, 5, 7),), (3, 2, 3)),
    )

    def weight_fields(self, x: Shape):
        window = self.window(x)
        return super().weight_fields(x) if window.whole and not any(window.pads) else None

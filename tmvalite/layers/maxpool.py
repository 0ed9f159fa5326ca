"""MAXPOOL: the largest value of every window."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import PADDINGS, Attribute, Example, Shape, WeightElement, register
from tmvalite.layers.pool import Pool, with_strides


@register("MAXPOOL")
@dataclass(frozen=True)
class MaxPool(Pool):
    """y = largest value of the window; of equal values the first, row by row, takes the gradient. NaN in a window is its result.

    ONNX: MaxPool; padding never wins, as there. TMVA has none and ignores the two numbers behind the strides.
    """

    tmva = True
    value = "max"
    weight_element = WeightElement(
        "MaxPoolLayer",
        (
            Attribute("FilterHeight", "filter_height", before="FrameHeight"),
            Attribute("FilterWidth", "filter_width", before="FrameWidth"),
            Attribute("StrideRows", "stride_rows"),
            Attribute("StrideCols", "stride_cols"),
        ),
    )
    other_names = ("MAXPOOL2D", "MAXPOOLING", "MAXPOOLING2D", "POOL")
    examples = (
        Example("MAXPOOL|2|2|1|1", ((3, 5, 6),), (3, 4, 5)),
        Example("MAXPOOL|2|3|3|1", ((2, 5, 6),), (2, 2, 4)),
        Example("MAXPOOL|2|3", ((2, 4, 6),), (2, 2, 2)),
        Example("MAXPOOL|2|2|2|2|1|1", ((2, 5, 4),), (2, 3, 3)),
        Example("MAXPOOL|3|2|1|3|2|1", ((1, 5, 6),), (1, 7, 3)),
        Example("MAXPOOL|2|2|2|2|SAME", ((3, 5, 7),), (3, 3, 4)),
        Example("MAXPOOL|2|2|2|2|VALID", ((3, 5, 7),), (3, 2, 3)),
    )

    @classmethod
    def from_fields(cls, words, context):
        words = with_strides(words)
        known = 4
        while known < min(6, len(words)) and context.is_number(words[known]):
            known += 1
        if known == 4 and len(words) > 4 and words[4].text in PADDINGS:
            known = 5
        layer = super().from_fields(words[:known], context)
        context.surplus(cls, words[known:])
        return layer

    def weight_fields(self, x: Shape):
        window = self.window(x)
        if any(window.pads) or not window.whole or len(x) == 1:  # TMVA has no batches of images 1|1|W
            return None
        return super().weight_fields(x)

"""S: every input divided by its largest size in the training, so that its sign is kept."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import Element, register
from tmvalite.data.transforms.ranges import RangeTransform, whole_width


@register
class Scale(RangeTransform):
    """v' = v / max(|min|, |max|) in float32; v = v' * max(|min|, |max|). Source: VariableNormalizeTransform of ROOT 6.38.

    min and max as for N. An input that is 0 in all training events becomes 0 (TMVA: 0/0), and its inverse is 0; any other
    constant becomes 1 or -1. ROOT before 6.38 reads a file with S as one with N, silently.
    """

    name, words, short = "Scale", ("S", "Scale", "ScaleNorm"), "Scale"
    tmva = True
    help = "each input divided by its largest size; the sign is kept"
    element = Element(
        "Normalize",
        ("UseOffsetOrNot", "NoOffset"),
        unmarked=False,
        remark="ROOT before 6.38 reads the transformation S of this weight file as N, and gives other values",
    )
    examples = ("S", "S(_V0_,_T_)", "S_Signal", "N,S")

    def prepare(self):
        self.size = np.abs(self.ranges[self.use]).max(axis=-1)

    def forward(self, source, target, columns, which):
        self.by_blocks(self.scale, source, target, columns, which)

    def scale(self, v, which, out):
        size = self.size[which]
        np.divide(v, np.where(size == 0, np.float32(1.0), size), out=out)
        if (size == 0).any():  # NaN stays NaN
            out *= np.where(size == 0, np.float32(0.0), np.float32(1.0))

    def unscale(self, v, which, out):
        np.multiply(v, self.size[which], out=out)

    def onnx(self, forms, x, columns, which, n):
        size = self.size[which]
        y = forms.node("Div", x, forms.constant(whole_width(n, columns, np.where(size == 0, 1.0, size), 1.0)))
        return forms.node("Mul", y, forms.constant(whole_width(n, columns, size != 0, 1.0)))

    def onnx_backward(self, forms, x, columns, which, n):
        return forms.node("Mul", x, forms.constant(whole_width(n, columns, self.size[which], 1.0)))

"""N: a linear map of every input's training range to [-1, 1]."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import VARIABLE, Element, register
from tmvalite.data.transforms.ranges import RangeTransform, whole_width

ZERO, ONE, TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


@register
class Normalize(RangeTransform):
    """v' = (v - min) * s * 2 - 1 with s = 1 / (max - min), every step rounded to float32, as TMVA computes it.

    min and max are plain extremes over the training events, weights ignored. Values outside are not clipped. An input
    that is constant becomes 0 for every event (TMVA gives NaN), and its inverse is the constant.
    """

    name, words, short = "Normalize", ("N", "Norm", "Normalise", "Normalize"), "Norm"
    tmva = True
    help = "each input's range to [-1, 1]"
    # Without the attribute before ROOT 6.38; ROOT 6.38.00 to 6.38.03 stop at a file that lacks it.
    element = Element("Normalize", ("UseOffsetOrNot", "UseOffset"))
    examples = ("N", "N(_V_)", "N(b,_T_)", "N_Signal", "N,N")

    def prepare(self):
        low, high = self.ranges[self.use, :, 0], self.ranges[self.use, :, 1]
        with np.errstate(over="ignore", divide="ignore"):
            scale = (1.0 / (high - low).astype(np.float64)).astype(np.float32)
        self.low, self.flat = low, ~np.isfinite(scale)  # a width too small for float32 counts as none
        self.factor = np.where(self.flat, np.float32(0.0), scale)

    def rows(self, source, target, columns, which):
        from tmvalite.kernels.rescale import BLOCK, rescale_rows

        order = np.argsort(columns, kind="stable")
        columns, which = columns[order], which[order]
        flat = self.flat[which]
        numbers = self.low[which], self.factor[which], np.where(flat, ZERO, TWO), np.where(flat, ZERO, ONE)  # of a constant: 0
        numbers = [np.tile(of_column, BLOCK) for of_column in numbers]
        run = rescale_rows.get("float32")
        return lambda start, stop: run(source, target, start, stop, columns, *numbers)

    def unscale(self, v, which, out):
        low, factor, flat = self.low[which], self.factor[which], self.flat[which]
        out[...] = np.where(flat, low, low + (v + ONE) / np.where(flat, ONE, factor * TWO))

    def as_scaling(self, n_variables):
        which, columns = self.positions(VARIABLE)
        if list(columns) != list(range(n_variables)) or self.flat[which].any():
            return None
        return self.low[which], self.factor[which]

    def onnx(self, forms, x, columns, which, n):
        flat = self.flat[which]
        y = forms.node("Sub", x, forms.constant(whole_width(n, columns, self.low[which], 0.0)))
        y = forms.node("Mul", y, forms.constant(whole_width(n, columns, self.factor[which], 1.0)))
        y = forms.node("Mul", y, forms.constant(whole_width(n, columns, np.where(flat, 0.0, 2.0), 1.0)))
        return forms.node("Sub", y, forms.constant(whole_width(n, columns, np.where(flat, 0.0, 1.0), 0.0)))

    def onnx_backward(self, forms, x, columns, which, n):
        flat = self.flat[which]
        y = forms.node("Add", x, forms.constant(whole_width(n, columns, np.where(flat, 0.0, 1.0), 0.0)))
        y = forms.node("Mul", y, forms.constant(whole_width(n, columns, np.where(flat, 0.0, 1.0), 1.0)))
        y = forms.node("Div", y, forms.constant(whole_width(n, columns, np.where(flat, ONE, self.factor[which] * TWO), 1.0)))
        return forms.node("Add", y, forms.constant(whole_width(n, columns, self.low[which], 0.0)))

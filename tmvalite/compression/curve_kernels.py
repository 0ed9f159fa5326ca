"""Curves that are straight between knots, in whole numbers."""

from __future__ import annotations

import numpy as np
from numba.core import types

from tmvalite.kernels._jit import entry_point


def _curve_signature(element):
    given = types.Array(types.int64, 1, "C", readonly=True)
    return given, given, given, types.Array(types.int64, 1, "C")


@entry_point(_curve_signature)
def heights_at(values, knots, heights, out):
    """out[i]: the height at values[i], rounded down between two knots, constant beyond the outer ones.

    knots (K,), K >= 2, rising; differences of knots and of heights are below 2^26
    """
    last = len(knots) - 1
    low, high = knots[0], knots[last]
    for i in range(len(values)):
        v = min(max(values[i], low), high)
        a = 0  # the knot before v
        for k in range(1, last):
            a += 1 if knots[k] <= v else 0
        step = knots[a + 1] - knots[a]
        product = (heights[a + 1] - heights[a]) * (v - knots[a])
        q = np.int64(np.float64(product) / np.float64(step))  # right to one, faster than whole numbers are divided
        rest = product - q * step
        out[i] = heights[a] + q + (-1 if rest < 0 else 1 if rest >= step else 0)

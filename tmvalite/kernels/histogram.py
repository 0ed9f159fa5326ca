"""Many columns at once: sums by class, and histograms by class."""

from __future__ import annotations

import numpy as np
from numba.core import types

from ._jit import entry_point

BLOCK = 1024  # events whose sum is made before it is added: less rounding than one long sum


def _inputs(element):
    x, weights = (types.Array(kind, rank, "C", readonly=True) for kind, rank in ((element, 2), (types.float64, 1)))
    return x, types.Array(types.int64, 1, "C", readonly=True), weights


def _sums_signature(element):
    numbers = types.float64[:, ::1]
    return (*_inputs(element), types.boolean, numbers, numbers, numbers)


@entry_point(_sums_signature)
def sum_columns(x, class_index, weights, squares, centre, part, sums):
    """sums[c, v] = sum of w (x_v - centre) over the events of class c, or of w (x_v - centre)^2.

    x (N, V); class_index (N,), what is not a class counts nowhere; centre, part (work space), sums (C, V)
    """
    n, width, classes = x.shape[0], x.shape[1], sums.shape[0]
    sums[:] = 0.0
    for start in range(0, n, BLOCK):
        part[:] = 0.0
        for r in range(start, min(start + BLOCK, n)):
            c, w = class_index[r], weights[r]
            if 0 <= c < classes:
                for v in range(width):
                    d = np.float64(x[r, v]) - centre[c, v]
                    part[c, v] += w * d * d if squares else w * d
        for c in range(classes):
            for v in range(width):
                sums[c, v] += part[c, v]


def _ranges_signature(element):
    x, class_index, _ = _inputs(element)
    return x, class_index, types.float64[:, ::1], types.float64[:, ::1]


@entry_point(_ranges_signature)
def column_ranges(x, class_index, low, high):
    """low, high[c, v]: the smallest and the largest value of class c; infinity and minus infinity without events."""
    classes = low.shape[0]
    low[:] = np.inf
    high[:] = -np.inf
    for r in range(x.shape[0]):
        c = class_index[r]
        if 0 <= c < classes:
            for v in range(x.shape[1]):
                value = np.float64(x[r, v])
                if value < low[c, v]:
                    low[c, v] = value
                if value > high[c, v]:
                    high[c, v] = value


def _fill_signature(element):
    numbers = types.float64[:, ::1]
    return (*_inputs(element), numbers, numbers, numbers)


@entry_point(_fill_signature)
def fill_columns(x, class_index, weights, edges, contents, squares):
    """Add to contents[c V + v, b] the weights, and to squares their squares, of the events of class c with x_v in bin b.

    edges (V, B + 1) rising, nearly equal steps are fastest; contents, squares (C V, B). A bin has its lower edge, the last one
    both; values outside and NaN count nowhere.
    """
    width, bins = x.shape[1], edges.shape[1] - 1
    classes = contents.shape[0] // width
    for r in range(x.shape[0]):
        c, w = class_index[r], weights[r]
        if not 0 <= c < classes:
            continue
        for v in range(width):
            value, first, last = np.float64(x[r, v]), edges[v, 0], edges[v, bins]
            if not first <= value <= last:
                continue
            b = min(np.int64((value - first) / (last - first) * bins), bins - 1)
            while b > 0 and value < edges[v, b]:
                b -= 1
            while b < bins - 1 and value >= edges[v, b + 1]:
                b += 1
            contents[c * width + v, b] += w
            squares[c * width + v, b] += w * w

"""Cumulative distributions: sorting and binning of a sample, look-up in a fine table and back, Gaussian quantiles.

Sources: TMVA's VariableGaussTransform and PDF (tables of so many equal bins between the first and the last edge, straight
lines between their centres); Wichura, Applied Statistics 37 (1988) 477, algorithm AS 241, for the quantiles.
"""

from __future__ import annotations

import math

import numpy as np
from numba.core import types

from ._jit import entry_point, kernel
from .math import horner, log

BLOCK = 512  # rows that are looked up at a time, column by column
TINY, EDGE, HALF_EDGE = 1e-12, 1e-9, 5e-9  # least cumulative; least argument of U, of G (TMVA's 0.99999999 for erf)
ROOT_TWO = 1.414213562 / math.sqrt(2.0)  # TMVA writes the square root of two with so many digits
DIGIT, RADIX, MASK = 11, 2048, 2047
PASSES = 3

# Wichura's polynomials, highest power first
MIDDLE = (
    2.5090809287301226727e3,
    3.3430575583588128105e4,
    6.7265770927008700853e4,
    4.5921953931549871457e4,
    1.3731693765509461125e4,
    1.9715909503065514427e3,
    1.3314166789178437745e2,
    3.3871328727963666080e0,
)
BELOW_MIDDLE = (
    5.2264952788528545610e3,
    2.8729085735721942674e4,
    3.9307895800092710610e4,
    2.1213794301586595867e4,
    5.3941960214247511077e3,
    6.8718700749205790830e2,
    4.2313330701600911252e1,
    1.0,
)
TAIL = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e0,
    3.64784832476320460504e0,
    5.76949722146069140550e0,
    4.63033784615654529590e0,
    1.42343711074968357734e0,
)
BELOW_TAIL = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e0,
    2.05319162663775882187e0,
    1.0,
)


@kernel
def _middle(q):
    """Quantile of 0.5 + q for |q| <= 0.425."""
    r = 0.180625 - q * q
    return q * horner(r, MIDDLE) / horner(r, BELOW_MIDDLE)


@kernel
def _tail(c):
    """Quantile of c below 0.075 or above 0.925, and not beyond 5e-9."""
    q = c - 0.5
    r = math.sqrt(-log(c if q < 0.0 else 1.0 - c)) - 1.6
    value = horner(r, TAIL) / horner(r, BELOW_TAIL)
    return -value if q < 0.0 else value


@kernel
def _centre(first, width, i):
    return first + i * width + 0.5 * width


@kernel
def _look_up(x, first, last, width, table, row):
    """The cumulative at x: a line between the centre of its bin and the nearer neighbour, also beyond the ends."""
    bins = table.shape[1]
    if x < first:
        i = 0
    elif x < last:
        i = min(int(bins * (x - first) / (last - first)), bins - 1)
    else:
        i = bins - 1
    here = _centre(first, width, i)
    other = i + 1 if (x > here or i == 0) and i != bins - 1 else i - 1
    there = _centre(first, width, other)
    y = np.float64(table[row, i])
    value = y + (x - here) * (y - np.float64(table[row, other])) / (here - there)
    return value if not value < TINY else TINY


def _signature(element):
    rows = types.float32[:, ::1]
    return (
        rows,
        rows,
        types.int64,
        types.int64,
        types.int64[::1],
        types.int64[::1],
        types.float64[:, ::1],
        types.float32[:, ::1],
        types.boolean,
        types.float64[::1],
    )


@entry_point(_signature)
def flatten_rows(source, target, start, stop, columns, which, edges, tables, gauss, held):
    """target[r, columns] = cumulative of source[r, columns], or its Gaussian quantile; may be in place.

    What is not finite becomes NaN.

    which (K,) int64: rows of edges (*, 2) float64, first and last edge, and of tables (*, B) float32. Equal edges: a
    constant, whose values become the middle (0.5, or 0). held (BLOCK,) float64 is work space.
    """
    bins = tables.shape[1]
    for row in range(start, stop, BLOCK):
        rows = min(BLOCK, stop - row)
        for k in range(columns.shape[0]):
            column, at = columns[k], which[k]
            first, last = edges[at, 0], edges[at, 1]
            if not first < last:
                for r in range(rows):
                    x = source[row + r, column]
                    target[row + r, column] = np.float32(0.0 if gauss else 0.5) if math.isfinite(x) else np.float32(math.nan)
                continue
            width = (last - first) / bins
            for r in range(rows):
                x = np.float64(source[row + r, column])
                c = _look_up(x, first, last, width, tables, at) if math.isfinite(x) else math.nan
                c = 1.0 - EDGE if c > 1.0 - EDGE else c
                held[r] = EDGE if c < EDGE else c
            if gauss:
                for r in range(rows):
                    target[row + r, column] = np.float32(ROOT_TWO * _middle(held[r] - 0.5))
                for r in range(rows):
                    if abs(held[r] - 0.5) > 0.425:
                        c = min(max(held[r], HALF_EDGE), 1.0 - HALF_EDGE)
                        target[row + r, column] = np.float32(ROOT_TWO * _tail(c))
            else:
                for r in range(rows):
                    target[row + r, column] = np.float32(held[r])


@entry_point(_signature)
def unflatten_rows(source, target, start, stop, columns, which, edges, tables, gauss, held):
    """What `flatten_rows` undone gives: bisection for two neighbouring centres of the table, a line between them.

    Beyond the ends the outermost two are used. A constant comes back as its edge.
    """
    bins = tables.shape[1]
    for row in range(start, stop):
        for k in range(columns.shape[0]):
            column, at = columns[k], which[k]
            first, last = edges[at, 0], edges[at, 1]
            y = np.float64(source[row, column])
            if math.isnan(y):
                target[row, column] = source[row, column]
                continue
            if not first < last:
                target[row, column] = np.float32(last)
                continue
            c = (math.erf(y / 1.414213562) + 1.0) / 2.0 if gauss else y
            low, high = 0, bins - 1
            while high > low + 1:
                middle = (low + high) // 2
                if c < np.float64(tables[at, middle]):
                    high = middle
                else:
                    low = middle
            a, b = np.float64(tables[at, low]), np.float64(tables[at, high])
            width = (last - first) / bins
            x = _centre(first, width, low)
            if b > a:
                x += width * (c - a) / (b - a)
            target[row, column] = np.float32(x)


# ---- from a sample to edges and contents


def _sort_signature(element):
    integers = types.uint32[::1]
    return (types.Array(types.float32, 1, "A", readonly=True), integers, integers, integers, integers, types.int64[:, ::1])


@entry_point(_sort_signature)
def sort_values(x, keys, index, other_keys, other_index, counts):
    """A stable radix sort of x (N,), in which nothing is NaN: index (N,) uint32 in its order, keys (N,) the bits of the values.

    other_keys, other_index (N,) uint32 and counts (3, 2048) are work space.
    """
    n = x.shape[0]
    counts[:] = 0
    bits = other_keys.view(np.float32)
    for i in range(n):
        bits[i] = x[i] + np.float32(0.0)  # no negative zero
    for i in range(n):
        key = other_keys[i]
        key = key ^ np.uint32(0xFFFFFFFF) if key >> np.uint32(31) else key ^ np.uint32(0x80000000)
        other_keys[i], other_index[i] = key, np.uint32(i)
        counts[0, np.int64(key) & MASK] += 1
        counts[1, (np.int64(key) >> DIGIT) & MASK] += 1
        counts[2, np.int64(key) >> (2 * DIGIT)] += 1
    for p in range(PASSES):
        total = 0
        for j in range(RADIX):
            count = counts[p, j]
            counts[p, j] = total
            total += count
        for i in range(n):
            source = other_keys if p % 2 == 0 else keys
            key = source[i]
            digit = (np.int64(key) >> (p * DIGIT)) & MASK
            place = counts[p, digit]
            counts[p, digit] = place + 1
            if p % 2 == 0:
                keys[place], index[place] = key, other_index[i]
            else:
                other_keys[place], other_index[place] = key, index[i]
    for i in range(n):
        key = keys[i]
        keys[i] = key ^ np.uint32(0x80000000) if key >> np.uint32(31) else key ^ np.uint32(0xFFFFFFFF)


def _bin_signature(element):
    floats, integers = types.float32[::1], types.int64[::1]
    tables = (types.float32[:, ::1], types.float64[:, ::1])
    return (floats, types.uint32[::1], floats, integers, floats, *tables, integers, floats, floats, integers)


@entry_point(_bin_signature)
def bin_sorted(values, index, weights, class_index, per_bin, edges, contents, counts, running, latest, place):
    """Edges and contents of the histograms of all sets, from one sorted sample; returns whether they fit.

    per_bin (S,) float32: the least weight of a bin; set c holds the events of class c, the last set all (S = 1: all).
    edges (S, E) float32, contents (S, E) float64, counts (S,): the number of edges found. A value that equals an edge
    belongs to the bin that begins there; the largest value lies beyond the last bin. Running sums are float32, as in TMVA.
    running, latest, place (S,) are work space.
    """
    n, sets, most = values.shape[0], per_bin.shape[0], edges.shape[1]
    counts[:] = 0
    place[:] = 0
    contents[:] = 0.0
    running[:] = np.float32(0.0)
    for i in range(n):
        x, event = values[i], index[i]
        w = weights[event]
        own = class_index[event] if sets > 1 else 0
        for turn in range(2 if sets > 1 else 1):
            s = own if turn == 0 else sets - 1
            if counts[s] == 0:
                edges[s, 0], edges[s, 1] = np.float32(x - np.float32(1e-4)), x
                counts[s], latest[s] = 2, x
            running[s] += w
            if running[s] >= per_bin[s] and x > edges[s, counts[s] - 1]:
                if counts[s] >= most - 1:
                    return False
                edges[s, counts[s]] = x
                counts[s] += 1
                running[s] = np.float32(0.0)
            latest[s] = x
    for s in range(sets):
        if running[s] != 0.0 and counts[s] > 0:
            edges[s, counts[s]] = latest[s]
            counts[s] += 1
    for i in range(n):
        x, event = values[i], index[i]
        w = np.float64(weights[event])
        own = class_index[event] if sets > 1 else 0
        for turn in range(2 if sets > 1 else 1):
            s = own if turn == 0 else sets - 1
            while place[s] < counts[s] and x >= edges[s, place[s]]:
                place[s] += 1
            if 0 < place[s] < counts[s]:
                contents[s, place[s] - 1] += w
    return True

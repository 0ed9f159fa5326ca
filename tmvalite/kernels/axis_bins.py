"""Bins as ROOT counts them, of many columns: sums along one axis, profiles of every column in bins of every other, and pairs.

Bin 0 is below the first edge, bin B + 1 above the last one, where NaN is too; a value on the last edge belongs to bin B. The axes
of all columns stand one after the other in one array: axis v has the edges[first[v]:first[v + 1]], nearly equal steps, and its
B + 2 bins begin at first[v] + v. What is not a class (0 to C - 1) counts nowhere.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import entry_point, kernel, pointer, shift
from .vector import Vectors

LANES = 8  # sums that are added at a time


@kernel
def _bin(value, edges, start, bins):
    """The bin of a value on the axis whose B + 1 edges begin at `start`: a guess, at most one bin beside it."""
    low, high = edges[start], edges[start + bins]
    guess = (value - low) * (bins / (high - low))
    guess = guess if guess > 0.0 else 0.0  # NaN too
    at = np.int64(guess if guess < bins - 1.0 else bins - 1.0)
    at -= np.int64(value < edges[start + at])
    at += np.int64(value >= edges[start + at + 1])
    if value == high:
        return bins
    return at + 1 if value == value else bins + 1


@intrinsic
def _add_powers(typingctx, sums, w, x):
    """Add w, w^2, w x, w x^2 to four sums."""

    def codegen(context, builder, signature, args):
        place, w, x = args
        v = Vectors(builder, ir.DoubleType(), 4)
        product = builder.fmul(w, x)
        terms = ir.Constant(v.type, ir.Undefined)
        for i, term in enumerate((w, builder.fmul(w, w), product, builder.fmul(product, x))):
            terms = builder.insert_element(terms, term, ir.Constant(ir.IntType(32), i))
        v.store(builder.fadd(v.load(place), terms), place)
        return context.get_dummy_value()

    return types.none(sums, types.float64, types.float64), codegen


@intrinsic
def _add_lanes(typingctx, sums, terms):
    """Add LANES terms to as many sums."""

    def codegen(context, builder, signature, args):
        v = Vectors(builder, ir.DoubleType(), LANES)
        v.store(builder.fadd(v.load(args[0]), v.load(args[1])), args[0])
        return context.get_dummy_value()

    return types.none(sums, terms), codegen


def _constant(element, rank=1):
    return types.Array(element, rank, "C", readonly=True)


def _place_signature(element):
    return _constant(element, 2), _constant(types.float64), _constant(types.int64), types.int64, types.uint16[:, ::1]


@entry_point(_place_signature)
def place_columns(x, edges, first, begin, at):
    """at[v, begin + r] = the bin of x[r, v]; x (n, V), at (V, N), with less than 65535 bins."""
    for v in range(x.shape[1]):
        start, bins = first[v], first[v + 1] - first[v] - 1
        for r in range(x.shape[0]):
            at[v, begin + r] = np.uint16(_bin(np.float64(x[r, v]), edges, start, bins))


def _sum_signature(element):
    events = (_constant(element, 2), _constant(types.uint16, 2), _constant(types.int64), _constant(types.float64))
    return (*events, _constant(types.int64), types.float64[:, :, ::1])


@entry_point(_sum_signature)
def sum_along_axes(x, at, class_index, weights, first, sums):
    """Add to sums[c, b] the sums of w, w^2, w x and w x^2 over the events of class c in bin b of each axis.

    x (n, V); at (V, N >= n) of `place_columns`; class_index, weights (n,); sums (C, all bins, 4)
    """
    bins = sums.shape[1]
    for r in range(x.shape[0]):
        c, w = class_index[r], weights[r]
        if 0 <= c < sums.shape[0]:
            for v in range(x.shape[1]):
                _add_powers(pointer(sums, 4 * (c * bins + first[v] + v + at[v, r])), w, np.float64(x[r, v]))


def _profile_signature(element):
    return (*_sum_signature(element), types.float64[::1])


@entry_point(_profile_signature)
def sum_profiles(x, at, class_index, weights, first, sums, terms):
    """Add to sums[c, b, 2 u] and [c, b, 2 u + 1] the sums of w x_u and w x_u^2 over the events of class c in bin b of each axis.

    sums[c, b, 2 V] and [c, b, 2 V + 1] are those of w and w^2. Arguments as of `sum_along_axes`, but sums (C, all bins, T) with T
    at least 2 V + 2 and a multiple of LANES, and terms (T,), work space that holds zeros.
    """
    width, bins, length = x.shape[1], sums.shape[1], terms.shape[0]
    for r in range(x.shape[0]):
        c, w = class_index[r], weights[r]
        if not 0 <= c < sums.shape[0]:
            continue
        for u in range(width):
            value = np.float64(x[r, u])
            terms[2 * u] = w * value
            terms[2 * u + 1] = w * value * value
        terms[2 * width], terms[2 * width + 1] = w, w * w
        for v in range(width):
            row = pointer(sums, (c * bins + first[v] + v + at[v, r]) * length)
            for k in range(0, length, LANES):
                _add_lanes(shift(row, k), pointer(terms, k))


def _pair_signature(element):
    places = _constant(types.uint16)
    return places, places, _constant(types.int64), _constant(types.float64), types.float64[:, :, ::1]


@entry_point(_pair_signature)
def fill_pair(at_x, at_y, class_index, weights, contents):
    """Add to contents[c, y, x] the weights of the events of class c in the bins x and y, which `place_columns` gave; all (N,)."""
    for r in range(at_x.shape[0]):
        c = class_index[r]
        if 0 <= c < contents.shape[0]:
            contents[c, at_y[r], at_x[r]] += weights[r]

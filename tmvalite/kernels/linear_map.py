"""Rows times a square matrix, and sums of products of columns: float32 in and out, float64 between, in a fixed order.

The product is the engine's own (kernels/product.py): one chain of fused multiply-adds for every element, whose bits do not
depend on the number of rows. A library's product picks its code by the shape and gives one row other bits than many.
"""

from __future__ import annotations

import numpy as np
from numba.core import types

from ._jit import entry_point, kernel, pointer, uses
from .product import product, product_transposed
from .product_tiles import product_piece

BLOCK = 128  # rows that are converted and multiplied at a time


def work_size(inputs: int) -> int:
    """Elements of the float64 work space of one thread."""
    return 2 * BLOCK * inputs + 64


@kernel
def _load(x, start, rows, columns, shift, work):
    """work (rows, K) = x[start:start + rows, columns] - shift, in float64; shift (BLOCK * K,) is repeated for every row.

    Where `columns` are all that there are, rows lie side by side and become one long loop.
    """
    k = columns.shape[0]
    if k == x.shape[1]:
        values, offsets, held = pointer(x, start * k), pointer(shift, 0), pointer(work, 0)
        for i in range(rows * k):
            held[i] = np.float64(values[i]) - offsets[i]
    else:
        for r in range(rows):
            for j in range(k):
                work[r * k + j] = np.float64(x[start + r, columns[j]]) - shift[j]


def _map_signature(element):
    vector, rows = types.float64[::1], types.float32[:, ::1]
    return (rows, rows, types.int64, types.int64, types.int64[::1], vector, types.float64[:, ::1], vector, vector)


@uses(product_piece)
@entry_point(_map_signature)
def map_rows(source, target, start, stop, columns, before, matrix, after, work):
    """target[r, columns] = after + (source[r, columns] - before) matrix for the rows start to stop; may be in place.

    columns (K,) int64, ascending; before (BLOCK * K,), the K numbers repeated for every row; after (K,) and matrix (K, K)
    float64; work (work_size(K),) float64.
    """
    k = columns.shape[0]
    held, result = pointer(work, 0), pointer(work, BLOCK * k)
    for row in range(start, stop, BLOCK):
        rows = min(BLOCK, stop - row)
        _load(source, row, rows, columns, before, work)
        product(rows, k, k, held, k, pointer(matrix, 0), k, result, k, pointer(after, 0), 0)
        if k == target.shape[1]:
            values = pointer(target, row * k)
            for i in range(rows * k):
                values[i] = np.float32(result[i])
        else:
            for r in range(rows):
                for j in range(k):
                    target[row + r, columns[j]] = np.float32(result[r * k + j])


def _moments_signature(element):
    vector = types.float64[::1]
    rows = types.Array(types.float32, 2, "C", readonly=True)
    return (rows, types.int64, types.int64, types.int64[::1], vector, vector, vector, types.float64[:, ::1], vector)


@uses(product_piece)
@entry_point(_moments_signature)
def add_moments(x, start, stop, columns, shift, weights, sums, products, work):
    """Of d = x[start:stop, columns] - shift: sums (1 + K,) gets sum w and sum w d, products (K, K) sum w d d^T.

    shift (BLOCK * K,): the K numbers repeated for every row. weights (N,) float64, or (0,) for 1 each. What the sums hold before
    is kept.
    """
    k = columns.shape[0]
    weighted = weights.shape[0] > 0
    held, scaled = pointer(work, 0), pointer(work, BLOCK * k)
    for row in range(start, stop, BLOCK):
        rows = min(BLOCK, stop - row)
        _load(x, row, rows, columns, shift, work)
        left = held
        if weighted:
            for r in range(rows):
                w = weights[row + r]
                sums[0] += w
                for j in range(k):
                    scaled[r * k + j] = held[r * k + j] * w
            left = scaled
        else:
            sums[0] += rows
        for r in range(rows):
            for j in range(k):
                sums[1 + j] += left[r * k + j]
        product_transposed(k, k, rows, left, k, held, k, pointer(products, 0), k, pointer(products, 0), k)

"""Every column minus an offset, times a factor, times another one, minus a number: what N does, each step in float32."""

from __future__ import annotations

from numba.core import types

from ._jit import entry_point, pointer

BLOCK = 16  # rows for which the numbers of the columns are repeated, so that rows become one long loop


def _signature(element):
    rows, numbers = types.float32[:, ::1], types.Array(types.float32, 1, "C", readonly=True)
    source = types.Array(types.float32, 2, "C", readonly=True)
    return (source, rows, types.int64, types.int64, types.int64[::1], numbers, numbers, numbers, numbers)


@entry_point(_signature)
def rescale_rows(source, target, start, stop, columns, low, factor, two, one):
    """target[r, columns] = (source[r, columns] - low) factor two - one for the rows start to stop; may be in place.

    columns (K,) int64; low, factor, two, one (BLOCK * K,), the K numbers repeated. `two` is 2 or 0, so that a fused multiply-add
    rounds as two steps do. Where `columns` are all that there are, in their order, K is the width of the rows.
    """
    k = columns.shape[0]
    if k == source.shape[1]:
        a, b, c, d = pointer(low, 0), pointer(factor, 0), pointer(two, 0), pointer(one, 0)
        for row in range(start, stop, BLOCK):
            values, result = pointer(source, row * k), pointer(target, row * k)
            for i in range(min(BLOCK, stop - row) * k):
                result[i] = (values[i] - a[i]) * b[i] * c[i] - d[i]
    else:
        for r in range(start, stop):
            for j in range(k):
                target[r, columns[j]] = (source[r, columns[j]] - low[j]) * factor[j] * two[j] - one[j]

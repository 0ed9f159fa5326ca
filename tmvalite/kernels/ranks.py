"""What is kept at every threshold: the weights of two kinds of events at each value that occurs."""

from __future__ import annotations

import numpy as np
from numba.core import types

from ._jit import entry_point


def _signature(element):
    numbers = types.float64[::1]
    truth = types.Array(types.int16, 1, "C", readonly=True)
    weights = types.Array(types.float64, 1, "C", readonly=True)
    return (types.float32[::1], types.uint32[::1], truth, weights, numbers, numbers, numbers)


@entry_point(_signature)
def sum_by_value(values, index, is_signal, weights, distinct, signal, background):
    """Returns K, the number of distinct values; they are put into distinct, falling, and their sums of weights beside them.

    is_signal (N,) : 1 or 0
    values, index (N,) : a sorted sample, as `sort_values` leaves it; equal values are added in the order of the events
    distinct, signal, background : (N,), of which the first K are written
    """
    count, stop = 0, values.shape[0]
    while stop > 0:
        start = stop - 1
        value = values[start]
        while start > 0 and values[start - 1] == value:
            start -= 1
        s = b = 0.0
        for i in range(start, stop):
            event = np.int64(index[i])
            if is_signal[event]:
                s += weights[event]
            else:
                b += weights[event]
        distinct[count], signal[count], background[count] = np.float64(value), s, b
        count += 1
        stop = start
    return count

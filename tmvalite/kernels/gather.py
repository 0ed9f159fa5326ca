"""One event out of the memory of its variables, wherever that is."""

from __future__ import annotations

import numpy as np
from numba.core import types

from ._jit import doubles_at, entry_point, pointer, pointer_at


def _signature(element):
    integers = types.int64[::1]
    return (integers, integers, types.float32[::1], element[::1])


@entry_point(_signature)
def gather_event(addresses, doubles, single, x):
    """x (V,) = the numbers at the addresses (V,), rounded to float32. Returns whether x has room for them.

    doubles (V,) : 1 where the number is a float64, 0 for a float32; single (1,) : any array, for its type
    """
    if addresses.shape[0] != x.shape[0]:
        return False
    for i in range(x.shape[0]):
        if doubles[i]:
            x[i] = np.float32(doubles_at(addresses[i])[0])
        else:
            x[i] = pointer_at(addresses[i], pointer(single, 0))[0]
    return True

"""The swaps of a long shuffle, from random words. Sources: data/root_random.py."""

from __future__ import annotations

import numpy as np
from numba.core import types

from ._jit import entry_point


def _signature(element):
    return (types.uint32[::1], types.uint64[::1], types.int64[::1])


@entry_point(_signature)
def swap_by_words(order, words, at):
    """Swap the entry i of order (n,) with one of those up to itself, for i from at[0] on, until the words are used up.

    words (W,) uint64, none of them 0 : a word gives a number from 0 to i by the multiply method, or is thrown away
    at (2,) int64 : the next i, which is written back, and how many words were used
    """
    n, end, used, i = order.shape[0], words.shape[0], 0, at[0]
    mask = np.uint64(0xFFFFFFFF)
    while i < n and used < end:
        k = np.uint64(i + 1)
        product = (words[used] - np.uint64(1)) * k
        used += 1
        low = product & mask
        if low < k and low < (np.uint64(0x100000000) - k) % k:
            continue
        j = np.int64(product >> np.uint64(32))
        kept = order[i]
        order[i] = order[j]
        order[j] = kept
        i += 1
    at[0] = i
    at[1] = used

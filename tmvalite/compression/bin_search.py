"""Which bins of whole numbers need the fewest bits: a tree of halves is pruned from its leaves to its root."""

from __future__ import annotations

from numba.core import types

from tmvalite.kernels._jit import entry_point
from tmvalite.kernels.math import log

_WHOLE, _REAL = types.int64, types.float64
_PER_BIT = 1.4426950408889634  # 1 / log 2


def _prune_signature(element):
    whole, real = types.Array(_WHOLE, 1, "C"), types.Array(_REAL, 1, "C")
    return (_WHOLE, _WHOLE, _REAL, _REAL, _REAL, whole, whole, real, whole, whole, whole, whole, whole)


@entry_point(_prune_signature)
def prune(n, top, total, bin_bits, gap_bits, node, count, best, child, first, starts, levels, sizes):
    """The bins: their first number, level and entries, in the order of levels; how many there are.

    node, count : the n different numbers, rising, and how often each is there; above them there is room for their ancestors
    best, child : the bits of a node, and its first child, -1 where it is a bin; first (top + 2,): where a level begins
    bin_bits, gap_bits : what a bin costs in the table, and a half without entries
    """
    for k in range(n):
        best[k] = count[k] * (log(total / count[k]) * _PER_BIT) + bin_bits
        child[k] = -1
    first[0], first[1] = 0, n
    end = n
    for level in range(1, top + 1):
        k, stop = first[level - 1], first[level]
        while k < stop:
            parent, entries, split, begin = node[k] >> 1, count[k], best[k], k
            k += 1
            if k < stop and node[k] >> 1 == parent:
                entries += count[k]
                split += best[k]
                k += 1
            else:
                split += gap_bits
            whole = entries * (level + log(total / entries) * _PER_BIT) + bin_bits
            node[end], count[end] = parent, entries
            best[end] = min(whole, split)
            child[end] = -1 if whole <= split else begin
            end += 1
        first[level + 1] = end
    found = 0
    best_of_all = 0.0
    for k in range(first[top], end):
        best_of_all += best[k]
    for level in range(top, -1, -1):
        for k in range(first[level], first[level + 1]):
            if level < top and best[k] >= 0.0:
                continue  # no ancestor of it is split
            c = child[k]
            if c < 0:
                starts[found], levels[found], sizes[found] = node[k] << level, level, count[k]
                found += 1
            else:
                best[c] = -1.0
                if c + 1 < first[level] and node[c + 1] >> 1 == node[k]:
                    best[c + 1] = -1.0
    best[0] = best_of_all
    return found

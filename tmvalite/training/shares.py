"""The shares of a batch: which there are, which a worker does, and the one tree by which their gradients are summed.

A batch is cut into a power of two of shares, whoever does them. Share 2k and share 2k+1 are summed first, then pairs of pairs. A
block is 1, 2, 4, ... shares that begin at a multiple of their number: a whole subtree, which one worker can sum alone. So a
worker sends one gradient for each of its blocks, and the sum has the same bits for any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tmvalite.kernels.denormals import FLUSHES

Block = tuple[int, int]  # first share, and last + 1


def shares_of(rows: int, wanted: int) -> int:
    """How many shares a batch of `rows` events has where `wanted` are asked for, a power of two: none without an event."""
    return min(wanted, 1 << (rows.bit_length() - 1))


def rows_of(rows: int, shares: int, block: Block) -> tuple[int, int]:
    """First and last + 1 of the events of a batch that belong to some of its shares."""
    return rows * block[0] // shares, rows * block[1] // shares


def dealt(shares: int, workers: int) -> list[list[Block]]:
    """For every worker its blocks: neighbouring shares, as equal in number as can be; fewer workers where there are fewer shares.

    Examples
    --------
    >>> dealt(8, 3)
    [[(0, 2)], [(2, 4), (4, 5)], [(5, 6), (6, 8)]]
    """
    workers = min(shares, workers)
    edges = [shares * w // workers for w in range(workers + 1)]
    return [_blocks(first, stop) for first, stop in zip(edges, edges[1:])]


def _blocks(first: int, stop: int) -> list[Block]:
    """The largest blocks that neighbouring shares consist of."""
    found = []
    while first < stop:
        size = first & -first or 1 << stop.bit_length()
        while first + size > stop:
            size //= 2
        found.append((first, first + size))
        first += size
    return found


def plus(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b as the kernels add: a sum below the normal range is zero."""
    total = a + b
    if FLUSHES:
        total *= np.abs(total) >= np.finfo(total.dtype).tiny  # keeps the sign of the zero, and NaN
    return total


def summed(gradients: Sequence[np.ndarray]) -> np.ndarray:
    """The sum of a power of two of gradients (size,), by the tree."""
    while len(gradients) > 1:
        gradients = [plus(a, b) for a, b in zip(gradients[0::2], gradients[1::2])]
    return gradients[0]


def sum_of_block(block: Block, most: int, gradients: Callable[[Block], Sequence[np.ndarray]]) -> np.ndarray:
    """The sum of the gradients of a block; `gradients` gives at most `most` of them, valid until it is called again."""
    first, stop = block
    if stop - first <= most:
        return np.array(summed(gradients(block)))
    middle = (first + stop) // 2
    left = sum_of_block((first, middle), most, gradients)
    return plus(left, sum_of_block((middle, stop), most, gradients))


def sum_of_all(sums: dict[Block, np.ndarray], shares: int) -> np.ndarray:
    """The sum over all shares, from the sums of blocks that together are all of them."""

    def total(block: Block) -> np.ndarray:
        if block in sums:
            return sums[block]
        middle = (block[0] + block[1]) // 2
        return plus(total((block[0], middle)), total((middle, block[1])))

    return total((0, shares))

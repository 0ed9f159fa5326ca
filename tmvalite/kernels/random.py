"""Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011, doi:10.1145/2063384.2063405).

A word depends on (key, counter) only, so the mask of an element is the same whatever batch share or thread draws it.
Counter: (block of four elements, row in the batch, step, epoch). Same numbers as training/streams.py.
"""

from __future__ import annotations

import numpy as np

from ._jit import doubles_at, family, integers_at, kernel, number, shift
from .combine import copy
from .family import EPOCH, FIRST, KEYS, ROWS, SETTINGS, STEP, TRAINING, descriptor, operand

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words (in uint64) for a 128-bit counter and a 64-bit key, all given as 32-bit words in uint64."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = ((p1 >> _HALF) ^ c1 ^ k0), p1 & _LOW, ((p0 >> _HALF) ^ c3 ^ k1), p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def dropout(rows, width, first_row, step, epoch, k0, k1, threshold, scale, y):
    """y[r, i] = y[r, i] * scale if its word >= threshold else 0, in place; forward and backward alike.

    `threshold` is rate * 2^32, `scale` 1/(1 - rate). The word of element i of batch row b is word i % 4 of
    philox((i // 4, b, step, epoch), key).
    """
    zero = scale - scale
    a, b = np.uint64(k0), np.uint64(k1)
    limit = np.uint64(threshold)
    for r in range(rows):
        row = shift(y, r * width)
        for block in range(width // 4):
            w0, w1, w2, w3 = philox(np.uint64(block), np.uint64(first_row + r), np.uint64(step), np.uint64(epoch), a, b)
            i = 4 * block
            row[i] = row[i] * scale if w0 >= limit else zero
            row[i + 1] = row[i + 1] * scale if w1 >= limit else zero
            row[i + 2] = row[i + 2] * scale if w2 >= limit else zero
            row[i + 3] = row[i + 3] * scale if w3 >= limit else zero
        rest = width - width // 4 * 4
        if rest:
            block = width // 4
            w0, w1, w2, w3 = philox(np.uint64(block), np.uint64(first_row + r), np.uint64(step), np.uint64(epoch), a, b)
            i = 4 * block
            row[i] = row[i] * scale if w0 >= limit else zero
            if rest > 1:
                row[i + 1] = row[i + 1] * scale if w1 >= limit else zero
            if rest > 2:
                row[i + 2] = row[i + 2] * scale if w2 >= limit else zero


DROPOUT = descriptor("x y", "draw", writes="y", in_place="y x")


@family(DROPOUT)
def dropout_values(d, run, arena, theta, copies, grad):
    """y = x with elements dropped, forward and backward alike; y = x unless training: x y slot."""
    x, y, n = operand(d, DROPOUT.x, run, arena), operand(d, DROPOUT.y, run, arena), run[ROWS] * d[DROPOUT.x_size]
    if d[DROPOUT.x] != d[DROPOUT.y]:
        copy(n, x, y)
    key, rate = shift(integers_at(run[KEYS]), 2 * d[DROPOUT.draw]), doubles_at(run[SETTINGS])[d[DROPOUT.draw]]
    if run[TRAINING] and rate > 0.0:
        threshold, scale = np.int64(rate * 4294967296.0 + 0.5), number(y[0], 1.0 / (1.0 - rate))
        dropout(run[ROWS], d[DROPOUT.x_size], run[FIRST], run[STEP], run[EPOCH], key[0], key[1], threshold, scale, y)
    return 0.0

"""Random numbers of latent variables: normal and Gumbel distributed, and the words behind them.

Element i of row b of a batch has word i % 4 of philox((i // 4, b, step, epoch), key), as in kernels/random.py. A uniform
number is u = (word + 1/2) / 2^32. Two elements 2j, 2j + 1 make two normal numbers, r cos(2 pi v) and r sin(2 pi v) with
r = sqrt(-2 log u), u from the first word and v from the second (Box and Muller, Ann. Math. Stat. 29 (1958) 610); the largest
is 6.8. A Gumbel number is -log(-log u). All arithmetic is float64 and rounded at the end, so that float32 networks draw what
float64 ones draw.
"""

from __future__ import annotations

import math

import numpy as np

from ._jit import doubles_at, integers_at, kernel, number, shift
from .family import EPOCH, FIRST, KEYS, ROWS, SETTINGS, STEP
from .math import choose, fma, log, square_root
from .random import philox

UNIT = 2.0**-32
TURN = np.float64(math.pi / 2 * 2.0**-30)  # a quarter turn is 2^30 words
EIGHTH, QUARTER, LOW30 = np.int64(1 << 29), np.int64(1 << 30), np.int64((1 << 30) - 1)
S3, S5, S7, S9, S11, S13, S15, S17 = (np.float64((-1) ** k / math.factorial(2 * k + 1)) for k in range(1, 9))
C2, C4, C6, C8, C10, C12, C14, C16 = (np.float64((-1) ** k / math.factorial(2 * k)) for k in range(1, 9))


@kernel
def uniform(word):
    """The word as a number in (0, 1), exact in float64."""
    return (float(np.int64(word)) + 0.5) * UNIT


@kernel
def normal_pair(first, second):
    """Two independent standard normal numbers from two words."""
    radius = square_root(-2.0 * log(uniform(first)))
    angle = np.int64(second) + EIGHTH
    quarter = (angle // QUARTER) & 3
    x = (float((angle & LOW30) - EIGHTH) + 0.5) * TURN  # within +-pi/4
    z = x * x
    s = fma(fma(fma(fma(fma(fma(fma(S17, z, S15), z, S13), z, S11), z, S9), z, S7), z, S5), z, S3)
    c = fma(fma(fma(fma(fma(fma(fma(C16, z, C14), z, C12), z, C10), z, C8), z, C6), z, C4), z, C2)
    sine, cosine = fma(x * z, s, x), fma(z, c, 1.0)
    odd = (quarter & 1) == 1
    a, b = choose(odd, sine, cosine), choose(odd, cosine, sine)
    return radius * choose(quarter == 1, -a, choose(quarter == 2, -a, a)), radius * choose(quarter >= 2, -b, b)


@kernel
def gumbel(word):
    return -log(-log(uniform(word)))


@kernel
def block_words(block, row, run, draw):
    """The four words of elements 4 block to 4 block + 3 of a row of the batch."""
    key = shift(integers_at(run[KEYS]), 2 * draw)
    return philox(
        np.uint64(block), np.uint64(row), np.uint64(run[STEP]), np.uint64(run[EPOCH]), np.uint64(key[0]), np.uint64(key[1])
    )


@kernel
def setting(run, draw):
    """The run-time number of a draw."""
    return doubles_at(run[SETTINGS])[draw]


@kernel
def store(values, left, y):
    """Write as many of four numbers as there are places left."""
    y[0] = number(y[0], values[0])
    if left > 1:
        y[1] = number(y[0], values[1])
    if left > 2:
        y[2] = number(y[0], values[2])
    if left > 3:
        y[3] = number(y[0], values[3])


@kernel
def normal_row(width, row, run, draw, y):
    """Standard normal numbers of one row of the batch, (width,); overwrites y."""
    for block in range((width + 3) // 4):
        w0, w1, w2, w3 = block_words(block, row, run, draw)
        n0, n1 = normal_pair(w0, w1)
        n2, n3 = normal_pair(w2, w3)
        store((n0, n1, n2, n3), width - 4 * block, shift(y, 4 * block))


@kernel
def normal_rows(width, run, draw, y):
    """Standard normal numbers for the rows of this tile, (rows, width); overwrites y."""
    for r in range(run[ROWS]):
        normal_row(width, run[FIRST] + r, run, draw, shift(y, r * width))


@kernel
def gumbel_rows(width, run, draw, y):
    """Gumbel numbers for the rows of this tile, (rows, width); overwrites y."""
    for r in range(run[ROWS]):
        for block in range((width + 3) // 4):
            w0, w1, w2, w3 = block_words(block, run[FIRST] + r, run, draw)
            values = (gumbel(w0), gumbel(w1), gumbel(w2), gumbel(w3))
            store(values, width - 4 * block, shift(y, r * width + 4 * block))


@kernel
def uniform_row(width, row, run, draw, y):
    """Uniform numbers in (0, 1) of one row of the batch, (width,); overwrites y."""
    for block in range((width + 3) // 4):
        w0, w1, w2, w3 = block_words(block, row, run, draw)
        store((uniform(w0), uniform(w1), uniform(w2), uniform(w3)), width - 4 * block, shift(y, 4 * block))

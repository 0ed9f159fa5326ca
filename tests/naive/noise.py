"""Random numbers from counters, word by word: Philox4x32-10, and what is made of its words."""

import math

import numpy as np

M0, M1, W0, W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85
LOW = 2**32 - 1


def philox(counter, key):
    """Four 32-bit words for four counter words and two key words, Python integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW, (p0 >> 32) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


def word(key, element, row, step=0, epoch=0):
    return philox((element // 4, row, step, epoch), key)[element % 4]


def uniform(key, element, row, step=0, epoch=0):
    """In (0, 1)."""
    return (word(key, element, row, step, epoch) + 0.5) / 2**32


def normal(key, element, row, step=0, epoch=0):
    """Elements 2j and 2j + 1 are r cos(2 pi v) and r sin(2 pi v), r = sqrt(-2 log u)."""
    first = element // 2 * 2
    radius = math.sqrt(-2.0 * math.log(uniform(key, first, row, step, epoch)))
    angle = 2.0 * math.pi * uniform(key, first + 1, row, step, epoch)
    return radius * (math.sin(angle) if element % 2 else math.cos(angle))


def gumbel(key, element, row, step=0, epoch=0):
    return -math.log(-math.log(uniform(key, element, row, step, epoch)))


def table(number, key, rows, width, step=0, epoch=0):
    """One of the functions above for every element of every row, (rows, width)."""
    return np.array([[number(key, i, r, step, epoch) for i in range(width)] for r in range(rows)])

"""Noise on what a denoising autoencoder reads; in training only."""

from __future__ import annotations

import numpy as np

from ._jit import family, kernel, number, shift
from .combine import copy
from .family import FIRST, ROWS, TRAINING, descriptor, operand
from .noise import block_words, normal_rows, setting


@kernel
def _replace(word, limit, y, salt):
    """y[0] = 0 where the word is below the limit; with `salt` the lower half of these words gives 0, the upper half 1."""
    value = 1.0 if salt and 2 * word >= limit else 0.0
    y[0] = number(y[0], value) if word < limit else y[0]


@kernel
def _replace_elements(run, width, draw, salt, y):
    """Replace elements of y (rows, width), the same ones for the same draw."""
    limit = np.uint64(setting(run, draw) * 4294967296.0 + 0.5)
    if run[TRAINING] and limit > 0:
        for r in range(run[ROWS]):
            row = shift(y, r * width)
            for block in range((width + 3) // 4):
                w0, w1, w2, w3 = block_words(block, run[FIRST] + r, run, draw)
                at, left = shift(row, 4 * block), width - 4 * block
                _replace(w0, limit, at, salt)
                if left > 1:
                    _replace(w1, limit, shift(at, 1), salt)
                if left > 2:
                    _replace(w2, limit, shift(at, 2), salt)
                if left > 3:
                    _replace(w3, limit, shift(at, 3), salt)


MASK_BACK = descriptor("grad_y grad_x", "draw", writes="grad_x", in_place="grad_x grad_y")


@family(MASK_BACK, flops=(20, "grad_y"), kind="random")
def corrupt_mask_backward(d, run, arena, theta, copies, grad):
    """grad_x = grad_y, 0 where an element was replaced: the same words, drawn again."""
    g, result = operand(d, MASK_BACK.grad_y, run, arena), operand(d, MASK_BACK.grad_x, run, arena)
    if d[MASK_BACK.grad_y] != d[MASK_BACK.grad_x]:
        copy(run[ROWS] * d[MASK_BACK.grad_y_size], g, result)
    _replace_elements(run, d[MASK_BACK.grad_y_size], d[MASK_BACK.draw], False, result)
    return 0.0


MASK = descriptor("x y", "draw salt", writes="y", in_place="y x")


@family(MASK, backward=[corrupt_mask_backward], scoring="identity", flops=(20, "x"), kind="random")
def corrupt_mask(d, run, arena, theta, copies, grad):
    """y = x with elements replaced with probability `level`: x y draw salt."""
    x, y = operand(d, MASK.x, run, arena), operand(d, MASK.y, run, arena)
    if d[MASK.x] != d[MASK.y]:
        copy(run[ROWS] * d[MASK.x_size], x, y)
    _replace_elements(run, d[MASK.x_size], d[MASK.draw], d[MASK.salt] != 0, y)
    return 0.0


NOISE = descriptor("x y", "draw", writes="y")


@family(NOISE, passes="x", scoring="identity", flops=(40, "x"), kind="random")
def corrupt_gauss(d, run, arena, theta, copies, grad):
    """y = x + level epsilon: x y draw."""
    x, y, n = operand(d, NOISE.x, run, arena), operand(d, NOISE.y, run, arena), run[ROWS] * d[NOISE.x_size]
    if run[TRAINING]:
        normal_rows(d[NOISE.x_size], run, d[NOISE.draw], y)
        level = number(y[0], setting(run, d[NOISE.draw]))
        for i in range(n):
            y[i] = x[i] + level * y[i]
    else:
        copy(n, x, y)
    return 0.0

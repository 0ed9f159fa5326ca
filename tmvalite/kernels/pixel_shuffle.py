"""The values of r^2 channels as the pixels of one channel that is r times as high and wide, and back.

y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]. Source: Shi et al., arXiv:1609.05158, section 2.2.
"""

from __future__ import annotations

from ._jit import family, kernel, shift
from .family import ROWS, descriptor, operand

GEOMETRY = ("channels", "height", "width", "factor")  # those of y's channels and x's pixels
CHANNELS, HEIGHT, WIDTH, FACTOR = range(len(GEOMETRY))


@kernel
def _planes(rows, g, few, many, forth):
    """Between `few` channels of large planes and `many` channels of small ones; forth: from many to few."""
    height, width, r = g[HEIGHT], g[WIDTH], g[FACTOR]
    for plane in range(rows * g[CHANNELS]):
        large, small = shift(few, plane * height * width * r * r), shift(many, plane * height * width * r * r)
        for i in range(r):
            for j in range(r):
                source = shift(small, (i * r + j) * height * width)
                for h in range(height):
                    line = shift(large, (h * r + i) * width * r + j)
                    for w in range(width):
                        if forth:
                            line[w * r] = source[h * width + w]
                        else:
                            source[h * width + w] = line[w * r]


BACK = descriptor("grad_y grad_x", geometry=GEOMETRY, writes="grad_x")


@family(BACK, kind="copy")
def pixel_shuffle_backward(d, run, arena, theta, copies, grad):
    """grad_y grad_x channels height width factor; overwrites."""
    _planes(run[ROWS], shift(d, BACK.geometry), operand(d, BACK.grad_y, run, arena), operand(d, BACK.grad_x, run, arena), False)
    return 0.0


SHUFFLE = descriptor("x y", geometry=GEOMETRY, writes="y")


@family(SHUFFLE, backward=[pixel_shuffle_backward], kind="copy")
def pixel_shuffle(d, run, arena, theta, copies, grad):
    """x y channels height width factor."""
    _planes(run[ROWS], shift(d, SHUFFLE.geometry), operand(d, SHUFFLE.y, run, arena), operand(d, SHUFFLE.x, run, arena), True)
    return 0.0

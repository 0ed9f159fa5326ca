"""Planes with rows and columns of zeros added or cut off, in one pass."""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .convolution import copy_line, fill_zero
from .family import ROWS, descriptor, operand


@kernel
def pad_plane(rows, columns, x, top, bottom, left, right, y):
    """y (rows + top + bottom, columns + left + right) = x with zeros around; negative numbers cut off. Overwrites y."""
    zero = number(x[0], 0.0)
    width, height = columns + left + right, rows + top + bottom
    before, first = min(max(left, 0), width), max(-left, 0)
    count = max(min(columns, columns + right) - first, 0)
    after = width - before - count
    for i in range(height):
        line, at = shift(y, i * width), i - top
        if at < 0 or at >= rows:
            fill_zero(width, line)
        else:
            for j in range(before):
                line[j] = zero
            copy_line(count, shift(x, at * columns + first), shift(line, before))
            for j in range(after):
                line[before + count + j] = zero


PAD = descriptor("x y", "channels rows columns top bottom left right", writes="y")


@family(PAD)
def pad_planes(d, run, arena, theta, copies, grad):
    """y = x padded: x y planes rows columns top bottom left right."""
    x, y = operand(d, PAD.x, run, arena), operand(d, PAD.y, run, arena)
    rows, columns = d[PAD.rows], d[PAD.columns]
    size, padded = rows * columns, (rows + d[PAD.top] + d[PAD.bottom]) * (columns + d[PAD.left] + d[PAD.right])
    for plane in range(run[ROWS] * d[PAD.channels]):
        pad_plane(
            rows, columns, shift(x, plane * size), d[PAD.top], d[PAD.bottom], d[PAD.left], d[PAD.right], shift(y, plane * padded)
        )
    return 0.0

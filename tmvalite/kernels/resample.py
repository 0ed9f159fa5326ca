"""UPSAMPLE: every channel of an image made larger by whole factors, a for rows and b for columns.

Nearest: output (p, q) is input (p div a, q div b); its gradient is the sum over a block. Bilinear: output p lies at
(p + 1/2) / a - 1/2 of the input, limited to its first and last pixel (edges aligned; `half_pixel` of ONNX's Resize). Rows
are mixed first, then columns. All outputs of one phase p mod a have the same weights. Corners: as bilinear, but output p lies
at p (H - 1) / (a H - 1), so that first and last pixels stay (`align_corners`).
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .combine import copy
from .family import ROWS, descriptor, operand
from .math import fma
from .window import mean_row, row_lanes

GEOMETRY = "channels height width row_factor col_factor".split()  # behind the operands
CHANNELS, HEIGHT, WIDTH, A, B = range(len(GEOMETRY))


@kernel
def _spread_columns(n, b, x, y):
    """y[w b + j] = x[w], j < b."""
    if b == 1:
        copy(n, x, y)
    elif b == 2:
        for w in range(n):
            y[2 * w] = x[w]
            y[2 * w + 1] = x[w]
    else:
        for w in range(n):
            for j in range(b):
                y[w * b + j] = x[w]


NEAREST_BACK = descriptor("grad_y grad_x", geometry=GEOMETRY, writes="grad_x")


@family(NEAREST_BACK, flops=(1, "grad_y"), kind="window")
def nearest_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum of grad_y over every block, row by row; overwrites: grad_y grad_x channels height width a b."""
    gradient, result = operand(d, NEAREST_BACK.grad_y, run, arena), operand(d, NEAREST_BACK.grad_x, run, arena)
    g = shift(d, NEAREST_BACK.geometry)
    wide, one = g[WIDTH] * g[B], number(gradient[0], 1.0)
    lanes = row_lanes(gradient, g[WIDTH])
    for line in range(run[ROWS] * g[CHANNELS] * g[HEIGHT]):
        given, out = shift(gradient, line * g[A] * wide), shift(result, line * g[WIDTH])
        if lanes > 1:
            mean_row(lanes, g[WIDTH], g[A], g[B], given, wide, out, one, g[B])  # a sum over 1
        else:
            for w in range(g[WIDTH]):
                total = one - one
                for i in range(g[A]):
                    for j in range(g[B]):
                        total += given[i * wide + w * g[B] + j]
                out[w] = total
    return 0.0


NEAREST = descriptor("x y", geometry=GEOMETRY, writes="y")


@family(NEAREST, backward=[nearest_backward], flops=(1, "y"), kind="window")
def nearest(d, run, arena, theta, copies, grad):
    """y = x with every pixel as a block of a x b: x y channels height width a b."""
    x, y, g = operand(d, NEAREST.x, run, arena), operand(d, NEAREST.y, run, arena), shift(d, NEAREST.geometry)
    wide = g[WIDTH] * g[B]
    for line in range(run[ROWS] * g[CHANNELS] * g[HEIGHT]):
        out = shift(y, line * g[A] * wide)
        _spread_columns(g[WIDTH], g[B], shift(x, line * g[WIDTH]), out)
        for i in range(1, g[A]):
            copy(wide, out, shift(out, i * wide))
    return 0.0


@kernel
def _phase(factor, phase):
    """Where outputs of a phase lie: pixels to the first of the two inputs they mix, and the weight of the second."""
    t = (phase + 0.5) / factor - 0.5
    return (-1, t + 1.0) if t < 0.0 else (0, t)


@kernel
def _limited(h, height):
    return min(max(h, 0), height - 1)


BILINEAR_BACK = descriptor("grad_y grad_x scratch", geometry=GEOMETRY, writes="grad_x", scratch="scratch")


@family(BILINEAR_BACK, flops=(6, "grad_y"), kind="window")
def bilinear_backward(d, run, arena, theta, copies, grad):
    """The transpose of `bilinear`; overwrites: grad_y grad_x scratch (width + 2) channels height width a b."""
    gradient, result = operand(d, BILINEAR_BACK.grad_y, run, arena), operand(d, BILINEAR_BACK.grad_x, run, arena)
    mixed, g = shift(arena, d[BILINEAR_BACK.scratch]), shift(d, BILINEAR_BACK.geometry)
    width, b = g[WIDTH], g[B]
    line, zero, one = shift(mixed, 1), number(gradient[0], 0.0), number(gradient[0], 1.0)
    for plane in range(run[ROWS] * g[CHANNELS]):
        out, given = shift(result, plane * g[HEIGHT] * width), shift(gradient, plane * g[HEIGHT] * g[A] * width * b)
        for w in range(g[HEIGHT] * width):
            out[w] = zero
        for i in range(g[A]):
            before, weight = _phase(g[A], i)
            f = number(zero, weight)
            for h in range(g[HEIGHT]):
                row = shift(given, (h * g[A] + i) * width * b)
                for w in range(width + 2):
                    mixed[w] = zero
                for j in range(b):
                    left, weight = _phase(b, j)
                    e, target = number(zero, weight), shift(line, left)
                    for w in range(width):
                        target[w] = fma(one - e, row[w * b + j], target[w])
                    for w in range(width):
                        target[w + 1] = fma(e, row[w * b + j], target[w + 1])
                line[0] += line[-1]
                line[width - 1] += line[width]
                low = shift(out, _limited(h + before, g[HEIGHT]) * width)
                high = shift(out, _limited(h + before + 1, g[HEIGHT]) * width)
                for w in range(width):
                    low[w] = fma(one - f, line[w], low[w])
                for w in range(width):
                    high[w] = fma(f, line[w], high[w])
    return 0.0


BILINEAR = descriptor("x y scratch", geometry=GEOMETRY, writes="y", scratch="scratch")


@family(BILINEAR, backward=[bilinear_backward], flops=(6, "y"), kind="window")
def bilinear(d, run, arena, theta, copies, grad):
    """x y scratch (width + 2) channels height width a b."""
    x, y, mixed = operand(d, BILINEAR.x, run, arena), operand(d, BILINEAR.y, run, arena), shift(arena, d[BILINEAR.scratch])
    g = shift(d, BILINEAR.geometry)
    width, b = g[WIDTH], g[B]
    line = shift(mixed, 1)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * width), shift(y, plane * g[HEIGHT] * g[A] * width * b)
        for i in range(g[A]):
            before, weight = _phase(g[A], i)
            f = number(x[0], weight)
            for h in range(g[HEIGHT]):
                low = shift(image, _limited(h + before, g[HEIGHT]) * width)
                high = shift(image, _limited(h + before + 1, g[HEIGHT]) * width)
                for w in range(width):
                    line[w] = fma(f, high[w] - low[w], low[w])
                line[-1], line[width] = line[0], line[width - 1]
                row = shift(out, (h * g[A] + i) * width * b)
                for j in range(b):
                    left, weight = _phase(b, j)
                    e, source = number(x[0], weight), shift(line, left)
                    for w in range(width):
                        row[w * b + j] = fma(e, source[w + 1] - source[w], source[w])
    return 0.0


@kernel
def _between(place, factor, pixels):
    """The first of the two inputs that output `place` mixes where corners stay, and the weight of the second."""
    if pixels == 1:
        return 0, 0.0
    above, below = place * (pixels - 1), pixels * factor - 1  # a fraction, so that whole pixels are met exactly
    first = min(above // below, pixels - 2)
    return first, (above - first * below) / below


CORNERS_BACK = descriptor("grad_y grad_x scratch", geometry=GEOMETRY, writes="grad_x", scratch="scratch")


@family(CORNERS_BACK, flops=(6, "grad_y"), kind="window")
def corners_backward(d, run, arena, theta, copies, grad):
    """The transpose of `corners`; overwrites: grad_y grad_x scratch (width + 2) channels height width a b."""
    gradient, result = operand(d, CORNERS_BACK.grad_y, run, arena), operand(d, CORNERS_BACK.grad_x, run, arena)
    line, g = shift(arena, d[CORNERS_BACK.scratch]), shift(d, CORNERS_BACK.geometry)
    height, width = g[HEIGHT], g[WIDTH]
    rows, columns = height * g[A], width * g[B]
    zero, one = number(gradient[0], 0.0), number(gradient[0], 1.0)
    for plane in range(run[ROWS] * g[CHANNELS]):
        out, given = shift(result, plane * height * width), shift(gradient, plane * rows * columns)
        for w in range(height * width):
            out[w] = zero
        for p in range(rows):
            h, weight = _between(p, g[A], height)
            f, row = number(zero, weight), shift(given, p * columns)
            for w in range(width + 1):
                line[w] = zero
            for q in range(columns):
                w, weight = _between(q, g[B], width)
                e = number(zero, weight)
                line[w] = fma(one - e, row[q], line[w])
                line[w + 1] = fma(e, row[q], line[w + 1])
            low, high = shift(out, h * width), shift(out, min(h + 1, height - 1) * width)
            for w in range(width):
                low[w] = fma(one - f, line[w], low[w])
            for w in range(width):
                high[w] = fma(f, line[w], high[w])
    return 0.0


CORNERS = descriptor("x y scratch", geometry=GEOMETRY, writes="y", scratch="scratch")


@family(CORNERS, backward=[corners_backward], flops=(6, "y"), kind="window")
def corners(d, run, arena, theta, copies, grad):
    """x y scratch (width + 2) channels height width a b."""
    x, y, line = operand(d, CORNERS.x, run, arena), operand(d, CORNERS.y, run, arena), shift(arena, d[CORNERS.scratch])
    g = shift(d, CORNERS.geometry)
    height, width = g[HEIGHT], g[WIDTH]
    rows, columns = height * g[A], width * g[B]
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * height * width), shift(y, plane * rows * columns)
        for p in range(rows):
            h, weight = _between(p, g[A], height)
            f, low, high = number(x[0], weight), shift(image, h * width), shift(image, min(h + 1, height - 1) * width)
            for w in range(width):
                line[w] = fma(f, high[w] - low[w], low[w])
            line[width] = line[width - 1]
            row = shift(out, p * columns)
            for q in range(columns):
                w, weight = _between(q, g[B], width)
                row[q] = fma(number(x[0], weight), line[w + 1] - line[w], line[w])
    return 0.0

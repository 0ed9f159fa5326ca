"""Sums, products and copies of row-major blocks."""

from __future__ import annotations

from ._jit import family, kernel, number, pointer_at, shift
from .family import OUT, OUT_WIDTH, ROWS, operand


@kernel
def copy(n, x, y):
    """y = x."""
    for i in range(n):
        y[i] = x[i]


@kernel
def add(n, x, y):
    """y += x."""
    for i in range(n):
        y[i] += x[i]


@kernel
def copy_columns(rows, width, x, ldx, y, ldy):
    """y[r, :width] = x[r, :width] for blocks with leading dimensions."""
    for r in range(rows):
        source, target = shift(x, r * ldx), shift(y, r * ldy)
        for i in range(width):
            target[i] = source[i]


@kernel
def add_columns(rows, width, x, ldx, y, ldy):
    """y[r, :width] += x[r, :width]."""
    for r in range(rows):
        source, target = shift(x, r * ldx), shift(y, r * ldy)
        for i in range(width):
            target[i] += source[i]


@family
def add_values(d, run, arena, theta, copies, grad):
    """y = a + b: a b y, all of one size."""
    a, b, y, n = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena), run[ROWS] * d[6]
    if d[1] != d[5]:
        copy(n, a, y)
    add(n, b, y)
    return 0.0


@family
def multiply_values(d, run, arena, theta, copies, grad):
    """y = a b, or y += a b: a b y accumulate."""
    a, b, y, n = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena), run[ROWS] * d[6]
    if d[7]:
        for i in range(n):
            y[i] += a[i] * b[i]
    else:
        for i in range(n):
            y[i] = a[i] * b[i]
    return 0.0


@family
def copy_values(d, run, arena, theta, copies, grad):
    """y[:, to : to + width] (+)= x[:, start : start + width]: x y start to width accumulate repeat.

    With `repeat` an event is that many equal rows.
    """
    lines, width, x_width, y_width = run[ROWS] * d[9], d[7], d[2] // d[9], d[4] // d[9]
    x, y = shift(operand(d, 1, run, arena), d[5]), shift(operand(d, 3, run, arena), d[6])
    whole = x_width == width and y_width == width
    if d[8]:
        if whole:
            add(lines * width, x, y)
        else:
            add_columns(lines, width, x, x_width, y, y_width)
    elif whole and d[1] != d[3]:
        copy(lines * width, x, y)
    elif not whole:
        copy_columns(lines, width, x, x_width, y, y_width)
    return 0.0


@family
def fill_values(d, run, arena, theta, copies, grad):
    """y = 0: y."""
    y, zero = operand(d, 1, run, arena), number(arena[0], 0.0)
    for i in range(run[ROWS] * d[2]):
        y[i] = zero
    return 0.0


@family
def store_values(d, run, arena, theta, copies, grad):
    """Columns of the caller's results: x column."""
    out = shift(pointer_at(run[OUT], arena), d[3])
    copy_columns(run[ROWS], d[2], operand(d, 1, run, arena), d[2], out, run[OUT_WIDTH])
    return 0.0

"""Sums, products and copies of row-major blocks."""

from __future__ import annotations

from ._jit import family, kernel, number, pointer_at, shift
from .family import OUT, OUT_WIDTH, ROWS, descriptor, operand


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


ADD = descriptor("a b y", writes="y", in_place="y a")


@family(ADD)
def add_values(d, run, arena, theta, copies, grad):
    """y = a + b: a b y, all of one size."""
    a, b, y = operand(d, ADD.a, run, arena), operand(d, ADD.b, run, arena), operand(d, ADD.y, run, arena)
    n = run[ROWS] * d[ADD.y_size]
    if d[ADD.a] != d[ADD.y]:
        copy(n, a, y)
    add(n, b, y)
    return 0.0


MULTIPLY = descriptor("a b y", "accumulate", adds={"y": "accumulate"})


@family(MULTIPLY)
def multiply_values(d, run, arena, theta, copies, grad):
    """y = a b, or y += a b: a b y accumulate."""
    a, b, y = operand(d, MULTIPLY.a, run, arena), operand(d, MULTIPLY.b, run, arena), operand(d, MULTIPLY.y, run, arena)
    n = run[ROWS] * d[MULTIPLY.y_size]
    if d[MULTIPLY.accumulate]:
        for i in range(n):
            y[i] += a[i] * b[i]
    else:
        for i in range(n):
            y[i] = a[i] * b[i]
    return 0.0


COPY = descriptor("x y", "start to width accumulate repeat", adds={"y": "accumulate"}, in_place="y x")


@family(COPY)
def copy_values(d, run, arena, theta, copies, grad):
    """y[:, to : to + width] (+)= x[:, start : start + width]: x y start to width accumulate repeat.

    With `repeat` an event is that many equal rows.
    """
    lines, width, x_width = run[ROWS] * d[COPY.repeat], d[COPY.width], d[COPY.x_size] // d[COPY.repeat]
    y_width = d[COPY.y_size] // d[COPY.repeat]
    x, y = shift(operand(d, COPY.x, run, arena), d[COPY.start]), shift(operand(d, COPY.y, run, arena), d[COPY.to])
    whole = x_width == width and y_width == width
    if d[COPY.accumulate]:
        if whole:
            add(lines * width, x, y)
        else:
            add_columns(lines, width, x, x_width, y, y_width)
    elif whole and d[COPY.x] != d[COPY.y]:
        copy(lines * width, x, y)
    elif not whole:
        copy_columns(lines, width, x, x_width, y, y_width)
    return 0.0


FILL = descriptor("y", writes="y")


@family(FILL)
def fill_values(d, run, arena, theta, copies, grad):
    """y = 0: y."""
    y, zero = operand(d, FILL.y, run, arena), number(arena[0], 0.0)
    for i in range(run[ROWS] * d[FILL.y_size]):
        y[i] = zero
    return 0.0


STORE = descriptor("x", "column")


@family(STORE)
def store_values(d, run, arena, theta, copies, grad):
    """Columns of the caller's results: x column."""
    out = shift(pointer_at(run[OUT], arena), d[STORE.column])
    copy_columns(run[ROWS], d[STORE.x_size], operand(d, STORE.x, run, arena), d[STORE.x_size], out, run[OUT_WIDTH])
    return 0.0

"""Sums, products, copies and column sums of row-major blocks."""

from __future__ import annotations

from ._jit import kernel, shift


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
def multiply(n, x, y):
    """y *= x."""
    for i in range(n):
        y[i] *= x[i]


@kernel
def add_product(n, a, b, y):
    """y += a b."""
    for i in range(n):
        y[i] += a[i] * b[i]


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


@kernel
def sum_rows(rows, width, x, y):
    """y[:] += sum over r of x[r, :], one row after the other."""
    for r in range(rows):
        row = shift(x, r * width)
        for i in range(width):
            y[i] += row[i]

"""Products with the transposed weights of another layer: y = x W + b with W (K, D), x (N, K), y (N, D).

The numbers are those of a dense layer with the weights W^T, to the bit: the same chains in the same order. W lies as its owner
wants it, (K, D) or (D, K). Where the other order is needed, a panel of columns after the other is transposed into scratch memory.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift, uses
from .family import FRESH, ROWS, operand
from .product import product, product_dot
from .product_tiles import product_dots, product_piece
from .transpose import transpose

PANEL = 64  # columns of W^T that are transposed at a time


@kernel
def _operands(d, run, arena, theta):
    """x y w b panel."""
    return operand(d, 1, run, arena), operand(d, 3, run, arena), shift(theta, d[5]), shift(theta, d[6]), shift(arena, d[8])


@uses(product_piece)
@family
def tied_forward(d, run, arena, theta, copies, grad):
    """y = x W + b: x y w b transposed panel. `transposed`: W lies as (D, K)."""
    x, y, w, bias, panel = _operands(d, run, arena, theta)
    inputs, outputs = d[2], d[4]
    step = PANEL if d[7] else outputs
    for j in range(0, outputs, step):
        n = min(step, outputs - j)
        if d[7]:
            transpose(n, inputs, shift(w, j * inputs), inputs, panel, PANEL)
        matrix, leading = (panel, PANEL) if d[7] else (w, outputs)
        product(run[ROWS], n, inputs, x, inputs, matrix, leading, shift(y, j), outputs, shift(bias, j), 0)
    return 0.0


@uses(product_dots)
@family
def tied_narrow(d, run, arena, theta, copies, grad):
    """The same for few outputs, in the dot form, which reads W as (D, K)."""
    x, y, w, bias, panel = _operands(d, run, arena, theta)
    inputs, outputs = d[2], d[4]
    if not d[7]:
        transpose(inputs, outputs, w, outputs, panel, inputs)
    product_dot(run[ROWS], outputs, inputs, x, inputs, w if d[7] else panel, inputs, y, outputs, bias)
    return 0.0


@family
def clear_gradient(d, run, arena, theta, copies, grad):
    """The gradient of a parameter begins with zero: start elements first_use."""
    if run[FRESH] and d[3]:
        g, zero = shift(grad, d[1]), number(theta[0], 0.0)
        for i in range(d[2]):
            g[i] = zero
    return 0.0

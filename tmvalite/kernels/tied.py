"""Products with the transposed weights of another layer: y = x W + b with W (K, D), x (N, K), y (N, D).

The numbers are those of a dense layer with the weights W^T, to the bit: the same chains in the same order. W lies as its owner
wants it, (K, D) or (D, K). Where the other order is needed, a panel of columns after the other is transposed into scratch memory.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift, uses
from .family import FRESH, ROWS, descriptor, operand
from .product import product, product_dot
from .product_tiles import product_dots, product_piece
from .transpose import transpose

PANEL = 64  # columns of W^T that are transposed at a time


TIED = descriptor("x y panel", "weights bias transposed", writes="y", scratch="panel", parameters="weights bias")


@kernel
def _operands(d, run, arena, theta):
    """x y w b panel."""
    return (
        operand(d, TIED.x, run, arena),
        operand(d, TIED.y, run, arena),
        shift(theta, d[TIED.weights]),
        shift(theta, d[TIED.bias]),
        shift(arena, d[TIED.panel]),
    )


@uses(product_piece)
@family(TIED)
def tied_forward(d, run, arena, theta, copies, grad):
    """y = x W + b: x y w b transposed panel. `transposed`: W lies as (D, K)."""
    x, y, w, bias, panel = _operands(d, run, arena, theta)
    inputs, outputs = d[TIED.x_size], d[TIED.y_size]
    step = PANEL if d[TIED.transposed] else outputs
    for j in range(0, outputs, step):
        n = min(step, outputs - j)
        if d[TIED.transposed]:
            transpose(n, inputs, shift(w, j * inputs), inputs, panel, PANEL)
        matrix, leading = (panel, PANEL) if d[TIED.transposed] else (w, outputs)
        product(run[ROWS], n, inputs, x, inputs, matrix, leading, shift(y, j), outputs, shift(bias, j), 0)
    return 0.0


@uses(product_dots)
@family(TIED)
def tied_narrow(d, run, arena, theta, copies, grad):
    """The same for few outputs, in the dot form, which reads W as (D, K)."""
    x, y, w, bias, panel = _operands(d, run, arena, theta)
    inputs, outputs = d[TIED.x_size], d[TIED.y_size]
    if not d[TIED.transposed]:
        transpose(inputs, outputs, w, outputs, panel, inputs)
    product_dot(run[ROWS], outputs, inputs, x, inputs, w if d[TIED.transposed] else panel, inputs, y, outputs, bias)
    return 0.0


CLEAR = descriptor("", "slot elements first_use", gradients="slot")


@family(CLEAR)
def clear_gradient(d, run, arena, theta, copies, grad):
    """The gradient of a parameter begins with zero: start elements first_use."""
    if run[FRESH] and d[CLEAR.first_use]:
        g, zero = shift(grad, d[CLEAR.slot]), number(theta[0], 0.0)
        for i in range(d[CLEAR.elements]):
            g[i] = zero
    return 0.0

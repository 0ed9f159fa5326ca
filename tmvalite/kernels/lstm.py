"""LSTM: i, f, o = sg(W x_t + U h_{t-1} + b), g = tanh(...), c_t = f c_{t-1} + i g, h_t = o tanh(c_t), forward and backward.

The gates stand side by side in TMVA's order i f g o. Per event, `gates` holds their values and later the gradients of what
stands in them, `states` h_{t-1}, `cells` c_{t-1} and `tanh_cells` tanh(c_t), for every step; steps of 0 as in rnn.py.
Source: Hochreiter and Schmidhuber, Neural Computation 9 (1997) 1735; Gers et al., ibid. 12 (2000) 2451 (forget gate).
"""

from __future__ import annotations

from ._jit import family, shift, uses
from .family import ROWS, operand
from .lanes import GatePass
from .product_tiles import product_piece
from .recurrent import clear_rows, copy_rows, pack, pack_transposed, packed_product, panel_width


def _forward(m, before_i, before_f, before_g, before_o, cell):
    i, f, o, g = m.gates((before_i, before_f, before_o), (before_g,))
    following = m.fma(i, g, f * cell)
    tanh_cell = m.tanh(following)
    h = o * tanh_cell
    return i, f, g, o, following, tanh_cell, h, h


def _backward(m, i, f, g, o, cell, tanh_cell, grad_h, grad_cell):
    through_h = grad_h * o * (1.0 - tanh_cell * tanh_cell)
    total = grad_cell + through_h
    return (
        total * g * (i * (1.0 - i)),
        total * cell * (f * (1.0 - f)),
        total * i * (1.0 - g * g),
        grad_h * tanh_cell * (o * (1.0 - o)),
        total * f,
    )


_GATES = tuple(("gates", block) for block in range(4))
_forward_gates = GatePass(
    "lstm_forward",
    ("before", "gates", "cell", "next_cell", "tanh_cell", "state", "y"),
    (*(("before", block) for block in range(4)), ("cell", 0)),
    (*_GATES, ("next_cell", 0), ("tanh_cell", 0), ("state", 0), ("y", 0)),
    _forward,
).intrinsic()
_backward_gates = GatePass(
    "lstm_backward",
    ("gates", "cell", "tanh_cell", "grad_h", "grad_cell"),
    (*_GATES, ("cell", 0), ("tanh_cell", 0), ("grad_h", 0), ("grad_cell", 0)),
    (*_GATES, ("grad_cell", 0)),
    _backward,
).intrinsic()


@uses(product_piece)
@family
def lstm_forward(d, run, arena, theta, copies, grad):
    """x y before gates states cells tanh_cells packed | T D S | steps of gates, states (and cells) and y | W U b."""
    x, y, before = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    gates, states = operand(d, 7, run, arena), operand(d, 9, run, arena)
    cells, tanh_cells, packed_w = operand(d, 11, run, arena), operand(d, 13, run, arena), shift(arena, d[15])
    steps, features, size, rows = d[17], d[18], d[19], run[ROWS]
    wide = 4 * size
    width = panel_width(rows, wide, x)
    packed_u = shift(packed_w, features * wide)
    pack(features, wide, shift(theta, d[23]), wide, width, packed_w)
    pack(size, wide, shift(theta, d[24]), wide, width, packed_u)
    bias = shift(theta, d[25])
    clear_rows(rows, size, states, d[10])
    clear_rows(rows, size, cells, d[12])
    for t in range(steps):
        h, c = shift(states, t * d[21]), shift(cells, t * d[21])
        packed_product(rows, wide, features, shift(x, t * features), d[2], packed_w, width, before, wide, bias, 0, 1)
        if t > 0:
            packed_product(rows, wide, size, h, d[10], packed_u, width, before, wide, before, wide, 1)
        out = shift(y, t * d[22])
        last = t + 1 == steps  # the state goes to y only, the cell nowhere: over what has been read
        following, apart = (out, d[4]) if last else (shift(h, d[21]), d[10])
        next_cell, next_apart = (before, wide) if last else (shift(c, d[21]), d[12])
        _forward_gates(
            rows,
            size,
            (before, shift(gates, t * d[20]), c, next_cell, shift(tanh_cells, t * d[21]), following, out),
            (wide, d[8], d[12], next_apart, d[14], apart, d[4]),
        )
    return 0.0


@uses(product_piece)
@family
def lstm_backward(d, run, arena, theta, copies, grad):
    """grad_y gates cells tanh_cells carry carried_cell packed | T S | steps of gates, cells and grad_y | U.

    gates become the gradients of what stands in them.
    """
    grad_y, gates, cells = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    tanh_cells, carry, carried_cell = operand(d, 7, run, arena), operand(d, 9, run, arena), operand(d, 11, run, arena)
    packed, steps, size, rows = shift(arena, d[13]), d[15], d[16], run[ROWS]
    wide = 4 * size
    width = panel_width(rows, size, carry)
    pack_transposed(wide, size, shift(theta, d[20]), wide, width, packed)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[19]), d[2], carry, size)
    clear_rows(rows, size, carried_cell, size)
    for t in range(steps - 1, -1, -1):
        at = shift(gates, t * d[17])
        _backward_gates(
            rows,
            size,
            (at, shift(cells, t * d[18]), shift(tanh_cells, t * d[18]), carry, carried_cell),
            (d[4], d[6], d[8], size, size),
        )
        if t > 0:
            incoming = shift(grad_y, (t - 1) * d[19])
            packed_product(rows, size, wide, at, d[4], packed, width, carry, size, incoming, d[2], 1 if d[19] else 0)
    return 0.0

"""LSTM: i, f, o = sg(W x_t + U h_{t-1} + b), g = tanh(...), c_t = f c_{t-1} + i g, h_t = o tanh(c_t), forward and backward.

The gates stand side by side in TMVA's order i f g o. Per event, `gates` holds their values and later the gradients of what
stands in them, `states` h_{t-1}, `cells` c_{t-1} and `tanh_cells` tanh(c_t), for every step; steps of 0 as in rnn.py.
Source: Hochreiter and Schmidhuber, Neural Computation 9 (1997) 1735; Gers et al., ibid. 12 (2000) 2451 (forget gate).
"""

from __future__ import annotations

from ._jit import family, shift, uses
from .family import ROWS, descriptor, operand
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


# extra1: the cells, extra2: their tanh
FORWARD = descriptor(
    "x y before gates states extra1 extra2 packed",
    "steps features size gates_step states_step y_step weights state_weights biases",
    writes="y gates states extra1 extra2",
    scratch="before packed",
    parameters="weights state_weights biases",
)


@uses(product_piece)
@family(FORWARD)
def lstm_forward(d, run, arena, theta, copies, grad):
    """x y before gates states cells tanh_cells packed | T D S | steps of gates, states (and cells) and y | W U b."""
    x, y, before = operand(d, FORWARD.x, run, arena), operand(d, FORWARD.y, run, arena), operand(d, FORWARD.before, run, arena)
    gates, states = operand(d, FORWARD.gates, run, arena), operand(d, FORWARD.states, run, arena)
    cells, tanh_cells = operand(d, FORWARD.extra1, run, arena), operand(d, FORWARD.extra2, run, arena)
    packed_w = shift(arena, d[FORWARD.packed])
    steps, features, size, rows = d[FORWARD.steps], d[FORWARD.features], d[FORWARD.size], run[ROWS]
    wide = 4 * size
    width = panel_width(rows, wide, x)
    packed_u = shift(packed_w, features * wide)
    pack(features, wide, shift(theta, d[FORWARD.weights]), wide, width, packed_w)
    pack(size, wide, shift(theta, d[FORWARD.state_weights]), wide, width, packed_u)
    bias = shift(theta, d[FORWARD.biases])
    clear_rows(rows, size, states, d[FORWARD.states_size])
    clear_rows(rows, size, cells, d[FORWARD.extra1_size])
    for t in range(steps):
        h, c = shift(states, t * d[FORWARD.states_step]), shift(cells, t * d[FORWARD.states_step])
        packed_product(rows, wide, features, shift(x, t * features), d[FORWARD.x_size], packed_w, width, before, wide, bias, 0, 1)
        if t > 0:
            packed_product(rows, wide, size, h, d[FORWARD.states_size], packed_u, width, before, wide, before, wide, 1)
        out = shift(y, t * d[FORWARD.y_step])
        last = t + 1 == steps  # the state goes to y only, the cell nowhere: over what has been read
        following, apart = (out, d[FORWARD.y_size]) if last else (shift(h, d[FORWARD.states_step]), d[FORWARD.states_size])
        next_cell, next_apart = (before, wide) if last else (shift(c, d[FORWARD.states_step]), d[FORWARD.extra1_size])
        _forward_gates(
            rows,
            size,
            (
                before,
                shift(gates, t * d[FORWARD.gates_step]),
                c,
                next_cell,
                shift(tanh_cells, t * d[FORWARD.states_step]),
                following,
                out,
            ),
            (wide, d[FORWARD.gates_size], d[FORWARD.extra1_size], next_apart, d[FORWARD.extra2_size], apart, d[FORWARD.y_size]),
        )
    return 0.0


BACK = descriptor(
    "grad gates extra1 extra2 carry carry2 packed",
    "steps size gates_step states_step y_step state_weights",
    changes="gates",
    scratch="carry carry2 packed",
    parameters="state_weights",
)


@uses(product_piece)
@family(BACK)
def lstm_backward(d, run, arena, theta, copies, grad):
    """grad_y gates cells tanh_cells carry carried_cell packed | T S | steps of gates, cells and grad_y | U.

    gates become the gradients of what stands in them.
    """
    grad_y, gates = operand(d, BACK.grad, run, arena), operand(d, BACK.gates, run, arena)
    cells = operand(d, BACK.extra1, run, arena)
    tanh_cells, carry = operand(d, BACK.extra2, run, arena), operand(d, BACK.carry, run, arena)
    carried_cell = operand(d, BACK.carry2, run, arena)
    packed, steps, size, rows = shift(arena, d[BACK.packed]), d[BACK.steps], d[BACK.size], run[ROWS]
    wide = 4 * size
    width = panel_width(rows, size, carry)
    pack_transposed(wide, size, shift(theta, d[BACK.state_weights]), wide, width, packed)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[BACK.y_step]), d[BACK.grad_size], carry, size)
    clear_rows(rows, size, carried_cell, size)
    for t in range(steps - 1, -1, -1):
        at = shift(gates, t * d[BACK.gates_step])
        _backward_gates(
            rows,
            size,
            (at, shift(cells, t * d[BACK.states_step]), shift(tanh_cells, t * d[BACK.states_step]), carry, carried_cell),
            (d[BACK.gates_size], d[BACK.extra1_size], d[BACK.extra2_size], size, size),
        )
        if t > 0:
            incoming = shift(grad_y, (t - 1) * d[BACK.y_step])
            packed_product(
                rows,
                size,
                wide,
                at,
                d[BACK.gates_size],
                packed,
                width,
                carry,
                size,
                incoming,
                d[BACK.grad_size],
                1 if d[BACK.y_step] else 0,
            )
    return 0.0

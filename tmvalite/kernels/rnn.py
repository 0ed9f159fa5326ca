"""RNN: h_t = tanh(W x_t + U h_{t-1} + b), h_0 = 0, forward and backward through time.

Descriptor of both: x y before gates states packed | T D S | steps of gates, states and y | W U b. Per event, `gates` holds
h_t and later the gradient of what stands in the tanh, `states` h_{t-1}, both for every step; their step is 0 when nothing
is kept for a backward pass, and the step of y is 0 when only the last state is wanted.
Source: Elman, Cognitive Science 14 (1990) 179; TMVA's DNN RNN layer.
"""

from __future__ import annotations

from ._jit import family, shift, uses
from .family import ROWS, descriptor, operand
from .lanes import GatePass
from .product_tiles import product_piece
from .recurrent import clear_rows, copy_rows, pack, pack_transposed, packed_product, panel_width


def _forward(m, before):
    h = m.tanh(before)
    return h, h, h


def _backward(m, h, grad_h):
    return (grad_h * (1.0 - h * h),)


_forward_gates = GatePass(
    "rnn_forward", ("before", "gates", "state", "y"), (("before", 0),), (("gates", 0), ("state", 0), ("y", 0)), _forward
).intrinsic()
_backward_gates = GatePass(
    "rnn_backward", ("gates", "grad_h"), (("gates", 0), ("grad_h", 0)), (("gates", 0),), _backward
).intrinsic()


FORWARD = descriptor(
    "x y before gates states packed",
    "steps features size gates_step states_step y_step weights state_weights biases",
    writes="y gates states",
    scratch="before packed",
    parameters="weights state_weights biases",
)


@uses(product_piece)
@family(FORWARD)
def rnn_forward(d, run, arena, theta, copies, grad):
    """All steps of all events of a tile."""
    x, y, before = operand(d, FORWARD.x, run, arena), operand(d, FORWARD.y, run, arena), operand(d, FORWARD.before, run, arena)
    gates, states = operand(d, FORWARD.gates, run, arena), operand(d, FORWARD.states, run, arena)
    packed_w = shift(arena, d[FORWARD.packed])
    steps, features, size, rows = d[FORWARD.steps], d[FORWARD.features], d[FORWARD.size], run[ROWS]
    width = panel_width(rows, size, x)
    packed_u = shift(packed_w, features * size)
    pack(features, size, shift(theta, d[FORWARD.weights]), size, width, packed_w)
    pack(size, size, shift(theta, d[FORWARD.state_weights]), size, width, packed_u)
    bias = shift(theta, d[FORWARD.biases])
    clear_rows(rows, size, states, d[FORWARD.states_size])
    for t in range(steps):
        h = shift(states, t * d[FORWARD.states_step])
        packed_product(rows, size, features, shift(x, t * features), d[FORWARD.x_size], packed_w, width, before, size, bias, 0, 1)
        if t > 0:
            packed_product(rows, size, size, h, d[FORWARD.states_size], packed_u, width, before, size, before, size, 1)
        out = shift(y, t * d[FORWARD.y_step])
        following, apart = (
            (shift(h, d[FORWARD.states_step]), d[FORWARD.states_size]) if t + 1 < steps else (out, d[FORWARD.y_size])
        )
        _forward_gates(
            rows,
            size,
            (before, shift(gates, t * d[FORWARD.gates_step]), following, out),
            (size, d[FORWARD.gates_size], apart, d[FORWARD.y_size]),
        )
    return 0.0


BACK = descriptor(
    "grad gates carry packed",
    "steps size gates_step y_step state_weights",
    changes="gates",
    scratch="carry packed",
    parameters="state_weights",
)


@uses(product_piece)
@family(BACK)
def rnn_backward(d, run, arena, theta, copies, grad):
    """grad_y gates carry packed | T S | steps of gates and grad_y | U: gates become the gradients before the tanh."""
    grad_y, gates = operand(d, BACK.grad, run, arena), operand(d, BACK.gates, run, arena)
    carry = operand(d, BACK.carry, run, arena)
    packed, steps, size, rows = shift(arena, d[BACK.packed]), d[BACK.steps], d[BACK.size], run[ROWS]
    width = panel_width(rows, size, carry)
    pack_transposed(size, size, shift(theta, d[BACK.state_weights]), size, width, packed)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[BACK.y_step]), d[BACK.grad_size], carry, size)
    for t in range(steps - 1, -1, -1):
        at = shift(gates, t * d[BACK.gates_step])
        _backward_gates(rows, size, (at, carry), (d[BACK.gates_size], size))
        if t > 0:
            incoming = shift(grad_y, (t - 1) * d[BACK.y_step])
            packed_product(
                rows,
                size,
                size,
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

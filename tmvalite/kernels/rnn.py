"""RNN: h_t = tanh(W x_t + U h_{t-1} + b), h_0 = 0, forward and backward through time.

Descriptor of both: x y before gates states packed | T D S | steps of gates, states and y | W U b. Per event, `gates` holds
h_t and later the gradient of what stands in the tanh, `states` h_{t-1}, both for every step; their step is 0 when nothing
is kept for a backward pass, and the step of y is 0 when only the last state is wanted.
Source: Elman, Cognitive Science 14 (1990) 179; TMVA's DNN RNN layer.
"""

from __future__ import annotations

from ._jit import family, shift, uses
from .family import ROWS, operand
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


@uses(product_piece)
@family
def rnn_forward(d, run, arena, theta, copies, grad):
    """All steps of all events of a tile."""
    x, y, before = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    gates, states, packed_w = operand(d, 7, run, arena), operand(d, 9, run, arena), shift(arena, d[11])
    steps, features, size, rows = d[13], d[14], d[15], run[ROWS]
    width = panel_width(rows, size, x)
    packed_u = shift(packed_w, features * size)
    pack(features, size, shift(theta, d[19]), size, width, packed_w)
    pack(size, size, shift(theta, d[20]), size, width, packed_u)
    bias = shift(theta, d[21])
    clear_rows(rows, size, states, d[10])
    for t in range(steps):
        h = shift(states, t * d[17])
        packed_product(rows, size, features, shift(x, t * features), d[2], packed_w, width, before, size, bias, 0, 1)
        if t > 0:
            packed_product(rows, size, size, h, d[10], packed_u, width, before, size, before, size, 1)
        out = shift(y, t * d[18])
        following, apart = (shift(h, d[17]), d[10]) if t + 1 < steps else (out, d[4])
        _forward_gates(rows, size, (before, shift(gates, t * d[16]), following, out), (size, d[8], apart, d[4]))
    return 0.0


@uses(product_piece)
@family
def rnn_backward(d, run, arena, theta, copies, grad):
    """grad_y gates carry packed | T S | steps of gates and grad_y | U: gates become the gradients before the tanh."""
    grad_y, gates, carry = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    packed, steps, size, rows = shift(arena, d[7]), d[9], d[10], run[ROWS]
    width = panel_width(rows, size, carry)
    pack_transposed(size, size, shift(theta, d[13]), size, width, packed)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[12]), d[2], carry, size)
    for t in range(steps - 1, -1, -1):
        at = shift(gates, t * d[11])
        _backward_gates(rows, size, (at, carry), (d[4], size))
        if t > 0:
            incoming = shift(grad_y, (t - 1) * d[12])
            packed_product(rows, size, size, at, d[4], packed, width, carry, size, incoming, d[2], 1 if d[12] else 0)
    return 0.0

"""GRU: r, z = sg(W x_t + U h_{t-1} + b), h_t = z h_{t-1} + (1 - z) g, forward and backward, with the reset gate r before U_c,
g = tanh(W_c x_t + U_c (r h_{t-1}) + b_c), or after it, g = tanh(W_c x_t + r (U_c h_{t-1}) + b_c).

The gates stand side by side in TMVA's order r z g. Per event, `gates` holds their values and later the gradients of what
stands in them, `states` h_{t-1} and `resets` what U_c reads (r h_{t-1}) or gives (U_c h_{t-1}, later its gradient), for every
step; steps of 0 as in rnn.py.
Source: Cho et al., arXiv:1406.1078; the form "after": cuDNN's, with one bias per gate as TMVA has it.
"""

from __future__ import annotations

from ._jit import family, shift, uses
from .family import ROWS, operand
from .lanes import GatePass
from .product_tiles import product_piece
from .recurrent import clear_rows, copy_rows, pack, pack_transposed, packed_product, panel_width


def _mix(m, z, h, g):
    """z h + (1 - z) g."""
    return m.fma(z, h - g, g)


def _reset(m, before_r, before_z, h):
    r, z = m.sigmoid(before_r, before_z)
    return r, z, r * h


def _candidate(m, before_g, z, h):
    g = m.tanh(before_g)
    following = _mix(m, z, h, g)
    return g, following, following


def _forward_after(m, before_r, before_z, before_g, u, h):
    r, z = m.sigmoid(before_r, before_z)
    g = m.tanh(m.fma(r, u, before_g))
    following = _mix(m, z, h, g)
    return r, z, g, following, following


def _backward_candidate(m, z, g, h, grad_h):
    return grad_h * (h - g) * (z * (1.0 - z)), grad_h * (1.0 - z) * (1.0 - g * g), grad_h * z


def _backward_reset(m, r, h, grad_q, carry, incoming):
    return grad_q * h * (r * (1.0 - r)), m.fma(grad_q, r, carry + incoming)


def _backward_after(m, r, z, g, u, h, grad_h, incoming):
    grad_g = grad_h * (1.0 - z) * (1.0 - g * g)
    return (grad_g * u * (r * (1.0 - r)), grad_h * (h - g) * (z * (1.0 - z)), grad_g, grad_g * r, m.fma(grad_h, z, incoming))


_R, _Z, _G = (("gates", block) for block in range(3))
_BEFORE = tuple(("before", block) for block in range(3))
_reset_gates = GatePass(
    "gru_reset", ("before", "gates", "h", "q"), (*_BEFORE[:2], ("h", 0)), (_R, _Z, ("q", 0)), _reset
).intrinsic()
_candidate_gate = GatePass(
    "gru_candidate", ("before", "gates", "h", "state", "y"), (_BEFORE[2], _Z, ("h", 0)), (_G, ("state", 0), ("y", 0)), _candidate
).intrinsic()
_forward_after_gates = GatePass(
    "gru_forward_after",
    ("before", "gates", "u", "h", "state", "y"),
    (*_BEFORE, ("u", 0), ("h", 0)),
    (_R, _Z, _G, ("state", 0), ("y", 0)),
    _forward_after,
).intrinsic()
_backward_candidate_gates = GatePass(
    "gru_backward_candidate",
    ("gates", "h", "carry"),
    (_Z, _G, ("h", 0), ("carry", 0)),
    (_Z, _G, ("carry", 0)),
    _backward_candidate,
).intrinsic()
_backward_reset_gate = GatePass(
    "gru_backward_reset",
    ("gates", "h", "grad_q", "carry", "incoming"),
    (_R, ("h", 0), ("grad_q", 0), ("carry", 0), ("incoming", 0)),
    (_R, ("carry", 0)),
    _backward_reset,
).intrinsic()
_backward_after_gates = GatePass(
    "gru_backward_after",
    ("gates", "u", "h", "carry", "incoming"),
    (_R, _Z, _G, ("u", 0), ("h", 0), ("carry", 0), ("incoming", 0)),
    (_R, _Z, _G, ("u", 0), ("carry", 0)),
    _backward_after,
).intrinsic()


@uses(product_piece)
@family
def gru_forward(d, run, arena, theta, copies, grad):
    """x y before gates states resets packed | T D S | steps of gates, states (and resets) and y | W U b | after."""
    x, y, before = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    gates, states, resets = operand(d, 7, run, arena), operand(d, 9, run, arena), operand(d, 11, run, arena)
    packed_w, steps, features, size, rows, after = shift(arena, d[13]), d[15], d[16], d[17], run[ROWS], d[24]
    wide, two = 3 * size, 2 * size
    width = panel_width(rows, wide, x)
    packed_u = shift(packed_w, features * wide)
    packed_c = shift(packed_u, two * size)
    u, bias = shift(theta, d[22]), shift(theta, d[23])
    pack(features, wide, shift(theta, d[21]), wide, width, packed_w)
    pack(size, two, u, wide, width, packed_u)
    pack(size, size, shift(u, two), wide, width, packed_c)
    clear_rows(rows, size, states, d[10])
    clear_rows(rows, size, resets, d[12])
    for t in range(steps):
        h, reset, at = shift(states, t * d[19]), shift(resets, t * d[19]), shift(gates, t * d[18])
        out, candidate = shift(y, t * d[20]), shift(before, two)
        packed_product(rows, wide, features, shift(x, t * features), d[2], packed_w, width, before, wide, bias, 0, 1)
        if t > 0:
            packed_product(rows, two, size, h, d[10], packed_u, width, before, wide, before, wide, 1)
        following, apart = (out, d[4]) if t + 1 == steps else (shift(h, d[19]), d[10])
        if after:
            if t > 0:
                packed_product(rows, size, size, h, d[10], packed_c, width, reset, d[12], reset, 0, 0)
            _forward_after_gates(rows, size, (before, at, reset, h, following, out), (wide, d[8], d[12], d[10], apart, d[4]))
        else:
            _reset_gates(rows, size, (before, at, h, reset), (wide, d[8], d[10], d[12]))
            if t > 0:
                packed_product(rows, size, size, reset, d[12], packed_c, width, candidate, wide, candidate, wide, 1)
            _candidate_gate(rows, size, (before, at, h, following, out), (wide, d[8], d[10], apart, d[4]))
    return 0.0


@uses(product_piece)
@family
def gru_backward(d, run, arena, theta, copies, grad):
    """grad_y gates states resets carry grad_q packed | T S | steps of gates, states and grad_y | U | after.

    gates, and with `after` resets, become the gradients of what stands in them. `packed` ends with a row of zeros.
    """
    grad_y, gates, states = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    resets, carry, grad_q = operand(d, 7, run, arena), operand(d, 9, run, arena), operand(d, 11, run, arena)
    packed, steps, size, rows, after = shift(arena, d[13]), d[15], d[16], run[ROWS], d[21]
    wide, two = 3 * size, 2 * size
    packed_c, zeros, u = shift(packed, two * size), shift(packed, wide * size), shift(theta, d[20])
    width = panel_width(rows, size, carry)
    pack_transposed(two, size, u, wide, width, packed)
    pack_transposed(size, size, shift(u, two), wide, width, packed_c)
    clear_rows(1, size, zeros, 0)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[19]), d[2], carry, size)
    for t in range(steps - 1, -1, -1):
        at, h, reset = shift(gates, t * d[17]), shift(states, t * d[18]), shift(resets, t * d[18])
        candidate = shift(at, two)
        sequence = t > 0 and d[19] > 0
        incoming, apart = (shift(grad_y, (t - 1) * d[19]), d[2]) if sequence else (zeros, 0)
        if after:
            _backward_after_gates(rows, size, (at, reset, h, carry, incoming), (d[4], d[8], d[6], size, apart))
            if t > 0:
                packed_product(rows, size, size, reset, d[8], packed_c, width, carry, size, carry, size, 1)
        else:
            _backward_candidate_gates(rows, size, (at, h, carry), (d[4], d[6], size))
            packed_product(rows, size, size, candidate, d[4], packed_c, width, grad_q, size, grad_q, size, 0)
            _backward_reset_gate(rows, size, (at, h, grad_q, carry, incoming), (d[4], d[6], size, size, apart))
        if t > 0:
            packed_product(rows, size, two, at, d[4], packed, width, carry, size, carry, size, 1)
    return 0.0

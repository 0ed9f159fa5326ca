"""GRU: r, z = sg(W x_t + U h_{t-1} + b), h_t = z h_{t-1} + (1 - z) g, forward and backward, with the reset gate r before U_c,
g = tanh(W_c x_t + U_c (r h_{t-1}) + b_c), or after it, g = tanh(W_c x_t + r (U_c h_{t-1}) + b_c). In the form "after" a gate
may have a second bias d, beside the state: U h_{t-1} + d.

The gates stand side by side in TMVA's order r z g. Per event, `gates` holds their values and later the gradients of what
stands in them, `states` h_{t-1} and `resets` what U_c reads (r h_{t-1}) or gives (U_c h_{t-1}, later its gradient), for every
step; steps of 0 as in rnn.py.
Source: Cho et al., arXiv:1406.1078; the form "after": cuDNN's, there always with both biases; TMVA has b only.
"""

from __future__ import annotations

from ._jit import family, kernel, shift, uses
from .family import ROWS, descriptor, operand
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


# extra1: the resets; state_biases: -1 for none
FORWARD = descriptor(
    "x y before gates states extra1 packed",
    "steps features size gates_step states_step y_step weights state_weights biases after state_biases",
    writes="y gates states extra1",
    scratch="before packed",
    parameters="weights state_weights biases state_biases",
)


@kernel
def _sum_of_biases(size, b, d, out):
    """b + d of the gates r and z; b of the candidate, whose d stands inside the reset gate."""
    for i in range(3 * size):
        out[i] = b[i] + d[i] if i < 2 * size else b[i]


@uses(product_piece)
@family(FORWARD)
def gru_forward(d, run, arena, theta, copies, grad):
    """x y before gates states resets packed | T D S | steps of gates, states (and resets) and y | W U b | after d.

    `packed` ends with a row of biases where there are two.
    """
    x, y, before = operand(d, FORWARD.x, run, arena), operand(d, FORWARD.y, run, arena), operand(d, FORWARD.before, run, arena)
    gates, states = operand(d, FORWARD.gates, run, arena), operand(d, FORWARD.states, run, arena)
    resets = operand(d, FORWARD.extra1, run, arena)
    packed_w, steps, features, size = shift(arena, d[FORWARD.packed]), d[FORWARD.steps], d[FORWARD.features], d[FORWARD.size]
    rows, after = run[ROWS], d[FORWARD.after]
    wide, two = 3 * size, 2 * size
    width = panel_width(rows, wide, x)
    packed_u = shift(packed_w, features * wide)
    packed_c = shift(packed_u, two * size)
    u, bias = shift(theta, d[FORWARD.state_weights]), shift(theta, d[FORWARD.biases])
    pack(features, wide, shift(theta, d[FORWARD.weights]), wide, width, packed_w)
    pack(size, two, u, wide, width, packed_u)
    pack(size, size, shift(u, two), wide, width, packed_c)
    clear_rows(rows, size, states, d[FORWARD.states_size])
    clear_rows(rows, size, resets, d[FORWARD.extra1_size])
    two_biases = d[FORWARD.state_biases] >= 0
    inner_bias = shift(theta, d[FORWARD.state_biases] + two) if two_biases else bias
    if two_biases:
        both = shift(packed_w, (features + size) * wide)
        _sum_of_biases(size, bias, shift(theta, d[FORWARD.state_biases]), both)
        bias = both
        copy_rows(rows, size, inner_bias, 0, resets, d[FORWARD.extra1_size])
    for t in range(steps):
        h, reset = shift(states, t * d[FORWARD.states_step]), shift(resets, t * d[FORWARD.states_step])
        at = shift(gates, t * d[FORWARD.gates_step])
        out, candidate = shift(y, t * d[FORWARD.y_step]), shift(before, two)
        packed_product(rows, wide, features, shift(x, t * features), d[FORWARD.x_size], packed_w, width, before, wide, bias, 0, 1)
        if t > 0:
            packed_product(rows, two, size, h, d[FORWARD.states_size], packed_u, width, before, wide, before, wide, 1)
        following, apart = (
            (out, d[FORWARD.y_size]) if t + 1 == steps else (shift(h, d[FORWARD.states_step]), d[FORWARD.states_size])
        )
        if after:
            if t > 0:
                begin, begins = (inner_bias, 1) if two_biases else (reset, 0)
                packed_product(
                    rows, size, size, h, d[FORWARD.states_size], packed_c, width, reset, d[FORWARD.extra1_size], begin, 0, begins
                )
            _forward_after_gates(
                rows,
                size,
                (before, at, reset, h, following, out),
                (wide, d[FORWARD.gates_size], d[FORWARD.extra1_size], d[FORWARD.states_size], apart, d[FORWARD.y_size]),
            )
        else:
            _reset_gates(
                rows, size, (before, at, h, reset), (wide, d[FORWARD.gates_size], d[FORWARD.states_size], d[FORWARD.extra1_size])
            )
            if t > 0:
                packed_product(
                    rows, size, size, reset, d[FORWARD.extra1_size], packed_c, width, candidate, wide, candidate, wide, 1
                )
            _candidate_gate(
                rows,
                size,
                (before, at, h, following, out),
                (wide, d[FORWARD.gates_size], d[FORWARD.states_size], apart, d[FORWARD.y_size]),
            )
    return 0.0


BACK = descriptor(
    "grad gates states extra1 carry carry2 packed",
    "steps size gates_step states_step y_step state_weights after",
    changes="gates extra1",
    scratch="carry carry2 packed",
    parameters="state_weights",
)


@uses(product_piece)
@family(BACK)
def gru_backward(d, run, arena, theta, copies, grad):
    """grad_y gates states resets carry grad_q packed | T S | steps of gates, states and grad_y | U | after.

    gates, and with `after` resets, become the gradients of what stands in them. `packed` ends with a row of zeros.
    """
    grad_y, gates = operand(d, BACK.grad, run, arena), operand(d, BACK.gates, run, arena)
    states = operand(d, BACK.states, run, arena)
    resets, carry = operand(d, BACK.extra1, run, arena), operand(d, BACK.carry, run, arena)
    grad_q = operand(d, BACK.carry2, run, arena)
    packed, steps, size, rows, after = shift(arena, d[BACK.packed]), d[BACK.steps], d[BACK.size], run[ROWS], d[BACK.after]
    wide, two = 3 * size, 2 * size
    packed_c, zeros, u = shift(packed, two * size), shift(packed, wide * size), shift(theta, d[BACK.state_weights])
    width = panel_width(rows, size, carry)
    pack_transposed(two, size, u, wide, width, packed)
    pack_transposed(size, size, shift(u, two), wide, width, packed_c)
    clear_rows(1, size, zeros, 0)
    copy_rows(rows, size, shift(grad_y, (steps - 1) * d[BACK.y_step]), d[BACK.grad_size], carry, size)
    for t in range(steps - 1, -1, -1):
        at, h = shift(gates, t * d[BACK.gates_step]), shift(states, t * d[BACK.states_step])
        reset = shift(resets, t * d[BACK.states_step])
        candidate = shift(at, two)
        sequence = t > 0 and d[BACK.y_step] > 0
        incoming, apart = (shift(grad_y, (t - 1) * d[BACK.y_step]), d[BACK.grad_size]) if sequence else (zeros, 0)
        if after:
            _backward_after_gates(
                rows,
                size,
                (at, reset, h, carry, incoming),
                (d[BACK.gates_size], d[BACK.extra1_size], d[BACK.states_size], size, apart),
            )
            if t > 0:
                packed_product(rows, size, size, reset, d[BACK.extra1_size], packed_c, width, carry, size, carry, size, 1)
        else:
            _backward_candidate_gates(rows, size, (at, h, carry), (d[BACK.gates_size], d[BACK.states_size], size))
            packed_product(rows, size, size, candidate, d[BACK.gates_size], packed_c, width, grad_q, size, grad_q, size, 0)
            _backward_reset_gate(
                rows, size, (at, h, grad_q, carry, incoming), (d[BACK.gates_size], d[BACK.states_size], size, size, apart)
            )
        if t > 0:
            packed_product(rows, size, two, at, d[BACK.gates_size], packed, width, carry, size, carry, size, 1)
    return 0.0

"""Activations: scalar functions with their derivatives, and the steps that apply them.

Forward: y = f(x). Backward: grad *= f'(.), in place, where f' is computed from what the forward step saved: the output
where that is enough, else the input; `Activation.saves` says which, and plan/ keeps that array alive. At the kink of
RELU and LEAKYRELU the derivative is that of the left side.

Formulas: TMVA's eight (LINEAR, RELU, SIGMOID, TANH, SYMMRELU |x|, SOFTSIGN x/(1+|x|), GAUSS exp(-x^2), FTANH as TANH);
LEAKYRELU (slope 0.01), ELU (alpha 1, arXiv:1511.07289), GELU (x Phi(x), arXiv:1606.08415), SOFTPLUS log(1 + e^x),
SWISH x sigmoid(x) (arXiv:1710.05941). SOFTMAX works on rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ._jit import Family, family, kernel, number, shift
from .combine import copy
from .family import ROWS, operand
from .math import choose, exp, expm1, larger, sigmoid, smaller, tanh, with_sign

LEAK = 0.01
ROOT_HALF, DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)


@kernel
def _into(d, run, arena):
    """Operands x y: y, holding the values of x."""
    y = operand(d, 3, run, arena)
    if d[1] != d[3]:
        copy(run[ROWS] * d[2], operand(d, 1, run, arena), y)
    return y


@family
def relu(d, run, arena, theta, copies, grad):
    y, zero = _into(d, run, arena), number(arena[0], 0.0)
    for i in range(run[ROWS] * d[2]):
        y[i] = larger(y[i], zero)
    return 0.0


@family
def relu_backward(d, run, arena, theta, copies, grad):
    saved, g = operand(d, 1, run, arena), operand(d, 3, run, arena)
    zero, one = number(arena[0], 0.0), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * choose(saved[i] > zero, one, zero)
    return 0.0


@family
def sigmoid_forward(d, run, arena, theta, copies, grad):
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = sigmoid(y[i])
    return 0.0


@family
def sigmoid_backward(d, run, arena, theta, copies, grad):
    saved, g, one = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * (saved[i] * (one - saved[i]))
    return 0.0


@family
def tanh_forward(d, run, arena, theta, copies, grad):
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = tanh(y[i])
    return 0.0


@family
def tanh_backward(d, run, arena, theta, copies, grad):
    saved, g, one = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * (one - saved[i] * saved[i])
    return 0.0


@family
def symmrelu(d, run, arena, theta, copies, grad):
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = abs(y[i])
    return 0.0


@family
def symmrelu_backward(d, run, arena, theta, copies, grad):
    saved, g, one = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * with_sign(one, saved[i])
    return 0.0


@family
def softsign(d, run, arena, theta, copies, grad):
    y, one = _into(d, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        y[i] = y[i] / (one + abs(y[i]))
    return 0.0


@family
def softsign_backward(d, run, arena, theta, copies, grad):
    saved, g, one = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        denominator = one + abs(saved[i])
        g[i] = g[i] / (denominator * denominator)
    return 0.0


@family
def gauss(d, run, arena, theta, copies, grad):
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = exp(-(y[i] * y[i]))
    return 0.0


@family
def gauss_backward(d, run, arena, theta, copies, grad):
    saved, g, two = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 2.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * (-two * saved[i] * exp(-(saved[i] * saved[i])))
    return 0.0


@family
def leakyrelu(d, run, arena, theta, copies, grad):
    y, zero, one, slope = _into(d, run, arena), number(arena[0], 0.0), number(arena[0], 1.0), number(arena[0], LEAK)
    for i in range(run[ROWS] * d[2]):
        y[i] = y[i] * choose(y[i] < zero, slope, one)
    return 0.0


@family
def leakyrelu_backward(d, run, arena, theta, copies, grad):
    saved, g = operand(d, 1, run, arena), operand(d, 3, run, arena)
    zero, one, slope = number(arena[0], 0.0), number(arena[0], 1.0), number(arena[0], LEAK)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * choose(saved[i] > zero, one, slope)
    return 0.0


@family
def elu(d, run, arena, theta, copies, grad):
    y, zero = _into(d, run, arena), number(arena[0], 0.0)
    for i in range(run[ROWS] * d[2]):
        y[i] = larger(y[i], zero) + expm1(smaller(y[i], zero))
    return 0.0


@family
def elu_backward(d, run, arena, theta, copies, grad):
    saved, g = operand(d, 1, run, arena), operand(d, 3, run, arena)
    zero, one = number(arena[0], 0.0), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * choose(saved[i] > zero, one, saved[i] + one)
    return 0.0


@family
def gelu(d, run, arena, theta, copies, grad):
    y, one, half, root = _into(d, run, arena), number(arena[0], 1.0), number(arena[0], 0.5), number(arena[0], ROOT_HALF)
    for i in range(run[ROWS] * d[2]):
        y[i] = half * y[i] * (one + math.erf(y[i] * root))
    return 0.0


@family
def gelu_backward(d, run, arena, theta, copies, grad):
    saved, g, one, half = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0), number(arena[0], 0.5)
    root, density = number(arena[0], ROOT_HALF), number(arena[0], DENSITY)
    for i in range(run[ROWS] * d[2]):
        x = saved[i]
        g[i] = g[i] * (half * (one + math.erf(x * root)) + x * density * exp(-(half * x * x)))
    return 0.0


@family
def softplus(d, run, arena, theta, copies, grad):
    y, zero = _into(d, run, arena), number(arena[0], 0.0)
    for i in range(run[ROWS] * d[2]):
        y[i] = (y[i] if y[i] > zero else zero) + math.log1p(exp(-abs(y[i])))
    return 0.0


@family
def softplus_backward(d, run, arena, theta, copies, grad):
    saved, g = operand(d, 1, run, arena), operand(d, 3, run, arena)
    for i in range(run[ROWS] * d[2]):
        g[i] = g[i] * sigmoid(saved[i])
    return 0.0


@family
def swish(d, run, arena, theta, copies, grad):
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = y[i] * sigmoid(y[i])
    return 0.0


@family
def swish_backward(d, run, arena, theta, copies, grad):
    saved, g, one = operand(d, 1, run, arena), operand(d, 3, run, arena), number(arena[0], 1.0)
    for i in range(run[ROWS] * d[2]):
        s = sigmoid(saved[i])
        g[i] = g[i] * (s + saved[i] * s * (one - s))
    return 0.0


class Activation(NamedTuple):
    """forward: x y; backward: saved grad, in place; saves: "output" or "input"."""

    forward: Family
    backward: Family
    saves: str


ACTIVATIONS = {
    "RELU": Activation(relu, relu_backward, "output"),
    "SIGMOID": Activation(sigmoid_forward, sigmoid_backward, "output"),
    "TANH": Activation(tanh_forward, tanh_backward, "output"),
    "FTANH": Activation(tanh_forward, tanh_backward, "output"),
    "SYMMRELU": Activation(symmrelu, symmrelu_backward, "input"),
    "SOFTSIGN": Activation(softsign, softsign_backward, "input"),
    "GAUSS": Activation(gauss, gauss_backward, "input"),
    "LEAKYRELU": Activation(leakyrelu, leakyrelu_backward, "output"),
    "ELU": Activation(elu, elu_backward, "output"),
    "GELU": Activation(gelu, gelu_backward, "input"),
    "SOFTPLUS": Activation(softplus, softplus_backward, "input"),
    "SWISH": Activation(swish, swish_backward, "input"),
}


@family
def softmax(d, run, arena, theta, copies, grad):
    """y[r, :] = exp(x[r, :] - max) / sum over rows of `width` elements: x y width."""
    y, width = _into(d, run, arena), d[5]
    for r in range(run[ROWS] * d[2] // width):
        row = shift(y, r * width)
        top = row[0]
        for i in range(1, width):
            top = row[i] if row[i] > top else top
        for i in range(width):
            row[i] = exp(row[i] - top)
        total = row[0]
        for i in range(1, width):
            total += row[i]
        for i in range(width):
            row[i] = row[i] / total
    return 0.0


@family
def softmax_backward(d, run, arena, theta, copies, grad):
    """grad[r, :] = y (grad - sum_j y_j grad_j), in place: y grad width."""
    saved, gradient, width = operand(d, 1, run, arena), operand(d, 3, run, arena), d[5]
    for r in range(run[ROWS] * d[2] // width):
        out, g = shift(saved, r * width), shift(gradient, r * width)
        inner = out[0] * g[0]
        for i in range(1, width):
            inner += out[i] * g[i]
        for i in range(width):
            g[i] = out[i] * (g[i] - inner)
    return 0.0

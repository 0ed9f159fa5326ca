"""Elementwise activations, in place, forward and backward.

Forward: y[i] = f(y[i]). Backward: grad[i] *= f'(.), where f' is computed from what the forward pass saved: the output
y where that is enough, else the input x. SAVES says which; plan/ keeps that array alive. At the kink of RELU and
LEAKYRELU the derivative is that of the left side.

Formulas: TMVA's eight (LINEAR, RELU, SIGMOID, TANH, SYMMRELU |x|, SOFTSIGN x/(1+|x|), GAUSS exp(-x^2), FTANH as TANH);
LEAKYRELU (slope 0.01), ELU (alpha 1, arXiv:1511.07289), GELU (x Phi(x), arXiv:1606.08415), SOFTPLUS log(1 + e^x),
SWISH x sigmoid(x) (arXiv:1710.05941). SOFTMAX works on rows, see `softmax_forward`.
"""

from __future__ import annotations

import math

import numpy as np
from numba.core import types
from numba.extending import overload

from ._jit import _OPTIONS, kernel, shift
from .math import exp, expm1, sigmoid, tanh

CODES = {
    "LINEAR": 0, "RELU": 1, "SIGMOID": 2, "TANH": 3, "SYMMRELU": 4, "SOFTSIGN": 5, "GAUSS": 6, "FTANH": 3,
    "LEAKYRELU": 8, "ELU": 9, "GELU": 10, "SOFTPLUS": 11, "SWISH": 12,
}
SAVES = {
    "RELU": "output", "SIGMOID": "output", "TANH": "output", "SYMMRELU": "input", "SOFTSIGN": "input", "GAUSS": "input",
    "FTANH": "output", "LEAKYRELU": "output", "ELU": "output", "GELU": "input", "SOFTPLUS": "input", "SWISH": "input",
}


def number(like, value):
    """A Python constant in the type of `like`, so that float32 code stays float32."""
    raise NotImplementedError


@overload(number, jit_options=_OPTIONS)
def _number(like, value):
    if like == types.float32:
        return lambda like, value: np.float32(value)
    return lambda like, value: np.float64(value)


@kernel
def activation_forward(code, n, y):
    """y[i] = f(y[i]) for i < n."""
    one, zero = number(y[0], 1.0), number(y[0], 0.0)
    if code == 1:
        for i in range(n):
            y[i] = zero if y[i] < zero else y[i]
    elif code == 2:
        for i in range(n):
            y[i] = sigmoid(y[i])
    elif code == 3:
        for i in range(n):
            y[i] = tanh(y[i])
    elif code == 4:
        for i in range(n):
            y[i] = abs(y[i])
    elif code == 5:
        for i in range(n):
            y[i] = y[i] / (one + abs(y[i]))
    elif code == 6:
        for i in range(n):
            y[i] = exp(-(y[i] * y[i]))
    elif code == 8:
        slope = number(y[0], 0.01)
        for i in range(n):
            y[i] = slope * y[i] if y[i] < zero else y[i]
    elif code == 9:
        for i in range(n):
            y[i] = expm1(y[i]) if y[i] < zero else y[i]
    elif code == 10:
        half, root = number(y[0], 0.5), number(y[0], math.sqrt(0.5))
        for i in range(n):
            y[i] = half * y[i] * (one + math.erf(y[i] * root))
    elif code == 11:
        for i in range(n):
            y[i] = (y[i] if y[i] > zero else zero) + math.log1p(exp(-abs(y[i])))
    elif code == 12:
        for i in range(n):
            y[i] = y[i] * sigmoid(y[i])


@kernel
def activation_backward(code, n, saved, grad):
    """grad[i] *= f'(.) for i < n; `saved` holds the outputs or the inputs, as SAVES says."""
    one, two, zero = number(grad[0], 1.0), number(grad[0], 2.0), number(grad[0], 0.0)
    if code == 1:
        for i in range(n):
            grad[i] = grad[i] if saved[i] > zero else zero
    elif code == 2:
        for i in range(n):
            grad[i] = grad[i] * (saved[i] * (one - saved[i]))
    elif code == 3:
        for i in range(n):
            grad[i] = grad[i] * (one - saved[i] * saved[i])
    elif code == 4:
        for i in range(n):
            grad[i] = -grad[i] if saved[i] < zero else grad[i]
    elif code == 5:
        for i in range(n):
            denominator = one + abs(saved[i])
            grad[i] = grad[i] / (denominator * denominator)
    elif code == 6:
        for i in range(n):
            grad[i] = grad[i] * (-two * saved[i] * exp(-(saved[i] * saved[i])))
    elif code == 8:
        slope = number(grad[0], 0.01)
        for i in range(n):
            grad[i] = grad[i] if saved[i] > zero else slope * grad[i]
    elif code == 9:
        for i in range(n):
            grad[i] = grad[i] if saved[i] > zero else grad[i] * (saved[i] + one)
    elif code == 10:
        half, root = number(grad[0], 0.5), number(grad[0], math.sqrt(0.5))
        density = number(grad[0], 1 / math.sqrt(2 * math.pi))
        for i in range(n):
            x = saved[i]
            grad[i] = grad[i] * (half * (one + math.erf(x * root)) + x * density * exp(-(half * x * x)))
    elif code == 11:
        for i in range(n):
            grad[i] = grad[i] * sigmoid(saved[i])
    elif code == 12:
        for i in range(n):
            s = sigmoid(saved[i])
            grad[i] = grad[i] * (s + saved[i] * s * (one - s))


@kernel
def softmax_forward(rows, width, y):
    """y[r, :] = exp(y[r, :] - max) / sum, in place, rows of `width` elements."""
    for r in range(rows):
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


@kernel
def softmax_backward(rows, width, y, grad):
    """grad[r, :] = y (grad - sum_j y_j grad_j), in place."""
    for r in range(rows):
        out, g = shift(y, r * width), shift(grad, r * width)
        inner = out[0] * g[0]
        for i in range(1, width):
            inner += out[i] * g[i]
        for i in range(width):
            g[i] = out[i] * (g[i] - inner)

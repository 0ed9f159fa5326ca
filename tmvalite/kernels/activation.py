"""The steps that apply activations, made from their formulas, and SOFTMAX, which works on rows.

Forward: y = f(x). Backward: grad becomes that of x, in place, from what the forward step saved: the output where that is
enough, else the input; the activation says which, and plan/ keeps that array alive.
"""

from __future__ import annotations

from ._jit import Family, family, kernel, shift
from .combine import copy
from .family import ROWS, operand
from .math import exp
from .recording import Recording, instance, number_function


@kernel
def _into(d, run, arena):
    """Operands x y: y, holding the values of x."""
    y = operand(d, 3, run, arena)
    if d[1] != d[3]:
        copy(run[ROWS] * d[2], operand(d, 1, run, arena), y)
    return y


def forward_formula(x):
    """Stands for f(x) in the template below."""
    raise NotImplementedError


def backward_formula(saved, grad):
    """Stands for grad f'(x)."""
    raise NotImplementedError


def _forward(d, run, arena, theta, copies, grad):
    """y = f(x): x y."""
    y = _into(d, run, arena)
    for i in range(run[ROWS] * d[2]):
        y[i] = forward_formula(y[i])
    return 0.0


def _backward(d, run, arena, theta, copies, grad):
    """grad f', in place: saved grad."""
    saved, g = operand(d, 1, run, arena), operand(d, 3, run, arena)
    for i in range(run[ROWS] * d[2]):
        g[i] = backward_formula(saved[i], g[i])
    return 0.0


def elementwise(name: str, forward, backward) -> tuple[Family, Family]:
    """The two families of an activation with the formulas forward(m, x) and backward(m, saved, grad)."""
    there, back = Recording(forward, 1), Recording(backward, 2)
    return (
        family(instance(_forward, f"{name}_forward", (there,), forward_formula=number_function(there))),
        family(instance(_backward, f"{name}_backward", (back,), backward_formula=number_function(back))),
    )


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

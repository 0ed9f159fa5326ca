"""What a gradient penalty needs beside products: derivatives of activations as values, and the penalty of a gradient.

y = f'(x), whose gradient needs f''; and p = (|g| - 1)^2 of every event. Source: Gulrajani et al., arXiv:1704.00028, equation 3.
"""

from __future__ import annotations

import math

from ._jit import Family, family, number, shift
from .family import ROWS, descriptor, operand
from .recording import Recording, instance, number_function

LEAST = 1e-12  # of |g|: below it the direction of the gradient says nothing


def slope_formula(x):
    """Stands for f'(x) in the template below."""
    raise NotImplementedError


def curvature_formula(x):
    """Stands for f''(x)."""
    raise NotImplementedError


BACK = descriptor("x grad_y grad_x", "accumulate", adds={"grad_x": "accumulate"})


def _curvature(d, run, arena, theta, copies, grad):
    """grad_x (+)= grad_y f''(x)."""
    x, given, result = operand(d, BACK.x, run, arena), operand(d, BACK.grad_y, run, arena), operand(d, BACK.grad_x, run, arena)
    for i in range(run[ROWS] * d[BACK.x_size]):
        value = given[i] * curvature_formula(x[i])
        result[i] = result[i] + value if d[BACK.accumulate] else value
    return 0.0


SLOPE = descriptor("x y", writes="y")


def _slope(d, run, arena, theta, copies, grad):
    """y = f'(x)."""
    x, y = operand(d, SLOPE.x, run, arena), operand(d, SLOPE.y, run, arena)
    for i in range(run[ROWS] * d[SLOPE.x_size]):
        y[i] = slope_formula(x[i])
    return 0.0


def slope_of(name: str, slope, curvature) -> Family:
    """The family of an activation's derivative, with the formulas slope(m, x) and curvature(m, x)."""
    first, second = Recording(slope, 1), Recording(curvature, 1)
    back = instance(_curvature, f"{name}_curvature", (second,), curvature_formula=number_function(second))
    there = instance(_slope, f"{name}_slope", (first,), slope_formula=number_function(first))
    return family(SLOPE, backward=[family(BACK, kind="map")(back)], flops=(20, "x"), kind="map")(there)


PENALTY_BACK = descriptor("x grad_y grad_x", "accumulate", adds={"grad_x": "accumulate"})


@family(PENALTY_BACK, flops=(4, "x"), kind="reduce")
def penalty_backward(d, run, arena, theta, copies, grad):
    """grad_g (+)= 2 (1 - 1/|g|) g, times the gradient of the event's penalty."""
    x, given = operand(d, PENALTY_BACK.x, run, arena), operand(d, PENALTY_BACK.grad_y, run, arena)
    result, width = operand(d, PENALTY_BACK.grad_x, run, arena), d[PENALTY_BACK.x_size]
    for r in range(run[ROWS]):
        row, out, square = shift(x, r * width), shift(result, r * width), 0.0
        for i in range(width):
            square += float(row[i]) * float(row[i])
        factor = 2.0 * float(given[r]) * (1.0 - 1.0 / max(math.sqrt(square), LEAST))
        for i in range(width):
            value = number(row[i], factor * float(row[i]))
            out[i] = out[i] + value if d[PENALTY_BACK.accumulate] else value
    return 0.0


PENALTY = descriptor("x y", writes="y")


@family(PENALTY, backward=[penalty_backward], flops=(2, "x"), kind="reduce")
def gradient_penalty(d, run, arena, theta, copies, grad):
    """p = (|g| - 1)^2 of every event: g p."""
    x, y, width = operand(d, PENALTY.x, run, arena), operand(d, PENALTY.y, run, arena), d[PENALTY.x_size]
    for r in range(run[ROWS]):
        row, square = shift(x, r * width), 0.0
        for i in range(width):
            square += float(row[i]) * float(row[i])
        off = math.sqrt(square) - 1.0
        y[r] = number(y[r], off * off)
    return 0.0

"""y = x where x > 0, else a x, with a trained number a for every channel, and its gradients."""

from __future__ import annotations

from ._jit import family, number, shift
from .family import FRESH, ROWS, descriptor, operand

DATA = descriptor("x grad_y grad_x", "slopes channels inner accumulate", adds={"grad_x": "accumulate"}, parameters="slopes")


@family(DATA, flops=(2, "x"), kind="map")
def prelu_backward(d, run, arena, theta, copies, grad):
    """grad_x (+)= grad_y where x > 0, else a grad_y."""
    x, given, result = operand(d, DATA.x, run, arena), operand(d, DATA.grad_y, run, arena), operand(d, DATA.grad_x, run, arena)
    slopes, channels, inner = shift(theta, d[DATA.slopes]), d[DATA.channels], d[DATA.inner]
    zero, one = number(x[0], 0.0), number(x[0], 1.0)
    for k in range(run[ROWS] * d[DATA.x_size] // inner):
        a = slopes[k % channels]
        for i in range(k * inner, (k + 1) * inner):
            value = given[i] * (one if x[i] > zero else a)
            result[i] = result[i] + value if d[DATA.accumulate] else value
    return 0.0


SLOPES = descriptor("x grad_y", "slopes channels inner first_use", gradients="slopes")


@family(SLOPES, flops=(2, "x"), kind="reduce")
def prelu_slopes(d, run, arena, theta, copies, grad):
    """The gradient of a: the sum of x grad_y where x <= 0."""
    x, given, result = operand(d, SLOPES.x, run, arena), operand(d, SLOPES.grad_y, run, arena), shift(grad, d[SLOPES.slopes])
    channels, inner, zero = d[SLOPES.channels], d[SLOPES.inner], number(x[0], 0.0)
    if run[FRESH] and d[SLOPES.first_use]:
        for c in range(channels):
            result[c] = zero
    for k in range(run[ROWS] * d[SLOPES.x_size] // inner):
        total = 0.0
        for i in range(k * inner, (k + 1) * inner):
            total += float(given[i]) * float(x[i] if x[i] < zero else zero)
        result[k % channels] += number(zero, total)
    return 0.0


PRELU = descriptor("x y", "slopes channels inner", writes="y", parameters="slopes")


@family(PRELU, backward=[prelu_slopes, prelu_backward], flops=(2, "x"), kind="map")
def prelu(d, run, arena, theta, copies, grad):
    """x y slopes channels inner."""
    x, y, slopes = operand(d, PRELU.x, run, arena), operand(d, PRELU.y, run, arena), shift(theta, d[PRELU.slopes])
    channels, inner = d[PRELU.channels], d[PRELU.inner]
    zero, one = number(x[0], 0.0), number(x[0], 1.0)
    for k in range(run[ROWS] * d[PRELU.x_size] // inner):
        a = slopes[k % channels]
        for i in range(k * inner, (k + 1) * inner):
            y[i] = x[i] * (one if x[i] > zero else a)
    return 0.0

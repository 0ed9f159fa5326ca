"""Penalties for activity: sum |h| of an event, or the divergence of the mean activities of a batch from rho.

KL: sum_j rho log(rho/m_j) + (1 - rho) log((1 - rho)/(1 - m_j)), m_j the mean of h_j over the batch, moved into [EDGE, 1 - EDGE].
Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3.
"""

from __future__ import annotations

from ._jit import doubles_at, family, number, shift
from .codes import gather, scatter, weight
from .family import COUNT, ROWS, SCRATCH, TRAINING, descriptor, float_at, operand
from .loss import add_term
from .math import log

EDGE = 1e-6
SUM_BACK = descriptor("x grad_y grad_x", "accumulate", adds={"grad_x": "accumulate"})


@family(SUM_BACK, kind="reduce")
def absolute_sum_backward(d, run, arena, theta, copies, grad):
    """grad_x (+)= g sign(x), 0 at 0, g the gradient of the event's sum: x g grad_x accumulate."""
    x, g = operand(d, SUM_BACK.x, run, arena), operand(d, SUM_BACK.grad_y, run, arena)
    result, width = operand(d, SUM_BACK.grad_x, run, arena), d[SUM_BACK.x_size]
    zero = number(x[0], 0.0)
    for r in range(run[ROWS]):
        for i in range(r * width, (r + 1) * width):
            value = g[r] if x[i] > zero else -g[r] if x[i] < zero else zero
            result[i] = result[i] + value if d[SUM_BACK.accumulate] else value
    return 0.0


SUM = descriptor("x y", writes="y")


@family(SUM, backward=[absolute_sum_backward], flops=(1, "x"), kind="reduce")
def absolute_sum(d, run, arena, theta, copies, grad):
    """The sum of |x| of every event: x value."""
    x, out, width = operand(d, SUM.x, run, arena), operand(d, SUM.y, run, arena), d[SUM.x_size]
    for r in range(run[ROWS]):
        total = 0.0
        for i in range(r * width, (r + 1) * width):
            total += abs(float(x[i]))
        out[r] = number(out[r], total)
    return 0.0


ACTIVITY = descriptor("x grad", "term rho", writes="grad")


@family(ACTIVITY)
def mean_activity(d, run, arena, theta, copies, grad):
    """The divergence of the means of a batch: x grad_x slot rho. Scratch: 2 D B. Nothing outside training."""
    if not run[TRAINING]:
        return 0.0
    width, count, work, rho = d[ACTIVITY.x_size], run[COUNT], doubles_at(run[SCRATCH]), float_at(d, ACTIVITY.rho)
    h, gradient = work, shift(work, d[ACTIVITY.x_size] * run[COUNT])
    gather(d, ACTIVITY.x, run, arena, h)
    value = 0.0
    for j in range(width):
        mean = 0.0
        for b in range(count):
            mean += h[j * count + b]
        mean = min(max(mean / count, EDGE), 1.0 - EDGE)
        value += rho * log(rho / mean) + (1.0 - rho) * log((1.0 - rho) / (1.0 - mean))
        slope = ((1.0 - rho) / (1.0 - mean) - rho / mean) / count
        for b in range(count):
            gradient[j * count + b] = slope
    scatter(d, ACTIVITY.grad, run, arena, weight(run, d[ACTIVITY.term]), gradient)
    return add_term(d[ACTIVITY.term], run, value * count)

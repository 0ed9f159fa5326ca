"""Gaussian latent variables: the sample z = mu + epsilon exp(l / 2) and the divergence from the prior, with gradients.

l is the log-variance. Source: Kingma and Welling, arXiv:1312.6114, section 2.4 and Appendix B.
"""

from __future__ import annotations

from ._jit import family, kernel, number
from .family import ROWS, descriptor, float_at, operand
from .math import exp, expm1_bounded
from .noise import normal_rows

LARGEST = 700.0  # log-variances beyond +-700 count as that, so that nothing overflows
SAMPLE_BACK = descriptor("grad_y spread grad_log_variance", "accumulate", adds={"grad_log_variance": "accumulate"})


@family(SAMPLE_BACK, kind="random")
def sample_backward(d, run, arena, theta, copies, grad):
    """grad_l (+)= grad_z spread / 2: grad_z spread grad_l accumulate. grad_mu is grad_z."""
    g, spread = operand(d, SAMPLE_BACK.grad_y, run, arena), operand(d, SAMPLE_BACK.spread, run, arena)
    result, half = operand(d, SAMPLE_BACK.grad_log_variance, run, arena), number(arena[0], 0.5)
    if d[SAMPLE_BACK.accumulate]:
        for i in range(run[ROWS] * d[SAMPLE_BACK.grad_log_variance_size]):
            result[i] += half * (g[i] * spread[i])
    else:
        for i in range(run[ROWS] * d[SAMPLE_BACK.grad_log_variance_size]):
            result[i] = half * (g[i] * spread[i])
    return 0.0


SAMPLE = descriptor("x log_variance y spread", "draw", writes="y spread", in_place="y x")


@family(SAMPLE, backward=[sample_backward], passes="x", scoring="identity", flops=(60, "x"), kind="random")
def sample(d, run, arena, theta, copies, grad):
    """z = mu + spread, spread = epsilon exp(l / 2): mu l z spread draw."""
    mu, l = operand(d, SAMPLE.x, run, arena), operand(d, SAMPLE.log_variance, run, arena)
    z, spread, half = operand(d, SAMPLE.y, run, arena), operand(d, SAMPLE.spread, run, arena), number(arena[0], 0.5)
    normal_rows(d[SAMPLE.spread_size], run, d[SAMPLE.draw], spread)
    for i in range(run[ROWS] * d[SAMPLE.spread_size]):
        spread[i] = spread[i] * exp(half * l[i])
    for i in range(run[ROWS] * d[SAMPLE.spread_size]):
        z[i] = mu[i] + spread[i]
    return 0.0


@kernel
def _excess(l):
    """e^l - 1."""
    return expm1_bounded(min(max(l, -LARGEST), LARGEST))


DIVERGENCE_BACK = descriptor(
    "x log_variance grad_y grad_x grad_log_variance",
    "mean inverse log_square add_x add_log_variance",
    adds={"grad_x": "add_x", "grad_log_variance": "add_log_variance"},
)


@family(DIVERGENCE_BACK, flops=(30, "x"), kind="reduce")
def divergence_backward(d, run, arena, theta, copies, grad):
    """grad_mu (+)= g (mu - m)/s^2, grad_l (+)= g (exp(l)/s^2 - 1)/2, g the gradient of the event's KL.

    mu l g grad_mu grad_l mean inverse_sigma log_variance add_mu add_l; an offset below 0 stands for a gradient nobody wants.
    """
    mu, l = operand(d, DIVERGENCE_BACK.x, run, arena), operand(d, DIVERGENCE_BACK.log_variance, run, arena)
    g, width = operand(d, DIVERGENCE_BACK.grad_y, run, arena), d[DIVERGENCE_BACK.x_size]
    mean, inverse = float_at(d, DIVERGENCE_BACK.mean), float_at(d, DIVERGENCE_BACK.inverse)
    log_variance = float_at(d, DIVERGENCE_BACK.log_square)
    shrink = inverse * inverse
    if d[DIVERGENCE_BACK.grad_x] >= 0:
        out = operand(d, DIVERGENCE_BACK.grad_x, run, arena)
        for r in range(run[ROWS]):
            for i in range(r * width, (r + 1) * width):
                value = number(out[i], float(g[r]) * ((float(mu[i]) - mean) * shrink))
                out[i] = out[i] + value if d[DIVERGENCE_BACK.add_x] else value
    if d[DIVERGENCE_BACK.grad_log_variance] >= 0:
        out = operand(d, DIVERGENCE_BACK.grad_log_variance, run, arena)
        for r in range(run[ROWS]):
            for i in range(r * width, (r + 1) * width):
                value = number(out[i], 0.5 * float(g[r]) * _excess(float(l[i]) - log_variance))
                out[i] = out[i] + value if d[DIVERGENCE_BACK.add_log_variance] else value
    return 0.0


DIVERGENCE = descriptor("x log_variance y", "mean inverse log_square", writes="y")


@family(DIVERGENCE, backward=[divergence_backward], flops=(30, "x"), kind="reduce")
def divergence(d, run, arena, theta, copies, grad):
    """KL of every event: mu l kl mean inverse_sigma log_variance. Every summand is >= 0 in floating point too."""
    mu, l = operand(d, DIVERGENCE.x, run, arena), operand(d, DIVERGENCE.log_variance, run, arena)
    kl = operand(d, DIVERGENCE.y, run, arena)
    width = d[DIVERGENCE.x_size]
    mean, inverse = float_at(d, DIVERGENCE.mean), float_at(d, DIVERGENCE.inverse)
    log_variance = float_at(d, DIVERGENCE.log_square)
    for r in range(run[ROWS]):
        total = 0.0
        for i in range(r * width, (r + 1) * width):
            distance, ratio = (float(mu[i]) - mean) * inverse, float(l[i]) - log_variance
            total += distance * distance + max(_excess(ratio) - ratio, 0.0)
        kl[r] = number(kl[r], 0.5 * total)
    return 0.0

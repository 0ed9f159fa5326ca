"""Gaussian latent variables: the sample z = mu + epsilon exp(l / 2) and the divergence from the prior, with gradients.

l is the log-variance. Source: Kingma and Welling, arXiv:1312.6114, section 2.4 and Appendix B.
"""

from __future__ import annotations

from ._jit import address_of, doubles_at, family, kernel, number, shift
from .family import ROWS, operand
from .math import exp, expm1_bounded
from .noise import normal_rows

LARGEST = 700.0  # log-variances beyond +-700 count as that, so that nothing overflows


@family
def sample(d, run, arena, theta, copies, grad):
    """z = mu + spread, spread = epsilon exp(l / 2): mu l z spread draw."""
    mu, l = operand(d, 1, run, arena), operand(d, 3, run, arena)
    z, spread, half = operand(d, 5, run, arena), operand(d, 7, run, arena), number(arena[0], 0.5)
    normal_rows(d[8], run, d[9], spread)
    for i in range(run[ROWS] * d[8]):
        spread[i] = spread[i] * exp(half * l[i])
    for i in range(run[ROWS] * d[8]):
        z[i] = mu[i] + spread[i]
    return 0.0


@family
def sample_backward(d, run, arena, theta, copies, grad):
    """grad_l (+)= grad_z spread / 2: grad_z spread grad_l accumulate. grad_mu is grad_z."""
    g, spread = operand(d, 1, run, arena), operand(d, 3, run, arena)
    result, half = operand(d, 5, run, arena), number(arena[0], 0.5)
    if d[7]:
        for i in range(run[ROWS] * d[6]):
            result[i] += half * (g[i] * spread[i])
    else:
        for i in range(run[ROWS] * d[6]):
            result[i] = half * (g[i] * spread[i])
    return 0.0


@kernel
def _prior(d, column):
    """Mean, 1/sigma and log sigma^2 of the prior."""
    return (
        doubles_at(address_of(shift(d, column)))[0],
        doubles_at(address_of(shift(d, column + 1)))[0],
        doubles_at(address_of(shift(d, column + 2)))[0],
    )


@kernel
def _excess(l):
    """e^l - 1."""
    return expm1_bounded(min(max(l, -LARGEST), LARGEST))


@family
def divergence(d, run, arena, theta, copies, grad):
    """KL of every event: mu l kl mean inverse_sigma log_variance. Every summand is >= 0 in floating point too."""
    mu, l, kl = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    width = d[2]
    mean, inverse, log_variance = _prior(d, 7)
    for r in range(run[ROWS]):
        total = 0.0
        for i in range(r * width, (r + 1) * width):
            distance, ratio = (float(mu[i]) - mean) * inverse, float(l[i]) - log_variance
            total += distance * distance + max(_excess(ratio) - ratio, 0.0)
        kl[r] = number(kl[r], 0.5 * total)
    return 0.0


@family
def divergence_backward(d, run, arena, theta, copies, grad):
    """grad_mu (+)= g (mu - m)/s^2, grad_l (+)= g (exp(l)/s^2 - 1)/2, g the gradient of the event's KL.

    mu l g grad_mu grad_l mean inverse_sigma log_variance add_mu add_l; an offset below 0 stands for a gradient nobody wants.
    """
    mu, l, g, width = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena), d[2]
    mean, inverse, log_variance = _prior(d, 11)
    shrink = inverse * inverse
    if d[7] >= 0:
        out = operand(d, 7, run, arena)
        for r in range(run[ROWS]):
            for i in range(r * width, (r + 1) * width):
                value = number(out[i], float(g[r]) * ((float(mu[i]) - mean) * shrink))
                out[i] = out[i] + value if d[14] else value
    if d[9] >= 0:
        out = operand(d, 9, run, arena)
        for r in range(run[ROWS]):
            for i in range(r * width, (r + 1) * width):
                value = number(out[i], 0.5 * float(g[r]) * _excess(float(l[i]) - log_variance))
                out[i] = out[i] + value if d[15] else value
    return 0.0

"""Normalisation of every event by itself, in groups of its values: layer, instance and group normalisation.

An event is `outer` rows (the steps of a sequence) of groups x channels x inner values; every group of channels x inner is brought
to mean 0 and variance 1, and every channel has a factor and an offset: y = gamma (x - mean) / sqrt(var + epsilon) + beta.
Sums are float64, about a value of the group, so that no digits cancel. Sources: Ba et al., arXiv:1607.06450; Ulyanov et al.,
arXiv:1607.08022; Wu and He, arXiv:1803.08494.
"""

from __future__ import annotations

import math

from ._jit import family, number, shift
from .family import FRESH, ROWS, descriptor, float_at, operand
from .normalise import gradient_sums, two_sums

NUMBERS = "groups channels inner"

DATA = descriptor("x saved grad_y grad_x", f"{NUMBERS} gamma accumulate", adds={"grad_x": "accumulate"}, parameters="gamma")


@family(DATA, flops=(8, "x"), kind="reduce")
def group_norm_backward(d, run, arena, theta, copies, grad):
    """grad_x (+)= (h - mean h - xhat mean(h xhat)) / sqrt(var + epsilon), h = gamma grad_y, means over the group."""
    x, saved, gamma = operand(d, DATA.x, run, arena), operand(d, DATA.saved, run, arena), shift(theta, d[DATA.gamma])
    given, result = operand(d, DATA.grad_y, run, arena), operand(d, DATA.grad_x, run, arena)
    groups, channels, inner = d[DATA.groups], d[DATA.channels], d[DATA.inner]
    size = channels * inner
    for k in range(run[ROWS] * d[DATA.x_size] // size):
        mean, inverse, first = float(saved[2 * k]), float(saved[2 * k + 1]), k % groups * channels
        row, g, out = shift(x, k * size), shift(given, k * size), shift(result, k * size)
        a, b = 0.0, 0.0
        for c in range(channels):
            p, q = gradient_sums(inner, shift(row, c * inner), shift(g, c * inner), mean, inverse)
            a, b = a + p * float(gamma[first + c]), b + q * float(gamma[first + c])
        centre, scale = number(x[0], mean), number(x[0], inverse)
        offset, slope = number(x[0], a / size), number(x[0], b / size * inverse)
        for c in range(channels):
            factor = gamma[first + c]
            for i in range(c * inner, (c + 1) * inner):
                value = (g[i] * factor - offset - (row[i] - centre) * slope) * scale
                out[i] = out[i] + value if d[DATA.accumulate] else value
    return 0.0


FACTORS = descriptor("x saved grad_y", f"{NUMBERS} gamma beta first_use", gradients="gamma beta")


@family(FACTORS, flops=(4, "x"), kind="reduce")
def group_norm_factors(d, run, arena, theta, copies, grad):
    """The gradients of gamma, the sum of grad_y xhat, and of beta, the sum of grad_y."""
    x, saved, given = (
        operand(d, FACTORS.x, run, arena),
        operand(d, FACTORS.saved, run, arena),
        operand(d, FACTORS.grad_y, run, arena),
    )
    groups, channels, inner = d[FACTORS.groups], d[FACTORS.channels], d[FACTORS.inner]
    gamma, beta, zero = shift(grad, d[FACTORS.gamma]), shift(grad, d[FACTORS.beta]), number(x[0], 0.0)
    size = channels * inner
    if run[FRESH] and d[FACTORS.first_use]:
        for c in range(groups * channels):
            gamma[c], beta[c] = zero, zero
    for k in range(run[ROWS] * d[FACTORS.x_size] // size):
        mean, inverse, first = float(saved[2 * k]), float(saved[2 * k + 1]), k % groups * channels
        row, g = shift(x, k * size), shift(given, k * size)
        for c in range(channels):
            p, q = gradient_sums(inner, shift(row, c * inner), shift(g, c * inner), mean, inverse)
            beta[first + c] += number(zero, p)
            gamma[first + c] += number(zero, q)
    return 0.0


FORWARD = descriptor("x y saved", f"{NUMBERS} gamma beta epsilon", writes="y saved", parameters="gamma beta")


@family(FORWARD, backward=[group_norm_factors, group_norm_backward], flops=(6, "x"), kind="reduce")
def group_norm(d, run, arena, theta, copies, grad):
    """x y saved (mean and 1/sqrt(var + epsilon) of every group) groups channels inner gamma beta epsilon."""
    x, y, saved = operand(d, FORWARD.x, run, arena), operand(d, FORWARD.y, run, arena), operand(d, FORWARD.saved, run, arena)
    gamma, beta, epsilon = shift(theta, d[FORWARD.gamma]), shift(theta, d[FORWARD.beta]), float_at(d, FORWARD.epsilon)
    groups, channels, inner = d[FORWARD.groups], d[FORWARD.channels], d[FORWARD.inner]
    size = channels * inner
    for k in range(run[ROWS] * d[FORWARD.x_size] // size):
        row, out, first = shift(x, k * size), shift(y, k * size), k % groups * channels
        pivot = float(row[0])
        a, b = two_sums(size, row, pivot)
        variance = max(b - a * (a / size), 0.0) / size
        saved[2 * k], saved[2 * k + 1] = number(x[0], pivot + a / size), number(x[0], 1.0 / math.sqrt(variance + epsilon))
        mean, inverse = saved[2 * k], saved[2 * k + 1]
        for c in range(channels):
            factor, offset = gamma[first + c] * inverse, beta[first + c]
            for i in range(c * inner, (c + 1) * inner):
                out[i] = (row[i] - mean) * factor + offset
    return 0.0

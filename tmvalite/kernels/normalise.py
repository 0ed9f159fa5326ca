"""Batch normalisation (Ioffe and Szegedy, arXiv:1502.03167) per feature or channel.

An event is `repeat` rows of `groups` blocks of `inner` elements: a vector is groups x 1, an image channels x pixels, a
sequence repeats its features. Sums are float64, each share's about a pivot (a value of its own first event), so that no
digits cancel; shares are merged in order (Chan, Golub, LeVeque 1979). Running values as TMVA's, but never touched by an
evaluation: see `batch_statistics`.

Numbers of a share: pivot, sum (x - pivot), sum (x - pivot)^2, sum g, sum g xhat; of a batch: mean, 1/sqrt(var + eps),
mean of g, mean of g xhat; each one per group.
"""

from __future__ import annotations

import math

from ._jit import doubles_at, family, kernel, number, shift
from .combine import copy
from .family import (
    BATCH_STATE,
    COUNT,
    FRESH,
    ROWS,
    SHARES,
    STATE,
    STATE_SIZE,
    STATES,
    STEP,
    TIME,
    TRAINING,
    descriptor,
    float_at,
    operand,
)

SHARE_NUMBERS, BATCH_NUMBERS = 5, 4
TMVA, PYTORCH, KERAS = range(3)  # whose running values


@kernel
def two_sums(n, x, pivot):
    """sum (x - pivot), sum (x - pivot)^2 in four chains each, so that they do not wait for one another."""
    a0, a1, a2, a3 = 0.0, 0.0, 0.0, 0.0
    b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0
    whole = n // 4 * 4
    for i in range(0, whole, 4):
        d0, d1, d2, d3 = float(x[i]) - pivot, float(x[i + 1]) - pivot, float(x[i + 2]) - pivot, float(x[i + 3]) - pivot
        a0, a1, a2, a3 = a0 + d0, a1 + d1, a2 + d2, a3 + d3
        b0, b1, b2, b3 = b0 + d0 * d0, b1 + d1 * d1, b2 + d2 * d2, b3 + d3 * d3
    for i in range(whole, n):
        d0 = float(x[i]) - pivot
        a0, b0 = a0 + d0, b0 + d0 * d0
    return (a0 + a1) + (a2 + a3), (b0 + b1) + (b2 + b3)


@kernel
def gradient_sums(n, x, g, mean, inverse):
    """sum g, sum g (x - mean) inverse, likewise."""
    a0, a1, a2, a3 = 0.0, 0.0, 0.0, 0.0
    b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0
    whole = n // 4 * 4
    for i in range(0, whole, 4):
        g0, g1, g2, g3 = float(g[i]), float(g[i + 1]), float(g[i + 2]), float(g[i + 3])
        a0, a1, a2, a3 = a0 + g0, a1 + g1, a2 + g2, a3 + g3
        b0, b1 = b0 + g0 * (float(x[i]) - mean), b1 + g1 * (float(x[i + 1]) - mean)
        b2, b3 = b2 + g2 * (float(x[i + 2]) - mean), b3 + g3 * (float(x[i + 3]) - mean)
    for i in range(whole, n):
        g0 = float(g[i])
        a0, b0 = a0 + g0, b0 + g0 * (float(x[i]) - mean)
    return (a0 + a1) + (a2 + a3), ((b0 + b1) + (b2 + b3)) * inverse


SUMS = descriptor("x", "groups inner state")


@family(SUMS)
def batch_sums(d, run, arena, theta, copies, grad):
    """Add this tile to its share's sums: x groups inner state."""
    if not run[TRAINING]:
        return 0.0
    x, groups, inner = operand(d, SUMS.x, run, arena), d[SUMS.groups], d[SUMS.inner]
    pivot = shift(doubles_at(run[STATE]), d[SUMS.state])
    first, second = shift(pivot, groups), shift(pivot, 2 * groups)
    if run[FRESH]:
        for k in range(groups):
            pivot[k], first[k], second[k] = float(x[k * inner]), 0.0, 0.0
    for r in range(run[ROWS] * d[SUMS.x_size] // (groups * inner)):
        row = shift(x, r * groups * inner)
        if inner == 1:
            for k in range(groups):
                difference = float(row[k]) - pivot[k]
                first[k] += difference
                second[k] += difference * difference
        else:
            for k in range(groups):
                a, b = two_sums(inner, shift(row, k * inner), pivot[k])
                first[k] += a
                second[k] += b
    return 0.0


STATISTICS = descriptor("", "groups size state batch mean variance epsilon momentum running", parameters="mean variance")


@family(STATISTICS)
def batch_statistics(d, run, arena, theta, copies, grad):
    """Mean and deviation of the batch, and the running values: groups size state batch mu variance epsilon momentum
    running.

    Running values r move to m r + (1 - m) batch, with the given momentum m >= 0 (the first batch of a phase replaces
    them, but with momentum 1 they stay), else m = t/(t + 1) with t the batches of this epoch so far: their plain
    average. The variance of a batch of n values counts n/(n - 1 + epsilon) there. With `running` PYTORCH the first batch is none
    of its own, t counts the batches of the phase, and the factor is n/(n - 1); KERAS: 1.
    """
    if not run[TRAINING]:
        return 0.0
    groups, size = d[STATISTICS.groups], d[STATISTICS.size]
    mean = shift(doubles_at(run[BATCH_STATE]), d[STATISTICS.batch])
    inverse = shift(doubles_at(run[BATCH_STATE]), d[STATISTICS.batch] + groups)
    mu, variance = shift(theta, d[STATISTICS.mean]), shift(theta, d[STATISTICS.variance])
    epsilon = float_at(d, STATISTICS.epsilon)
    momentum = float_at(d, STATISTICS.momentum)
    count, shares = run[COUNT], run[SHARES]
    values, running = float(count * size // groups), d[STATISTICS.running]
    if momentum < 0.0:
        before = run[STEP] if running == TMVA else run[TIME]
        momentum = before / (before + 1.0)
    elif run[TIME] == 0 and momentum < 1.0 and running == TMVA:
        momentum = 0.0
    for k in range(groups):
        n, centre, square = 0.0, 0.0, 0.0
        for s in range(shares):
            state = shift(doubles_at(run[STATES]), s * run[STATE_SIZE] + d[STATISTICS.state] + k)
            m = float((count * (s + 1) // shares - count * s // shares) * (size // groups))
            a = state[groups]
            own = state[0] + a / m
            difference = own - centre
            centre += difference * (m / (n + m))
            square += state[2 * groups] - a * (a / m) + difference * difference * (n * m / (n + m))
            n += m
        biased = max(square / values, 0.0)
        mean[k], inverse[k] = centre, 1.0 / math.sqrt(biased + epsilon)
        unbiased = biased
        if running == TMVA:
            unbiased = biased * (values / (values - 1.0 + epsilon))
        elif running == PYTORCH:
            unbiased = biased * (values / max(values - 1.0, 1.0))
        mu[k] = number(mu[k], momentum * float(mu[k]) + (1.0 - momentum) * centre)
        variance[k] = number(mu[k], momentum * float(variance[k]) + (1.0 - momentum) * unbiased)
    return 0.0


NORMALISE = descriptor(
    "x y",
    "groups inner batch mean variance gamma beta epsilon",
    writes="y",
    parameters="mean variance gamma beta",
    in_place="y x",
)


@family(NORMALISE)
def normalise(d, run, arena, theta, copies, grad):
    """y = (x - mean) / sqrt(var + eps) gamma + beta: x y groups inner batch mu variance gamma beta epsilon."""
    x, y, groups = operand(d, NORMALISE.x, run, arena), operand(d, NORMALISE.y, run, arena), d[NORMALISE.groups]
    inner = d[NORMALISE.inner]
    gamma, beta = shift(theta, d[NORMALISE.gamma]), shift(theta, d[NORMALISE.beta])
    mu, variance = shift(theta, d[NORMALISE.mean]), shift(theta, d[NORMALISE.variance])
    epsilon = float_at(d, NORMALISE.epsilon)
    state = shift(doubles_at(run[BATCH_STATE]), d[NORMALISE.batch])
    for r in range(run[ROWS] * d[NORMALISE.x_size] // (groups * inner)):
        for k in range(groups):
            if run[TRAINING]:
                mean, inverse = number(x[0], state[k]), state[groups + k]
            else:
                mean, inverse = mu[k], 1.0 / math.sqrt(float(variance[k]) + epsilon)
            scale, offset = number(x[0], inverse * float(gamma[k])), beta[k]
            source, target = shift(x, (r * groups + k) * inner), shift(y, (r * groups + k) * inner)
            for i in range(inner):
                target[i] = (source[i] - mean) * scale + offset
    return 0.0


GRADIENT_SUMS = descriptor("x grad", "groups inner state batch gamma beta", gradients="gamma beta")


@family(GRADIENT_SUMS)
def batch_gradient_sums(d, run, arena, theta, copies, grad):
    """Add this tile to its share's sums over the gradient: x grad_y groups inner state batch gamma beta."""
    x, g, groups = operand(d, GRADIENT_SUMS.x, run, arena), operand(d, GRADIENT_SUMS.grad, run, arena), d[GRADIENT_SUMS.groups]
    inner = d[GRADIENT_SUMS.inner]
    first = shift(doubles_at(run[STATE]), d[GRADIENT_SUMS.state] + 3 * groups)
    second = shift(first, groups)
    mean = shift(doubles_at(run[BATCH_STATE]), d[GRADIENT_SUMS.batch])
    inverse = shift(doubles_at(run[BATCH_STATE]), d[GRADIENT_SUMS.batch] + groups)
    if run[FRESH]:
        gamma, beta, zero = shift(grad, d[GRADIENT_SUMS.gamma]), shift(grad, d[GRADIENT_SUMS.beta]), number(x[0], 0.0)
        for k in range(groups):  # the sum over the batch goes into the first share's gradient
            first[k], second[k], gamma[k], beta[k] = 0.0, 0.0, zero, zero
    for r in range(run[ROWS] * d[GRADIENT_SUMS.x_size] // (groups * inner)):
        row, gradient = shift(x, r * groups * inner), shift(g, r * groups * inner)
        if inner == 1:
            for k in range(groups):
                first[k] += float(gradient[k])
                second[k] += float(gradient[k]) * ((float(row[k]) - mean[k]) * inverse[k])
        else:
            for k in range(groups):
                a, b = gradient_sums(inner, shift(row, k * inner), shift(gradient, k * inner), mean[k], inverse[k])
                first[k] += a
                second[k] += b
    return 0.0


GRADIENTS = descriptor("", "groups size state batch gamma beta")  # of gradients that batch_gradient_sums has begun


@family(GRADIENTS)
def batch_gradients(d, run, arena, theta, copies, grad):
    """Sums over the batch: groups size state batch gamma beta."""
    groups, values = d[GRADIENTS.groups], float(run[COUNT] * d[GRADIENTS.size] // d[GRADIENTS.groups])
    mean = shift(doubles_at(run[BATCH_STATE]), d[GRADIENTS.batch] + 2 * groups)
    gamma, beta = shift(grad, d[GRADIENTS.gamma]), shift(grad, d[GRADIENTS.beta])
    for k in range(groups):
        a, b = 0.0, 0.0
        for s in range(run[SHARES]):
            state = shift(doubles_at(run[STATES]), s * run[STATE_SIZE] + d[GRADIENTS.state] + 3 * groups + k)
            a += state[0]
            b += state[groups]
        mean[k], mean[groups + k] = a / values, b / values
        beta[k], gamma[k] = number(beta[k], a), number(beta[k], b)
    return 0.0


BACK = descriptor("x grad result", "groups inner batch gamma", writes="result", parameters="gamma", in_place="result grad")


@family(BACK)
def normalise_backward(d, run, arena, theta, copies, grad):
    """grad_x = gamma inverse (g - mean g - xhat mean(g xhat)): x grad_y grad_x groups inner batch gamma."""
    x, g, result = operand(d, BACK.x, run, arena), operand(d, BACK.grad, run, arena), operand(d, BACK.result, run, arena)
    groups, inner = d[BACK.groups], d[BACK.inner]
    state, gamma = shift(doubles_at(run[BATCH_STATE]), d[BACK.batch]), shift(theta, d[BACK.gamma])
    if d[BACK.grad] != d[BACK.result]:
        copy(run[ROWS] * d[BACK.x_size], g, result)
    for r in range(run[ROWS] * d[BACK.x_size] // (groups * inner)):
        for k in range(groups):
            mean, inverse, gradient = number(x[0], state[k]), state[groups + k], number(x[0], state[2 * groups + k])
            slope, scale = number(x[0], state[3 * groups + k] * inverse), number(x[0], inverse * float(gamma[k]))
            source, target = shift(x, (r * groups + k) * inner), shift(result, (r * groups + k) * inner)
            for i in range(inner):
                target[i] = (target[i] - gradient - (source[i] - mean) * slope) * scale
    return 0.0

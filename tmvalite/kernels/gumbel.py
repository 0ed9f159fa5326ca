"""Categorical latent variables: relaxed and hard samples of logits, and their divergence from equal probabilities.

A row is n groups of K logits. Source: Jang, Gu, Poole, arXiv:1611.01144, sections 2 and 3; Maddison, Mnih, Teh, arXiv:1611.00712.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .family import ROWS, TRAINING, descriptor, operand
from .math import exp, log
from .noise import gumbel_rows, setting


@kernel
def one_hot(classes, a):
    """1 at the largest of the values, the first of them where several are; 0 elsewhere; in place. NaN stays NaN."""
    best = 0
    for k in range(1, classes):
        best = k if a[k] > a[best] else best
    nothing = a[0] - a[0]
    for k in range(1, classes):
        nothing += a[k] - a[k]
    for k in range(classes):
        a[k] = number(a[k], 1.0) if k == best else number(a[k], 0.0)
        a[k] += nothing


@kernel
def soften(classes, inverse, a):
    """softmax(a / tau), in place."""
    top = a[0]
    for k in range(1, classes):
        top = a[k] if a[k] > top else top
    for k in range(classes):
        a[k] = exp((a[k] - top) * inverse)
    total = a[0]
    for k in range(1, classes):
        total += a[k]
    for k in range(classes):
        a[k] = a[k] / total


PROBABLE = descriptor("x y", "classes", writes="y", in_place="y x")


@family(PROBABLE, kind="reduce")
def most_probable(d, run, arena, theta, copies, grad):
    """The one-hot vector of the largest logit of each group: x y classes."""
    x, y, n = operand(d, PROBABLE.x, run, arena), operand(d, PROBABLE.y, run, arena), run[ROWS] * d[PROBABLE.x_size]
    classes = d[PROBABLE.classes]
    for i in range(n):
        y[i] = x[i]
    for at in range(0, n, classes):
        one_hot(classes, shift(y, at))
    return 0.0


SAMPLE_BACK = descriptor("y grad_y", "classes draw", changes="grad_y")


@family(SAMPLE_BACK, kind="random")
def gumbel_backward(d, run, arena, theta, copies, grad):
    """grad = y (grad - sum_k y_k grad_k)/tau in each group, in place: y grad classes draw."""
    saved, g = operand(d, SAMPLE_BACK.y, run, arena), operand(d, SAMPLE_BACK.grad_y, run, arena)
    classes = d[SAMPLE_BACK.classes]
    inverse = number(g[0], 1.0 / setting(run, d[SAMPLE_BACK.draw]))
    for at in range(0, run[ROWS] * d[SAMPLE_BACK.y_size], classes):
        out, gradient = shift(saved, at), shift(g, at)
        inner = out[0] * gradient[0]
        for k in range(1, classes):
            inner += out[k] * gradient[k]
        for k in range(classes):
            gradient[k] = out[k] * (gradient[k] - inner) * inverse
    return 0.0


SAMPLE = descriptor("x y", "classes draw", writes="y")


@family(SAMPLE, backward=[gumbel_backward], scoring=most_probable, flops=(100, "x"), kind="random")
def gumbel_sample(d, run, arena, theta, copies, grad):
    """softmax((x + g)/tau) in each group when training, else the one-hot vector of its maximum: x y classes draw."""
    x, y, n = operand(d, SAMPLE.x, run, arena), operand(d, SAMPLE.y, run, arena), run[ROWS] * d[SAMPLE.x_size]
    classes = d[SAMPLE.classes]
    gumbel_rows(d[SAMPLE.x_size], run, d[SAMPLE.draw], y)
    for i in range(n):
        y[i] += x[i]
    inverse = number(y[0], 1.0 / setting(run, d[SAMPLE.draw]))
    for at in range(0, n, classes):
        if run[TRAINING]:
            soften(classes, inverse, shift(y, at))
        else:
            one_hot(classes, shift(y, at))
    return 0.0


@kernel
def _entropy(classes, a):
    """log sum exp(a) and sum_k q_k log q_k, q = softmax(a)."""
    top = float(a[0])
    for k in range(1, classes):
        top = max(top, float(a[k]))
    norm, mean = 0.0, 0.0
    for k in range(classes):
        below = float(a[k]) - top
        e = exp(below)
        norm += e
        mean += e * below if e > 0.0 else 0.0
    return top + log(norm), mean / norm - log(norm)


DIVERGENCE_BACK = descriptor("x grad_y grad_x", "classes accumulate", adds={"grad_x": "accumulate"})


@family(DIVERGENCE_BACK, flops=(80, "x"), kind="reduce")
def categorical_divergence_backward(d, run, arena, theta, copies, grad):
    """grad_x (+)= g q (log q - sum_k q_k log q_k), g the gradient of the event's KL: x g grad_x classes accumulate."""
    x, g = operand(d, DIVERGENCE_BACK.x, run, arena), operand(d, DIVERGENCE_BACK.grad_y, run, arena)
    result = operand(d, DIVERGENCE_BACK.grad_x, run, arena)
    width, classes = d[DIVERGENCE_BACK.x_size], d[DIVERGENCE_BACK.classes]
    for r in range(run[ROWS]):
        for at in range(r * width, (r + 1) * width, classes):
            a, out = shift(x, at), shift(result, at)
            norm, information = _entropy(classes, a)
            for k in range(classes):
                log_q = float(a[k]) - norm
                value = number(out[k], float(g[r]) * (exp(log_q) * (log_q - information)))
                out[k] = out[k] + value if d[DIVERGENCE_BACK.accumulate] else value
    return 0.0


DIVERGENCE = descriptor("x y", "classes", writes="y")


@family(DIVERGENCE, backward=[categorical_divergence_backward], flops=(60, "x"), kind="reduce")
def categorical_divergence(d, run, arena, theta, copies, grad):
    """KL of every event, the sum over its groups: x kl classes. Rounding never makes it negative."""
    x, kl, width = operand(d, DIVERGENCE.x, run, arena), operand(d, DIVERGENCE.y, run, arena), d[DIVERGENCE.x_size]
    classes = d[DIVERGENCE.classes]
    uniform = log(float(classes))
    for r in range(run[ROWS]):
        total = 0.0
        for at in range(r * width, (r + 1) * width, classes):
            _, information = _entropy(classes, shift(x, at))
            value = information + uniform
            total += 0.0 if value < 0.0 else value
        kl[r] = number(kl[r], total)
    return 0.0

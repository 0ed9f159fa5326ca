"""The losses of TMVA's ErrorStrategy with their gradients, in forms that neither overflow nor lose digits.

Each function returns the sum over the rows of w_b l_b in float64 and, where `grad` is not null, writes
grad = scale * w_b * dl_b/do; `scale` is the output's weight in the loss over the number of events of the batch.
o: raw outputs (rows, width), y: targets with leading dimension ldy, w: event weights.
Source: methods of TMVA's DNN library, per event: CROSSENTROPY 1/C sum_j [-y log s - (1-y) log(1-s)], s = sigmoid(o);
SUMOFSQUARES 1/C sum_j (y-o)^2; MUTUALEXCLUSIVE -sum_j y_j log softmax(o)_j.
"""

from __future__ import annotations

import math

from ._jit import doubles_at, family, is_null, kernel, null, number, shift
from .family import COUNT, LOSS_SCALES, ROWS, TERMS, TRAINING, operand
from .math import exp, sigmoid


@kernel
def cross_entropy(rows, width, o, y, ldy, w, scale, grad, add):
    total = 0.0
    factor = number(o[0], scale / width)
    for r in range(rows):
        out, target = shift(o, r * width), shift(y, r * ldy)
        loss = 0.0
        for j in range(width):
            x, t = float(out[j]), float(target[j])
            # log(1 + e^x) - x t, written with e^-|x| only
            loss += (x if x > 0.0 else 0.0) - x * t + math.log1p(exp(-abs(x)))
        total += float(w[r]) * loss / width
        if not is_null(grad):
            g, f = shift(grad, r * width), factor * w[r]
            for j in range(width):
                value = f * (sigmoid(out[j]) - target[j])
                g[j] = g[j] + value if add else value
    return total


@kernel
def sum_of_squares(rows, width, o, y, ldy, w, scale, grad, add):
    total = 0.0
    factor = number(o[0], 2.0 * scale / width)
    for r in range(rows):
        out, target = shift(o, r * width), shift(y, r * ldy)
        loss = 0.0
        for j in range(width):
            d = float(out[j]) - float(target[j])
            loss += d * d
        total += float(w[r]) * loss / width
        if not is_null(grad):
            g, f = shift(grad, r * width), factor * w[r]
            for j in range(width):
                value = f * (out[j] - target[j])
                g[j] = g[j] + value if add else value
    return total


@kernel
def sum_of_squares_sigmoid(rows, width, o, y, ldy, w, scale, grad, add):
    total = 0.0
    factor, one = number(o[0], 2.0 * scale / width), number(o[0], 1.0)
    for r in range(rows):
        out, target = shift(o, r * width), shift(y, r * ldy)
        loss = 0.0
        for j in range(width):
            d = float(sigmoid(out[j])) - float(target[j])
            loss += d * d
        total += float(w[r]) * loss / width
        if not is_null(grad):
            g, f = shift(grad, r * width), factor * w[r]
            for j in range(width):
                s = sigmoid(out[j])
                value = f * (s - target[j]) * (s * (one - s))
                g[j] = g[j] + value if add else value
    return total


@kernel
def mutual_exclusive(rows, width, o, y, ldy, w, scale, grad, add):
    total = 0.0
    factor = number(o[0], scale)
    for r in range(rows):
        out, target = shift(o, r * width), shift(y, r * ldy)
        top = out[0]
        for j in range(1, width):
            top = out[j] if out[j] > top else top
        norm = exp(out[0] - top)
        for j in range(1, width):
            norm += exp(out[j] - top)
        log_norm = math.log(float(norm)) + float(top)
        loss, targets = 0.0, number(o[0], 0.0)
        for j in range(width):
            loss += float(target[j]) * (log_norm - float(out[j]))
            targets += target[j]
        total += float(w[r]) * loss
        if not is_null(grad):
            g, f = shift(grad, r * width), factor * w[r]
            for j in range(width):
                value = f * (exp(out[j] - top) / norm * targets - target[j])
                g[j] = g[j] + value if add else value
    return total


@kernel
def _grad(d, run, arena):
    """Where the gradient goes; null where none is wanted."""
    return operand(d, 7, run, arena) if run[TRAINING] and d[7] >= 0 else null(arena)


@kernel
def add_term(slot, run, value):
    """Count `value` for this share's sum of a term; returns what it adds to the loss."""
    doubles_at(run[TERMS])[slot] += value
    return doubles_at(run[LOSS_SCALES])[slot] * value


@kernel
def _arguments(d, run, arena):
    """What every loss is called with, from the descriptor: o targets weights grad column slot accumulate."""
    targets = shift(operand(d, 3, run, arena), d[9])
    return (run[ROWS], d[2], operand(d, 1, run, arena), targets, d[4], operand(d, 5, run, arena),
            doubles_at(run[LOSS_SCALES])[d[10]] / run[COUNT],
            _grad(d, run, arena), d[11] != 0)  # fmt: skip


@family
def cross_entropy_loss(d, run, arena, theta, copies, grad):
    return add_term(d[10], run, cross_entropy(*_arguments(d, run, arena)))


@family
def sum_of_squares_loss(d, run, arena, theta, copies, grad):
    return add_term(d[10], run, sum_of_squares(*_arguments(d, run, arena)))


@family
def sum_of_squares_sigmoid_loss(d, run, arena, theta, copies, grad):
    return add_term(d[10], run, sum_of_squares_sigmoid(*_arguments(d, run, arena)))


@family
def mutual_exclusive_loss(d, run, arena, theta, copies, grad):
    return add_term(d[10], run, mutual_exclusive(*_arguments(d, run, arena)))


@family
def value_loss(d, run, arena, theta, copies, grad):
    """Numbers that are a loss already, such as a divergence: the sum of w_b times the mean of o_b."""
    rows, width, o, _, _, w, scale, g, add = _arguments(d, run, arena)
    total, factor = 0.0, number(o[0], scale / width)
    for r in range(rows):
        row = shift(o, r * width)
        mean = 0.0
        for j in range(width):
            mean += float(row[j])
        total += float(w[r]) * mean / width
        if not is_null(g):
            target, value = shift(g, r * width), factor * w[r]
            for j in range(width):
                target[j] = target[j] + value if add else value
    return add_term(d[10], run, total)


@family
def square_loss(d, run, arena, theta, copies, grad):
    """As `value_loss`, of the squares; only reported, so it has no gradient."""
    rows, width, o, _, _, w, _, _, _ = _arguments(d, run, arena)
    total = 0.0
    for r in range(rows):
        row = shift(o, r * width)
        mean = 0.0
        for j in range(width):
            mean += float(row[j]) * float(row[j])
        total += float(w[r]) * mean / width
    return add_term(d[10], run, total)


LOSSES = {
    "CROSSENTROPY": cross_entropy_loss,
    "SUMOFSQUARES": sum_of_squares_loss,
    "SUMOFSQUARES_SIGMOID": sum_of_squares_sigmoid_loss,
    "MUTUALEXCLUSIVE": mutual_exclusive_loss,
}
TERMS_OF_LAYERS = {"VALUE": value_loss, "SQUARE": square_loss}  # of numbers that layers give for the loss or the report

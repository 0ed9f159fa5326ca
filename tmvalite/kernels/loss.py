"""The losses of TMVA's ErrorStrategy with their gradients, in forms that neither overflow nor lose digits.

Each function returns the sum over the rows of w_b l_b in float64 and, where `grad` is not null, writes
grad = scale * w_b * dl_b/do; `scale` is the output's weight in the loss over the number of events of the batch.
o: raw outputs (rows, width), y: targets with leading dimension ldy, w: event weights.
Source: methods of TMVA's DNN library, per event: CROSSENTROPY 1/C sum_j [-y log s - (1-y) log(1-s)], s = sigmoid(o);
SUMOFSQUARES 1/C sum_j (y-o)^2; MUTUALEXCLUSIVE -sum_j y_j log softmax(o)_j.
"""

from __future__ import annotations

import math

from ._jit import doubles_at, family, is_null, kernel, null, number, shift, stack
from .family import COUNT, LOSS_SCALES, ROWS, TERMS, TRAINING, operand
from .math import exp, larger, log1p_of_fraction, sigmoid

CHUNK = 256  # values whose losses wait in the frame of the function, so that they are computed side by side
CHUNK_BYTES = 8 * CHUNK


@kernel
def _cross_entropy_value(x, t):
    return larger(x, 0.0) - x * t + log1p_of_fraction(exp(-abs(x)))  # log(1 + e^x) - x t, written with e^-|x| only


@kernel
def _cross_entropy_slope(x, t):
    return sigmoid(x) - t


@kernel
def _square_value(x, t):
    return (x - t) * (x - t)


@kernel
def _square_slope(x, t):
    return (x - t) + (x - t)


@kernel
def _square_of_sigmoid_value(x, t):
    return _square_value(sigmoid(x), t)


@kernel
def _square_of_sigmoid_slope(x, t):
    s = sigmoid(x)
    return _square_slope(s, t) * (s * (number(x, 1.0) - s))


def _by_value(value, slope):
    """The loss mean over j of value(o_j, y_j), with its derivative slope(o_j, y_j)."""

    @kernel
    def loss_of_rows(rows, width, o, y, ldy, w, scale, grad, add):
        losses, targets, factors = stack(CHUNK_BYTES, doubles_at(0)), stack(CHUNK_BYTES, o), stack(CHUNK_BYTES, o)
        factor, wanted = number(o[0], scale / width), not is_null(grad)
        total, loss, r, j = 0.0, 0.0, 0, 0
        for first in range(0, rows * width, CHUNK):
            count, out = min(CHUNK, rows * width - first), shift(o, first)
            row, column = r, j
            for i in range(count):
                targets[i] = y[row * ldy + column]
                factors[i] = factor * w[row]
                column += 1
                if column == width:
                    row, column = row + 1, 0
            for i in range(count):
                losses[i] = value(float(out[i]), float(targets[i]))
            if wanted:
                g = shift(grad, first)
                if add:
                    for i in range(count):
                        g[i] = g[i] + factors[i] * slope(out[i], targets[i])
                else:
                    for i in range(count):
                        g[i] = factors[i] * slope(out[i], targets[i])
            for i in range(count):  # one after the other, row by row
                loss += losses[i]
                j += 1
                if j == width:
                    total += float(w[r]) * loss / width
                    loss, r, j = 0.0, r + 1, 0
        return total

    return loss_of_rows


cross_entropy = _by_value(_cross_entropy_value, _cross_entropy_slope)
sum_of_squares = _by_value(_square_value, _square_slope)
sum_of_squares_sigmoid = _by_value(_square_of_sigmoid_value, _square_of_sigmoid_slope)


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
    return (
        run[ROWS],
        d[2],
        operand(d, 1, run, arena),
        targets,
        d[4],
        operand(d, 5, run, arena),
        doubles_at(run[LOSS_SCALES])[d[10]] / run[COUNT],
        _grad(d, run, arena),
        d[11] != 0,
    )


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

"""What every loss of an output has in common, the losses that are a mean of a formula, and the terms that layers give.

Each loss returns the sum over the rows of w_b l_b in float64 and, where `grad` is not null, writes
grad = scale * w_b * dl_b/do; `scale` is the output's weight in the loss over the number of events of the batch.
o: raw outputs (rows, width), y: targets with leading dimension ldy, w: event weights.
"""

from __future__ import annotations

from ._jit import Family, doubles_at, family, is_null, kernel, null, number, shift, stack
from .family import COUNT, LOSS_SCALES, ROWS, TERMS, TRAINING, operand
from .recording import Recording, instance, number_function

CHUNK = 256  # values whose losses wait in the frame of the function, so that they are computed side by side
CHUNK_BYTES = 8 * CHUNK


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
def arguments(d, run, arena):
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


def value_formula(x, t):
    """Stands for the loss of one value with target t in the template below."""
    raise NotImplementedError


def slope_formula(x, t):
    """Stands for its derivative by x."""
    raise NotImplementedError


def _by_value(d, run, arena, theta, copies, grad):
    """The loss mean over j of value(o_j, y_j), with its derivative slope(o_j, y_j)."""
    rows, width, o, y, ldy, w, scale, result, add = arguments(d, run, arena)
    losses, targets, factors = stack(CHUNK_BYTES, doubles_at(0)), stack(CHUNK_BYTES, o), stack(CHUNK_BYTES, o)
    factor, wanted = number(o[0], scale / width), not is_null(result)
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
            losses[i] = value_formula(float(out[i]), float(targets[i]))
        if wanted:
            g = shift(result, first)
            if add:
                for i in range(count):
                    g[i] = g[i] + factors[i] * slope_formula(out[i], targets[i])
            else:
                for i in range(count):
                    g[i] = factors[i] * slope_formula(out[i], targets[i])
        for i in range(count):  # one after the other, row by row
            loss += losses[i]
            j += 1
            if j == width:
                total += float(w[r]) * loss / width
                loss, r, j = 0.0, r + 1, 0
    return add_term(d[10], run, total)


def by_value(name: str, value, slope) -> Family:
    """The family of a loss, a mean over values, with the formulas value(m, x, t), computed in float64, and slope(m, x, t)."""
    recordings = Recording(value, 2), Recording(slope, 2)
    functions = zip(("value_formula", "slope_formula"), map(number_function, recordings))
    return family(instance(_by_value, name, recordings, **dict(functions)))


@family
def value_loss(d, run, arena, theta, copies, grad):
    """Numbers that are a loss already, such as a divergence: the sum of w_b times the mean of o_b."""
    rows, width, o, _, _, w, scale, g, add = arguments(d, run, arena)
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
    rows, width, o, _, _, w, _, _, _ = arguments(d, run, arena)
    total = 0.0
    for r in range(rows):
        row = shift(o, r * width)
        mean = 0.0
        for j in range(width):
            mean += float(row[j]) * float(row[j])
        total += float(w[r]) * mean / width
    return add_term(d[10], run, total)


TERMS_OF_LAYERS = {"VALUE": value_loss, "SQUARE": square_loss}  # of numbers that layers give for the loss or the report

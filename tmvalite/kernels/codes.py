"""What losses over the codes of a whole batch have in common: gathering them, handing out gradients, samples of the prior.

Such a loss is counted once per batch, on one thread, in float64, in the order of the events; event weights do not enter.
Matrices are feature-major here, (D, B): element q of event b at q * B + b.
"""

from __future__ import annotations

from ._jit import doubles_at, kernel, number, shift
from .family import ARENA_STRIDE, COUNT, LOSS_SCALES, SHARES
from .noise import normal_row, uniform_row

GAUSS, UNIFORM = 0, 1


@kernel
def gather(d, column, run, arena, out):
    """The operand at `column` for all events of the batch, as (width, count)."""
    width, count, shares = d[column + 1], run[COUNT], run[SHARES]
    for s in range(shares):
        low, high = count * s // shares, count * (s + 1) // shares
        source = shift(arena, s * run[ARENA_STRIDE] + d[column])
        for b in range(low, high):
            for q in range(width):
                out[q * count + b] = float(source[(b - low) * width + q])


@kernel
def scatter(d, column, run, arena, scale, values):
    """Overwrite the operand at `column` for all events with scale * values (width, count)."""
    width, count, shares = d[column + 1], run[COUNT], run[SHARES]
    for s in range(shares):
        low, high = count * s // shares, count * (s + 1) // shares
        target = shift(arena, s * run[ARENA_STRIDE] + d[column])
        for b in range(low, high):
            for q in range(width):
                at = (b - low) * width + q
                target[at] = number(target[at], scale * values[q * count + b])


@kernel
def weight(run, slot):
    """The weight of a term in the loss."""
    return doubles_at(run[LOSS_SCALES])[slot]


@kernel
def prior(width, run, draw, kind, first, second, row, out):
    """A sample of the prior for every event of the batch, (width, count): N(first, second^2), or uniform between the two."""
    count = run[COUNT]
    for b in range(count):
        if kind == GAUSS:
            normal_row(width, b, run, draw, row)
        else:
            uniform_row(width, b, run, draw, row)
        for q in range(width):
            out[q * count + b] = first + row[q] * (second if kind == GAUSS else second - first)

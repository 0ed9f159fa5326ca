"""Sliced Wasserstein distance between the codes of a batch and as many samples of the prior.

1/(L B) sum_l sum_b (sort(theta_l . z)_b - sort(theta_l . p)_b)^2 over L directions, uniform on the unit sphere and drawn anew
in every step. The gradient goes to the event that has the rank; equal projections are ranked in the order of the events.
Source: Kolouri, Pope, Martin, Rohde, arXiv:1804.01947, section 3.
"""

from __future__ import annotations

from ._jit import doubles_at, family, kernel, shift
from .codes import gather, prior, scatter, weight
from .family import COUNT, SCRATCH, TRAINING, descriptor, float_at
from .loss import add_term
from .math import square_root
from .noise import normal_row


@kernel
def _merge(low, middle, high, keys, ranks, out_keys, out_ranks):
    i, j = low, middle
    for at in range(low, high):
        if j >= high or (i < middle and not keys[j] < keys[i]):
            out_keys[at], out_ranks[at] = keys[i], ranks[i]
            i += 1
        else:
            out_keys[at], out_ranks[at] = keys[j], ranks[j]
            j += 1


@kernel
def sort(n, keys, ranks, work):
    """Sort keys (n,), ranks (n,) along with them; stable. work: 2 n."""
    a, b, c, e = keys, ranks, work, shift(work, n)
    step = 1
    while step < n:
        for low in range(0, n, 2 * step):
            _merge(low, min(low + step, n), min(low + 2 * step, n), a, b, c, e)
        a, b, c, e = c, e, a, b
        step *= 2
    moved = 0
    step = 1
    while step < n:
        moved += 1
        step *= 2
    if moved % 2:
        for i in range(n):
            c[i], e[i] = a[i], b[i]


@kernel
def direction(width, row, run, draw, out):
    """A unit vector (width,), uniform on the sphere."""
    normal_row(width, row, run, draw, out)
    total = 0.0
    for q in range(width):
        total += out[q] * out[q]
    length = square_root(total)
    for q in range(width):
        out[q] = out[q] / length


@kernel
def project(count, width, theta, z, out, ranks):
    """out = theta . z for the columns of z (width, count), with their numbers."""
    for b in range(count):
        out[b], ranks[b] = 0.0, float(b)
    for q in range(width):
        row, factor = shift(z, q * count), theta[q]
        for b in range(count):
            out[b] += factor * row[b]


@kernel
def sliced(count, width, theta, z, p, scale, grad, work):
    """sum_b (sorted difference)^2 along theta; adds 2 scale difference theta to grad (width, count). work: 6 count."""
    a, order, b, rank = work, shift(work, count), shift(work, 2 * count), shift(work, 3 * count)
    project(count, width, theta, z, a, order)
    sort(count, a, order, shift(work, 4 * count))
    project(count, width, theta, p, b, rank)
    sort(count, b, rank, shift(work, 4 * count))
    total = 0.0
    for i in range(count):
        difference, event = a[i] - b[i], int(order[i])
        total += difference * difference
        for q in range(width):
            grad[q * count + event] += 2.0 * scale * difference * theta[q]
    return total


SWD = descriptor("x grad", "term draw kind first second axes directions", writes="grad")


@family(SWD)
def swd(d, run, arena, theta, copies, grad):
    """x grad_x slot draw prior first second draw_directions directions. Scratch: 3 D B + 6 B + 2 D + 8. Training only."""
    if not run[TRAINING]:
        return 0.0
    width, count, work = d[SWD.x_size], run[COUNT], doubles_at(run[SCRATCH])
    z, p, gradient = work, shift(work, width * count), shift(work, 2 * width * count)
    rest = shift(work, 3 * width * count)
    axis = shift(rest, 6 * count)
    gather(d, SWD.x, run, arena, z)
    prior(width, run, d[SWD.draw], d[SWD.kind], float_at(d, SWD.first), float_at(d, SWD.second), axis, p)
    for i in range(width * count):
        gradient[i] = 0.0
    scale, value = 1.0 / (float(d[SWD.directions]) * count), 0.0
    for l in range(d[SWD.directions]):
        direction(width, l, run, d[SWD.axes], axis)
        value += sliced(count, width, axis, z, p, scale, gradient, rest)
    scatter(d, SWD.grad, run, arena, weight(run, d[SWD.term]), gradient)
    return add_term(d[SWD.term], run, scale * value * count)

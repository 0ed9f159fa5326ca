"""Maximum mean discrepancy between the codes of a batch and as many samples of the prior.

The unbiased estimator 1/(B(B-1)) sum_{i!=j} [k(z_i, z_j) + k(p_i, p_j)] - 2/B^2 sum_ij k(z_i, p_j), which may be negative. The
kernel is inverse multiquadratic: the sum of C/(C + |z - z'|^2) over C = C0 * SCALES, C0 = 2 D sigma_p^2. One event counts as 0.
Source: Tolstikhin, Bousquet, Gelly, Schoelkopf, arXiv:1711.01558, section 3 and the kernel of their experiments.
"""

from __future__ import annotations

from ._jit import doubles_at, family, kernel, shift
from .codes import gather, prior, scatter, weight
from .family import COUNT, SCRATCH, TRAINING, descriptor, float_at
from .loss import add_term

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@kernel
def pairs(n, c0, d2, k, slope):
    """Kernel and minus its derivative for n squared distances."""
    for j in range(n):
        k[j], slope[j] = 0.0, 0.0
    for scale in SCALES:
        c = scale * c0
        for j in range(n):
            inverse = 1.0 / (c + d2[j])
            k[j] += c * inverse
            slope[j] += c * inverse * inverse


@kernel
def distances(n, count, width, a, i, b, d2):
    """Squared distances of column i of a to the first n columns of b, both (width, count)."""
    for j in range(n):
        d2[j] = 0.0
    for q in range(width):
        value, row = a[q * count + i], shift(b, q * count)
        for j in range(n):
            d2[j] += (row[j] - value) * (row[j] - value)


@kernel
def sum_of(n, x):
    total = 0.0
    for j in range(n):
        total += x[j]
    return total


@kernel
def discrepancy(count, width, z, p, c0, grad, work):
    """The estimate for codes z and samples p, (width, count) each; its gradient goes to grad (width, count). work: 3 count."""
    d2, k, slope = work, shift(work, count), shift(work, 2 * count)
    for i in range(width * count):
        grad[i] = 0.0
    if count < 2:
        return 0.0
    own, cross = 1.0 / (float(count) * (count - 1.0)), 1.0 / (float(count) * count)
    estimate = 0.0
    for part in range(3):  # codes and codes, codes and samples, samples and samples
        a, b = z if part == 0 else p, p if part == 2 else z
        share, factor = (own, -4.0 * own) if part == 0 else (-2.0 * cross, 4.0 * cross) if part == 1 else (2.0 * own, 0.0)
        for i in range(count):
            n = i if part == 2 else count
            distances(n, count, width, a, i, b, d2)
            pairs(n, c0, d2, k, slope)
            if part == 0:
                k[i] = 0.0
            total = sum_of(n, k)
            estimate += share * total
            if part < 2:
                for q in range(width):
                    value, row, out = a[q * count + i], shift(b, q * count), shift(grad, q * count)
                    for j in range(count):
                        out[j] += factor * slope[j] * (row[j] - value)
    return estimate


MMD = descriptor("x grad", "term draw kind first second scale", writes="grad")


@family(MMD)
def mmd(d, run, arena, theta, copies, grad):
    """x grad_x slot draw prior first second c0. Scratch: 3 D B + 3 B + D. Nothing outside training."""
    if not run[TRAINING]:
        return 0.0
    width, count, work = d[MMD.x_size], run[COUNT], doubles_at(run[SCRATCH])
    z, p, gradient = work, shift(work, width * count), shift(work, 2 * width * count)
    rest = shift(work, 3 * width * count)
    gather(d, MMD.x, run, arena, z)
    prior(width, run, d[MMD.draw], d[MMD.kind], float_at(d, MMD.first), float_at(d, MMD.second), shift(rest, 3 * count), p)
    value = discrepancy(count, width, z, p, float_at(d, MMD.scale), gradient, rest)
    scatter(d, MMD.grad, run, arena, weight(run, d[MMD.term]), gradient)
    return add_term(d[MMD.term], run, value * count)

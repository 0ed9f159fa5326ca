"""Errors and limits of efficiencies: weighted binomial errors, and Clopper and Pearson's interval.

Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404; for weights the effective numbers of ROOT's TEfficiency.
"""

from __future__ import annotations

import math

ONE_SIGMA = math.erf(math.sqrt(0.5))  # 68.27 %
_STEPS = 10_000  # of the continued fraction, and of the bisection, at most
_TINY = 1e-300


def weighted_error(kept: float, total: float, kept_squares: float, total_squares: float) -> float:
    """Error of the efficiency kept / total of weighted events.

    Var(e) = ((1 - e)^2 sum_kept w^2 + e^2 sum_lost w^2) / (sum w)^2, which without weights is e (1 - e) / N.

    >>> weighted_error(20.0, 100.0, 20.0, 100.0)
    0.04
    """
    e = kept / total
    return math.sqrt(max((1.0 - e) ** 2 * kept_squares + e * e * (total_squares - kept_squares), 0.0)) / abs(total)


def clopper_pearson(kept: float, total: float, level: float = ONE_SIGMA) -> tuple[float, float]:
    """The interval of an efficiency that holds the true one with at least this probability; numbers may be effective ones.

    >>> [round(limit, 4) for limit in clopper_pearson(0, 10)]
    [0.0, 0.1681]
    """
    kept, tail = min(max(kept, 0.0), total), 0.5 * (1.0 - level)
    low = 0.0 if kept <= 0.0 else _beta_quantile(tail, kept, total - kept + 1.0)
    high = 1.0 if kept >= total else _beta_quantile(1.0 - tail, kept + 1.0, total - kept)
    return low, high


def _beta_quantile(p: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if incomplete_beta(a, b, middle) < p else (low, middle)
        if high - low < 1e-15:
            break
    return 0.5 * (low + high)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction.

    Source: M. Abramowitz and I. A. Stegun, 26.5.8; evaluated after W. J. Lentz, Appl. Opt. 15 (1976) 668.
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):  # where the fraction converges slowly
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    value, c, d = 1.0, 1.0, 0.0
    for step in range(_STEPS):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _away(1.0 + term * d)
        c = _away(1.0 + term / c)
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return front * (value - 1.0)


def _away(x: float) -> float:
    """x, or something tiny for 0."""
    return x if abs(x) > _TINY else _TINY

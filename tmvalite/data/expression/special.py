"""Special functions that numpy lacks, on arrays of float64.

Those of the standard library are called value by value (about 0.1 microseconds each): expressions rarely need them.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np


def _by_value(function):
    """`function` of floats as a function of arrays; NaN where it has no value."""

    def evaluate(*values):
        try:
            return function(*values)
        except (ValueError, ArithmeticError):
            return math.nan

    def of_arrays(*arrays):
        arrays = np.broadcast_arrays(*arrays)
        flat = map(evaluate, *(a.ravel().tolist() for a in arrays))
        return np.fromiter(flat, np.float64, arrays[0].size).reshape(arrays[0].shape)

    return of_arrays


def _gamma(x):
    if x == 0:
        return math.copysign(math.inf, x)
    return math.inf if x > 171.7 else math.gamma(x)


def _tmath_gamma(x):
    """TMath::Gamma, which is infinite at 0, -1, -2, ..."""
    return math.inf if x <= 0 and x == math.trunc(x) else _gamma(x)


def _log_gamma(x):
    return math.inf if x <= 0 and x == math.trunc(x) else math.lgamma(x)


def _erf_inverse(y):
    """TMath's inverse of erf, 0 outside (-1, 1)."""
    if not abs(y) < 1:
        return math.nan if math.isnan(y) else 0.0
    # Two Newton steps on erf(x) - y from the quantile of the normal distribution.
    x = NormalDist().inv_cdf(0.5 * (1.0 + y)) / math.sqrt(2.0) if abs(y) > 1e-8 else 0.5 * math.sqrt(math.pi) * y
    for _ in range(2):
        slope = 2.0 / math.sqrt(math.pi) * math.exp(-x * x)
        x -= (math.erf(x) - y) / slope if slope > 1e-300 else 0.0
    return x


def _upper_gamma(a, x):
    return 1.0 - _lower_series(a, x) if x < a + 1.0 else _upper_fraction(a, x)


def _lower_series(a, x):
    """Regularised lower incomplete gamma function P(a, x), for 0 < x < a + 1.

    Source: Abramowitz and Stegun, 6.5.29 and, for the fraction below, 6.5.31.
    """
    term = total = 1.0 / a
    n = a
    while abs(term) > abs(total) * 1e-16:
        n += 1.0
        term *= x / n
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def _upper_fraction(a, x):
    """Regularised upper incomplete gamma function Q(a, x) by a continued fraction, for x >= a + 1."""
    tiny = 1e-300
    b = x + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    value = d
    for i in range(1, 100_000):
        an = -i * (i - a)
        b += 2.0
        d = 1.0 / (an * d + b or tiny)
        c = b + an / c or tiny
        step = c * d
        value *= step
        if abs(step - 1.0) < 1e-15:
            break
    return value * math.exp(a * math.log(x) - x - math.lgamma(a))


def _chi2_probability(chi2, degrees):
    degrees = math.trunc(degrees)
    if degrees <= 0 or chi2 < 0:
        return 0.0
    return 1.0 if chi2 == 0 else _upper_gamma(0.5 * degrees, 0.5 * chi2)


def _upper(a, x):
    if a <= 0:
        return 0.0
    return 1.0 if x <= 0 else _upper_gamma(a, x)


def _lower(a, x):
    """TMath::Gamma(a, x), the regularised lower incomplete gamma function; 0 for a <= 0 or x <= 0."""
    if a <= 0 or x <= 0:
        return 0.0
    return _lower_series(a, x) if x < a + 1.0 else 1.0 - _upper_fraction(a, x)


def _quantile(p, outside):
    return outside(p) if not 0 < p < 1 else NormalDist().inv_cdf(p)


def _normal_quantile(p):
    """TMath::NormQuantile, 0 outside (0, 1)."""
    return _quantile(p, lambda p: 0.0)


def _unit_quantile(p):
    """ROOT::Math::normal_quantile: infinite at and beyond the ends."""
    return _quantile(p, lambda p: -math.inf if p <= 0 else math.inf if p >= 1 else math.nan)


def _poisson(n, mean):
    """mean^n exp(-mean) / Gamma(n + 1) for n >= 0."""
    if not (n >= 0 and mean >= 0):
        return math.nan
    if mean == 0:
        return 1.0 if n == 0 else 0.0
    return math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))


def _beta(a, b):
    return math.exp(math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b))


erf = _by_value(math.erf)
erfc = _by_value(math.erfc)
gamma = _by_value(_gamma)
tmath_gamma = _by_value(_tmath_gamma)
log_gamma = _by_value(_log_gamma)
erf_inverse = _by_value(_erf_inverse)
chi2_probability = _by_value(_chi2_probability)
upper_gamma = _by_value(_upper)
lower_gamma = _by_value(_lower)
normal_quantile = _by_value(_normal_quantile)
unit_quantile = _by_value(_unit_quantile)
poisson = _by_value(_poisson)
beta = _by_value(_beta)


def normal_cdf(x):
    """The integral of the standard normal density up to x."""
    return 0.5 * erfc(np.negative(x) / math.sqrt(2.0))


def phi_mpi_pi(x):
    """The angle moved into [-pi, pi)."""
    turned = x - 2.0 * math.pi * np.floor((x + math.pi) / (2.0 * math.pi))
    return np.where(np.isfinite(x), turned, np.nan)


def phi_0_2pi(x):
    """The angle moved into [0, 2 pi)."""
    return np.where(np.isfinite(x), x - 2.0 * math.pi * np.floor(x / (2.0 * math.pi)), np.nan)


# Bessel functions as integrals over an angle, by the trapezoidal rule, which converges faster than any power.
# Source: Abramowitz and Stegun, 9.1.21, 9.6.19, 9.6.24.
_ANGLES = (np.arange(512) + 0.5) * (math.pi / 512)


def _over_angles(integrand, n, x):
    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    out = np.zeros(x.shape)
    for angle in _ANGLES:
        out += integrand(n, x, angle)
    return out / len(_ANGLES)


_FAR = 100.0


def bessel_j(n, x):
    """J_n(x) for n = 0 or 1. From |x| = 100 on by Hankel's expansion (Abramowitz and Stegun, 9.2.5)."""
    x = np.asarray(x, np.float64)
    near = _over_angles(lambda n, x, t: np.cos(n * t - x * math.sin(t)), n, np.where(np.abs(x) < _FAR, x, 0.0))
    far = np.maximum(np.abs(x), _FAR)
    m, z = 4.0 * n * n, 8.0 * far
    p = 1.0 - (m - 1.0) * (m - 9.0) / (2.0 * z * z)
    q = (m - 1.0) / z - (m - 1.0) * (m - 9.0) * (m - 25.0) / (6.0 * z**3)
    angle = far - 0.5 * n * math.pi - 0.25 * math.pi
    value = np.sqrt(2.0 / (math.pi * far)) * (p * np.cos(angle) - q * np.sin(angle))
    return np.where(np.abs(x) < _FAR, near, np.where(np.less(x, 0) & (n == 1), -value, value) + 0.0 * x)


def bessel_i(n, x):
    """I_n(x) of integer order, for |x| below about 700; NaN for a negative order."""
    value = _over_angles(lambda n, x, t: np.exp(x * math.cos(t)) * np.cos(n * t), n, x)
    return np.where(np.less(n, 0), np.nan, value)


def bessel_k(n, x):
    """K_n(x) of integer order; 0 for a negative order and for x <= 0, where TMath gives 0."""
    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    step, out = 0.04, np.zeros(x.shape)
    positive = np.where(np.greater(x, 0), x, 1.0)
    for i in range(400):
        t = i * step
        term = np.exp(-positive * math.cosh(t) + n * t) + np.exp(-positive * math.cosh(t) - n * t)
        out += term * (0.25 if i == 0 else 0.5) * step
    return np.where(np.isnan(x), np.nan, np.where(np.less_equal(x, 0) | np.less(n, 0), 0.0, out))


# Rational approximations of the Landau density: lower end of the interval, numerator, denominator.
# Source: Koelbig and Schorr, Comput. Phys. Commun. 31 (1984) 97 (CERNLIB G110, DENLAN).
_LANDAU_EXPONENTIAL = (
    (0.4259894875, -0.1249762550, 0.3984243700e-1, -0.6298287635e-2, 0.1511162253e-2),
    (1.0, -0.3388260629, 0.9594393323e-1, -0.1608042283e-1, 0.3778942063e-2),
)
_LANDAU_PLAIN = (
    (
        -1.0,
        (0.1788541609, 0.1173957403, 0.1488850518e-1, -0.1394989411e-2, 0.1283617211e-3),
        (1.0, 0.7428795082, 0.3153932961, 0.6694219548e-1, 0.8790609714e-2),
    ),
    (
        1.0,
        (0.1788544503, 0.9359161662e-1, 0.6325387654e-2, 0.6611667319e-4, -0.2031049101e-5),
        (1.0, 0.6097809921, 0.2560616665, 0.4746722384e-1, 0.6957301675e-2),
    ),
)
_LANDAU_INVERSE = (
    (
        5.0,
        (0.9874054407, 118.6723273, 849.2794360, -743.7792444, 427.0262186),
        (1.0, 106.8615961, 337.6496214, 2016.712389, 1597.063511),
    ),
    (
        12.0,
        (1.003675074, 167.5702434, 4789.711289, 21217.86767, -22324.94910),
        (1.0, 156.9424537, 3745.310488, 9834.698876, 66924.28357),
    ),
    (
        50.0,
        (1.000827619, 664.9143136, 62972.92665, 475554.6998, -5743609.109),
        (1.0, 651.4101098, 56974.73333, 165917.4725, -2815759.939),
    ),
)
_LANDAU_LOW = (0.04166666667, -0.01996527778, 0.02709538966)
_LANDAU_HIGH = (-1.845568670, -4.284640743)


def _polynomial(coefficients, x):
    value = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def landau_density(v):
    """The Landau density at v (most probable value near -0.22278), relative precision about 1e-6."""
    v = np.asarray(v, np.float64)
    u = np.exp(v + 1.0)
    low = 0.3989422803 * np.exp(-1.0 / u) / np.sqrt(u) * (1.0 + _polynomial(_LANDAU_LOW, u) * u)
    value = np.where(u < 1e-10, 0.0, low)
    u = np.exp(-v - 1.0)
    up, down = _LANDAU_EXPONENTIAL
    value = np.where(v >= -5.5, np.exp(-u) * np.sqrt(u) * _polynomial(up, v) / _polynomial(down, v), value)
    for start, up, down in _LANDAU_PLAIN:
        value = np.where(v >= start, _polynomial(up, v) / _polynomial(down, v), value)
    u = 1.0 / v
    for start, up, down in _LANDAU_INVERSE:
        value = np.where(v >= start, u * u * _polynomial(up, u) / _polynomial(down, u), value)
    u = 1.0 / (v - v * np.log(v) / (v + 1.0))
    value = np.where(v >= 300.0, u * u * (1.0 + _polynomial(_LANDAU_HIGH, u) * u), value)
    return np.where(np.isnan(v), np.nan, value)

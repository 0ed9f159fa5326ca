"""The functions of TMath that expressions know, without the prefix. Arguments and defaults are those of ROOT 6.40."""

from __future__ import annotations

import math

import numpy as np

from tmvalite.data.expression import special
from tmvalite.data.expression.function import Function, constant, of, power


def _minimum(a, b):
    return np.where(np.less_equal(a, b), a, b)


def _maximum(a, b):
    return np.where(np.greater_equal(a, b), a, b)


def _gaus(x, mean=0.0, sigma=1.0, norm=0.0):
    arg = np.divide(x - mean, sigma)
    value = np.where(np.abs(arg) > 39.0, 0.0, np.exp(-0.5 * arg * arg))
    value = np.where(np.not_equal(norm, 0), value / (math.sqrt(2.0 * math.pi) * sigma), value)
    return np.where(np.equal(sigma, 0), 1e30, value)


def _landau(x, mpv=0.0, sigma=1.0, norm=0.0):
    value = special.landau_density((x - mpv) / sigma)
    value = np.where(np.not_equal(norm, 0), value / sigma, value)
    return np.where(np.less_equal(sigma, 0), 0.0, value)


def _breit_wigner(x, mean=0.0, gamma=1.0):
    return gamma / ((x - mean) ** 2 + 0.25 * gamma * gamma) / (2.0 * math.pi)


def _laplace(x, alpha=0.0, beta=1.0):
    return np.exp(-np.abs((x - alpha) / beta)) / (2.0 * beta)


def _laplace_integral(x, alpha=0.0, beta=1.0):
    half = 0.5 * np.exp(-np.abs((x - alpha) / beta))
    return np.where(np.less_equal(x, alpha), half, 1.0 - half)


def atan2(y, x):
    at_zero = np.where(np.equal(y, 0), 0.0, np.where(np.greater(y, 0), 0.5 * math.pi, -0.5 * math.pi))
    return np.where(np.equal(x, 0), at_zero, np.arctan2(y, x))


def _is_odd(x):
    return np.not_equal(np.fmod(np.trunc(x), 2.0), 0).astype(np.float64)


def _poisson(x, mean):
    value = special.poisson(x, mean)
    return np.where(np.less(mean, 0), np.nan, np.where(np.less(x, 0), 0.0, value))


def _factorial(n):
    return np.where(np.less_equal(np.trunc(n), 0), 1.0, np.rint(special.gamma(np.trunc(n) + 1.0)))


def _binomial(n, k):
    """n over k of truncated arguments; NaN where k > n or one is negative."""
    n, k = np.trunc(n), np.trunc(k)
    value = np.rint(np.exp(special.log_gamma(n + 1.0) - special.log_gamma(k + 1.0) - special.log_gamma(n - k + 1.0)))
    return np.where((n < 0) | (k < 0) | (n < k), np.nan, np.where((k == 0) | (n == k), 1.0, value))


def _log_normal(x, sigma, theta=0.0, m=1.0):
    y = (x - theta) / m
    value = np.exp(-0.5 * (np.log(y) / sigma) ** 2) / ((x - theta) * sigma * math.sqrt(2.0 * math.pi))
    return np.where(np.less(x, theta) | np.less_equal(sigma, 0) | np.less_equal(m, 0), 0.0, value)


def _gamma_dist(x, gamma, mu=0.0, beta=1.0):
    y = (x - mu) / beta
    value = np.exp((gamma - 1.0) * np.log(y) - y - special.log_gamma(gamma)) / beta
    return np.where(np.less(x, mu) | np.less_equal(gamma, 0) | np.less_equal(beta, 0), 0.0, value)


def _range(low, high, x):
    return np.where(np.less(x, low), low, np.where(np.greater(x, high), high, x))


TMATH: dict[str, Function] = {
    "Abs": of(np.abs), "Min": of(_minimum, 2), "Max": of(_maximum, 2), "Range": of(_range, 3),
    "Sqrt": of(np.sqrt), "Sq": of(np.square), "Log": of(np.log), "Log10": of(np.log10), "Log2": of(np.log2), "Exp": of(np.exp),
    "Power": of(power, 2), "Ldexp": of(lambda x, n: x * np.exp2(np.trunc(n)), 2), "Hypot": of(np.hypot, 2),
    "Cos": of(np.cos), "Sin": of(np.sin), "Tan": of(np.tan),
    "ACos": of(np.arccos), "ASin": of(np.arcsin), "ATan": of(np.arctan), "ATan2": of(atan2, 2),
    "CosH": of(np.cosh), "SinH": of(np.sinh), "TanH": of(np.tanh),
    "ACosH": of(np.arccosh), "ASinH": of(np.arcsinh), "ATanH": of(np.arctanh),
    "Nint": of(lambda x: np.rint(x) + 0.0),
    "Floor": of(np.floor), "Ceil": of(np.ceil), "FloorNint": of(np.floor), "CeilNint": of(np.ceil),
    "Even": of(lambda x: 1.0 - _is_odd(x)), "Odd": of(_is_odd), "Sign": of(np.copysign, 2),
    "SignBit": of(lambda x: np.signbit(x).astype(np.float64)),
    "IsNaN": of(lambda x: np.isnan(x).astype(np.float64)), "Finite": of(lambda x: np.isfinite(x).astype(np.float64)),
    "Gaus": of(_gaus, 1, 4), "Landau": of(_landau, 1, 4), "BreitWigner": of(_breit_wigner, 1, 3),
    "CauchyDist": of(lambda x, t=0.0, s=1.0: s / (math.pi * (s * s + (x - t) ** 2)), 1, 3),
    "LaplaceDist": of(_laplace, 1, 3), "LaplaceDistI": of(_laplace_integral, 1, 3),
    "LogNormal": of(_log_normal, 2, 4), "GammaDist": of(_gamma_dist, 2, 4),
    "Freq": of(special.normal_cdf), "NormQuantile": of(special.normal_quantile),
    "Poisson": of(_poisson, 2), "PoissonI": of(lambda x, mean: _poisson(np.trunc(x), mean), 2),
    "Prob": of(special.chi2_probability, 2), "Binomial": of(_binomial, 2), "Factorial": of(_factorial),
    "Beta": of(special.beta, 2), "LnGamma": of(special.log_gamma),
    "Gamma": Function((1, 2), lambda *a: special.tmath_gamma(*a) if len(a) == 1 else special.lower_gamma(*a)),
    "Erf": of(special.erf), "Erfc": of(special.erfc),
    "ErfInverse": of(special.erf_inverse), "ErfcInverse": of(lambda x: special.erf_inverse(1.0 - x)),
    "BesselI0": of(lambda x: special.bessel_i(0, x)), "BesselI1": of(lambda x: special.bessel_i(1, x)),
    "BesselJ0": of(lambda x: special.bessel_j(0, x)), "BesselJ1": of(lambda x: special.bessel_j(1, x)),
    "BesselK0": of(lambda x: special.bessel_k(0, x)), "BesselK1": of(lambda x: special.bessel_k(1, x)),
    "BesselI": of(lambda n, x: special.bessel_i(np.trunc(n), x), 2),
    "BesselK": of(lambda n, x: special.bessel_k(np.trunc(n), x), 2),
    "Pi": constant(math.pi), "TwoPi": constant(2.0 * math.pi), "PiOver2": constant(0.5 * math.pi),
    "PiOver4": constant(0.25 * math.pi), "InvPi": constant(1.0 / math.pi), "E": constant(math.e),
    "Ln10": constant(math.log(10.0)), "LogE": constant(math.log10(math.e)), "Sqrt2": constant(math.sqrt(2.0)),
    "RadToDeg": constant(180.0 / math.pi), "DegToRad": constant(math.pi / 180.0),
    "EulerGamma": constant(0.5772156649015329),
    # in SI units
    "C": constant(299792458.0), "H": constant(6.62607015e-34), "Hbar": constant(1.054571817e-34), "Qe": constant(1.602176634e-19),
    "K": constant(1.380649e-23), "Na": constant(6.02214076e23), "R": constant(1.380649e-23 * 6.02214076e23),
    "G": constant(6.67430e-11), "Gn": constant(9.80665), "HC": constant(6.62607015e-34 * 299792458.0),
    "Sigma": constant(5.670373e-8),
    "Infinity": constant(math.inf), "QuietNaN": constant(math.nan), "SignalingNaN": constant(math.nan),
}  # fmt: skip

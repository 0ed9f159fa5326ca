"""The functions of ROOT::Math that expressions know, without the prefix: common densities and their integrals.

Arguments and defaults are those of ROOT 6.40: the variable, the parameters, and the place x0 of the origin at last.
"""

from __future__ import annotations

import math

import numpy as np

from tmvalite.data.expression import special
from tmvalite.data.expression.function import Function, constant, of

_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def _normal_pdf(x, sigma=1.0, x0=0.0):
    return np.exp(-0.5 * ((x - x0) / sigma) ** 2) / (_ROOT_TWO_PI * np.abs(sigma))


def _normal_cdf(x, sigma=1.0, x0=0.0):
    return special.normal_cdf((x - x0) / sigma)


def _normal_cdf_c(x, sigma=1.0, x0=0.0):
    return special.normal_cdf((x0 - x) / sigma)


def _exponential_pdf(x, scale, x0=0.0):
    return np.where(np.less(x, x0), 0.0, scale * np.exp(-scale * (x - x0)))


def _exponential_cdf(x, scale, x0=0.0):
    return np.where(np.less(x, x0), 0.0, -np.expm1(-scale * (x - x0)))


def _exponential_cdf_c(x, scale, x0=0.0):
    return np.where(np.less(x, x0), 1.0, np.exp(-scale * (x - x0)))


def _uniform_pdf(x, a, b, x0=0.0):
    inside = np.greater_equal(x - x0, a) & np.less(x - x0, b)
    return np.where(inside, 1.0 / (b - a), 0.0)


def _uniform_cdf(x, a, b, x0=0.0):
    return np.clip((x - x0 - a) / (b - a), 0.0, 1.0)


def _breit_wigner_pdf(x, gamma, x0=0.0):
    return gamma / ((x - x0) ** 2 + 0.25 * gamma * gamma) / (2.0 * math.pi)


def _breit_wigner_cdf(x, gamma, x0=0.0):
    return 0.5 + np.arctan(2.0 * (x - x0) / gamma) / math.pi


def _cauchy_pdf(x, b=1.0, x0=0.0):
    return b / (math.pi * ((x - x0) ** 2 + b * b))


def _landau_pdf(x, xi=1.0, x0=0.0):
    return np.where(np.less_equal(xi, 0), 0.0, special.landau_density((x - x0) / xi) / xi)


def _chi2_pdf(x, r, x0=0.0):
    y, a = x - x0, 0.5 * r
    value = np.exp((a - 1.0) * np.log(0.5 * y) - 0.5 * y - special.log_gamma(a)) / 2.0
    return np.where(np.less(y, 0), 0.0, np.where(np.equal(y, 0) & np.equal(a, 1), 0.5, value))


def _inc_gamma(a, x):
    """The regularised lower incomplete gamma function; 1 for a <= 0, 0 for x <= 0."""
    return np.where(np.less_equal(a, 0), 1.0, special.lower_gamma(a, x))


def _chi2_cdf(x, r, x0=0.0):
    return _inc_gamma(0.5 * r, 0.5 * (x - x0))


def _chi2_cdf_c(x, r, x0=0.0):
    return 1.0 - _chi2_cdf(x, r, x0)


def _gamma_pdf(x, alpha, theta, x0=0.0):
    y = (x - x0) / theta
    value = np.exp((alpha - 1.0) * np.log(y) - y - special.log_gamma(alpha)) / theta
    return np.where(np.less(y, 0), 0.0, value)


def _log_normal_pdf(x, m, s, x0=0.0):
    y = x - x0
    value = np.exp(-0.5 * ((np.log(y) - m) / s) ** 2) / (y * np.abs(s) * _ROOT_TWO_PI)
    return np.where(np.less_equal(y, 0), 0.0, value)


def _log_normal_cdf(x, m, s, x0=0.0):
    return np.where(np.less_equal(x - x0, 0), 0.0, special.normal_cdf((np.log(x - x0) - m) / s))


def _poisson_pdf(n, mu):
    n = np.trunc(n)
    return np.where(np.less(n, 0), np.nan, special.poisson(n, mu))


def _poisson_cdf(n, mu):
    n = np.trunc(n)
    return np.where(np.less(n, 0), 0.0, special.upper_gamma(n + 1.0, mu))


def _t_pdf(x, r, x0=0.0):
    log = special.log_gamma(0.5 * (r + 1.0)) - special.log_gamma(0.5 * r)
    return np.exp(log) / np.sqrt(math.pi * r) * (1.0 + (x - x0) ** 2 / r) ** (-0.5 * (r + 1.0))


def _both(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


MATHCORE: dict[str, Function] = {
    **_both("normal_pdf gaussian_pdf", of(_normal_pdf, 1, 3)),
    **_both("normal_cdf gaussian_cdf", of(_normal_cdf, 1, 3)),
    **_both("normal_cdf_c gaussian_cdf_c", of(_normal_cdf_c, 1, 3)),
    "normal_quantile": of(lambda z, sigma: sigma * special.unit_quantile(z), 2),
    "exponential_pdf": of(_exponential_pdf, 2, 3),
    "exponential_cdf": of(_exponential_cdf, 2, 3),
    "exponential_cdf_c": of(_exponential_cdf_c, 2, 3),
    "uniform_pdf": of(_uniform_pdf, 3, 4),
    "uniform_cdf": of(_uniform_cdf, 3, 4),
    "breitwigner_pdf": of(_breit_wigner_pdf, 2, 3),
    "breitwigner_cdf": of(_breit_wigner_cdf, 2, 3),
    "cauchy_pdf": of(_cauchy_pdf, 1, 3),
    "landau_pdf": of(_landau_pdf, 1, 3),
    "chisquared_pdf": of(_chi2_pdf, 2, 3),
    "chisquared_cdf": of(_chi2_cdf, 2, 3),
    "chisquared_cdf_c": of(_chi2_cdf_c, 2, 3),
    "gamma_pdf": of(_gamma_pdf, 3, 4),
    "gamma_cdf": of(
        lambda x, alpha, theta, x0=0.0: np.where(np.less_equal(x, x0), 0.0, special.lower_gamma(alpha, (x - x0) / theta)), 3, 4
    ),
    "lognormal_pdf": of(_log_normal_pdf, 3, 4),
    "lognormal_cdf": of(_log_normal_cdf, 3, 4),
    "poisson_pdf": of(_poisson_pdf, 2),
    "poisson_cdf": of(_poisson_cdf, 2),
    "tdistribution_pdf": of(_t_pdf, 2, 3),
    "beta": of(special.beta, 2),
    "inc_gamma": of(_inc_gamma, 2),
    "inc_gamma_c": of(lambda a, x: 1.0 - _inc_gamma(a, x), 2),
    "erf": of(special.erf),
    "erfc": of(special.erfc),
    "tgamma": of(special.gamma),
    "lgamma": of(special.log_gamma),
    "expm1": of(np.expm1),
    "log1p": of(np.log1p),
    "Pi": constant(math.pi),
}

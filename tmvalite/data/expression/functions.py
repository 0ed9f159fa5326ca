"""The functions of expressions by the names that TTreeFormula knows, on float64 columns.

Where TTreeFormula and C disagree (log outside its domain, sqrt of a negative number, a capped exp), TTreeFormula's
own functions follow TTreeFormula and those of TMath follow TMath. Floating-point warnings are the caller's to silence.
Source: the behaviour of ROOT 6.40.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tmvalite.data.expression import special

MAX_EXPONENT = 700.0  # exp() of anything larger is exp(700)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of columns: how many arguments it takes, and the function of arrays or numbers that computes it."""

    arguments: tuple[int, int]
    evaluate: Callable


def truncate(x):
    """x without its fraction, as a C cast to an integer would leave it."""
    return np.trunc(x)


def divide(a, b):
    """a / b, and 0 where b is 0."""
    return np.where(np.equal(b, 0), 0.0, np.divide(a, b))


def remainder(a, b):
    """C's remainder of the truncated operands: the sign is that of a. NaN where b is 0 (where ROOT stops)."""
    return np.fmod(np.trunc(a), np.trunc(b))


def _as_integers(a, b):
    """Truncated operands as int64, and where both fit."""
    a, b = np.broadcast_arrays(np.trunc(a), np.trunc(b))
    fits = (np.abs(a) < 2.0**63) & (np.abs(b) < 2.0**63)
    return np.where(fits, a, 0.0).astype(np.int64), np.where(fits, b, 0.0).astype(np.int64), fits


def bit_and(a, b):
    a, b, fits = _as_integers(a, b)
    return np.where(fits, (a & b).astype(np.float64), np.nan)


def bit_or(a, b):
    a, b, fits = _as_integers(a, b)
    return np.where(fits, (a | b).astype(np.float64), np.nan)


def shift_left(a, b):
    """Truncated a shifted by truncated b bits; NaN for a count outside 0..63, which C leaves undefined."""
    a, b, fits = _as_integers(a, b)
    fits &= (b >= 0) & (b < 64)
    return np.where(fits, np.left_shift(a, np.where(fits, b, 0)).astype(np.float64), np.nan)


def shift_right(a, b):
    """As shift_left, to the right."""
    a, b, fits = _as_integers(a, b)
    fits &= (b >= 0) & (b < 64)
    return np.where(fits, np.right_shift(a, np.where(fits, b, 0)).astype(np.float64), np.nan)


def _log(x):
    return np.where(np.less_equal(x, 0), 0.0, np.log(x))


def _log10(x):
    return np.where(np.less_equal(x, 0), 0.0, np.log10(x))


def _asin(x):
    return np.where(np.greater(np.abs(x), 1), 0.0, np.arcsin(x))


def _acos(x):
    return np.where(np.greater(np.abs(x), 1), 0.0, np.arccos(x))


def _round_half_away(x):
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1.0, x), whole)


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


def _is_odd(x):
    return np.not_equal(np.fmod(np.trunc(x), 2.0), 0).astype(np.float64)


def _phi_mpi_pi(x):
    """The angle moved into [-pi, pi)."""
    turned = x - 2.0 * math.pi * np.floor((x + math.pi) / (2.0 * math.pi))
    return np.where(np.isfinite(x), turned, np.nan)


def _phi_0_2pi(x):
    """The angle moved into [0, 2 pi)."""
    return np.where(np.isfinite(x), x - 2.0 * math.pi * np.floor(x / (2.0 * math.pi)), np.nan)


def _constant(value):
    return Function((0, 0), lambda: np.float64(value))


def _of(evaluate, low=1, high=None):
    return Function((low, low if high is None else high), evaluate)


_PLAIN = {
    "abs": _of(np.abs), "fabs": _of(np.abs), "std::abs": _of(np.abs), "std::fabs": _of(np.abs),
    "sqrt": _of(lambda x: np.sqrt(np.abs(x))), "sq": _of(np.square), "cbrt": _of(np.cbrt),
    "exp": _of(lambda x: np.exp(np.minimum(x, MAX_EXPONENT))), "expm1": _of(np.expm1),
    "log": _of(_log), "log10": _of(_log10), "log2": _of(np.log2), "log1p": _of(np.log1p),
    "pow": _of(np.power, 2),
    "sin": _of(np.sin), "cos": _of(np.cos), "tan": _of(np.tan), "asin": _of(_asin), "acos": _of(_acos), "atan": _of(np.arctan),
    "atan2": _of(np.arctan2, 2), "sinh": _of(np.sinh), "cosh": _of(np.cosh), "tanh": _of(np.tanh),
    "asinh": _of(np.arcsinh), "acosh": _of(np.arccosh), "atanh": _of(np.arctanh), "hypot": _of(np.hypot, 2),
    "min": _of(_minimum, 2), "max": _of(_maximum, 2), "fmin": _of(np.fmin, 2), "fmax": _of(np.fmax, 2), "fmod": _of(np.fmod, 2),
    "int": _of(truncate), "trunc": _of(truncate), "floor": _of(np.floor), "ceil": _of(np.ceil), "round": _of(_round_half_away),
    "sign": _of(lambda x: np.where(np.isnan(x), np.nan, np.where(np.less(x, 0), -1.0, 1.0))),
    "erf": _of(special.erf), "erfc": _of(special.erfc), "tgamma": _of(special.gamma),
}  # fmt: skip
_TMATH = {
    "Abs": _of(np.abs), "Min": _of(_minimum, 2), "Max": _of(_maximum, 2), "Sqrt": _of(np.sqrt), "Sq": _of(np.square),
    "Log": _of(np.log), "Log10": _of(np.log10), "Log2": _of(np.log2), "Exp": _of(np.exp), "Power": _of(np.power, 2),
    "Cos": _of(np.cos), "Sin": _of(np.sin), "Tan": _of(np.tan), "ATan": _of(np.arctan), "ATan2": _of(np.arctan2, 2),
    "ACos": _of(lambda x: np.arccos(np.clip(x, -1.0, 1.0))), "ASin": _of(lambda x: np.arcsin(np.clip(x, -1.0, 1.0))),
    "CosH": _of(np.cosh), "SinH": _of(np.sinh), "TanH": _of(np.tanh),
    "ACosH": _of(np.arccosh), "ASinH": _of(np.arcsinh), "ATanH": _of(np.arctanh), "Hypot": _of(np.hypot, 2),
    "Nint": _of(np.rint), "Floor": _of(np.floor), "Ceil": _of(np.ceil), "FloorNint": _of(np.floor), "CeilNint": _of(np.ceil),
    "Even": _of(lambda x: 1.0 - _is_odd(x)), "Odd": _of(_is_odd), "Sign": _of(np.copysign, 2),
    "Range": _of(lambda low, high, x: np.where(np.less(x, low), low, np.where(np.greater(x, high), high, x)), 3),
    "Gaus": _of(_gaus, 1, 4), "Landau": _of(_landau, 1, 4), "BreitWigner": _of(_breit_wigner, 1, 3),
    "Prob": _of(special.chi2_probability, 2), "LnGamma": _of(special.log_gamma), "Gamma": _of(special.gamma),
    "Erf": _of(special.erf), "Erfc": _of(special.erfc), "ErfInverse": _of(special.erf_inverse),
    "IsNaN": _of(lambda x: np.isnan(x).astype(np.float64)), "Finite": _of(lambda x: np.isfinite(x).astype(np.float64)),
    "Pi": _constant(math.pi), "TwoPi": _constant(2.0 * math.pi), "PiOver2": _constant(0.5 * math.pi),
    "PiOver4": _constant(0.25 * math.pi), "InvPi": _constant(1.0 / math.pi), "E": _constant(math.e),
    "Ln10": _constant(math.log(10.0)), "LogE": _constant(math.log10(math.e)), "Sqrt2": _constant(math.sqrt(2.0)),
    "RadToDeg": _constant(180.0 / math.pi), "DegToRad": _constant(math.pi / 180.0),
}  # fmt: skip

FUNCTIONS: dict[str, Function] = {
    **_PLAIN,
    **{f"TMath::{name}": function for name, function in _TMATH.items()},
    "TVector2::Phi_mpi_pi": _of(_phi_mpi_pi),
    "TVector2::Phi_0_2pi": _of(_phi_0_2pi),
}

OPERATORS: dict[str, Callable] = {
    "^": np.power,
    "*": np.multiply,
    "/": divide,
    "<<": shift_left,
    ">>": shift_right,
    "%": remainder,
    "+": np.add,
    "-": np.subtract,
    "!=": lambda a, b: np.not_equal(a, b).astype(np.float64),
    "==": lambda a, b: np.equal(a, b).astype(np.float64),
    "<": lambda a, b: np.less(a, b).astype(np.float64),
    "<=": lambda a, b: np.less_equal(a, b).astype(np.float64),
    ">": lambda a, b: np.greater(a, b).astype(np.float64),
    ">=": lambda a, b: np.greater_equal(a, b).astype(np.float64),
    "&": bit_and,
    "|": bit_or,
    "&&": lambda a, b: (np.not_equal(a, 0) & np.not_equal(b, 0)).astype(np.float64),
    "||": lambda a, b: (np.not_equal(a, 0) | np.not_equal(b, 0)).astype(np.float64),
}
PREFIXES: dict[str, Callable] = {"-": np.negative, "!": lambda x: np.equal(x, 0).astype(np.float64)}

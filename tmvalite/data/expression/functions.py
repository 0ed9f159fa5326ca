"""The functions of expressions by the names that TTreeFormula knows, on float64 columns, and its operators.

Where TTreeFormula and C disagree (log outside its domain, a capped exp), TTreeFormula's
own functions follow TTreeFormula and those of TMath follow TMath. Floating-point warnings are the caller's to silence.
Source: the behaviour of ROOT 6.40; sqrt of a negative number is NaN from 6.40.06 on, and was sqrt(abs(x)) before.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tmvalite.data.expression import special
from tmvalite.data.expression.function import Function, of, power
from tmvalite.data.expression.mathcore import MATHCORE
from tmvalite.data.expression.tmath import TMATH, atan2

MAX_EXPONENT = 700.0  # exp() of anything larger is exp(700), of anything below minus this 0
_TWO_63, _SIGN = 2.0**63, np.uint64(1 << 63)


def divide(a, b):
    """a / b, and 0 where b is 0."""
    return np.where(np.equal(b, 0), 0.0, np.divide(a, b))


def remainder(a, b):
    """C's remainder of the truncated operands: the sign is that of a. NaN where b is 0 (where ROOT stops)."""
    return np.fmod(np.trunc(a), np.trunc(b)) + 0.0  # an integer has no -0


def _as_unsigned(x):
    """Truncated doubles as the 64 bits that C makes of them (on x86, where they do not fit)."""
    high = np.greater_equal(x, _TWO_63)
    rest = np.trunc(np.where(high, x - _TWO_63, x))
    fits = (rest >= -_TWO_63) & (rest < _TWO_63)
    signed = np.where(fits, rest, -_TWO_63).astype(np.int64).view(np.uint64)
    return np.where(high, signed ^ _SIGN, signed)


def _on_bits(operator):
    """An operator of unsigned 64-bit integers as one of doubles; NaN where one is not finite."""

    def of_doubles(a, b):
        a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
        value = operator(_as_unsigned(a), _as_unsigned(b)).astype(np.float64)
        return np.where(np.isfinite(a) & np.isfinite(b), value, np.nan)

    return of_doubles


_SIXTY_THREE = np.uint64(63)  # a shift counts modulo 64, as the processor does
bit_and, bit_or = _on_bits(np.bitwise_and), _on_bits(np.bitwise_or)
shift_left = _on_bits(lambda a, b: np.left_shift(a, b & _SIXTY_THREE))
shift_right = _on_bits(lambda a, b: np.right_shift(a, b & _SIXTY_THREE))


def _within(function, low=-np.inf, high=np.inf):
    """`function` where low <= x <= high, 0 outside; NaN stays."""
    return lambda x: np.where(np.less(x, low) | np.greater(x, high), 0.0, function(x))


def _positive(function):
    """`function` of positive numbers, 0 for anything else, NaN included."""
    return lambda x: np.where(np.greater(x, 0), function(x), 0.0)


def _exp(x):
    return np.where(np.less(x, -MAX_EXPONENT), 0.0, np.exp(np.minimum(x, MAX_EXPONENT)))


def _round_half_away(x):
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1.0, x), whole)


def _minimum(a, b):
    """The first of the two unless the second is smaller, also where one is NaN."""
    return np.where(np.less(b, a), b, a)


def _maximum(a, b):
    return np.where(np.less(a, b), b, a)


def _logical(function):
    return of(lambda x: function(x).astype(np.float64))


def _is_normal(x):
    return np.isfinite(x) & (np.abs(x) >= np.finfo(np.float64).tiny)


_PLAIN = {
    "abs": of(np.abs), "fabs": of(np.abs),
    "sqrt": of(np.sqrt), "sq": of(np.square), "cbrt": of(np.cbrt),
    "exp": of(_exp), "exp2": of(np.exp2), "expm1": of(np.expm1),
    "log": of(_positive(np.log)), "log10": of(_positive(np.log10)), "log2": of(np.log2), "log1p": of(np.log1p),
    "logb": of(lambda x: np.floor(np.log2(np.abs(x)))),
    "sin": of(np.sin), "cos": of(np.cos), "tan": of(np.tan), "sinh": of(np.sinh), "cosh": of(np.cosh), "tanh": of(np.tanh),
    "asin": of(_within(np.arcsin, -1, 1)), "acos": of(_within(np.arccos, -1, 1)), "atan": of(np.arctan),
    "asinh": of(np.arcsinh), "acosh": of(_within(np.arccosh, 1)), "atanh": of(_within(np.arctanh, -1, 1)),
    "min": of(_minimum, 2), "max": of(_maximum, 2),
    "int": of(lambda x: np.trunc(x) + 0.0),
    "trunc": of(np.trunc), "floor": of(np.floor), "ceil": of(np.ceil), "round": of(_round_half_away),
    "lround": of(_round_half_away), "llround": of(_round_half_away), "rint": of(np.rint), "nearbyint": of(np.rint),
    "sign": of(lambda x: np.where(np.less(x, 0), -1.0, 1.0)),
    "erf": of(special.erf), "erfc": of(special.erfc), "tgamma": of(special.gamma), "lgamma": of(special.log_gamma),
    "ldexp": of(lambda x, n: x * np.exp2(np.trunc(n)), 2),
}  # fmt: skip
# These are known with std:: too.
_STANDARD = {
    "abs": of(np.abs), "pow": of(power, 2), "hypot": of(np.hypot, 2), "atan2": of(atan2, 2), "fmod": of(np.fmod, 2),
    "fmin": of(np.fmin, 2), "fmax": of(np.fmax, 2), "fdim": of(lambda a, b: np.where(a <= b, 0.0, a - b), 2),
    "remainder": of(lambda a, b: np.where(np.isinf(b) & np.isfinite(a), a, a - b * np.rint(a / b)), 2),
    "copysign": of(np.copysign, 2), "nextafter": of(np.nextafter, 2),
    "isnan": _logical(np.isnan), "isinf": _logical(np.isinf), "isfinite": _logical(np.isfinite),
    "isnormal": _logical(_is_normal), "signbit": _logical(np.signbit),
}  # fmt: skip

FUNCTIONS: dict[str, Function] = {
    **_PLAIN,
    **_STANDARD,
    **{f"std::{name}": function for name, function in _STANDARD.items()},
    "std::atan2": of(np.arctan2, 2),
    **{f"TMath::{name}": function for name, function in TMATH.items()},
    **{f"ROOT::Math::{name}": function for name, function in MATHCORE.items()},
    "TVector2::Phi_mpi_pi": of(special.phi_mpi_pi),
    "TVector2::Phi_0_2pi": of(special.phi_0_2pi),
    "ROOT::Math::VectorUtil::Phi_mpi_pi": of(special.phi_mpi_pi),
}

OPERATORS: dict[str, Callable] = {
    "^": power,
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

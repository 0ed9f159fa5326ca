"""What the parts of a SplitExpr compute: columns of whole numbers with 64 bits, or of doubles, by C++'s rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tmvalite.data.expression import FUNCTIONS
from tmvalite.data.expression.function import power

WHOLE = ("int", "Int_t", "UInt_t", "long", "Long_t", "ULong_t", "Long64_t", "ULong64_t", "unsigned")
FLOATING = ("double", "float", "Double_t", "Float_t")
ABSOLUTE = ("abs", "fabs", "std::abs", "TMath::Abs")


@dataclass(frozen=True)
class CppNumber:
    """The values of a part of the expression, and whether C++ has them as whole numbers (which says how they are divided)."""

    values: np.ndarray
    whole: bool = False


Part = Callable[[Mapping[str, np.ndarray]], CppNumber]


def as_column(values) -> np.ndarray:
    """Whole numbers of any size and sign as 64 bits with a sign, if they fit."""
    values = np.asarray(values)
    if values.dtype.kind not in "iub":
        return values
    return values.astype(np.float64 if values.dtype == np.uint64 and values.max(initial=0) >= 2**63 else np.int64)


def _as_whole(values) -> np.ndarray:
    """Truncated to whole numbers of 64 bits; where one is not finite or larger, doubles without a fraction."""
    values = np.asarray(values)
    if values.dtype.kind in "iub":
        return values
    values = np.trunc(values.astype(np.float64))
    return values.astype(np.int64) if (np.abs(values) < 2.0**63).all() else values


def _as_double(values) -> np.ndarray:
    return np.asarray(values).astype(np.float64)


def _remainder(a, b) -> np.ndarray:
    """C's remainder, of the sign of `a`; NaN where b is 0."""
    a, b = _as_whole(a), _as_whole(b)
    return np.where(np.equal(b, 0), np.nan, np.fmod(a, b)) if np.any(np.equal(b, 0)) else np.fmod(a, b)


def _quotient(a: CppNumber, b: CppNumber) -> CppNumber:
    if not (a.whole and b.whole):
        return CppNumber(np.divide(_as_double(a.values), _as_double(b.values)))
    rest = _remainder(a.values, b.values)
    if rest.dtype.kind == "f":
        return CppNumber(np.trunc(np.divide(_as_double(a.values), _as_double(b.values))), True)
    return CppNumber((_as_whole(a.values) - rest) // _as_whole(b.values), True)


_COMPARED = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "&&": np.logical_and,
    "||": np.logical_or,
}
_BITS = {"&": np.bitwise_and, "|": np.bitwise_or, "<<": np.left_shift, ">>": np.right_shift}
_SUMS = {"+": np.add, "-": np.subtract, "*": np.multiply}


def joined(sign: str, left: Part, right: Part) -> Part:
    def part(columns) -> CppNumber:
        a, b = left(columns), right(columns)
        if sign in _COMPARED:
            return CppNumber(_COMPARED[sign](a.values, b.values).astype(np.int64), True)
        if sign in _BITS:
            return CppNumber(_BITS[sign](_as_double_bits(a.values), _as_double_bits(b.values)), True)
        if sign in _SUMS:
            return CppNumber(_SUMS[sign](a.values, b.values), a.whole and b.whole)
        if sign == "%":
            return CppNumber(_remainder(a.values, b.values), True)
        return _quotient(a, b) if sign == "/" else CppNumber(power(_as_double(a.values), _as_double(b.values)))

    return part


def _as_double_bits(values) -> np.ndarray:
    """Whole numbers for operators of bits; what has none counts as 0."""
    whole = _as_whole(values)
    return whole if whole.dtype.kind in "iub" else np.nan_to_num(whole, nan=0.0, posinf=0.0, neginf=0.0).astype(np.int64)


def prefixed(sign: str, inner: Part) -> Part:
    def part(columns) -> CppNumber:
        value = inner(columns)
        if sign == "!":
            return CppNumber(np.equal(value.values, 0).astype(np.int64), True)
        return CppNumber(np.negative(value.values) if sign == "-" else value.values, value.whole)

    return part


def chosen(condition: Part, yes: Part, no: Part) -> Part:
    def part(columns) -> CppNumber:
        a, b = yes(columns), no(columns)
        return CppNumber(np.where(np.not_equal(condition(columns).values, 0), a.values, b.values), a.whole and b.whole)

    return part


def called(name: str, arguments: list[Part]) -> Part:
    def part(columns) -> CppNumber:
        given = [argument(columns) for argument in arguments]
        if name in WHOLE:
            return CppNumber(_as_whole(given[0].values), True)
        if name in ABSOLUTE:
            return CppNumber(np.abs(given[0].values), given[0].whole and name != "fabs")
        if name in FLOATING:
            return CppNumber(given[0].values)
        return CppNumber(FUNCTIONS[name].evaluate(*(_as_double(value.values) for value in given)))

    return part

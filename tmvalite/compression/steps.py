"""A column as whole numbers, steps as wide as its bound allows, and back.

Modes, with v the number of an entry:

    step    x' = v h                                    h = 2 a a little reduced; of whole numbers an odd integer, 1: exact
    ratio   x' = 0 for v = 0, else sign(v) 2^e q^(|v| - 1),  q = (1 + r)^2 a little reduced

Entries that no step brings within the bound (NaN, infinities, -0 with a relative bound) stay as they are: their v is `special`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.bound import MARGIN, Bound, restore, within

MAX_POWER = 1 << 21
_MAX_STEP = 1 << 53


@dataclass(eq=False)
class Steps:
    """mode, size (h or q) and exponent (e) of the module's description; values (N, ...) int64; raw (K,) entries kept."""

    mode: str
    size: float
    exponent: int
    values: np.ndarray
    special: int
    raw: np.ndarray


def find_steps(x: np.ndarray, bound: Bound | None, *, whole: bool = False, digits: int = 0) -> list[Steps]:
    """A column's steps by every mode that keeps the bound; none for floats without a bound. Every entry is tested."""
    integers = x.dtype.kind in "biu"
    if bound is None:
        modes = [("step", 1.0)] if integers else []
    elif x.dtype.kind == "b":
        modes = [("step", 1.0)]
    elif bound.relative:
        modes = [("ratio", (1.0 + bound.value * MARGIN) ** 2)]
        modes += [("step", 1.0)] if integers or whole else []
    elif integers or whole:
        modes = [("step", float(2 * min(int(bound.value), 1 << 40) + 1))]
    else:
        modes = [("step", 2.0 * bound.value * MARGIN)] if bound.value > 0.0 else []
    exact = bound or Bound(0.0, False)
    return [_steps(x, exact, mode, size, whole, digits) for mode, size in modes]


def _steps(x: np.ndarray, bound: Bound, mode: str, size: float, whole: bool, digits: int) -> Steps:
    value, exponent = x.astype(np.float64), 0
    with np.errstate(all="ignore"):
        if mode == "step":
            k = np.rint(value / size)
            usable = np.isfinite(k) & (np.abs(k) < _MAX_STEP)
            v = np.where(usable, k, 0.0).astype(np.int64)
        else:
            size_log = np.abs(value)
            exponent = _exponent(size_log, size)
            k = np.rint(np.log(np.ldexp(size_log, -exponent)) / math.log(size))
            usable = np.isfinite(k) & (k >= 0) & (k < MAX_POWER) | (value == 0.0)
            v = np.where(usable & (value != 0.0), k + 1.0, 0.0).astype(np.int64)
            v = np.where(value < 0.0, -v, v)
    trial = from_steps(v, mode, size, exponent, x.dtype, whole=whole, digits=digits)
    good = usable & within(x, trial, bound)
    if bound.relative and x.dtype.kind == "f":
        good &= (x != 0) | ~np.signbit(x)
    special = int(v[good].max()) + 1 if good.any() else 0
    return Steps(mode, size, exponent, np.where(good, v, special), special, x[~good])


def _exponent(sizes: np.ndarray, q: float) -> int:
    """e: the smallest entry is at least 2^e, if the largest is still within reach."""
    fine = sizes[np.isfinite(sizes) & (sizes > 0.0)]
    if not fine.size:
        return 0
    reach = min((MAX_POWER - 2) * math.log2(q), 1000.0)
    return max(math.floor(math.log2(fine.min())), math.ceil(math.log2(fine.max()) - reach) if fine.max() > 0 else 0, -1000)


def from_steps(
    values: np.ndarray, mode: str, size: float, exponent: int, dtype: np.dtype, *, whole: bool, digits: int
) -> np.ndarray:
    """The entries (N, ...) in the type of their column. Raises ValueError for steps of no mode."""
    if mode == "step":
        if not math.isfinite(size) or size <= 0.0:
            raise ValueError("size of the steps")
        if size == 1.0 and dtype.kind in "iu":
            info = np.iinfo(dtype)
            return np.clip(values, info.min, min(info.max, (1 << 63) - 1)).astype(dtype)
        decoded = values.astype(np.float64) * size
    elif mode == "ratio":
        if not 1.0 < size < 4.0 or not -1100 <= exponent <= 1100:
            raise ValueError("size of the steps")
        k = np.abs(values)
        largest = int(k.max()) if k.size else 0
        if largest > MAX_POWER or int(values.min() if k.size else 0) < -MAX_POWER:
            raise ValueError("steps out of reach")
        powers = np.full(largest + 2, size)
        powers[:2] = 0.0, 1.0
        with np.errstate(all="ignore"):
            np.multiply.accumulate(powers[1:], out=powers[1:])
            decoded = np.ldexp(powers, exponent)[k] * np.sign(values)
    else:
        raise ValueError(f"mode {mode!r}")
    return restore(decoded, dtype, whole=whole, digits=digits)


def final_values(
    values: np.ndarray, record: dict, raw: np.ndarray | None, dtype: np.dtype, *, whole: bool, digits: int
) -> np.ndarray:
    """The entries of a column whose steps are known. Raises ValueError if the entries kept as they are do not fit."""
    kept = values == record["special"] if raw is not None else np.zeros(values.shape, bool)
    if raw is not None and int(kept.sum()) != len(raw):
        raise ValueError("entries kept as they are")
    steps = np.where(kept, 0, values)
    out = from_steps(steps, record["mode"], record["size"], record["exponent"], dtype, whole=whole, digits=digits)
    if raw is not None:
        out[kept] = raw
    return out

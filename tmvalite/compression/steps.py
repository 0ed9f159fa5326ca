"""A column as whole numbers, steps as wide as its bound allows, and back.

Modes, with v the number of an entry:

    step    x' = v h                                    h = 2 a a little reduced; of whole numbers an odd integer, 1: exact
    ratio   x' = 0 for v = 0, else sign(v) 2^e q^(|v| - 1),  q = (1 + r)^2 a little reduced
    bits    x' = x, the bits of a float as a whole number that rises with it; of a double the upper half, the lower is `rest`

Entries that no step brings within the bound (NaN, infinities, -0 with a relative bound) stay as they are: their v is `special`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.bound import MARGIN, Bound, restore, within

MAX_POWER = 1 << 21
_MAX_STEP = 1 << 53
STRICT = 1.0 - 2.0**-50  # of the bound, so that rounding in the comparison counts for nothing
_FAST = ("float32", "float64")  # of which every entry is tested by a kernel


@dataclass(eq=False)
class Steps:
    """mode, size (h or q) and exponent (e) of the module's description; values (N, ...) int64; raw (K,) entries kept; rest."""

    mode: str
    size: float
    exponent: int
    values: np.ndarray
    special: int
    raw: np.ndarray
    rest: np.ndarray | None = None


def find_steps(x: np.ndarray, bound: Bound | None, *, whole: bool = False, digits: int = 0, modes=None) -> list[Steps]:
    """A column's steps by every mode that keeps the bound, or by those in `modes`; none for text. Every entry is tested."""
    found = [(mode, size) for mode, size in _modes(x, bound, whole) if modes is None or [mode, size] in modes]
    exact = bound or Bound(0.0, False)
    return [_bits(x) if mode == "bits" else _steps(x, exact, mode, size, whole, digits) for mode, size in found]


def _modes(x: np.ndarray, bound: Bound | None, whole: bool) -> list[tuple[str, float]]:
    kind = x.dtype.kind
    if kind not in "biuf":
        return []
    if bound is None or (kind == "f" and bound.value == 0.0):
        bits = [("bits", 1.0)] if kind == "f" else []
        return bits + ([("step", 1.0)] if kind != "f" or whole else [])
    if kind == "b":
        return [("step", 1.0)]
    if bound.relative:
        size = 1.0 + _short((1.0 + bound.value * MARGIN) ** 2 - 1.0)
        modes = [("ratio", size)] if size > 1.0 else [("bits", 1.0)] if kind == "f" else []
        return modes + ([("step", 1.0)] if kind in "iu" or whole else [])
    if kind in "iu" or whole:
        return [("step", float(2 * min(int(bound.value), 1 << 40) + 1))]
    return [("step", _short(2.0 * bound.value * MARGIN))]


def _short(size: float) -> float:
    """A size in few digits; what this changes is little beside the margin."""
    return float(f"{size:.5g}")


def _bits(x: np.ndarray) -> Steps:
    size = x.dtype.itemsize
    signed = np.ascontiguousarray(x).view(f"i{size}")
    v = signed ^ ((signed >> (8 * size - 1)) & np.array((1 << (8 * size - 1)) - 1, signed.dtype))
    rest = (v & 0xFFFFFFFF).astype(np.uint32).reshape(-1) if size == 8 else None
    values = (v >> 32) if size == 8 else v.astype(np.int64)
    return Steps("bits", 1.0, 0, values, 0, np.empty(0, x.dtype), rest)


def _from_bits(values: np.ndarray, rest: np.ndarray | None, dtype: np.dtype) -> np.ndarray:
    """Raises ValueError for numbers that are no bits of this type."""
    size = dtype.itemsize
    reach = 1 << (31 if size == 8 else 8 * size - 1)
    if dtype.kind != "f" or size > 8 or (rest is None) == (size == 8):
        raise ValueError("bits of another type")
    if values.size and not -reach <= int(values.min()) <= int(values.max()) < reach:
        raise ValueError("bits out of reach")
    v = (values << 32) | rest.reshape(values.shape).astype(np.int64) if size == 8 else values.astype(f"i{size}")
    return (v ^ ((v >> (8 * size - 1)) & np.array((1 << (8 * size - 1)) - 1, v.dtype))).view(dtype)


def _steps(x: np.ndarray, bound: Bound, mode: str, size: float, whole: bool, digits: int) -> Steps:
    if x.dtype.name in _FAST and not whole and not digits and x.size:
        return _fast_steps(x, bound, mode, size)
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


def _fast_steps(x: np.ndarray, bound: Bound, mode: str, size: float) -> Steps:
    """Steps of floats, by the kernels."""
    from tmvalite.compression import step_kernels  # loads the compiler

    flat, precision = np.ascontiguousarray(x).reshape(-1), x.dtype.name
    bad, exponent = np.empty(flat.size, np.uint16), 0
    if mode == "ratio":
        v, reach = np.empty(flat.size, np.int64), np.empty(2)
        step_kernels.size_range.get(precision)(flat, reach)
        exponent, largest = _exponent(reach[reach > 0.0], size), float(reach[1])
        reach = (math.log(largest) - exponent * math.log(2.0)) / math.log(size) if largest > 0.0 else 0.0
        powers = _powers(int(min(max(reach, 0.0) + 3, MAX_POWER)), size, exponent).astype(x.dtype)
        log_first, per_log = exponent * math.log(2.0), 1.0 / math.log(size)
        run = step_kernels.ratio_steps.get(precision)
        n_bad = run(flat, powers, log_first, per_log, bound.value * STRICT, v, bad)
    else:
        with np.errstate(all="ignore"):
            k = np.rint(flat / np.float64(size))
            if not (np.abs(k) < _MAX_STEP).all():
                k = np.where(np.abs(k) < _MAX_STEP, k, 0.0)
            v = k.astype(np.int64)
            trial = (v * np.float64(size)).astype(x.dtype)
        n_bad = step_kernels.beyond_bound.get(precision)(flat, trial, bound.value * STRICT, bound.relative, bad)
    if not n_bad:
        return Steps(mode, size, exponent, v.reshape(x.shape), 0, flat[:0])
    is_bad = bad.astype(bool)
    special = int(v[~is_bad].max()) + 1 if n_bad < flat.size else 0
    v[is_bad] = special
    return Steps(mode, size, exponent, v.reshape(x.shape), special, flat[is_bad])


def _powers(largest: int, size: float, exponent: int) -> np.ndarray:
    """0 and 2^e q^0 ... 2^e q^(largest - 1): products in a fixed order, the same bits on every machine."""
    powers = np.full(largest + 2, size)
    powers[:2] = 0.0, 1.0
    with np.errstate(all="ignore"):
        np.multiply.accumulate(powers[1:], out=powers[1:])
        return np.ldexp(powers, exponent)


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
        with np.errstate(over="ignore"):
            decoded = values.astype(np.float64) * size
    elif mode == "ratio":
        if not 1.0 < size < 4.0 or not -1100 <= exponent <= 1100:
            raise ValueError("size of the steps")
        k = np.abs(values)
        largest = int(k.max()) if k.size else 0
        if largest > MAX_POWER or int(values.min() if k.size else 0) < -MAX_POWER:
            raise ValueError("steps out of reach")
        with np.errstate(all="ignore"):
            decoded = _powers(largest, size, exponent)[k] * np.sign(values)
    else:
        raise ValueError(f"mode {mode!r}")
    return restore(decoded, dtype, whole=whole, digits=digits)


def final_values(
    values: np.ndarray, record: dict, raw: np.ndarray | None, dtype: np.dtype, *, whole: bool, digits: int, rest=None
) -> np.ndarray:
    """The entries of a column whose steps are known. Raises ValueError if the entries kept as they are do not fit."""
    mode, size, exponent = record["mode"], record["size"], record["exponent"]
    if mode == "bits":
        return _from_bits(values, rest, dtype)
    if mode == "ratio" and dtype.name in _FAST and not whole and not digits and values.size:
        return _fast_values(values, size, exponent, record["special"], raw, dtype)
    kept = values == record["special"] if raw is not None else np.zeros(values.shape, bool)
    if raw is not None and int(kept.sum()) != len(raw):
        raise ValueError("entries kept as they are")
    steps = np.where(kept, 0, values) if raw is not None else values
    out = from_steps(steps, mode, size, exponent, dtype, whole=whole, digits=digits)
    if raw is not None:
        out[kept] = raw
    return out


def _fast_values(values, size: float, exponent: int, special: int, raw, dtype: np.dtype) -> np.ndarray:
    from tmvalite.compression import step_kernels

    low, high = int(values.min()), int(values.max())
    if raw is not None and high == special:  # it lies above all others, or alone
        steps = values[values != special]
        low, high = (int(steps.min()), int(steps.max())) if steps.size else (0, 0)
    if not 1.0 < size < 4.0 or not -1100 <= exponent <= 1100 or max(-low, high) > MAX_POWER:
        raise ValueError("steps out of reach")
    with np.errstate(all="ignore"):
        powers = _powers(max(-low, high), size, exponent).astype(dtype)
    flat, out = np.ascontiguousarray(values).reshape(-1), np.empty(values.size, dtype)
    entries = np.empty(0, dtype) if raw is None else raw
    if step_kernels.powers_of.get(dtype.name)(flat, powers, special, entries, out) != len(entries):
        raise ValueError("entries kept as they are")
    return out.reshape(values.shape)

"""Bounds on the error of every entry, and the corrections that keep them.

A bound is relative, |x' - x| <= r |x|, or absolute, |x' - x| <= a. With d the value that the decoder gives, an entry has one
symbol, an unsigned integer:

    0       the entry is d, in the type of the column
    1       the entry is zero
    2       the entry is kept as it is (the next value of the part `raw`)
    3 + s   ratio   s = 2 zigzag(k) + f     x' = (-1)^f d q^k,   q = (1 + r)^2 a little reduced, so that the largest ratio of
                                            x' and x is 1 + r
            step    s = zigzag(k)           x' = d + k h,        h = 2 a a little reduced; for integers h is an odd integer
                                            and d is rounded first

Small k are frequent, so the symbols pack well; a column of which no entry needs a correction has none at all. NaN and infinite
entries are always kept as they are, with a bound or without. Powers q^k are products in a fixed order: the same bits on every
machine. Values are rounded, and limited to the range of their type, before the bound is tested.
"""

from __future__ import annotations

import fnmatch
import math
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.csv_files import round_digits
from tmvalite.errors import OptionError, Source, Span

KEEP, ZERO, RAW, FIRST = 0, 1, 2, 3
MAX_POWER = 1 << 14  # larger k are not worth a table of powers
MAX_STEP = 1 << 40  # beyond, an entry is kept as it is
MARGIN = 1.0 - 2.0**-10  # of the bound, for what rounding to the type of the column takes
_EXACT = 2.0**53  # integers that doubles hold


@dataclass(frozen=True)
class Bound:
    """One bound: `value` times |x| if it is relative, else `value` in the units of the column."""

    value: float
    relative: bool

    def allowed(self, x: np.ndarray) -> np.ndarray:
        """The largest error of every entry, as float64."""
        return self.value * np.abs(x.astype(np.float64)) if self.relative else np.full(x.shape, self.value)


def parse_bound(text: str, names: list[str]) -> dict[str, Bound]:
    """The bound of every column that has one.

    Parameters
    ----------
    text : str
        "1%" or "0.01" (relative), "abs:0.5", or a list such as "1%,jet*_phi=abs:0.01"; the last that fits a column counts.
    names : list of str
        The columns; patterns with * and ? name several.

    Raises
    ------
    OptionError
        A bound that cannot be read, or a name that fits no column; with the place.
    """
    bounds: dict[str, Bound] = {}
    source, at = Source(text), 0
    for item in text.split(","):
        span = Span(at, at + max(len(item), 1))
        at += len(item) + 1
        pattern, equals, value = item.rpartition("=")
        pattern = pattern.strip() if equals else "*"
        found = [name for name in names if name == pattern or fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise OptionError(
                f"no column that the model compresses is called '{pattern}'",
                code="bound",
                source=source,
                span=span,
                expected=f"columns {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}",
            )
        bound = _one_bound(value.strip())
        if bound is None:
            raise OptionError(
                f"'{value.strip()}' is no bound",
                code="bound",
                source=source,
                span=span,
                expected="a relative bound such as 1% or 0.01 (below 100%), or an absolute one such as abs:0.5",
            )
        bounds |= dict.fromkeys(found, bound)
    return bounds


def _one_bound(text: str) -> Bound | None:
    absolute = text.startswith("abs:")
    number = text.removeprefix("abs:")
    scale = 1.0
    if not absolute and number.endswith("%"):
        number, scale = number[:-1], 0.01
    try:
        value = float(number) * scale
    except ValueError:
        return None
    if "_" in number or not math.isfinite(value) or value < 0.0 or (not absolute and not 0.0 < value < 1.0):
        return None
    return Bound(value, not absolute)


def restore(decoded: np.ndarray, dtype: np.dtype, *, whole: bool = False, digits: int = 0) -> np.ndarray:
    """Decoded values in the type of their column: rounded, not cut, and limited to its range; booleans from 0.5 on.

    decoded is float; NaN gives 0 in a type that has none.
    """
    decoded = np.asarray(decoded, np.float64)
    if dtype.kind == "b":
        return decoded >= 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        top = float(info.max)
        top = top if int(top) <= info.max else np.nextafter(top, 0.0)
        return np.clip(np.rint(np.nan_to_num(decoded, nan=0.0)), float(info.min), top).astype(dtype)
    if whole:
        decoded = np.rint(decoded)
    with np.errstate(over="ignore"):
        return round_digits(decoded, digits).astype(dtype)


def digits_for(digits: int, bound: Bound | None) -> int:
    """Significant digits with which a text file has to state a column of this bound: the rounding must be small beside it."""
    if not digits or bound is None:
        return digits
    if not bound.relative or bound.value == 0.0:
        return 17
    return min(17, max(digits, 2 - math.floor(math.log10(bound.value))))


def within(x: np.ndarray, y: np.ndarray, bound: Bound) -> np.ndarray:
    """Whether every entry of y is as near to that of x as the bound asks; equal values, NaN for NaN included, are."""
    equal = x == y
    if x.dtype.kind == "f":
        equal |= np.isnan(x) & np.isnan(y)
    if x.dtype.kind == "b":
        return equal
    a, b = x.astype(np.longdouble), y.astype(np.longdouble)
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.abs(a) if bound.relative else np.longdouble(1.0)
        near = np.abs(b - a) <= np.longdouble(bound.value) * scale
    finite = np.isfinite(a) & np.isfinite(b)
    return equal | (near & finite)


@dataclass(eq=False)
class Correction:
    """How a column gets from decoded to final values.

    mode : str
        "ratio" or "step".
    size : float
        q or h of the module's description.
    symbols : uint array, shape of the column
    raw : (K,) array
        Entries kept as they are, in the order of the column.
    """

    mode: str
    size: float
    symbols: np.ndarray
    raw: np.ndarray


def correct(
    decoded: np.ndarray, like: np.ndarray, correction: dict | None, symbols, raw, *, dtype: np.dtype, whole: bool, digits: int
) -> np.ndarray:
    """The final values of a column.

    Parameters
    ----------
    decoded : (N, ...) float
        What the decoder gives.
    like : (N, ...) of dtype
        `restore` of it.
    correction : dict or None
        "mode" and "size"; None: `like` is final.
    symbols, raw : arrays or None

    Raises
    ------
    ValueError
        The symbols are not of this format.
    """
    if correction is None:
        return like
    mode, size = correction["mode"], float(correction["size"])
    symbols = symbols.astype(np.int64)
    coded = symbols - FIRST
    out = like.copy()
    moved = coded >= 0
    if mode == "ratio":
        k, flip = _unzigzag(coded[moved] >> 1), coded[moved] & 1
        if not 1.0 <= size < 4.0 or (k.size and int(np.abs(k).max()) > MAX_POWER):
            raise ValueError("ratio")
        base = decoded[moved].astype(np.float64)
        power = _powers(size, int(np.abs(k).max()) if k.size else 0)[np.abs(k)]
        with np.errstate(over="ignore", invalid="ignore"):
            value = np.where(k < 0, base / power, base * power) * np.where(flip, -1.0, 1.0)
    elif mode == "step":
        k = _unzigzag(coded[moved])
        base = like[moved] if dtype.kind in "biu" else decoded[moved]
        with np.errstate(over="ignore", invalid="ignore"):
            value = base.astype(np.float64) + k * size
    else:
        raise ValueError(f"mode {mode!r}")
    out[moved] = restore(value, dtype, whole=whole, digits=digits)
    out[symbols == ZERO] = 0
    kept = symbols == RAW
    if int(kept.sum()) != (0 if raw is None else len(raw)):
        raise ValueError("entries kept as they are")
    if raw is not None:
        out[kept] = raw
    return out


def find_correction(
    x: np.ndarray, decoded: np.ndarray, like: np.ndarray, bound: Bound | None, *, whole: bool, digits: int
) -> Correction | None:
    """The shortest correction with which a column keeps its bound, or None if it needs none.

    Without a bound only those entries are corrected that no decoder can give: NaN, infinities, and what decodes to them.
    """
    lost = ~np.isfinite(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    if bound is None:
        lost |= ~np.isfinite(decoded)
        return Correction("step", 1.0, np.where(lost, RAW, KEEP).astype(np.uint8), x[lost]) if lost.any() else None
    good = within(x, like, bound) & ~lost
    if good.all():
        return None
    attempts = [_attempt(x, decoded, like, good, mode, size, bound, whole, digits) for mode, size in _modes(x, bound)]
    return min(attempts, key=_cost)


def _modes(x: np.ndarray, bound: Bound) -> list[tuple[str, float]]:
    """Modes and sizes that can keep this bound."""
    if x.dtype.kind in "biu":
        largest = 0 if bound.relative or x.dtype.kind == "b" else int(min(bound.value, MAX_STEP))
        modes = [("step", float(2 * largest + 1))]
        return modes if x.dtype.kind == "b" or not bound.relative else [*modes, ("ratio", _ratio(bound.value))]
    if bound.relative:
        return [("ratio", _ratio(bound.value))]
    return [("step", 2.0 * bound.value * MARGIN if bound.value > 0.0 else 1.0)]


def _ratio(value: float) -> float:
    return (1.0 + value * MARGIN) ** 2


def _attempt(x, decoded, like, good, mode, size, bound, whole, digits) -> Correction:
    """Symbols of one mode; whatever it does not bring within the bound is kept as it is."""
    symbols = np.zeros(x.shape, np.int64)
    value = x.astype(np.float64)
    with np.errstate(all="ignore"):
        if mode == "ratio":
            k = np.rint(np.log(np.abs(value / decoded)) / math.log(size)) if size > 1.0 else np.zeros(x.shape)
            usable = np.isfinite(k) & (np.abs(k) <= MAX_POWER)
            k = np.where(usable, k, 0.0).astype(np.int64)
            coded = 2 * _zigzag(k) + ((value < 0) != (decoded < 0))
        else:
            base = like.astype(np.float64) if x.dtype.kind in "biu" else decoded
            k = np.rint((value - base) / size)
            usable = np.isfinite(k) & (np.abs(k) <= MAX_STEP) & (np.abs(value) < _EXACT)
            coded = _zigzag(np.where(usable, k, 0.0).astype(np.int64))
    symbols[~good] = np.where(usable, coded + FIRST, RAW)[~good]
    if x.dtype.kind != "b":
        symbols[~good & (x == 0) & ~np.signbit(value)] = ZERO
    spec = {"mode": mode, "size": size}
    raw = symbols == RAW
    trial = correct(decoded, like, spec, symbols, x[raw], dtype=x.dtype, whole=whole, digits=digits)
    symbols[~within(x, trial, bound)] = RAW
    symbols = symbols.astype(np.min_scalar_type(int(symbols.max())))
    return Correction(mode, size, symbols, x[symbols == RAW])


def _cost(correction: Correction) -> float:
    """Bytes that a correction needs, about: the entropy of its symbols and the entries kept as they are."""
    _, counts = np.unique(correction.symbols, return_counts=True)
    p = counts / counts.sum()
    return float(-np.sum(counts * np.log2(p)) / 8.0) + correction.raw.nbytes


def _powers(q: float, largest: int) -> np.ndarray:
    """q^0 ... q^largest, one multiplication after the other."""
    steps = np.full(largest + 1, q)
    steps[0] = 1.0
    return np.multiply.accumulate(steps)


def _zigzag(k: np.ndarray) -> np.ndarray:
    """0, -1, 1, -2, 2, ... as 0, 1, 2, 3, 4, ..."""
    return np.where(k < 0, -2 * k - 1, 2 * k)


def _unzigzag(s: np.ndarray) -> np.ndarray:
    return np.where(s & 1, -(s >> 1) - 1, s >> 1)

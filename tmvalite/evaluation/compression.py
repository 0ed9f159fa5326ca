"""How far restored columns are from the original ones: residual after - before, response (after - before) / before in percent.

Means and RMS (about the mean, as ROOT's) are over all entries, not those of a histogram; tails are quantiles. Angles are compared
on the circle: their residual lies in (-pi, pi].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError

BINS = 101  # odd: what did not move stands in the middle one
TAILS = (0.001, 0.999)
_CORE = 0.99  # part of the entries that a histogram's range holds, before it is rounded outward


@dataclass(frozen=True, eq=False)
class Spread:
    """One distribution of deviations.

    Attributes
    ----------
    count : int
        Entries.
    mean, rms : float
        RMS about the mean.
    low, high : float
        Quantiles at 0.1 % and 99.9 %.
    largest : float
        Largest absolute value.
    contents, edges : (B,) int64, (B + 1,) float64
        Histogram around 0; the last bin holds its upper edge.
    underflow, overflow : int
        Entries below and above its range.
    """

    count: int
    mean: float
    rms: float
    low: float
    high: float
    largest: float
    contents: np.ndarray
    edges: np.ndarray
    underflow: int
    overflow: int


@dataclass(frozen=True, eq=False)
class ColumnComparison:
    """One column before and after.

    Attributes
    ----------
    name : str
    events : int
        Events; an array column has more entries.
    equal : int
        Entries that are the same.
    skipped : int
        Entries that are NaN or infinite before or after; they are in no distribution.
    zeros : int
        Entries that are 0 before; they have no response.
    residual, response : Spread
        In the units of the column, and in percent.
    angle : bool
        Whether the residual is one on the circle.
    """

    name: str
    events: int
    equal: int
    skipped: int
    zeros: int
    residual: Spread
    response: Spread
    angle: bool = False


def wrap_angle(angle):
    """Angles in radians brought into (-pi, pi].

    >>> wrap_angle(np.array([3.0, 3.5, -np.pi])).round(4).tolist()
    [3.0, -2.7832, 3.1416]
    """
    angle = np.asarray(angle, np.float64)
    return np.where(np.abs(angle) < np.pi, angle, np.pi - np.mod(np.pi - angle, 2.0 * np.pi))


def spread(values, limit: float | None = None, *, whole: bool = False) -> Spread:
    """The numbers of one distribution of finite deviations (N,).

    limit : half the range of the histogram; by default the 1-2-5 number above 99 % of the absolute values.
    whole : whether all values are whole numbers; then every bin is centred on one, or on the middle of an odd number of them.
    """
    values = np.asarray(values, np.float64).reshape(-1)
    if not values.size:
        nan = float("nan")
        edges = np.linspace(-1.0, 1.0, BINS + 1)
        return Spread(0, nan, nan, nan, nan, nan, np.zeros(BINS, np.int64), edges, 0, 0)
    size = np.abs(values)
    if limit is None:
        core = float(np.quantile(size, _CORE))
        limit = _round_up(core if core > 0.0 else float(size.max()))
    bins = BINS
    if whole:
        step = 2.0 * np.ceil(limit / BINS) - 1.0
        half = np.ceil(max(limit - 0.5 * step, 0.5) / step)
        bins, limit = int(2 * half + 1), (half + 0.5) * step
    edges = np.linspace(-limit, limit, bins + 1)
    contents = np.histogram(values, edges)[0].astype(np.int64)
    low, high = (float(q) for q in np.quantile(values, TAILS))
    return Spread(
        len(values),
        float(values.mean()),
        float(values.std()),
        low,
        high,
        float(size.max()),
        contents,
        edges,
        int((values < -limit).sum()),
        int((values > limit).sum()),
    )


def _round_up(value: float) -> float:
    """The smallest of 1, 2, 5, 10, ... times a power of ten that is not below value."""
    if not 0.0 < value < float("inf"):
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next((step * power for step in (1.0, 2.0, 5.0) if step * power >= value), 10.0 * power))


def compare_column(name: str, before, after, *, angle: bool = False) -> ColumnComparison:
    """A column (N, ...) before and after compression.

    Raises DataError if the shapes differ or a column holds no numbers.
    """
    before, after = np.asarray(before), np.asarray(after)
    if before.shape != after.shape:
        raise DataError(f"column '{name}' has the shape {before.shape} before and {after.shape} after", code="data-shape")
    if before.dtype.kind not in "biuf" or after.dtype.kind not in "biuf":
        raise DataError(f"column '{name}' holds no numbers", code="data-type")
    same = (before == after) | ((before != before) & (after != after))
    old, new = before.astype(np.float64).reshape(-1), after.astype(np.float64).reshape(-1)
    finite = np.isfinite(old) & np.isfinite(new)
    old, residual = old[finite], new[finite] - old[finite]
    if angle:
        residual = wrap_angle(residual)
    whole = before.dtype.kind in "biu" and after.dtype.kind in "biu" and not angle
    nonzero = old != 0.0
    with np.errstate(over="ignore"):
        response = 100.0 * residual[nonzero] / old[nonzero]
    response = response[np.isfinite(response)]
    return ColumnComparison(
        name,
        len(before),
        int(same.sum()),
        int((~finite).sum()),
        int((~nonzero).sum()),
        spread(residual, whole=whole),
        spread(response),
        angle,
    )

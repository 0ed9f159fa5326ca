"""Predictors of the steps of a column: nothing, the row before, or a line, curves and a network in the steps of columns before.

Predictions are sums and products of doubles in a fixed order, so that writer and reader get the same bits everywhere.
"""

from __future__ import annotations

import numpy as np

from tmvalite.compression.bins import TOP, find_bins
from tmvalite.compression.step_curves import best_curve, bins_of, curve
from tmvalite.compression.whole_network import predicted

MAX_COLUMNS = 4  # of one line
MAX_CURVES = 2
_FITTED = 1 << 13  # rows
_SCORED = 4  # every so many of these rows say which column to take
_FEWEST = 64  # rows below which no line pays for its numbers
_LIMIT = 2.0**53


class KnownSteps(dict):
    """Steps (N,) of the columns before, by position; which of some bins their entries lie in is found once for each.

    records : dict of int to dict
        How the steps are read (`ColumnCode.record`), which networks ask for.
    """

    def __init__(self, *given, records: dict[int, dict] | None = None):
        super().__init__(*given)
        self.records = records or {}
        self._bins: dict[int, np.ndarray] = {}

    def part(self, rows: slice, needed: set[int]) -> KnownSteps:
        """Some rows of some columns."""
        return KnownSteps({i: self[i][rows] for i in needed}, records=self.records)

    def bins(self, i: int) -> np.ndarray:
        """The bins of column i, of the rows on which predictions are fitted and scored."""
        if i not in self._bins:
            self._bins[i] = bins_of(self[i][_rows(self[i])][::_SCORED])
        return self._bins[i]


def _rows(values: np.ndarray) -> slice:
    """The rows on which predictions are fitted."""
    return slice(None, None, max(1, len(values) // _FITTED))


def residuals(values: np.ndarray, prediction: dict | None, columns: dict[int, np.ndarray]) -> np.ndarray:
    """What is left of steps (N, ...) after a prediction.

    Parameters
    ----------
    prediction : dict or None
        {"rows": 1} or {"columns": [3, 0], "line": [constant, slope, slope]}; with "curves": [[column, knots, heights], ...]
        and "network" (`whole_network.py`).
    columns : dict of int to (N,) int64
        Steps of the columns before.
    """
    if prediction is None:
        return values
    if "rows" in prediction:
        return np.diff(values, axis=0, prepend=np.zeros_like(values[:1]))
    return values - _line(prediction, columns)


def undo(left: np.ndarray, prediction: dict | None, columns: dict[int, np.ndarray]) -> np.ndarray:
    """The steps of `residuals`. Raises ValueError, KeyError or TypeError if the prediction does not fit."""
    if prediction is None:
        return left
    if "rows" in prediction:
        return np.cumsum(left, axis=0)
    line = _line(prediction, columns)
    if line.shape != left.shape:
        raise ValueError("a line in columns of another shape")
    return left + line


def needed_columns(prediction: dict | None) -> set[int]:
    """The columns from which a prediction is made. Raises TypeError, KeyError, ValueError or IndexError for what is none."""
    if not prediction or "rows" in prediction:
        return set()
    inputs = prediction["network"]["inputs"] if "network" in prediction else ()
    return {int(i) for i in (*prediction["columns"], *(item[0] for item in (*prediction.get("curves", ()), *inputs)))}


def _line(prediction: dict, columns: dict[int, np.ndarray]) -> np.ndarray:
    constant, *slopes = (float(number) for number in prediction["line"])
    chosen, curves, network = prediction["columns"], prediction.get("curves", []), prediction.get("network")
    first = [*chosen, *(item[0] for item in (*curves, *(network["inputs"] if network else ())))][:1]
    if not len(chosen) == len(slopes) <= MAX_COLUMNS or len(curves) > MAX_CURVES or not first:
        raise ValueError("a line of other columns")
    total = np.full(columns[first[0]].shape, constant)
    with np.errstate(all="ignore"):
        for i, slope in zip(chosen, slopes):
            total += slope * columns[i]
    out = np.rint(np.fmax(np.fmin(total, _LIMIT), -_LIMIT)).astype(np.int64)  # these two pass over NaN
    for i, knots, heights in curves:
        out += curve(columns[i], knots, heights)
    return out + predicted(network, columns, columns.records) if network else out


def candidates(values: np.ndarray, special: int, columns: dict[int, np.ndarray]) -> list[dict | None]:
    """Predictions worth trying, the empty one first."""
    out: list[dict | None] = [None]
    if len(values) < 3:
        return out
    out.append({"rows": 1})
    if values.ndim == 1 and columns and len(values) >= _FEWEST:
        out += _fits(values, special, columns)
    return out


def _fits(values: np.ndarray, special: int, columns: dict[int, np.ndarray]) -> list[dict]:
    """Least squares in one column, two, ...: always the one added that explains most of what is left."""
    rows, columns = _rows(values), columns if isinstance(columns, KnownSteps) else KnownSteps(columns)
    y = values[rows].astype(np.float64)
    good = values[rows] != special
    if good.sum() < 8 or y[good].std() == 0.0:
        return []
    names = list(columns)
    x = np.stack([columns[i][rows] for i in names]).astype(np.float64)[:, good]
    y = y[good] - y[good].mean()
    x -= x.mean(axis=1, keepdims=True)
    norms = np.sqrt((x * x).sum(axis=1))
    left, chosen, out = y, [], []
    for _ in range(min(MAX_COLUMNS, len(names))):
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.nan_to_num(np.abs(x @ left) / norms, nan=0.0, posinf=0.0)
        score[chosen] = 0.0
        best = int(np.argmax(score))
        if score[best] <= 0.05 * np.sqrt(left @ left):
            break
        chosen.append(best)
        slopes, *_ = np.linalg.lstsq(x[chosen].T, y, rcond=None)
        left = y - slopes @ x[chosen]
        slopes = [float(f"{slope:.5g}") for slope in slopes]
        at = [names[c] for c in chosen]
        line = values[rows][good].astype(np.float64) - sum(s * columns[i][rows][good] for s, i in zip(slopes, at))
        out.append({"columns": at, "line": [float(round(np.median(line))), *slopes]})
    known = {i: columns[i][rows][good] for i in names}
    bins = {i: columns.bins(i)[good[::_SCORED]] for i in names}
    scored = np.flatnonzero(good[::_SCORED]) * _SCORED
    place = np.cumsum(good)[scored] - 1  # of the rows that are scored among those that are fitted
    lines = [{"columns": [], "line": [0.0]}, *out[:1], *out[-1:]]
    return out + _with_curves(values[rows][good], known, lines, bins, place)


def _with_curves(values: np.ndarray, columns: dict[int, np.ndarray], lines: list[dict], bins, place) -> list[dict]:
    """Every line with the curves that explain most of what it leaves."""
    out = []
    for line in lines:
        curves, base = [], values - (_line(line, columns) if line["columns"] else 0)
        while len(curves) < MAX_CURVES and (found := best_curve(base.astype(np.float64), columns, bins, place)) is not None:
            curves.append(list(found))
            base = base - curve(columns[found[0]], *found[1:])
            out.append(line | {"curves": list(curves)})
    return out


def bits_of(left: np.ndarray) -> float:
    """Bits that residuals need as bins."""
    left = left.reshape(-1)
    low, high = int(left.min()), int(left.max())
    if high - low >= TOP:
        return float("inf")
    return find_bins(left - low)[3]

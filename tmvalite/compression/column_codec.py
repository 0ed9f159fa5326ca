"""One column without a network: which steps, which prediction and which coder give the fewest bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.array_coder import DEFLATED, LZMA, STORED, pack_array
from tmvalite.compression.bound import Bound
from tmvalite.compression.pack import shortest_unsigned
from tmvalite.compression.predictors import bits_of, candidates, residuals, undo
from tmvalite.compression.steps import Steps, final_values, find_steps
from tmvalite.compression.table import EventTable

_SAMPLE = 1 << 16  # numbers on which steps and predictions are compared
_LINE_BYTES = 14  # that a slope takes in the header, about


@dataclass(eq=False)
class ColumnCode:
    """A column as an archive without a network holds it.

    record : dict or None
        How the steps are read, see `ColumnRecord.steps`; None: the column as it is.
    arrays : dict of str to array
        "" or "/raw" and what they hold.
    values : (N, ...) int64 or None
        The steps, from which later columns may be predicted.
    n_bytes, alone : int
        Of the packed arrays; and of the steps without prediction, by their best coder.
    plain : int
        Of the steps without prediction, deflated or by LZMA: what rounding alone gives.
    """

    record: dict | None
    arrays: dict[str, np.ndarray]
    values: np.ndarray | None
    n_bytes: int
    alone: int
    plain: int


def encode_column(
    x: np.ndarray, bound: Bound | None, columns: dict[int, np.ndarray], *, whole: bool = False, digits: int = 0
) -> ColumnCode:
    """The shortest code of a column (N, ...) in native byte order; `columns` are steps (N,) of those before, by position."""
    kept = len(pack_array(x)[1])
    found = find_steps(x, bound, whole=whole, digits=digits) if x.dtype.kind in "biuf" and x.size else []
    if not found:
        return ColumnCode(None, {"": x}, None, kept, kept, kept)
    tried = [(steps, prediction) for steps in found for prediction in candidates(steps.values, steps.special, columns)]
    costs = [_cost(steps, prediction, columns) for steps, prediction in tried]
    without = min((i for i, (_, prediction) in enumerate(tried) if prediction is None), key=costs.__getitem__)
    alone, best = _code(*tried[without], columns), int(np.argmin(costs))
    plain = min(_packed(_code(steps, None, columns)[1], (STORED, DEFLATED, LZMA)) for steps in found)
    n_alone = _packed(alone[1])
    n_bytes = n_alone
    if best != without:
        other = _code(*tried[best], columns)
        n_other = _packed(other[1]) + _header_bytes(tried[best][1])
        if n_other < n_alone:
            alone, n_bytes = other, n_other
    if kept <= n_bytes:
        return ColumnCode(None, {"": x}, None, kept, n_alone, plain)
    return ColumnCode(*alone, n_bytes, n_alone, plain)


def encode_table(
    table: EventTable, bounds: dict[str, Bound], digits: Sequence[int], *, leave: Sequence[int] = ()
) -> dict[int, ColumnCode]:
    """The codes of all columns but those that are left out, by position."""
    codes, columns = {}, {}
    for i, column in enumerate(table.columns):
        if i in leave:
            continue
        native = np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("="))
        code = encode_column(native, bounds.get(column.name), columns, whole=column.whole, digits=digits[i])
        codes[i] = code
        if code.values is not None and code.values.ndim == 1:
            columns[i] = code.values
    return codes


def sizes_of(codes: dict[int, ColumnCode], n_columns: int) -> dict[str, int]:
    """Bytes of a table by what is done to its columns, if all have a code."""
    if len(codes) < n_columns:
        return {}
    return {
        "steps, LZMA": sum(code.plain for code in codes.values()),
        "steps": sum(code.alone for code in codes.values()),
        "steps, predicted": sum(code.n_bytes for code in codes.values()),
    }


def _cost(steps: Steps, prediction: dict | None, columns: dict[int, np.ndarray]) -> float:
    """Bytes, about, of a column as long as the sample."""
    n = len(steps.values)
    rows = max(1, n * _SAMPLE // max(steps.values.size, 1))
    part = slice(max(0, (n - rows) // 2), max(0, (n - rows) // 2) + rows)
    left = residuals(steps.values[part], prediction, {i: values[part] for i, values in columns.items()})
    return bits_of(left) / 8.0 + steps.raw.nbytes * min(1.0, rows / n) + _header_bytes(prediction)


def _header_bytes(prediction: dict | None) -> int:
    if not prediction:
        return 0
    numbers = sum(len(knots) for _, knots, _ in prediction.get("curves", ()))
    return _LINE_BYTES * (1 + len(prediction.get("columns", ()))) + 5 * numbers


def _code(steps: Steps, prediction: dict | None, columns: dict[int, np.ndarray]) -> tuple[dict, dict, np.ndarray]:
    left = residuals(steps.values, prediction, columns)
    low = int(left.min())
    record = {"mode": steps.mode, "size": steps.size, "low": low}
    extra = {"exponent": steps.exponent, "prediction": prediction, "special": steps.special if len(steps.raw) else 0}
    record |= {name: value for name, value in extra.items() if value}
    arrays = {"": shortest_unsigned(left - low)}
    if len(steps.raw):
        arrays["/raw"] = steps.raw
    return record, arrays, steps.values


def _packed(arrays: dict[str, np.ndarray], coders=None) -> int:
    return sum(len(pack_array(array, *([coders] if coders else []))[1]) for array in arrays.values())


def decode_column(
    record: dict,
    left: np.ndarray,
    raw: np.ndarray | None,
    columns: dict[int, np.ndarray],
    dtype: np.dtype,
    *,
    whole: bool,
    digits: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The column (N, ...) of dtype, and its steps. Raises ValueError, KeyError or TypeError if the code does not fit."""
    low = record["low"]
    if type(low) is not int or abs(low) > 1 << 62:
        raise ValueError("lowest step")
    values = undo(left.astype(np.int64) + low, record.get("prediction"), columns)
    known = {"exponent": 0, "special": 0} | record
    return final_values(values, known, raw, dtype, whole=whole, digits=digits), values

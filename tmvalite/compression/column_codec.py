"""One column without a network: which steps, which prediction and which coder give the fewest bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.array_coder import CODERS, DEFLATED, LZMA, STORED, Packed, pack_array, pack_numbers
from tmvalite.compression.bound import Bound
from tmvalite.compression.predictors import KnownSteps, bits_of, candidates, needed_columns, residuals, undo
from tmvalite.compression.steps import Steps, final_values, find_steps
from tmvalite.compression.whole_network import network_bytes

_SAMPLE = 1 << 14  # numbers on which steps, predictions and coders are compared
_LINE_BYTES = 14  # that a slope takes in the header, about
_PLAIN = (STORED, DEFLATED, LZMA)
_GROWTH = 1.15  # of the bytes for a number, from which on the ways are compared again


@dataclass(frozen=True)
class ColumnPlan:
    """What was chosen for a column on its first rows: mode and size of the steps, prediction, coders, bytes for a number.

    mode : list or None
        None: the column as it is.
    """

    mode: list | None
    prediction: dict | None
    coders: dict[str, str]
    bytes_each: float


@dataclass(eq=False)
class ColumnCode:
    """A column as an archive without a network holds it.

    record : dict or None
        How the steps are read: mode, size, exponent and special of `steps.py` (the last two if they are not 0), the lowest
        number `low`, and `prediction` of `predictors.py`, if there is one. None: the column as it is.
    packed : dict of str to Packed
        "" are the steps or the entries; "raw" entries kept as they are; "rest" the lower halves of doubles.
    values : (N, ...) int64 or None
        The steps, from which later columns may be predicted.
    alone, plain : int
        If they were measured: bytes of the steps without prediction by their best coder; deflated or by LZMA, which is what
        rounding alone gives.
    simple, by_network : int
        If a network was trained: bytes of the shortest code without one, and of the code with it.
    """

    record: dict | None
    packed: dict[str, Packed]
    values: np.ndarray | None
    plan: ColumnPlan
    alone: int = 0
    plain: int = 0
    simple: int = 0
    by_network: int = 0
    sizes: dict[str, int] = field(init=False)

    def __post_init__(self):
        self.sizes = {name: packed.size for name, packed in self.packed.items()}

    @property
    def n_bytes(self) -> int:
        """Of the packed arrays, and of the prediction in the header, about."""
        return sum(self.sizes.values()) + _header_bytes(self.record.get("prediction") if self.record else None)


def encode_column(
    x: np.ndarray,
    bound: Bound | None,
    columns: dict[int, np.ndarray],
    *,
    whole: bool = False,
    digits: int = 0,
    plan: ColumnPlan | None = None,
    measure: bool = False,
    train: bool = False,
) -> ColumnCode:
    """The shortest code of a column (N, ...) in native byte order; `columns` are steps (N,) of those before, by position.

    plan : what was chosen for rows before; it is followed unless it costs much more here than there
    measure : whether `alone` and `plain` are wanted
    train : whether a network is trained for the prediction; where this gives fewer bytes it is taken
    """
    if plan is not None:
        code = _planned(x, bound, columns, whole, digits, plan)
        if code is not None and code.n_bytes <= _GROWTH * plan.bytes_each * x.size + 64:
            return code
        return min((c for c in (code, _chosen(x, bound, columns, whole, digits, False, False)) if c is not None), key=_size)
    return _chosen(x, bound, columns, whole, digits, measure, train)


def _size(code: ColumnCode) -> int:
    return code.n_bytes


def _planned(x, bound, columns, whole, digits, plan: ColumnPlan) -> ColumnCode | None:
    """The code by a plan, None where it does not fit these rows."""
    if plan.mode is None:
        return _as_it_is(x, (STORED, plan.coders[""]))
    found = find_steps(x, bound, whole=whole, digits=digits, modes=[plan.mode]) if x.size else []
    if not found or not needed_columns(plan.prediction) <= set(columns):
        return None
    return _coded(found[0], plan.prediction, columns, plan.coders)


def _chosen(x, bound, columns, whole, digits, measure: bool, train: bool) -> ColumnCode:
    found = find_steps(x, bound, whole=whole, digits=digits) if x.size else []
    kept = None if found and x.size > _SAMPLE and min(len(s.raw) for s in found) < x.size // 2 else _as_it_is(x)
    if not found:
        kept.alone = kept.plain = kept.n_bytes
        return kept
    tried = [(steps, prediction) for steps in found for prediction in _candidates(steps, columns)]
    costs = [_cost(steps, prediction, columns) for steps, prediction in tried]
    without = min((i for i, (_, prediction) in enumerate(tried) if prediction is None), key=costs.__getitem__)
    best = int(np.argmin(costs))
    alone = _coded(*tried[without], columns) if measure or best == without or x.size <= _SAMPLE else None
    code = alone if best == without else _coded(*tried[best], columns)
    code = min((c for c in (alone, code, kept) if c is not None), key=_size)
    if train and (by_network := _with_network(tried, costs, columns)) is not None:
        simple, code = code.n_bytes, min(code, by_network, key=_size)
        code.simple, code.by_network = simple, by_network.n_bytes
    if measure:
        code.alone = alone.n_bytes
        code.plain = min(_plain_bytes(steps) for steps in found)
    return code


def _with_network(tried: list, costs: list[float], columns: KnownSteps) -> ColumnCode | None:
    """The code by a network that is trained for what the best line and curves leave."""
    from tmvalite.compression.network_training import find_network  # loads the engine

    fit = [i for i, (steps, prediction) in enumerate(tried) if steps.mode != "bits" and "rows" not in (prediction or {})]
    if not fit or tried[0][0].values.ndim > 1:
        return None
    steps, base = tried[min(fit, key=costs.__getitem__)]
    prediction = find_network(steps.values, steps.special if len(steps.raw) else None, base, columns)
    return None if prediction is None else _coded(steps, prediction, columns)


def _plain_bytes(steps: Steps) -> int:
    packed = [pack_numbers(steps.values, int(steps.values.min()), _PLAIN), pack_array(steps.raw, _PLAIN)]
    packed += [] if steps.rest is None else [pack_array(steps.rest, _PLAIN)]
    return sum(p.size for p in packed)


def _candidates(steps: Steps, columns: dict[int, np.ndarray]) -> list[dict | None]:
    """Predictions of steps; bits of floats follow from no other column."""
    return candidates(steps.values, steps.special, {} if steps.mode == "bits" else columns)


def _as_it_is(x: np.ndarray, coders=CODERS) -> ColumnCode:
    packed = pack_array(x, coders)
    return ColumnCode(None, {"": packed}, None, ColumnPlan(None, None, {"": packed.coder}, packed.size / max(x.size, 1)))


def _coded(steps: Steps, prediction: dict | None, columns: dict[int, np.ndarray], coders: dict | None = None) -> ColumnCode:
    left = residuals(steps.values, prediction, columns)
    low = int(left.min())
    record = {"mode": steps.mode, "size": steps.size, "low": low}
    extra = {"exponent": steps.exponent, "prediction": prediction, "special": steps.special if len(steps.raw) else 0}
    record |= {name: value for name, value in extra.items() if value}
    packed = {"": pack_numbers(left, low, (coders[""],) if coders else _coders(left))}
    if len(steps.raw):
        packed["raw"] = pack_array(steps.raw)
    if steps.rest is not None:
        packed["rest"] = pack_array(steps.rest, (STORED, coders["rest"]) if coders else CODERS)
    known = None if steps.mode == "bits" else steps.values
    plan = ColumnPlan(
        [steps.mode, steps.size],
        prediction,
        {name: p.coder for name, p in packed.items()},
        sum(p.size for p in packed.values()) / left.size,
    )
    return ColumnCode(record, packed, known, plan)


def _coders(left: np.ndarray) -> tuple[str, ...]:
    """The coder of long residuals, by a part of them; all of short ones."""
    if left.size <= _SAMPLE:
        return CODERS
    part = left[_middle(left)]
    return (pack_numbers(part, int(part.min())).coder,)


def _middle(values: np.ndarray) -> slice:
    rows = max(1, len(values) * _SAMPLE // max(values.size, 1))
    start = max(0, (len(values) - rows) // 2)
    return slice(start, start + rows)


def _cost(steps: Steps, prediction: dict | None, columns: dict[int, np.ndarray]) -> float:
    """Bytes, about, of a column as long as the sample."""
    part = _middle(steps.values)
    left = residuals(steps.values[part], prediction, KnownSteps(columns).part(part, needed_columns(prediction)))
    rest = 0.0 if steps.rest is None else 4.0 * left.size
    share = left.size / steps.values.size
    return bits_of(left) / 8.0 + (steps.raw.nbytes + _header_bytes(prediction)) * share + rest


def _header_bytes(prediction: dict | None) -> int:
    if not prediction:
        return 0
    numbers = sum(len(knots) for _, knots, _ in prediction.get("curves", ()))
    line = _LINE_BYTES * (1 + len(prediction.get("columns", ()))) + 5 * numbers
    return line + network_bytes(prediction.get("network"))


def decode_column(
    record: dict,
    left: np.ndarray,
    raw: np.ndarray | None,
    columns: dict[int, np.ndarray],
    dtype: np.dtype,
    *,
    whole: bool,
    digits: int,
    rest: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The column (N, ...) of dtype, and its steps, from what is left of them after the prediction.

    Raises ValueError, KeyError or TypeError if the code does not fit.
    """
    values = undo(left, record.get("prediction"), columns)
    known = {"exponent": 0, "special": 0} | record
    return final_values(values, known, raw, dtype, whole=whole, digits=digits, rest=rest), values

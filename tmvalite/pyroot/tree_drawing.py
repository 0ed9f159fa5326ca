"""What TTree.Draw and GetEntries(selection) compute: expressions of a table, one value or several for every event."""

from __future__ import annotations

import re

import numpy as np

from tmvalite.data.columns import Table
from tmvalite.data.expression import Context, Values, evaluate, parse_expression
from tmvalite.data.expression.nodes import SPECIALS
from tmvalite.data.formulas import bind
from tmvalite.errors import DataError
from tmvalite.pyroot.root_histograms import TH1, TH1F, TH2F

_TARGET = re.compile(r"(?P<what>.*?)>>\s*(?P<name>\w+)\s*(?:\((?P<axes>[^()]*)\))?\s*", re.DOTALL)
N_BINS, N_BINS_2D = 100, 40  # of a histogram whose axes are not given
PASSES = 0.5
_made: dict[str, TH1] = {}  # histograms by the names that `>>` gave them


def _values(table: Table, text: str) -> Values:
    expression = bind(parse_expression(text), table, dict.fromkeys(table.keys()), "Draw")
    keys = table.keys()
    names = dict.fromkeys(name for name, _ in expression.mentions() if name in keys or name not in SPECIALS)
    return evaluate(expression, table.read(list(names), expression.texts()), Context(table.n_entries))


def selected(table: Table, cut: str) -> np.ndarray:
    """(N,) float64: the value of a selection for every event, as a weight; 1 without one. Below 1/2 and without a value: 0."""
    if not cut.strip():
        return np.ones(table.n_entries)
    found = _values(table, cut)
    if found.counts is not None:
        raise DataError(f"the selection '{cut}' has several values per event", code="data-column-shape")
    weight = np.nan_to_num(found.values)
    return np.where(weight != 0.0, weight, 0.0)


def _split(text: str) -> list[str]:
    """The parts between single colons outside brackets; `?:` and `::` stay together."""
    parts, depth, questions, begin = [], 0, 0, 0
    for at, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        questions += char == "?"
        if char == ":" and depth == 0 and ":" not in (text[at + 1 : at + 2], text[at - 1 : at]):
            if questions:
                questions -= 1
                continue
            parts.append(text[begin:at])
            begin = at + 1
    return [*parts, text[begin:]]


def draw_tree(table: Table, text: str, cut: str, option: str) -> int:
    """Fill a histogram of one expression, or of `y:x`, and draw it unless the option has `goff`; the events in it."""
    target = _TARGET.fullmatch(text)
    parts = _split(target["what"] if target else text)
    if len(parts) > 2:
        raise DataError(f"'{text}' has {len(parts)} axes, at most 2 are drawn", code="call", expected="'x' or 'y:x'")
    weight = selected(table, cut)
    columns = [_values(table, part) for part in reversed(parts)]
    lengths = columns[0].lengths()
    if any(not np.array_equal(column.lengths(), lengths) for column in columns):
        raise DataError(f"the parts of '{text}' have different numbers of values", code="data-array-lengths")
    weights = np.repeat(weight, lengths)
    points = [column.values if column.missing is None else column.values[~column.missing] for column in columns]
    kept = weights != 0.0
    points, weights = [values[kept] for values in points], weights[kept]
    histogram = _histogram(target, points, text)
    histogram.add_points(points, weights)
    if "goff" not in option.lower():
        histogram.Draw(option)
    return len(weights)


def _histogram(target, points: list[np.ndarray], title: str) -> TH1:
    name = target["name"] if target else "htemp"
    if target and target["axes"] is None and name in _made:
        return _made[name]
    given = [float(number) for number in target["axes"].split(",")] if target and target["axes"] else []
    axes: list[float] = []
    for axis, values in enumerate(points):
        own = given[3 * axis : 3 * axis + 3]
        if len(own) == 3:
            axes += [int(own[0]), own[1], own[2]]
            continue
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = 0.05 * (high - low) or 0.5
        axes += [int(own[0]) if own else N_BINS if len(points) == 1 else N_BINS_2D, low - room, high + room]
    histogram = (TH1F if len(points) == 1 else TH2F)(name, title, *axes)
    _made[name] = histogram
    return histogram


def histogram_called(name: str) -> TH1 | None:
    """The histogram that `>>` made under this name, or None."""
    return _made.get(name)

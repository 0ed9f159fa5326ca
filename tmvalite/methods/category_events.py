"""Which events a category takes, and which of their columns: cuts and labels over the names of variables and spectators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import ArrayTable, Column
from tmvalite.data.expression import Context, Expression, evaluate, parse_expression
from tmvalite.data.formulas import bind
from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.errors import DataError, OptionError, Source, did_you_mean

PASSES = 0.5  # a cut is passed by more than this


@dataclass(frozen=True)
class CategoryPart:
    """One category.

    cut : TTreeFormula's, over variables and spectators
    labels : of the variables (or spectators) that the method reads; none means all variables
    method : not trained, or with what it learnt
    condition : the cut, read
    at : positions of the method's variables among all variables and spectators
    """

    cut: str
    labels: tuple[str, ...]
    method: object
    condition: Expression
    at: tuple[int, ...]

    @property
    def title(self) -> str:
        return self.method.title


def part_of(cut: str, variables: str, method, info: DataSetInfo) -> CategoryPart:
    """A category of these data; `variables` are labels joined by ':'.

    Raises
    ------
    OptionError
        An unknown label.
    ExpressionError
        A cut that cannot be read, or reads something else than variables and spectators.
    """
    labels = tuple(piece.strip() for piece in variables.split(":") if piece.strip())
    where, known = f"the cut of category '{method.title}'", _everything(info)
    table = _table(np.empty((0, len(known))), known)
    try:
        condition = bind(parse_expression(Source(cut), where=where), table, table.keys(), where)
    except DataError as error:
        if error.code == "expression-unknown":
            error.hint = error.hint or "a cut reads variables and spectators: call AddSpectator('name') for others"
        raise
    return CategoryPart(cut, labels, method, condition, tuple(_positions(labels, method.title, info)))


def info_of(part: CategoryPart, info: DataSetInfo) -> DataSetInfo:
    """The data set of a category: its variables, all else as it is."""
    known = _everything(info)
    return DataSetInfo(tuple(known[i] for i in part.at), info.targets, info.spectators, info.classes, f"{part.title}_dsi")


def columns_read(parts: Sequence[CategoryPart], info: DataSetInfo) -> tuple[int, ...]:
    """Positions of all variables, then of the spectators that cuts or methods read, in declared order."""
    known, n = _everything(info), info.n_variables
    names = {name for part in parts for name, _ in part.condition.mentions()}
    names -= {name for v in info.variables for name in _names(v)}
    chosen = {i for part in parts for i in part.at}
    return (*range(n), *(i for i in range(n, len(known)) if i in chosen or names & set(_names(known[i]))))


def infos_at(positions: Sequence[int], info: DataSetInfo) -> tuple[VariableInfo, ...]:
    """What stands at these positions among all variables and spectators."""
    known = _everything(info)
    return tuple(known[i] for i in positions)


def shares(x: np.ndarray, columns: Sequence[VariableInfo], parts: Sequence[CategoryPart], title: str) -> list[np.ndarray]:
    """For each category which events (N,) pass its cut; x (N, columns). Raises DataError where two of them take an event."""
    table, found, taken = _table(x, columns), [], np.full(len(x), -1)
    for number, part in enumerate(parts):
        names = [name for name, _ in part.condition.mentions()]
        values = evaluate(part.condition, table.read(names), Context(len(x))).values
        passes = np.broadcast_to(values, len(x)) > PASSES
        both = passes & (taken >= 0)
        if both.any():
            other = parts[int(taken[both][0])]
            raise DataError(
                f"{int(both.sum())} of {len(x)} events pass the cuts of two categories, '{other.title}' and '{part.title}'",
                code="category-overlap",
                where=f"method '{title}'",
                expected=f"'{other.cut}' and '{part.cut}' have no event in common",
            )
        taken[passes] = number
        found.append(passes)
    return found


def inputs_of(events: Events, columns: Sequence[VariableInfo]) -> np.ndarray:
    """(N, columns) of events: their variables, then spectators."""
    extra = [events.spectators[v.internal] for v in columns[events.x.shape[1] :]]
    return np.column_stack([events.x, *extra]) if extra else events.x


def _everything(info: DataSetInfo) -> tuple[VariableInfo, ...]:
    return (*info.variables, *info.spectators)


def _names(v: VariableInfo) -> tuple[str, ...]:
    """What a cut may call a variable."""
    return (v.internal,) if v.index is not None else (v.expression, v.label, v.internal)


def _table(x: np.ndarray, columns: Sequence[VariableInfo]) -> ArrayTable:
    """Events as columns under every name that they have, in single precision as a Reader has them; integers stay whole."""
    found: dict[str, Column] = {}
    for j, v in enumerate(columns):
        values = np.ascontiguousarray(x[:, j])
        values = values if np.array_equal(values, np.trunc(values)) else values.astype(np.float32)
        for name in _names(v):
            found.setdefault(name, Column(values))
    return ArrayTable(found, len(x), "the variables and spectators")


def _positions(labels: Sequence[str], title: str, info: DataSetInfo) -> list[int]:
    """The positions of labels among all variables and spectators; an array has several."""
    if not labels:
        return list(range(info.n_variables))
    known, positions = [v.label for v in _everything(info)], []
    for label in labels:
        found = [i for i, one in enumerate(known) if one == label]
        if not found:
            raise OptionError(
                f"category '{title}' reads '{label}', which is neither a variable nor a spectator",
                code="category-variables",
                expected=tuple(known),
                hint=did_you_mean(label, known),
            )
        positions += found
    return positions

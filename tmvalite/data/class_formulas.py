"""What is evaluated for the events of one class: variables, targets, spectators, cuts and the weight."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from tmvalite.data.columns import Column, Table
from tmvalite.data.expression import Expression, render_expression
from tmvalite.data.expression.nodes import SPECIALS
from tmvalite.data.formulas import bind
from tmvalite.data.info import DataSetInfo, VariableInfo


@dataclass(frozen=True)
class Formula:
    """An expression with the words that messages use for it, such as "variable 'pt'"."""

    expression: Expression
    what: str
    info: VariableInfo | None = None

    @property
    def text(self) -> str:
        """The expression as it was declared."""
        return self.info.expression if self.info is not None else render_expression(self.expression)


@dataclass(frozen=True)
class Formulas:
    """Everything that is evaluated for the events of one class."""

    variables: tuple[Formula, ...]
    targets: tuple[Formula, ...]
    spectators: tuple[Formula, ...]
    cuts: tuple[Formula, ...] = ()
    weight: Formula | None = None

    def all(self) -> list[Formula]:
        return [*self.variables, *self.targets, *self.spectators, *self.cuts, *([self.weight] if self.weight else [])]

    def on(self, table: Table) -> tuple[Formulas, dict[str, Column]]:
        """The formulas over the columns of a table, and these columns. Raises ExpressionError and DataError."""
        keys = dict.fromkeys(table.keys())  # in order, so that messages are the same every time
        bound: dict[int, Expression] = {}  # by id: the elements of an array of variables share one expression

        def of(formula: Formula) -> Formula:
            key = id(formula.expression)
            if key not in bound:
                bound[key] = bind(formula.expression, table, keys, formula.what)
            return dataclasses.replace(formula, expression=bound[key])

        groups = (self.variables, self.targets, self.spectators, self.cuts)
        made = Formulas(*(tuple(map(of, group)) for group in groups), None if self.weight is None else of(self.weight))
        names: dict[str, None] = {}
        texts: set[str] = set()
        for expression in bound.values():
            names.update((name, None) for name, _ in expression.mentions() if name in keys or name not in SPECIALS)
            texts |= expression.texts()
        return made, table.read(list(names), texts)


def formulas_for(
    info: DataSetInfo,
    expressions: dict[str, tuple[Expression, ...]],
    cuts: Sequence[tuple[str, Expression]],
    weight: Expression | None,
    class_name: str,
) -> Formulas:
    """The formulas of one class; `expressions` has those of "variable", "target" and "spectator" in declared order."""

    def group(kind, infos):
        return tuple(
            Formula(e, f"{kind} '{v.label}'" if v.index is None else f"variable '{v.internal}'", v)
            for e, v in zip(expressions[kind], infos, strict=True)
        )

    return Formulas(
        group("variable", info.variables),
        group("target", info.targets),
        group("spectator", info.spectators),
        tuple(Formula(expression, what) for what, expression in cuts),
        None if weight is None else Formula(weight, f"the weight of class '{class_name}'"),
    )

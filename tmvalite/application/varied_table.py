"""A table in which expressions take the place of some columns: what a systematic uncertainty makes of the events."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from tmvalite.application.request import Variation
from tmvalite.data.columns import Column, Table
from tmvalite.data.expression import evaluate, parse_expression
from tmvalite.data.expression.nodes import SPECIALS
from tmvalite.data.formulas import bind
from tmvalite.data.info import VariableInfo
from tmvalite.data.scoring import context_of
from tmvalite.errors import DataError, quoted


class VariedTable:
    """A table with the columns of a variation. What holds a variable already computed is hidden if that is varied."""

    def __init__(self, table: Table, variation: Variation, variables: Sequence[VariableInfo]):
        self._table, self._replaced = table, dict(variation.columns)
        self._hidden = _computed(variables, self._replaced)
        self.n_entries = table.n_entries
        self.read_varied: set[str] = set()

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._table, name)

    def keys(self) -> list[str]:
        return [name for name in self._table.keys() if name not in self._hidden]

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        plain = [name for name in names if name not in self._replaced]
        columns = self._table.read(plain, texts) if plain else {}
        return {name: self._varied(name) if name in self._replaced else columns[name] for name in names}

    def _varied(self, name: str) -> Column:
        self.read_varied.add(name)
        text = self._replaced[name]
        return evaluated(self._table, text, f"what takes the place of {quoted(name)}")

    def __str__(self):
        return str(self._table)


def evaluated(table: Table, text: str, what: str) -> Column:
    """An expression over the columns of a table; a plain column keeps its type. Raises ExpressionError."""
    keys = dict.fromkeys(table.keys())
    expression = bind(parse_expression(text, where=what), table, keys, what)
    names = dict.fromkeys(name for name, _ in expression.mentions() if name in keys or name not in SPECIALS)
    columns = table.read(list(names), expression.texts())
    alone = expression.column()
    if alone in columns:
        return columns[alone]
    values = evaluate(expression, columns, context_of(table))
    if values.counts is not None:
        return Column(values.values, np.concatenate(([0], np.cumsum(values.counts))))
    return Column(values.values if values.missing is None else np.where(values.missing, np.nan, values.values))


def _computed(variables: Sequence[VariableInfo], replaced: dict[str, str]) -> set[str]:
    """Names of columns that would give a variable which the variation changes, computed before."""
    hidden = set()
    for v in variables:
        try:
            mentioned = {name for name, _ in parse_expression(v.expression).mentions()}
        except DataError:
            continue
        if mentioned & set(replaced):
            hidden |= {v.expression, v.label, v.internal} - mentioned - set(replaced)
    return hidden

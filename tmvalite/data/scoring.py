"""The variables of a trained method, found in a table: by name, or by evaluating their expressions on its columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.columns import Table
from tmvalite.data.expression import Context, Expression, Values, evaluate, parse_expression
from tmvalite.data.expression.nodes import SPECIALS
from tmvalite.data.formulas import bind
from tmvalite.data.info import VariableInfo
from tmvalite.errors import DataError, ExpressionError, did_you_mean, quoted


def variable_columns(table: Table, variables: Sequence[VariableInfo]) -> list[np.ndarray]:
    """(N,) values of every variable.

    A column of the expression's own text comes first, then the expression over the columns of its parts, then a column of
    the label or internal name. Where both the parts and a column of the label are there, they must agree.

    Raises
    ------
    DataError
        Neither is there, or the two disagree, or there are several values per event.
    """
    return _Finding(table, variables).columns()


def context_of(table: Table) -> Context:
    """What expressions may ask of a table, which may be a block of another one."""
    return Context(table.n_entries, None, getattr(table, "first_entry", 0), getattr(table, "all_entries", None))


class _Finding:
    def __init__(self, table: Table, variables: Sequence[VariableInfo]):
        self.table, self.variables = table, variables
        self.keys = dict.fromkeys(table.keys())
        self.done: dict[str, Values | None] = {}

    def columns(self) -> list[np.ndarray]:
        labels = [v.label for v in self.variables]
        found = [self._variable(v) for v in self.variables]
        names = list(self.keys)
        if all(one is None for one in found) and len(names) == len(labels) == len(set(names)):
            if labels == [f"var{i + 1}" for i in range(len(labels))]:  # a training without names
                return [self._named(name, name) for name in names]
        if any(one is None for one in found):
            self._missing(self.variables[next(i for i, one in enumerate(found) if one is None)])
        return found

    def _variable(self, v: VariableInfo) -> np.ndarray | None:
        if v.index is not None:
            return self._element(v)
        if v.expression in self.keys:
            return self._named(v.expression, v.label)
        evaluated = self._evaluated(v.expression)
        named = next((name for name in (v.label, v.internal) if name in self.keys), None)
        if evaluated is None:
            return None if named is None else self._named(named, v.label)
        values = self._one_each(evaluated, v)
        if named is not None and not self._mentions(v.expression, named):
            self._check_agree(v, named, values)
        return values

    def _element(self, v: VariableInfo) -> np.ndarray | None:
        """An element of an array of variables: a column `vars[3]`, or element 3 of the column `vars`."""
        if v.internal in self.keys:
            return self._named(v.internal, v.internal)
        values = self._evaluated(v.expression)
        if values is None:
            return None
        if values.counts is None:
            raise DataError(
                f"{quoted(v.expression)} has one value per event, not an array", code="data-column-shape", where=str(self.table)
            )
        starts = np.cumsum(values.counts) - values.counts
        has = values.counts > v.index
        flat = values.values if len(values.values) else np.zeros(1)
        return np.where(has, flat[np.where(has, starts + v.index, 0)], np.nan)

    def _named(self, name: str, label: str) -> np.ndarray:
        column = self.table.read([name])[name]
        if not column.is_scalar:
            raise DataError(
                f"column {quoted(name)} has several values per event, variable {quoted(label)} one",
                code="data-column-shape",
                where=str(self.table),
                hint="leave the column out and give the parts of the expression" if name != label else None,
            )
        return column.values

    def _evaluated(self, text: str) -> Values | None:
        """The expression over the columns of the table; None where it has not all of them, or the text is no expression."""
        if text not in self.done:
            self.done[text] = self._evaluate(text)
        return self.done[text]

    def _evaluate(self, text: str) -> Values | None:
        try:
            expression = parse_expression(text)
            expression = bind(expression, self.table, self.keys, f"variable {quoted(text)}")
        except ExpressionError:
            return None
        names = self._columns_of(expression)
        if not names:
            return None
        columns = self.table.read(names, expression.texts())
        return evaluate(expression, columns, context_of(self.table))

    def _columns_of(self, expression: Expression) -> list[str]:
        return list(dict.fromkeys(name for name, _ in expression.mentions() if name in self.keys or name not in SPECIALS))

    def _one_each(self, values: Values, v: VariableInfo) -> np.ndarray:
        if values.counts is not None:
            raise DataError(
                f"{quoted(v.expression)} has several values per event",
                code="data-column-shape",
                where=str(self.table),
                hint="give one number per event",
            )
        return values.values if values.missing is None else np.where(values.missing, np.nan, values.values)

    def _mentions(self, text: str, name: str) -> bool:
        return any(mentioned == name for mentioned, _ in parse_expression(text).mentions())

    def _check_agree(self, v: VariableInfo, name: str, values: np.ndarray) -> None:
        with np.errstate(over="ignore"):
            given, computed = (np.asarray(one).astype(np.float32) for one in (self._named(name, v.label), values))
        if np.array_equal(given, computed, equal_nan=True) or np.allclose(given, computed, rtol=1e-5, atol=0, equal_nan=True):
            return
        row = int(np.argmax(~((given == computed) | (np.isnan(given) & np.isnan(computed)))))
        raise DataError(
            f"column {quoted(name)} is {given[row]:g} in row {row}, but {quoted(v.expression)} is {computed[row]:g} there",
            code="data-ambiguous",
            where=str(self.table),
            hint=f"leave the column {quoted(name)} out, or the columns of the expression",
        )

    def _missing(self, v: VariableInfo) -> None:
        """One error; it never names a column of another variable as the one that was meant."""
        parts: list[str] = []
        try:
            parts = self._columns_of(parse_expression(v.expression))
        except ExpressionError:
            pass
        absent = [part for part in parts if part not in self.keys]
        taken = {name for other in self.variables for name in (other.label, other.expression, other.internal)}
        free = [key for key in self.keys if key not in taken]
        missing, hint = v.label, did_you_mean(v.label, free)
        if v.expression != v.label or len(parts) > 1 or (parts and parts != [v.expression]):
            hint = f"{quoted(v.expression)} is computed where the table has {', '.join(map(quoted, absent))}"
        raise DataError(
            f"the events have no column {quoted(missing)}",
            code="data-column",
            expected=f"columns {', '.join(v.label if v.index is None else v.internal for v in self.variables)}",
            hint=hint,
        )

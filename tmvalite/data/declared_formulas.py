"""The expressions of a data set: variables, targets, spectators, cuts and weights of every class, each parsed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tmvalite.data.class_formulas import Formulas, formulas_for
from tmvalite.data.expression import Expression, parse_expression
from tmvalite.data.formulas import expression_of
from tmvalite.data.info import DataSetInfo, VariableInfo
from tmvalite.errors import Diagnostics


class DeclaredFormulas:
    """What is evaluated for the events of any class.

    Parameters
    ----------
    cuts, weights : mapping
        Cut and weight expression by class name; "" or absent for none.
    """

    def __init__(self, info: DataSetInfo, cuts: Mapping[str, str], weights: Mapping[str, str], diagnostics: Diagnostics):
        self.info, self.diagnostics = info, diagnostics
        groups = {"variable": info.variables, "target": info.targets, "spectator": info.spectators}
        self._expressions = {kind: self._parse_group(kind, infos) for kind, infos in groups.items()}
        self._cuts = {name: self._parse(cut, f"the cut of class '{name}'") for name, cut in cuts.items() if cut.strip()}
        self._weights = {name: self._parse(w, f"the weight of class '{name}'") for name, w in weights.items() if w.strip()}

    def _parse(self, text: str, where: str) -> Expression:
        expression = parse_expression(text, where=where)
        expression.warn(self.diagnostics, where)
        return expression

    def _parse_group(self, kind: str, infos: Sequence[VariableInfo]) -> tuple[Expression, ...]:
        parsed = {}
        for info in infos:
            if info.expression not in parsed:
                where = f"{kind} '{info.label}'"
                parsed[info.expression] = expression_of(info, where)
                parsed[info.expression].warn(self.diagnostics, where)
        return tuple(parsed[info.expression] for info in infos)

    def cuts_of(self, class_name: str) -> list[tuple[str, Expression]]:
        """The cut of a class, with the words for it, as a list of none or one."""
        return [(f"the cut of class '{class_name}'", self._cuts[class_name])] if class_name in self._cuts else []

    def of(self, class_name: str, table, table_cut: str = "") -> Formulas:
        """The formulas of a table of a class, with a cut of the table's own."""
        cuts = self.cuts_of(class_name)
        if table_cut.strip():
            cuts.append((f"the cut of {table}", self._parse(table_cut, f"the cut of {table}")))
        return formulas_for(self.info, self._expressions, cuts, self._weights.get(class_name), class_name)

"""Loops of a macro as loops of Python."""

from __future__ import annotations

import re

from tmvalite.errors import Span
from tmvalite.migration.counterparts import INTEGERS, NUMBERS, TEXTS, NoCounterpart, python_name
from tmvalite.migration.layout_lines import STEP, PythonTerm, broken, listed
from tmvalite.migration.macro_nodes import (
    AssignNode,
    BinaryNode,
    CallNode,
    Declaration,
    ExpressionStatement,
    For,
    ForEach,
    MemberNode,
    StepNode,
    Symbol,
    While,
)
from tmvalite.migration.python_terms import Translation

_UPDATES = {"<": 0, "<=": 1, ">": 0, ">=": -1, "!=": 0}


def _step_of(node, name: str) -> int | None:
    """By how much the step of a loop changes its variable."""
    if isinstance(node, StepNode) and node.of == Symbol((name,)):
        return 1 if node.sign == "+" else -1
    if isinstance(node, AssignNode) and node.left == Symbol((name,)) and node.sign in ("+=", "-="):
        text = getattr(node.right, "pieces", ("",))[0]
        return (int(text) if node.sign == "+=" else -int(text)) if text.isdecimal() and int(text) else None
    return None


class LoopLines:
    """The part of a Writer that knows loops."""

    def _While(self, statement: While, indent: str) -> list[str]:
        condition = self.term(statement.condition)
        body = self.block(statement.body, indent + STEP)
        if statement.at_end:
            inner = indent + STEP
            return [f"{indent}while True:", *body, f"{inner}if not ({condition.text}):", f"{inner}{STEP}break"]
        return [*broken(indent, "while ", condition, ":"), *body]

    def _ForEach(self, statement: ForEach, indent: str) -> list[str]:
        values = self.term(statement.values)
        self._know(statement.name, values.text)
        if values.kind.startswith("map") or self._is_map(values.text):
            self.scope.pairs[statement.name] = values.text
            values = listed("list(", (values,), ")")
        out = broken(indent, f"for {python_name(statement.name)} in ", values, ":")
        return out + self.block(statement.body, indent + STEP)

    def _know(self, name: str, values: str) -> None:
        """What a loop over a map or a vector says of its variable: the type of keys or elements."""
        kind = self.scope.kinds.get(values, "")
        inner = kind.partition("<")[2].rpartition(">")[0].partition(",")[0].strip()
        self.scope.names.add(name)
        self.scope.kinds[name] = "text" if inner in TEXTS else inner if inner in NUMBERS else ""

    def _is_map(self, text: str) -> bool:
        return "map" in self.scope.kinds.get(text, "").partition("<")[0]

    def _For(self, statement: For, indent: str) -> list[str]:
        counted = self._iterated(statement) or self._counted(statement)
        if counted is not None:
            name, values = counted
            return [*broken(indent, f"for {name} in ", values, ":"), *self.block(statement.body, indent + STEP)]
        out = self.one(statement.begin, indent) if statement.begin is not None else []
        has_condition = statement.condition.start < statement.condition.stop
        out += broken(indent, "while ", self.term(statement.condition) if has_condition else PythonTerm("True"), ":")
        out += self.block(statement.body, indent + STEP)
        if statement.step.start < statement.step.stop:
            end = statement.step
            out += self.one(ExpressionStatement(Span(end.start, end.stop), end), indent + STEP)
        if re.search(r"\bcontinue\b", self.source.text[statement.body.span.start : statement.body.span.stop]):
            raise NoCounterpart("a loop of this form with continue is not translated")
        return out

    def _counted(self, statement: For) -> tuple[str, PythonTerm] | None:
        """`for (int i = a; i < b; i++)` as (name, range)."""
        begin = statement.begin
        if isinstance(begin, Declaration) and len(begin.names) == 1 and begin.kind in {*INTEGERS, "auto"}:
            name, first = begin.names[0].name, begin.names[0].value
        elif isinstance(begin, ExpressionStatement) and isinstance(node := self.read(begin.value), AssignNode):
            if not isinstance(node.left, Symbol) or node.left.text in self.scope.slots:
                return None
            name, first = node.left.text, Span(begin.value.stop, begin.value.stop)
            first_term = Translation(self.scope).term(node.right)
        else:
            return None
        if statement.condition.start == statement.condition.stop or statement.step.start == statement.step.stop:
            return None
        condition, step = self.read(statement.condition), self.read(statement.step)
        if not (isinstance(condition, BinaryNode) and condition.left == Symbol((name,)) and condition.sign in _UPDATES):
            return None
        by = _step_of(step, name)
        if by is None or (by > 0) != (condition.sign in ("<", "<=", "!=")):
            return None
        body = self.source.text[statement.body.span.start : statement.body.span.stop]
        if re.search(rf"\b{name}\s*(\+\+|--|[-+*/]?=(?!=))|(\+\+|--)\s*{name}\b", body):
            return None
        if isinstance(begin, Declaration):
            if first.start == first.stop:
                return None
            first_term = self.term(first)
        self.scope.names.add(name)
        self.scope.kinds[name] = "int"
        stop = Translation(self.scope).term(condition.right)
        more = _UPDATES[condition.sign]
        if more:
            stop = (
                PythonTerm(str(int(stop.text) + more))
                if stop.text.isdecimal()
                else PythonTerm(f"{stop.within(9)} {'+' if more > 0 else '-'} 1", 9)
            )
        parts = [first_term, stop, PythonTerm(str(by))]
        if by == 1:
            parts = parts[:2] if first_term.text != "0" else parts[1:2]
        return python_name(name), listed("range(", tuple(parts), ")")

    def _iterated(self, statement: For) -> tuple[str, PythonTerm] | None:
        """`for (auto it = m.begin(); it != m.end(); ++it)` as (name, values)."""
        begin = statement.begin
        if not isinstance(begin, Declaration) or len(begin.names) != 1 or begin.names[0].form != "=":
            return None
        node, name = self.read(begin.names[0].value), begin.names[0].name
        if not (isinstance(node, CallNode) and isinstance(node.what, MemberNode) and node.what.name.text in ("begin", "cbegin")):
            return None
        values = Translation(self.scope).term(node.what.of)
        self._know(name, values.text)
        if self._is_map(values.text):
            self.scope.pairs[name] = values.text
            return python_name(name), listed("list(", (values,), ")")
        return python_name(name), values

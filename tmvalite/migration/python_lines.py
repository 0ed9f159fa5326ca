"""Statements of a macro as lines of Python."""

from __future__ import annotations

import ast
import re
import textwrap

from tmvalite.errors import OptionError, Source, Span
from tmvalite.migration.counterparts import TEXTS, NoCounterpart, python_name, reason_of
from tmvalite.migration.expressions import read_expression
from tmvalite.migration.layout_lines import STEP, WIDTH, PythonTerm, broken, listed
from tmvalite.migration.macro_nodes import (
    AssignNode,
    Braces,
    CallNode,
    ExpressionStatement,
    If,
    MacroFunction,
    Simple,
    Statement,
    StepNode,
    Symbol,
    Unknown,
)
from tmvalite.migration.python_declarations import DeclarationLines
from tmvalite.migration.python_loops import LoopLines
from tmvalite.migration.python_terms import NEEDS, Scope, Translation

NO_COUNTERPART = "no counterpart"


class Writer(DeclarationLines, LoopLines):
    """Writes the statements of one function, or of the macro outside functions."""

    def __init__(self, source: Source, scope: Scope):
        self.source, self.scope = source, scope

    def lines(self, statements: list[Statement], indent: str) -> list[str]:
        """The lines of several statements; `pass` where there is nothing to do."""
        out: list[str] = []
        for statement in statements:
            out += comment_lines(statement.comments, indent)
            written, remark = self.one(statement, indent), comment_lines(statement.trailing, "  ")
            if len(written) == 1 == len(remark) and len(written[0]) + len(remark[0]) <= WIDTH:
                written, remark = [written[0] + remark[0]], []
            out += [*(indent + line.strip() for line in remark), *written]
        if indent and not any(line.strip() and not line.lstrip().startswith("#") for line in out):
            out.append(f"{indent}pass")
        return out

    def one(self, statement: Statement, indent: str) -> list[str]:
        """The lines of a statement, or a comment with its text where it has no counterpart."""
        before = set(self.scope.lost)
        try:
            lines = getattr(self, f"_{type(statement).__name__}")(statement, indent)
            if not is_python(lines):
                raise NoCounterpart("its translation is not valid Python")
            return lines
        except (NoCounterpart, OptionError) as problem:
            self.scope.lost |= before
            return self.no_counterpart(statement.span, reason_of(problem), indent)

    def no_counterpart(self, span: Span, reason: str, indent: str) -> list[str]:
        text = self.source.text[span.start : span.stop].rstrip()
        rows = text.split("\n")
        margin = min((len(row) - len(row.lstrip()) for row in rows[1:] if row.strip()), default=0)
        rows = [rows[0].strip(), *(row[margin:].rstrip() for row in rows[1:])]
        if reason.startswith(NEEDS):
            return [f"{indent}# {reason}: {rows[0]}", *(f"{indent}#     {row}".rstrip() for row in rows[1:])]
        return [f"{indent}# {NO_COUNTERPART}: {reason}", *(f"{indent}#     {row}".rstrip() for row in rows)]

    def read(self, span: Span):
        return read_expression(self.source, span)

    def block(self, statement: Statement, indent: str) -> list[str]:
        """The lines of what stands between braces, or of a single statement."""
        if not isinstance(statement, Braces):
            return self.lines([statement], indent)
        rest = comment_lines(statement.rest, indent)
        lines = self.lines(statement.body, indent)
        return [*rest, *lines] if lines[-1:] == [f"{indent}pass"] else [*lines, *rest]

    # Statements

    def _Braces(self, statement: Braces, indent: str) -> list[str]:
        return self.block(statement, indent) if statement.body else comment_lines(statement.rest, indent)

    def _Unknown(self, statement: Unknown, indent: str) -> list[str]:
        raise NoCounterpart(f"a {statement.what} is not translated")

    def _Simple(self, statement: Simple, indent: str) -> list[str]:
        if statement.word == "using":
            if re.search(r"namespace\s+TMVA\b", self.source.text[statement.span.start : statement.span.stop]):
                self.scope.inside_tmva = True
            return []
        if statement.word == "delete":
            return []
        if statement.word == "throw":
            return self._throw(statement, indent)
        if statement.value.start == statement.value.stop:
            return [f"{indent}{statement.word}"]
        return self._with_steps(indent, lambda work: ("return ", work.term(self.read(statement.value))))

    def _throw(self, statement: Simple, indent: str) -> list[str]:
        if statement.value.start == statement.value.stop:
            return [f"{indent}raise"]
        node = self.read(statement.value)
        if isinstance(node, CallNode) and isinstance(node.what, Symbol) and node.what.parts[0] == "std":
            what = Translation(self.scope).terms(node.arguments)  # std::runtime_error and its relatives
        else:
            what = (Translation(self.scope).term(node),)
        return broken(indent, "raise ", listed("RuntimeError(", what, ")"))

    def term(self, span: Span) -> PythonTerm:
        return Translation(self.scope).term(self.read(span))

    def _with_steps(self, indent: str, make) -> list[str]:
        """The lines of (before, term), with the i++ inside as statements of their own."""
        work = Translation(self.scope)
        before, term = make(work)
        return [
            *(f"{indent}# {remark}" for remark in work.remarks),
            *(f"{indent}{line}" for line in work.before),
            *broken(indent, before, term),
            *(f"{indent}{line}" for line in work.after),
        ]

    def _ExpressionStatement(self, statement: ExpressionStatement, indent: str) -> list[str]:
        node = self.read(statement.value)
        if isinstance(node, StepNode):
            return [f"{indent}{Translation(self.scope).term(node.of).text} {node.sign}= 1"]
        if isinstance(node, AssignNode):
            return self._assignment(node, indent)
        return self._with_steps(indent, lambda work: ("", work.term(node)))

    def _assignment(self, node: AssignNode, indent: str) -> list[str]:
        def make(work: Translation):
            before, last = "", node
            while True:
                before += f"{work.term(last.left).text} {last.sign} "
                if not isinstance(last.right, AssignNode) or last.right.sign != last.sign:
                    return before, work.right(last)
                last = last.right

        return self._with_steps(indent, make)

    def _If(self, statement: If, indent: str, word: str = "if") -> list[str]:
        out = broken(indent, f"{word} ", self.term(statement.condition), ":")
        out += self.block(statement.yes, indent + STEP)
        if isinstance(statement.no, If):
            try:
                out += self._If(statement.no, indent, "elif")
            except (NoCounterpart, OptionError) as problem:
                out += self.no_counterpart(statement.no.span, reason_of(problem), indent)
        elif statement.no is not None:
            out += [f"{indent}else:", *self.block(statement.no, indent + STEP)]
        return out

    # Functions

    def _MacroFunction(self, statement: MacroFunction, indent: str) -> list[str]:
        inner = Writer(self.source, self.scope.inner())
        parameters, first = [], []
        for kind, given, default in statement.parameters:
            name, plain = python_name(given), kind.rstrip("*& ")
            value = "" if default is None else f"={self._default(default)}"
            parameters.append(PythonTerm(f"{name}{value}"))
            inner.scope.names.add(given)
            inner.scope.slots.discard(given)
            inner.scope.lost.discard(given)
            inner.scope.kinds[given] = "text" if plain in TEXTS else plain
            if plain == "TCut":
                first.append(f"{indent}{STEP}{name} = ROOT.{plain}({name})")
        body = inner.block(statement.body, indent + STEP)
        changed = self._changed_outside(statement)
        if changed:
            first.insert(0, f"{indent}{STEP}global {', '.join(changed)}")
        if first and body == [f"{indent}{STEP}pass"]:
            body = []
        head = broken(indent, f"def {python_name(statement.name)}", listed("(", tuple(parameters), ")"), ":")
        return [*head, *first, *body]

    def _default(self, span: Span) -> str:
        try:
            return self.term(span).text
        except (NoCounterpart, OptionError):
            return "None"

    def _changed_outside(self, statement: MacroFunction) -> list[str]:
        """Names of the macro that a function assigns to."""
        text = self.source.text[statement.body.span.start : statement.body.span.stop]
        own = {name for _, name, _ in statement.parameters}
        return [
            python_name(name)
            for name in sorted(self.scope.names - own)
            if re.search(rf"(?<![\w.>])(?<!\w\s){re.escape(name)}\s*(\+\+|--|[-+*/]?=(?!=))", text)
        ]


def is_python(lines: list[str]) -> bool:
    """Whether the lines of a statement can be parsed."""
    try:
        ast.parse(textwrap.dedent("\n".join(lines)))
    except (SyntaxError, ValueError):  # ValueError: a NUL character
        return False
    return True


def comment_lines(comments: tuple[str, ...], indent: str) -> list[str]:
    """Comments of the macro as Python writes them; lines of mere dashes are left out."""
    out = []
    for comment in comments:
        inner = comment[2:-2] if comment.startswith("/*") else comment.lstrip("/<!")
        for row in inner.split("\n"):
            row = row.strip().removeprefix("* ").rstrip(" -=*")
            if row.strip("-=*/#\\ "):
                out.append(f"{indent}# {row.lstrip('-= ')}")
    return out

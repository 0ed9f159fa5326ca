"""Statements of a macro as lines of Python."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace
from functools import lru_cache

from tmvalite.errors import OptionError, Source, Span
from tmvalite.migration.counterparts import BOOLS, FLOATS, INTEGERS, NUMBERS, TEXTS, NoCounterpart, class_of, in_tmva, python_name
from tmvalite.migration.expressions import read_expression, symbol
from tmvalite.migration.layout_lines import STEP, WIDTH, PythonTerm, broken, listed
from tmvalite.migration.macro_nodes import (
    AssignNode,
    BinaryNode,
    Braces,
    CallNode,
    Declaration,
    Declarator,
    ExpressionStatement,
    For,
    ForEach,
    If,
    ListNode,
    MacroFunction,
    MemberNode,
    Simple,
    Statement,
    StepNode,
    Symbol,
    Unknown,
    While,
)
from tmvalite.migration.python_terms import NEEDS, Scope, Translation
from tmvalite.workflow.members import NAMESPACE

NO_COUNTERPART = "no counterpart"
_ADDRESS = re.compile(r"(?<![&\w)\]])&\s*([A-Za-z_]\w*)\b(?!\s*(\(|->|\.))")
_OWNED = re.compile(r"(?:std::)?(?:unique|shared)_ptr<(.*)>")
_UPDATES = {"<": 0, "<=": 1, ">": 0, ">=": -1, "!=": 0}


@lru_cache(maxsize=4)
def addressed(text: str) -> frozenset[str]:
    """The names whose address is taken somewhere in a macro."""
    return frozenset(match[1] for match in _ADDRESS.finditer(text))


class Writer:
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
            return self.no_counterpart(statement.span, _reason(problem), indent)

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
                out += self.no_counterpart(statement.no.span, _reason(problem), indent)
        elif statement.no is not None:
            out += [f"{indent}else:", *self.block(statement.no, indent + STEP)]
        return out

    def _While(self, statement: While, indent: str) -> list[str]:
        condition = self.term(statement.condition)
        body = self.block(statement.body, indent + STEP)
        if statement.at_end:
            inner = indent + STEP
            return [f"{indent}while True:", *body, f"{inner}if not ({condition.text}):", f"{inner}{STEP}break"]
        return [*broken(indent, "while ", condition, ":"), *body]

    def _ForEach(self, statement: ForEach, indent: str) -> list[str]:
        values = self.term(statement.values)
        self.scope.names.add(statement.name)
        if values.kind.startswith("map") or self._is_map(values.text):
            self.scope.pairs[statement.name] = values.text
            values = listed("list(", (values,), ")")
        out = broken(indent, f"for {python_name(statement.name)} in ", values, ":")
        return out + self.block(statement.body, indent + STEP)

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
        self.scope.names.add(name)
        if self._is_map(values.text):
            self.scope.pairs[name] = values.text
            return python_name(name), listed("list(", (values,), ")")
        return python_name(name), values

    # Declarations

    def _Declaration(self, statement: Declaration, indent: str) -> list[str]:
        out = []
        for declarator in statement.names:
            try:
                out += self._declared(statement.kind, declarator, indent)
            except (NoCounterpart, OptionError) as problem:
                self.scope.lost.add(declarator.name)
                return out + self.no_counterpart(statement.span, _reason(problem), indent)
        return out

    def _declared(self, kind: str, one: Declarator, indent: str) -> list[str]:
        scope, name = self.scope, python_name(one.name)
        if (owned := _OWNED.fullmatch(kind)) is not None:
            kind, one = owned[1].strip(" *"), replace(one, stars=1)
        given = self._given(one)
        scope.lost.discard(one.name)
        if one.sizes:
            return self._array(kind, one, given, indent)
        if kind in NUMBERS and not one.stars:
            return self._number(kind, one, given, indent)
        work = Translation(scope)
        value = self._made(work, kind, one, given)
        scope.names.add(one.name)
        scope.slots.discard(one.name)
        known = class_of(kind) is not None or kind in TEXTS or symbol(kind).parts[-1] in ("map", "vector")
        scope.kinds[one.name] = kind if known else value.kind
        if kind.startswith("std::"):
            scope.kinds[one.name] = kind[5:]
        return [
            *(f"{indent}# {remark}" for remark in work.remarks),
            *(f"{indent}{line}" for line in work.before),
            *broken(indent, f"{name} = ", value),
            *(f"{indent}{line}" for line in work.after),
        ]

    def _given(self, one: Declarator) -> tuple:
        """The nodes of the initial value: several for a constructor."""
        if one.value.start == one.value.stop:
            return ()
        if one.form == "=":
            return (self.read(one.value),)
        wrapped = self.read(Span(one.value.start - 1, one.value.stop + 1)) if one.form == "{" else None
        if isinstance(wrapped, ListNode):
            return wrapped.items
        text = self.source.text
        call = read_expression(
            Source(f"f({text[one.value.start : one.value.stop]})"), Span(0, one.value.stop - one.value.start + 3)
        )
        return call.arguments

    def _number(self, kind: str, one: Declarator, given: tuple, indent: str) -> list[str]:
        value = Translation(self.scope).term(given[0]) if given else None
        self.scope.names.add(one.name)
        self.scope.kinds[one.name] = kind
        name = python_name(one.name)
        if one.name in addressed(self.source.text):
            self.scope.slots.add(one.name)
            self.scope.uses.add("np")
            start = (
                PythonTerm(f"np.zeros(1, {NUMBERS[kind]})")
                if value is None
                else PythonTerm(f"np.array([{value.text}], {NUMBERS[kind]})")
            )
            return broken(indent, f"{name} = ", start)
        zero = "False" if kind in BOOLS else "0.0" if kind in FLOATS else "0"
        return self._with_steps(indent, lambda work: (f"{name} = ", work.term(given[0]) if given else PythonTerm(zero)))

    def _array(self, kind: str, one: Declarator, given: tuple, indent: str) -> list[str]:
        values = Translation(self.scope).term(given[0]) if given else None
        if values is None and len(one.sizes) == 1 and one.sizes[0].start == one.sizes[0].stop:
            raise NoCounterpart(f"the array '{one.name}' has no size")
        sizes = [self.term(size).text for size in one.sizes if size.start < size.stop]
        self.scope.names.add(one.name)
        name = python_name(one.name)
        if kind in NUMBERS and not one.stars:
            self.scope.arrays.add(one.name)
            self.scope.kinds[one.name] = f"vector<{kind}>"
            self.scope.uses.add("np")
            shape = sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"
            if values is None:
                return broken(indent, f"{name} = ", PythonTerm(f"np.zeros({shape}, {NUMBERS[kind]})"))
            return broken(indent, f"{name} = ", listed("np.array(", (values, PythonTerm(NUMBERS[kind])), ")"))
        if values is not None:
            return broken(indent, f"{name} = ", values)
        return [f"{indent}{name} = [None] * {sizes[0]}"]

    def _made(self, work: Translation, kind: str, one: Declarator, given: tuple) -> PythonTerm:
        """The initial value of an object, a pointer or a text."""
        plain = symbol(kind)
        last = plain.parts[-1]
        terms = work.terms(given)
        if one.stars or kind == "auto":
            if not terms or terms[0].text in ("0", "None"):
                return PythonTerm("None")
            if plain.parts[0] == "TMVA" and plain.parts[-1] in NAMESPACE:
                in_tmva(plain.parts[1:])  # says what to use instead
            return terms[0]
        if kind in TEXTS:
            if not terms:
                return PythonTerm('""', kind="text")
            return terms[0] if terms[0].kind == "text" else listed("str(", terms[:1], ")", "text")
        if last == "map":
            self.scope.uses.add("defaultdict")
            values = {"int": "int", "Int_t": "int", "bool": "bool", "Bool_t": "bool", "double": "float", "float": "float"}
            element = plain.arguments.rpartition(",")[2].strip()
            if terms and not isinstance(given[0], ListNode):
                return terms[0]
            return PythonTerm(f"defaultdict({values.get(element, 'str' if element in (*TEXTS, 'TString') else 'lambda: None')})")
        if last in ("vector", "array"):
            if one.form == "=" and terms:
                return terms[0] if not isinstance(given[0], ListNode) else work.vector(plain.arguments, terms)
            if one.form == "{" and terms:
                return work.vector(plain.arguments, (listed("[", terms, "]"),))
            return work.vector(plain.arguments, terms)
        if one.form == "=" and terms and kind not in ("TString", "TCut"):
            self._check_class(kind)
            return terms[0]
        head = self._check_class(kind)
        if kind in ("TString", "TCut") and terms and terms[0].kind == kind and one.form == "=":
            return listed(f"{head}(", terms, ")", kind) if isinstance(given[0], Symbol) else terms[0]
        return listed(f"{head}(", terms, ")", kind)

    def _check_class(self, kind: str) -> str:
        """`ROOT.TFile` or `TMVA.Reader` of a type; raises NoCounterpart where there is none. Other types are the macro's own."""
        parts = symbol(kind).parts
        if parts[0] == "TMVA":
            return in_tmva(parts[1:])
        return Translation(self.scope).term(Symbol(parts)).text

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
            inner.scope.kinds[given] = plain
            if plain in ("TString", "TCut"):
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
            text = self.term(span).text
        except (NoCounterpart, OptionError):
            return "None"
        return '""' if text in ('ROOT.TString("")', "ROOT.TString()") else text

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


def _reason(problem: NoCounterpart | OptionError) -> str:
    return f"not understood: {problem.message}" if isinstance(problem, OptionError) else str(problem)


def _step_of(node, name: str) -> int | None:
    """By how much the step of a loop changes its variable."""
    if isinstance(node, StepNode) and node.of == Symbol((name,)):
        return 1 if node.sign == "+" else -1
    if isinstance(node, AssignNode) and node.left == Symbol((name,)) and node.sign in ("+=", "-="):
        text = getattr(node.right, "pieces", ("",))[0]
        return (int(text) if node.sign == "+=" else -int(text)) if text.isdecimal() and int(text) else None
    return None


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

"""Declarations of a macro as assignments in Python."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from tmvalite.errors import OptionError, Source, Span
from tmvalite.migration.counterparts import (
    BOOLS,
    FLOATS,
    NUMBERS,
    TEXTS,
    NoCounterpart,
    class_of,
    in_tmva,
    python_name,
    reason_of,
)
from tmvalite.migration.expressions import read_expression, symbol
from tmvalite.migration.layout_lines import PythonTerm, broken, listed
from tmvalite.migration.macro_nodes import Declaration, Declarator, ListNode, Symbol
from tmvalite.migration.python_calls import as_text
from tmvalite.migration.python_terms import Translation
from tmvalite.workflow.members import NAMESPACE

_ADDRESS = re.compile(r"(?<![&\w)\]])&\s*([A-Za-z_]\w*)\b(?!\s*(\(|->|\.))")


METHODS = ("MethodBase", "IMethod", "MethodCategory")  # pointers to what BookMethod and FindMVA give

_OWNED = re.compile(r"(?:std::)?(?:unique|shared)_ptr<(.*)>")


@lru_cache(maxsize=4)
def addressed(text: str) -> frozenset[str]:
    """The names whose address is taken somewhere in a macro."""
    return frozenset(match[1] for match in _ADDRESS.finditer(text))


class DeclarationLines:
    """The part of a Writer that knows declarations."""

    def _Declaration(self, statement: Declaration, indent: str) -> list[str]:
        out = []
        for declarator in statement.names:
            try:
                out += self._declared(statement.kind, declarator, indent)
            except (NoCounterpart, OptionError) as problem:
                self.scope.lost.add(declarator.name)
                return out + self.no_counterpart(statement.span, reason_of(problem), indent)
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
        if kind in TEXTS:
            scope.kinds[one.name] = "text"
        elif kind.startswith("std::"):
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
            if plain.parts[0] == "TMVA" and plain.parts[-1] in NAMESPACE and plain.parts[-1] not in METHODS:
                in_tmva(plain.parts[1:])  # says what to use instead
            return terms[0]
        if kind in TEXTS:
            if not terms:
                return PythonTerm('""', kind="text")
            return as_text(terms[0])
        if last == "map":
            self.scope.uses.add("defaultdict")
            values = {"int": "int", "Int_t": "int", "bool": "bool", "Bool_t": "bool", "double": "float", "float": "float"}
            element = plain.arguments.rpartition(",")[2].strip()
            if terms and not isinstance(given[0], ListNode):
                return terms[0]
            return PythonTerm(f"defaultdict({values.get(element, 'str' if element in TEXTS else 'lambda: None')})")
        if last in ("vector", "array"):
            if one.form == "=" and terms:
                return terms[0] if not isinstance(given[0], ListNode) else work.vector(plain.arguments, terms)
            if one.form == "{" and terms:
                return work.vector(plain.arguments, (listed("[", terms, "]"),))
            return work.vector(plain.arguments, terms)
        head = self._check_class(kind)
        if one.form == "=" and terms and (kind != "TCut" or terms[0].kind == kind):
            return terms[0]
        return listed(f"{head}(", terms, ")", kind)

    def _check_class(self, kind: str) -> str:
        """`ROOT.TFile` or `TMVA.Reader` of a type; raises NoCounterpart where there is none. Other types are the macro's own."""
        parts = symbol(kind).parts
        if parts[0] == "TMVA":
            return in_tmva(parts[1:])
        return Translation(self.scope).term(Symbol(parts)).text

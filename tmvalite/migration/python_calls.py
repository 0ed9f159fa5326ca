"""Calls of a macro as Python: constructors, members, what C++'s containers and formats do."""

from __future__ import annotations

import re

from tmvalite.migration import counterparts
from tmvalite.migration.counterparts import NUMBERS, NoCounterpart
from tmvalite.migration.layout_lines import ATOM, COMPARE, CONDITIONAL, NOT, PRODUCT, SIGN, SUM, PythonTerm, listed, text_term
from tmvalite.migration.macro_nodes import CallNode, CastNode, Literal, MemberNode, Symbol

_SIZES = re.compile(r"%([-+ #0]*\d*(?:\.\d+)?)(?:hh|h|ll|l|L|z|j|t)([diuoxXeEfFgG])")


KINDS = {"GetEntries": "int", "GetEntriesFast": "int", "GetNumFolds": "int", "Data": "text"}  # what members give


# members that change a text, as what follows its name; {s} is the text, {a} and {b} are the arguments
CHANGES = {"Append": "+= {a}", "append": "+= {a}", "Prepend": "= {a} + {s}", "ReplaceAll": "= {s}.replace({a}, {b})"}
CHANGES |= {"ToLower": "= {s}.lower()", "ToUpper": "= {s}.upper()", "clear": '= ""', "Clear": '= ""', "Form": "= {a}"}
METHODS_OF_TEXTS = {"BeginsWith": "startswith", "EndsWith": "endswith", "Index": "find", "find": "find", "rfind": "rfind"}


def as_text(term: PythonTerm) -> PythonTerm:
    """What C++ adds to a text: a number becomes one."""
    return term if term.kind == "text" else listed("str(", (term,), ")", "text")


class CallTerms:
    """The half of a Translation that knows calls."""

    def _CallNode(self, node: CallNode) -> PythonTerm:
        what = node.what
        if isinstance(what, MemberNode):
            return self._member_call(what, node.arguments)
        if isinstance(what, Symbol):
            special = self._special_call(what, node.arguments, node.made)
            if special is not None:
                return special
            kind = what.text if what.text[:1] == "T" and counterparts.class_of(what.text) else ""
            kind = "TFile" if what.text == "TFile::Open" else kind
            return listed(f"{self.term(what).within(ATOM)}(", self.terms(node.arguments), ")", kind)
        return listed(f"{self.term(what).within(ATOM)}(", self.terms(node.arguments), ")")

    def _special_call(self, what: Symbol, arguments: tuple, made: bool) -> PythonTerm | None:
        name = what.text
        plain = what.parts[-1] if what.parts[0] in ("std", "ROOT") or len(what.parts) == 1 else ""
        if plain.endswith("_cast") and what.arguments and len(arguments) == 1:
            kind = what.arguments.replace("const ", "").rstrip(" *&")
            return self._CastNode(CastNode(kind, arguments[0], "*" in what.arguments))
        if what.parts[0] == "[]":
            return PythonTerm(f"[0] * {self.term(arguments[0]).within(PRODUCT)}", PRODUCT)
        if plain in ("vector", "array"):
            return self.vector(what.arguments, self.terms(arguments))
        if plain == "map":
            return PythonTerm("{}")
        if name in NUMBERS and len(arguments) == 1 and name not in self.scope.names:
            return self._CastNode(CastNode(name, arguments[0], False))
        if name in ("Form", "TString::Format"):
            return self._format(arguments)
        if plain == "printf" and arguments:
            form = arguments[0]
            ends = isinstance(form, Literal) and form.pieces[-1].endswith("\\n")
            if ends:
                arguments = (Literal((*form.pieces[:-1], form.pieces[-1][:-2]), True), *arguments[1:])
            return listed("print(", (self._format(arguments), *(() if ends else (PythonTerm('end=""'),))), ")")
        if plain in ("exit", "_exit"):
            return listed("raise SystemExit(", self.terms(arguments), ")")
        if plain in ("string", "TString") and name not in self.scope.names:
            if len(arguments) == 1 and (only := self.term(arguments[0])).kind == "text":
                return only
            return listed("str(", self.terms(arguments), ")", "text") if arguments else PythonTerm('""', kind="text")
        if plain in ("make_unique", "make_shared"):
            return self._CallNode(CallNode(Symbol(tuple(what.arguments.split("::"))), arguments, True))
        return None

    def vector(self, elements: str, arguments: tuple[PythonTerm, ...]) -> PythonTerm:
        """A std::vector of this type of elements."""
        kind = elements.split(",")[0].strip()
        if kind in NUMBERS:
            plain = {"Float_t": "float", "Double_t": "double", "Int_t": "int"}.get(kind, kind)
            return listed(f'ROOT.std.vector["{plain}"](', arguments[:1], ")", f"vector<{kind}>")
        if arguments and arguments[0].text.startswith("["):
            return arguments[0].of_kind(f"vector<{kind}>")
        text = f"[None] * {arguments[0].within(PRODUCT)}" if arguments else "[]"
        return PythonTerm(text, PRODUCT if arguments else ATOM, kind=f"vector<{kind}>")

    def _format(self, arguments: tuple) -> PythonTerm:
        first = arguments[0]
        if isinstance(first, Literal):  # Python knows no sizes of numbers
            first = Literal(tuple(_SIZES.sub(r"%\1\2", piece) for piece in first.pieces), first.is_text)
        form, *values = self.terms((first, *arguments[1:]))
        if values:
            right = listed("% (", tuple(values), ")") if len(values) > 1 else PythonTerm(f"% {values[0].within(SIGN)}")
            return PythonTerm(f"{form.within(PRODUCT)} {right.text}", PRODUCT, chain=(form, right), kind="text")
        return text_term((form.inner.replace("%%", "%"),)) if form.inner else form

    def _member_call(self, what: MemberNode, arguments: tuple) -> PythonTerm:
        name = what.name.parts[-1]
        if name == "end" or name == "begin":
            raise NoCounterpart("iterators are not translated outside a loop")
        of = self.term(what.of)
        if name in ("get", "c_str", "str", "data") and not arguments:
            return of
        if name == "Data" and not arguments:
            return as_text(of)
        if of.kind == "text":
            return self._text_call(of, name, arguments)
        if of.kind:
            counterparts.check_member(of.kind, name)
        if name == "BookMethod":
            self._remark_on_method(arguments)
        given = self.terms(arguments)
        atom = of.within(ATOM)
        if name in ("size", "length") and not given:
            return listed("len(", (of,), ")", "int")
        if name == "empty" and not given:
            return PythonTerm(f"not {of.within(NOT)}", NOT, kind="bool")
        if name in ("push_back", "emplace_back"):
            return listed(f"{atom}.append(", given, ")")
        if name == "at" and len(given) == 1:
            return PythonTerm(f"{atom}[{given[0].text}]")
        if name == "GetObject" and len(given) == 2:
            target = self._target(arguments[1])
            return PythonTerm(f"{target} = {atom}.Get({given[0].text})", CONDITIONAL)
        return listed(f"{atom}.{name}(", given, ")", KINDS.get(name, ""))

    def _text_call(self, of: PythonTerm, name: str, arguments: tuple) -> PythonTerm:
        """A member of a TString or std::string, which is a str in Python; those that change it are statements."""
        given = self._format(arguments) if name in ("Form", "Format") else None
        items = (given,) if given is not None else self.terms(arguments)
        atom, first = of.within(ATOM), items[0].text if items else ""
        if name in CHANGES and len(items) >= sum(mark in CHANGES[name] for mark in ("{a}", "{b}")):
            added = as_text(items[0]).text if name in ("Append", "append", "Prepend") else first
            second = items[1].text if len(items) > 1 else ""
            return PythonTerm(f"{atom} {CHANGES[name].format(s=atom, a=added, b=second)}", CONDITIONAL)
        if name in ("size", "length", "Length") and not items:
            return listed("len(", (of,), ")", "int")
        if name in ("empty", "IsNull") and not items:
            return PythonTerm(f"not {of.within(NOT)}", NOT, kind="bool")
        if name == "Contains" and items:
            return PythonTerm(f"{items[0].within(COMPARE + 1)} in {of.within(COMPARE + 1)}", COMPARE, kind="bool")
        if name in ("Atoi", "Atof"):
            return listed("int(" if name == "Atoi" else "float(", (of,), ")", "int" if name == "Atoi" else "float")
        if name in METHODS_OF_TEXTS:
            return listed(f"{atom}.{METHODS_OF_TEXTS[name]}(", items, ")")
        if name == "substr" and len(items) in (1, 2):
            stop = "" if len(items) == 1 else f" {items[0].within(SUM)} + {items[1].within(PRODUCT)}"
            return PythonTerm(f"{atom}[{first}{' ' if stop else ''}:{stop}]", kind="text")
        raise NoCounterpart(f"TString.{name} is not translated")

    def _remark_on_method(self, arguments: tuple) -> None:
        for node in arguments:
            parts = node.parts if isinstance(node, Symbol) else ()
            if len(parts) > 1 and parts[-2] == "Types":
                remark = counterparts.skipped_method(parts[-1][1:])
                if remark is not None and remark not in self.remarks:
                    self.remarks.append(remark)

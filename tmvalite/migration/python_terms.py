"""Expressions of a macro as Python: names, calls, operators, and what C++ does with addresses and streams."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tmvalite.migration import counterparts
from tmvalite.migration.counterparts import BOOLS, FLOATS, INTEGERS, NUMBERS, TEXTS, NoCounterpart, python_name
from tmvalite.migration.layout_lines import (
    AND,
    ATOM,
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    COMPARE,
    CONDITIONAL,
    NOT,
    OR,
    PRODUCT,
    SHIFT,
    SIGN,
    SUM,
    PythonTerm,
    listed,
    text_term,
)
from tmvalite.migration.macro_nodes import (
    AssignNode,
    BinaryNode,
    CallNode,
    CastNode,
    IndexNode,
    ListNode,
    Literal,
    MemberNode,
    PrefixNode,
    StepNode,
    Symbol,
    TernaryNode,
)

SIGNS = {
    **{sign: (sign, COMPARE) for sign in ("==", "!=", "<", "<=", ">", ">=")},
    **{"||": ("or", OR), "&&": ("and", AND), "|": ("|", BIT_OR), "^": ("^", BIT_XOR), "&": ("&", BIT_AND)},
    **{"<<": ("<<", SHIFT), ">>": (">>", SHIFT), "+": ("+", SUM), "-": ("-", SUM)},
    **{"*": ("*", PRODUCT), "/": ("/", PRODUCT), "%": ("%", PRODUCT)},
}
MANIPULATORS = {"flush", "fixed", "scientific", "left", "right", "boolalpha", "setw", "setprecision", "setfill", "dec", "hex"}
_SIZES = re.compile(r"%([-+ #0]*\d*(?:\.\d+)?)(?:hh|h|ll|l|L|z|j|t)([diuoxXeEfFgG])")
NEEDS = "needs"  # what a name without a counterpart makes of the statements behind it
ELEMENTS = {"first", "second"}
KINDS = {"GetEntries": "int", "GetEntriesFast": "int", "GetNumFolds": "int", "Data": "text"}  # what members give


@dataclass
class Scope:
    """What is known of the names of a function, or of the macro outside functions.

    kinds : C++ types by name, without const and stars
    slots : single numbers whose address is taken: arrays of one element in Python
    arrays : arrays of numbers
    pairs : loop variables over a map, with the map: `it->first` is the key
    lost : names whose declaration has no counterpart
    """

    kinds: dict[str, str] = field(default_factory=dict)
    slots: set[str] = field(default_factory=set)
    arrays: set[str] = field(default_factory=set)
    pairs: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)  # modules that the script needs
    inside_tmva: bool = False  # using namespace TMVA

    def inner(self) -> Scope:
        """A scope that begins with what is known here."""
        parts = (dict(self.kinds), set(self.slots), set(self.arrays), dict(self.pairs), set(self.lost), set(self.names))
        return Scope(*parts, self.uses, self.inside_tmva)


class Translation:
    """One statement's expressions; `before` and `after` collect the i++ that Python writes as statements of their own."""

    def __init__(self, scope: Scope):
        self.scope, self.before, self.after, self.remarks = scope, [], [], []

    def term(self, node) -> PythonTerm:
        """The expression in Python. Raises NoCounterpart."""
        return getattr(self, f"_{type(node).__name__}")(node)

    def terms(self, nodes) -> tuple[PythonTerm, ...]:
        return tuple(self.term(node) for node in nodes)

    # Names and values

    def _Literal(self, node: Literal) -> PythonTerm:
        if node.is_text:
            return text_term(node.pieces)
        return PythonTerm(
            node.pieces[0], kind="float" if any(c in node.pieces[0] for c in ".e") and "x" not in node.pieces[0] else "int"
        )

    def _Symbol(self, node: Symbol) -> PythonTerm:
        name = node.text
        if name in self.scope.lost:
            raise NoCounterpart(f"{NEEDS} {name}")
        if name in self.scope.slots:
            return PythonTerm(f"{python_name(name)}[0]", kind=self.scope.kinds.get(name, ""))
        if name in self.scope.names:
            return PythonTerm(python_name(name), kind=self.scope.kinds.get(name, ""))
        if name in counterparts.CONSTANTS:
            return PythonTerm(counterparts.CONSTANTS[name], kind="bool" if name in ("true", "false", "kTRUE", "kFALSE") else "")
        known = self._known(node)
        return PythonTerm(known, kind=name if known.startswith("ROOT.g") else "")

    def _known(self, node: Symbol) -> str:
        """A name that the macro does not declare."""
        parts = node.parts
        if parts[0] == "TMVA":
            return counterparts.in_tmva(parts[1:])
        if parts[0] == "ROOT" and len(parts) > 1:
            parts = parts[1:]
        if len(parts) == 1 and (found := counterparts.in_root(parts[0])) is not None:
            return found
        if parts[0] in ("TMath", "TString", "TFile", "TChain", "TSystem") and len(parts) == 2:
            counterparts.check_member(parts[0], parts[1])
            return f"ROOT.{parts[0]}.{parts[1]}"
        plain = parts[-1] if parts[0] == "std" or len(parts) == 1 else ""
        if plain in counterparts.MATHEMATICS:
            self.scope.uses.add("math")
            return counterparts.MATHEMATICS[plain]
        if plain in counterparts.FUNCTIONS:
            return counterparts.FUNCTIONS[plain]
        if plain in ("string", "String"):
            return "str"
        if parts == ("__FILE__",):
            return "__file__"
        if self.scope.inside_tmva and counterparts.is_of_tmva(parts[0]):
            return counterparts.in_tmva(parts)
        raise NoCounterpart(f"{node.text} is not part of tmvalite.pyroot")

    def _ListNode(self, node: ListNode) -> PythonTerm:
        return listed("[", self.terms(node.items), "]")

    # Calls

    def _CallNode(self, node: CallNode) -> PythonTerm:
        what = node.what
        if isinstance(what, MemberNode):
            return self._member_call(what, node.arguments)
        if isinstance(what, Symbol):
            special = self._special_call(what, node.arguments, node.made)
            if special is not None:
                return special
            kind = what.text if what.text[:1] == "T" and counterparts.class_of(what.text) else ""
            kind = {"TFile::Open": "TFile", "TString::Format": "TString"}.get(what.text, kind)
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
            return self._format(arguments, "TString" if name != "Form" else "text")
        if plain == "printf" and arguments:
            form = arguments[0]
            ends = isinstance(form, Literal) and form.pieces[-1].endswith("\\n")
            if ends:
                arguments = (Literal((*form.pieces[:-1], form.pieces[-1][:-2]), True), *arguments[1:])
            return listed("print(", (self._format(arguments, "text"), *(() if ends else (PythonTerm('end=""'),))), ")")
        if plain in ("exit", "_exit"):
            return listed("raise SystemExit(", self.terms(arguments), ")")
        if plain == "string" and name not in self.scope.names:
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

    def _format(self, arguments: tuple, kind: str) -> PythonTerm:
        first = arguments[0]
        if isinstance(first, Literal):  # Python knows no sizes of numbers
            first = Literal(tuple(_SIZES.sub(r"%\1\2", piece) for piece in first.pieces), first.is_text)
        form, *values = self.terms((first, *arguments[1:]))
        if values:
            right = listed("% (", tuple(values), ")") if len(values) > 1 else PythonTerm(f"% {values[0].within(SIGN)}")
            term = PythonTerm(f"{form.within(PRODUCT)} {right.text}", PRODUCT, chain=(form, right), kind="text")
        else:
            term = text_term((form.inner.replace("%%", "%"),)) if form.inner else form
        return listed("ROOT.TString(", (term,), ")", kind) if kind == "TString" else term

    def _member_call(self, what: MemberNode, arguments: tuple) -> PythonTerm:
        name = what.name.parts[-1]
        if name == "end" or name == "begin":
            raise NoCounterpart("iterators are not translated outside a loop")
        of = self.term(what.of)
        if name in ("get", "c_str", "str", "data") and not arguments:
            return of
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
        if name == "substr" and given:
            if len(given) == 1:
                return PythonTerm(f"{atom}[{given[0].text}:]", kind="text")
            if given[0].text == "0":
                return PythonTerm(
                    f"{atom}[:{given[1].text}]" if given[1].binds == ATOM and not given[1].head else f"{atom}[: {given[1].text}]",
                    kind="text",
                )
            return PythonTerm(f"{atom}[{given[0].text} : {given[0].within(SUM)} + {given[1].within(PRODUCT)}]", kind="text")
        if name == "GetObject" and len(given) == 2:
            target = self._target(arguments[1])
            return PythonTerm(f"{target} = {atom}.Get({given[0].text})", CONDITIONAL)
        kinds = {
            "GetEntries": "int",
            "GetEntriesFast": "int",
            "GetNumFolds": "int",
            "Get": "",
            "Data": "text",
            "GetMvaValue": "float",
        }
        return listed(f"{atom}.{name}(", given, ")", kinds.get(name, ""))

    def _remark_on_method(self, arguments: tuple) -> None:
        for node in arguments:
            parts = node.parts if isinstance(node, Symbol) else ()
            if len(parts) > 1 and parts[-2] == "Types":
                remark = counterparts.skipped_method(parts[-1][1:])
                if remark is not None and remark not in self.remarks:
                    self.remarks.append(remark)

    def _MemberNode(self, node: MemberNode) -> PythonTerm:
        name = node.name.parts[-1]
        if isinstance(node.of, Symbol) and node.of.text in self.scope.pairs and name in ELEMENTS:
            key = python_name(node.of.text)
            return PythonTerm(key if name == "first" else f"{self.scope.pairs[node.of.text]}[{key}]")
        of = self.term(node.of)
        if of.kind:
            counterparts.check_member(of.kind, name)
        return PythonTerm(f"{of.within(ATOM)}.{name}")

    def _IndexNode(self, node: IndexNode) -> PythonTerm:
        of = self._array(node.of) or self.term(node.of)
        kind = of.kind
        inner = kind[7:-1] if kind.startswith("vector<") else kind if kind in NUMBERS else ""
        return PythonTerm(f"{of.within(ATOM)}[{self.term(node.at).text}]", kind=inner)

    def _array(self, node) -> PythonTerm | None:
        """A slot or array by itself, without the element of a slot."""
        if isinstance(node, Symbol) and node.text in self.scope.slots:
            return PythonTerm(python_name(node.text), kind=self.scope.kinds.get(node.text, ""))
        return None

    # Operators

    def _PrefixNode(self, node: PrefixNode) -> PythonTerm:
        if node.sign == "&":
            return self._address(node.of)
        if node.sign == "*":
            return self.term(node.of)
        of = self.term(node.of)
        if node.sign == "!":
            if of.kind == "TCut":
                return listed("ROOT.TCut(", (PythonTerm(f'f"!({{{of.text}}})"'),), ")", "TCut")
            return PythonTerm(f"not {of.within(NOT)}", NOT, kind="bool")
        return PythonTerm(f"{node.sign}{of.within(SIGN)}", SIGN, kind=of.kind)

    def _address(self, node) -> PythonTerm:
        found = self._array(node)
        if found is not None:
            return found
        if isinstance(node, IndexNode) and isinstance(node.of, Symbol) and node.of.text in self.scope.arrays:
            at = self.term(node.at)
            name = python_name(node.of.text)
            if at.text.isdecimal():
                return PythonTerm(f"{name}[{at.text}:{int(at.text) + 1}]")
            return PythonTerm(f"{name}[{at.text} : {at.within(SUM)} + 1]")
        return self.term(node)

    def _BinaryNode(self, node: BinaryNode) -> PythonTerm:
        stream = self._stream(node)
        if stream is not None:
            return stream
        found = self._found_in_map(node)
        if found is not None:
            return found
        left, right = self.term(node.left), self.term(node.right)
        if "TCut" in (left.kind, right.kind) and node.sign in ("&&", "||", "+", "*"):
            return self._cuts(left, node.sign, right)
        sign, binds = SIGNS[node.sign]
        if node.sign == "/" and _is_whole(left) and _is_whole(right):
            sign = "//"
        if node.sign in ("==", "!=") and "None" in (left.text, right.text):
            sign = "is" if node.sign == "==" else "is not"
        text = f"{left.within(binds + (binds == COMPARE))} {sign} {right.within(binds + 1)}"
        kind = _joined_kind(left.kind, right.kind, node.sign)
        parts = (*(left.chain if left.binds == binds and left.chain else (PythonTerm(left.within(binds)),)),)
        last = PythonTerm(f"{sign} {right.within(binds + 1)}")
        return PythonTerm(text, binds, chain=(*parts, last), kind=kind)

    def _cuts(self, left: PythonTerm, sign: str, right: PythonTerm) -> PythonTerm:
        if sign == "||":
            text = f'f"({{{left.text}}})||({{{right.text}}})"'
            return listed("ROOT.TCut(", (PythonTerm(text),), ")", "TCut")
        both = [one.within(SUM) if one.kind == "TCut" else f"ROOT.TCut({one.text})" for one in (left, right)]
        plain = "*" if sign == "*" else "+"
        return PythonTerm(f" {plain} ".join(both), PRODUCT if plain == "*" else SUM, kind="TCut")

    def _found_in_map(self, node: BinaryNode) -> PythonTerm | None:
        """`m.find(x) == m.end()`."""
        call, end = node.left, node.right
        if node.sign not in ("==", "!=") or not (_calls(call, "find") and _calls(end, "end")):
            return None
        key, of = self.term(call.arguments[0]), self.term(call.what.of)
        return PythonTerm(
            f"{key.within(COMPARE + 1)} {'not in' if node.sign == '==' else 'in'} {of.within(COMPARE + 1)}", COMPARE
        )

    def _stream(self, node: BinaryNode) -> PythonTerm | None:
        """`std::cout << a << std::endl` as a print."""
        parts, first = [], node
        while isinstance(first, BinaryNode) and first.sign == "<<":
            parts.append(first.right)
            first = first.left
        name = first.parts[-1] if isinstance(first, Symbol) and first.text not in self.scope.names else ""
        if name not in ("cout", "cerr", "clog"):
            return None
        parts.reverse()
        ends, shown = False, []
        for part in parts:
            plain = part.what if isinstance(part, CallNode) else part
            word = plain.parts[-1] if isinstance(plain, Symbol) and plain.text not in self.scope.names else ""
            if word == "endl":
                if ends:
                    shown.append(text_term(("\\n",)))
                ends = True
                continue
            if word in MANIPULATORS:
                continue
            if ends:
                shown.append(text_term(("\\n",)))
                ends = False
            shown.append(self.term(part))
        return self._print(shown, ends, name)

    def _print(self, shown: list[PythonTerm], ends: bool, name: str) -> PythonTerm:
        if shown and not ends and shown[-1].inner.endswith("\\n"):
            last = shown.pop().inner[:-2]
            ends = True
            if last:
                shown.append(text_term((last,)))
        arguments = list(shown)
        if len(shown) > 1:
            arguments.append(PythonTerm('sep=""'))
        if not ends:
            arguments.append(PythonTerm('end=""'))
        if name != "cout":
            self.scope.uses.add("sys")
            arguments.append(PythonTerm("file=sys.stderr"))
        return listed("print(", tuple(arguments), ")")

    def _TernaryNode(self, node: TernaryNode) -> PythonTerm:
        yes, condition, no = self.term(node.yes), self.term(node.condition), self.term(node.no)
        text = f"{yes.within(OR)} if {condition.within(OR)} else {no.within(CONDITIONAL)}"
        return PythonTerm(text, CONDITIONAL, kind=yes.kind if yes.kind == no.kind else "")

    def _CastNode(self, node: CastNode) -> PythonTerm:
        of = self.term(node.of)
        if node.pointer:
            return of.of_kind(node.kind) if counterparts.class_of(node.kind) else of
        if node.kind in INTEGERS:
            return listed("int(", (of,), ")", "int")
        if node.kind in FLOATS:
            return listed("float(", (of,), ")", "float")
        if node.kind in BOOLS:
            return listed("bool(", (of,), ")", "bool")
        if node.kind in TEXTS:
            return listed("str(", (of,), ")", "text")
        head = counterparts.in_root(node.kind)
        return of if head is None else listed(f"{head}(", (of,), ")", node.kind)

    # Changes

    def _target(self, node) -> str:
        return self.term(node.of if isinstance(node, PrefixNode) and node.sign == "&" else node).text

    def _AssignNode(self, node: AssignNode) -> PythonTerm:
        """An assignment inside an expression."""
        left = self.term(node.left)
        if node.sign != "=" or not left.text.isidentifier():
            raise NoCounterpart(f"an assignment to {left.text} inside an expression is not translated")
        return PythonTerm(f"({left.text} := {self.right(node).text})")

    def right(self, node: AssignNode) -> PythonTerm:
        """What is assigned, as the type of the left side keeps it."""
        kind = self.scope.kinds.get(node.left.text, "") if isinstance(node.left, Symbol) else ""
        return self.kept(kind, self.term(node.right)) if node.sign == "=" else self.term(node.right)

    def kept(self, kind: str, value: PythonTerm) -> PythonTerm:
        """A value for a name of this type: texts become TString and TCut."""
        if kind in ("TString", "TCut") and value.kind != kind:
            return listed(f"ROOT.{kind}(", (value,), ")", kind)
        if kind in TEXTS and value.kind == "TString":
            return listed("str(", (value,), ")", "text")
        return value

    def _StepNode(self, node: StepNode) -> PythonTerm:
        of = self.term(node.of)
        (self.before if node.before else self.after).append(f"{of.text} {node.sign}= 1")
        return of


def _calls(node, name: str) -> bool:
    return isinstance(node, CallNode) and isinstance(node.what, MemberNode) and node.what.name.text == name


def _is_whole(term: PythonTerm) -> bool:
    return term.kind == "int" or term.kind in INTEGERS


def _joined_kind(left: str, right: str, sign: str) -> str:
    if sign in ("==", "!=", "<", ">", "<=", ">=", "&&", "||"):
        return "bool"
    if "TString" in (left, right):
        return "TString"
    if (left == "int" or left in INTEGERS) and (right == "int" or right in INTEGERS):
        return "int"
    return "text" if left == right == "text" else ""

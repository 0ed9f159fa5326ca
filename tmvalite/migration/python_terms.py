"""Expressions of a macro as Python: names, calls, operators, and what C++ does with addresses and streams."""

from __future__ import annotations

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
from tmvalite.migration.python_calls import CallTerms, as_text
from tmvalite.migration.python_streams import StreamTerms

SIGNS = {
    **{sign: (sign, COMPARE) for sign in ("==", "!=", "<", "<=", ">", ">=")},
    **{"||": ("or", OR), "&&": ("and", AND), "|": ("|", BIT_OR), "^": ("^", BIT_XOR), "&": ("&", BIT_AND)},
    **{"<<": ("<<", SHIFT), ">>": (">>", SHIFT), "+": ("+", SUM), "-": ("-", SUM)},
    **{"*": ("*", PRODUCT), "/": ("/", PRODUCT), "%": ("%", PRODUCT)},
}
NEEDS = "needs"  # what a name without a counterpart makes of the statements behind it
ELEMENTS = {"first", "second"}


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


class Translation(CallTerms, StreamTerms):
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

    def _MemberNode(self, node: MemberNode) -> PythonTerm:
        name = node.name.parts[-1]
        if isinstance(node.of, Symbol) and node.of.text in self.scope.pairs and name in ELEMENTS:
            key = python_name(node.of.text)
            if name == "first":
                return PythonTerm(key, kind=self.scope.kinds.get(node.of.text, ""))
            return PythonTerm(f"{self.scope.pairs[node.of.text]}[{key}]")
        of = self.term(node.of)
        if of.kind:
            counterparts.check_member(of.kind, name)
        return PythonTerm(f"{of.within(ATOM)}.{name}")

    def _IndexNode(self, node: IndexNode) -> PythonTerm:
        of = self._array(node.of) or self.term(node.of)
        kind = of.kind
        inner = kind[7:-1] if kind.startswith("vector<") else kind if kind in NUMBERS else ""
        inner = "text" if inner in TEXTS else inner
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
        if node.sign == "+" and "text" in (left.kind, right.kind):
            left, right = (as_text(one) if is_number(one) else one for one in (left, right))
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
            return as_text(of)
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
        value = self.term(node.right)
        if node.sign == "+=" and kind == "text" and is_number(value):
            return as_text(value)
        return self.kept(kind, value) if node.sign == "=" else value

    def kept(self, kind: str, value: PythonTerm) -> PythonTerm:
        """A value for a name of this type: a text is a str, a cut a TCut."""
        if kind == "TCut" and value.kind != kind:
            return listed("ROOT.TCut(", (value,), ")", kind)
        return as_text(value) if kind == "text" and value.text != "None" else value

    def _StepNode(self, node: StepNode) -> PythonTerm:
        of = self.term(node.of)
        (self.before if node.before else self.after).append(f"{of.text} {node.sign}= 1")
        return of


def _calls(node, name: str) -> bool:
    return isinstance(node, CallNode) and isinstance(node.what, MemberNode) and node.what.name.text == name


def is_number(term: PythonTerm) -> bool:
    """Whether C++ would append its digits to a text."""
    return term.kind in ("int", "float", "bool") or term.kind in NUMBERS


def _is_whole(term: PythonTerm) -> bool:
    return term.kind == "int" or term.kind in INTEGERS


def _joined_kind(left: str, right: str, sign: str) -> str:
    if sign in ("==", "!=", "<", ">", "<=", ">=", "&&", "||"):
        return "bool"
    if (left == "int" or left in INTEGERS) and (right == "int" or right in INTEGERS):
        return "int"
    return "text" if left == right == "text" else ""

"""One expression of a macro as nodes, by grammar/macro.lark."""

from __future__ import annotations

import re

from tmvalite.errors import Source, Span
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
from tmvalite.string_utils.parse import Builder, run


def read_expression(source: Source, span: Span):
    """The nodes of the expression in this part of the text. Raises OptionError where it cannot be read."""
    return run("macro", source, _Nodes, span=span, where="the macro")


def symbol(text: str) -> Symbol:
    """A name with its parts and template arguments."""
    text = re.sub(r"\s+", " ", text.strip())
    match = re.fullmatch(r"(?:::)?([\w: ]+?)\s*(?:<(.*)>)?((?:::\w+)*)", text)
    parts = [part.strip() for part in (match[1] + match[3]).split("::") if part.strip()]
    return Symbol(tuple(parts), (match[2] or "").strip())


def string_text(token: str) -> str:
    """What a C++ text has between its quotes, as Python writes it between double ones."""
    inner = re.sub(r"\\(['?])", r"\1", token[1:-1])
    return inner.replace('"', '\\"') if token[0] == "'" and inner == '"' else inner


class _Nodes(Builder):
    def start(self, parts):
        return parts[0]

    def name(self, parts):
        return symbol(parts[0])

    template = type = name

    def number(self, parts):
        text = str(parts[0])
        hexadecimal = text[:2].lower() == "0x"
        text = text.rstrip("uUlL" if hexadecimal else "fFuUlL").lower()
        if not hexadecimal and re.fullmatch(r"0\d+", text):
            text = text.lstrip("0") or "0"
        if text.startswith("."):
            text = f"0{text}"
        return Literal((text.replace(".e", ".0e") + ("0" if text.endswith(".") else ""),))

    def text(self, parts):
        return Literal(tuple(string_text(str(part)) for part in parts), True)

    def raw(self, parts):
        inner = str(parts[0])[3:-2].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return Literal((inner,), True)

    def character(self, parts):
        return Literal((string_text(str(parts[0])),), True)

    def group(self, parts):
        return parts[0]

    def arguments(self, parts):
        return tuple(part for part in parts if part is not None)

    def braces(self, parts):
        return ListNode(parts[0])

    def call(self, parts):
        return CallNode(parts[0], parts[1])

    def brace_call(self, parts):
        return CallNode(parts[0], parts[1].items, True)

    def index(self, parts):
        return IndexNode(*parts)

    def member(self, parts):
        return MemberNode(parts[0], symbol(parts[1]))

    def step_before(self, parts):
        return StepNode(parts[1], str(parts[0])[0], True)

    def step_after(self, parts):
        return StepNode(parts[0], str(parts[1])[0], False)

    def prefix(self, parts):
        return PrefixNode(str(parts[0]), parts[1])

    def binary(self, parts):
        return BinaryNode(parts[0], str(parts[1]), parts[2])

    def ternary(self, parts):
        return TernaryNode(*parts)

    def assign(self, parts):
        return AssignNode(parts[0], str(parts[1]), parts[2])

    def pointer_cast(self, parts):
        return CastNode(_plain_type(parts[0]), parts[1], True)

    def value_cast(self, parts):
        return CastNode(_plain_type(parts[0]), parts[1], False)

    def new(self, parts):
        return CallNode(parts[0], parts[1] if len(parts) > 1 else (), True)

    def new_braces(self, parts):
        return CallNode(parts[0], parts[1].items, True)

    def new_array(self, parts):
        return CallNode(Symbol(("[]", *parts[0].parts)), (parts[1],), True)


def _plain_type(text: str) -> str:
    return re.sub(r"\bconst\b|[*&()]", "", str(text)).strip()

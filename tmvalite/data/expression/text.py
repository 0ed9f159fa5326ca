"""Expression -> canonical text: no blanks, no parentheses but the needed ones."""

from __future__ import annotations

import re

from tmvalite.data.expression.nodes import COMPARISONS, Expression

# From loose to tight, the order of the rules in grammar/expression.lark.
_LEVELS = (
    ("?",),
    ("||",),
    ("&&",),
    ("|",),
    ("&",),
    ("<", "<=", ">", ">="),
    ("==",),
    ("!=",),
    ("+", "-"),
    ("%",),
    (">>",),
    ("<<",),
    ("*",),
    ("/",),
)
_LEVEL = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_POWER, _BASE, _ATOM = len(_LEVELS), len(_LEVELS) + 1, len(_LEVELS) + 2
_MINUS = _LEVEL["%"]  # -a%b is -(a%b)
_RIGHT = {"|", "&", "<", "<=", ">", ">=", "==", "!=", "%", "<<", ">>"}


PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+|::[^\W\d]\w*)*\$?")


def written(name: str) -> str:
    """The name of a column as an expression has it: between back-ticks where it would mean something else.

    >>> written("jet1_b-tag")
    '`jet1_b-tag`'
    """
    return name if PLAIN_NAME.fullmatch(name) else f"`{name}`"


def render_expression(expression: Expression) -> str:
    """The text that reads back as the same expression.

    >>> render_expression(parse_expression("( a + b ) * (c)"))
    '(a+b)*c'
    """
    stack: list[tuple[str, int, str]] = []  # text, level, text of the node at its top
    for node in expression.nodes:
        operands = [stack.pop() for _ in range(node.arity)][::-1]
        stack.append(_render(node, operands))
    return stack[0][0]


def _render(node, operands) -> tuple[str, int, str]:
    if node.kind in ("number", "text"):
        return node.text, _ATOM, ""
    if node.kind == "every":
        return "", _ATOM, ""
    if node.kind == "name":
        return written(node.text), _ATOM, ""
    if node.kind == "size":
        return f"@{node.text}.size()", _ATOM, ""
    if node.kind == "index":
        return written(node.text) + "".join(f"[{text}]" for text, _, _ in operands), _ATOM, ""
    if node.kind == "call":
        return f"{node.text}({','.join(text for text, _, _ in operands)})", _ATOM, ""
    if node.kind == "prefix" and node.text == "-":
        text, level, top = operands[0]
        return "-" + (text if level >= _MINUS and top != "-" else f"({text})"), _MINUS, "-"
    if node.kind in ("prefix", "cast"):
        operator = node.text if node.kind == "prefix" else f"({node.text})"
        return operator + _within(operands[0], _BASE), _BASE, operator
    if node.kind == "choice":
        condition, yes, no = operands
        return f"{_within(condition, 1)}?{yes[0]}:{no[0]}", 0, "?"
    left, right = operands
    operator = node.text
    if operator == "^":
        return f"{_within(left, _POWER)}^{_within(right, _BASE)}", _POWER, operator
    level = _LEVEL[operator]
    if operator in COMPARISONS:
        # Comparisons of comparisons always keep their parentheses: few people know how they group.
        # So does a shift on the left: ROOT reads p<<q<r as p<<(q<r).
        shifts = "<<" in left[0] or ">>" in left[0]
        first = _within(left, _ATOM if shifts else _LEVEL["!="] + 1)
        return f"{first}{operator}{_within(right, _LEVEL['!='] + 1)}", level, operator
    at_left, at_right = (level + 1, level) if operator in _RIGHT else (level, level + 1)
    return f"{_within(left, at_left)}{operator}{_within(right, at_right)}", level, operator


def _within(operand, level: int) -> str:
    text, own, _ = operand
    return text if own >= level else f"({text})"

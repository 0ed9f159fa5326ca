"""Text -> Expression, and what to say when the text is not one."""

from __future__ import annotations

import dataclasses
from typing import NoReturn

from tmvalite.data.expression.functions import FUNCTIONS
from tmvalite.data.expression.hints import explain, hint_for_function
from tmvalite.data.expression.nodes import ALTERNATIVE, REDUCTIONS, SPECIALS, Expression, ExpressionNode
from tmvalite.errors import ExpressionError, Source, Span, nearest, quoted
from tmvalite.string_utils.parse import Builder, run

MAX_LENGTH = 1 << 16  # characters
MAX_DEPTH = 200  # brackets inside brackets


class ParseError(Exception):
    """What a rule finds wrong; parse_expression adds the source."""

    def __init__(self, message, span, **details):
        super().__init__(message)
        self.message, self.span, self.details = message, span, details


class _Expressions(Builder):
    """Every rule gives the list of its nodes in postfix order; the last one is its root."""

    def number(self, parts):
        token = parts[0]
        value = float(int(token, 16)) if token[:2] in ("0x", "0X") else float(token)
        if value == float("inf"):
            raise ParseError("the number is too large", self.span(token), code="expression-number")
        return [ExpressionNode("number", str(token), value, span=self.span(token))]

    def text(self, parts):
        return [ExpressionNode("text", str(parts[0]), span=self.span(parts[0]))]

    def name(self, parts):
        token = parts[0]
        if token.startswith("`"):
            return [ExpressionNode("name", token[1:-1], span=self.span(token))]
        if token in REDUCTIONS or token == ALTERNATIVE:
            raise ParseError(
                f"{token} needs an argument", self.span(token), code="expression-arguments", expected=f"{token}(...)"
            )
        if token.endswith("$") and token not in SPECIALS:
            _unknown_function(str(token), self.span(token))
        return [ExpressionNode("name", str(token), span=self.span(token))]

    def size(self, parts):
        name = parts[0][: parts[0].rindex(".")].strip("@ ")
        return [ExpressionNode("size", name, span=self.span(parts[0]))]

    def index(self, parts):
        left, nodes, right = parts
        return nodes or [ExpressionNode("every", "[]", span=self.span(left, right))], self.span(right)

    def indexed(self, parts):
        token, *indices, member = parts
        nodes = [node for part, _ in indices for node in part]
        span = self.span(self.span(token), self.span(member) if member else indices[-1][1])
        name = str(token).strip("`") + (str(member) if member else "")  # jets[0].fX is jets.fX[0]
        nodes.append(ExpressionNode("index", name, 0.0, len(indices), len(nodes) + 1, span))
        return nodes

    def call(self, parts):
        token = parts[0]
        arguments = [part for part in parts[1:] if isinstance(part, list)]
        span = self.span(token, parts[-1])
        name = str(token)
        _check_call(name, len(arguments), self.span(token), span)
        nodes = [node for argument in arguments for node in argument]
        nodes.append(ExpressionNode("call", name, 0.0, len(arguments), len(nodes) + 1, span))
        return nodes

    def group(self, parts):
        nodes = parts[1]
        nodes[-1] = dataclasses.replace(nodes[-1], grouped=True)
        return nodes

    def prefix(self, parts):
        operator, nodes = parts
        nodes.append(ExpressionNode("prefix", str(operator), 0.0, 1, len(nodes) + 1, self.span(operator)))
        return nodes

    def cast(self, parts):
        token, nodes = parts
        nodes.append(ExpressionNode("cast", " ".join(token[1:-1].split()), 0.0, 1, len(nodes) + 1, self.span(token)))
        return nodes

    def binary(self, parts):
        left, operator, right = parts
        left.extend(right)
        text = "^" if operator == "**" else str(operator)
        left.append(ExpressionNode("binary", text, 0.0, 2, len(left) + 1, self.span(operator)))
        return left

    def compare(self, parts):
        left, operator, right = parts
        inner = right[-1]
        chained = (
            operator.type == "ORDER" and inner.kind == "binary" and inner.text in ("<", "<=", ">", ">=") and not inner.grouped
        )
        if chained and not (inner.text == operator and operator in ("<", ">")):
            raise ParseError(
                f"'{operator}' and '{inner.text}' cannot follow each other",
                self.span(self.span(operator), inner.span),
                code="expression-comparison-chain",
                hint="join comparisons with &&, as in a<b && b<=c, or use parentheses",
            )
        shift = _bare_shift(left) if operator in ("<", ">") else None
        if shift is not None and shift.text == operator * 2:
            raise ParseError(
                f"'{shift.text}' before '{operator}' needs parentheses: "
                f"ROOT reads p{shift.text}q{operator}r as p{shift.text}(q{operator}r)",
                self.span(shift.span, self.span(operator)),
                code="expression-shift",
                hint=f"write (p{shift.text}q){operator}r",
            )
        return self.binary(parts)

    def choice(self, parts):
        condition, question, yes, _, no = parts
        nodes = [*condition, *yes, *no]
        nodes.append(ExpressionNode("choice", "?", 0.0, 3, len(nodes) + 1, self.span(question)))
        return nodes


def _bare_shift(nodes: list[ExpressionNode]) -> ExpressionNode | None:
    """A shift operator of `nodes` that stands in no parentheses."""
    at = len(nodes) - 1
    while at >= 0:
        node = nodes[at]
        if node.kind == "binary" and node.text in ("<<", ">>") and not node.grouped:
            return node
        at -= node.size if node.grouped or node.kind in ("call", "index") else 1
    return None


def _check_call(name: str, n_arguments: int, span: Span, whole: Span) -> None:
    if name in REDUCTIONS:
        low, high = REDUCTIONS[name]
    elif name == ALTERNATIVE:
        low, high = 2, 2
    elif name in FUNCTIONS:
        low, high = FUNCTIONS[name].arguments
    else:
        _unknown_function(name, span)
    if not low <= n_arguments <= high:
        wanted = f"{low}" if low == high else f"{low} to {high}"
        plural = "" if low == high == 1 else "s"
        raise ParseError(f"{name} takes {wanted} argument{plural}, not {n_arguments}", whole, code="expression-arguments")


def _unknown_function(name: str, span: Span) -> NoReturn:
    hint = hint_for_function(name)
    if "." in name and hint is None:
        raise ParseError(
            f"{quoted(name)} would call a function of an object, which only ROOT can do",
            span,
            code="expression-method",
            hint="store the value as a branch of numbers",
        )
    if hint is None:
        close = nearest(name, [*FUNCTIONS, *REDUCTIONS, ALTERNATIVE, *SPECIALS])
        hint = f"did you mean '{close}'?" if close else None
    raise ParseError(f"there is no function {quoted(name)}", span, code="expression-function", hint=hint)


def parse_expression(text: Source | str, *, span: Span | None = None, where: str | None = None) -> Expression:
    """Read an expression as TTreeFormula does.

    Parameters
    ----------
    text : Source or str
        The text; `span` is the slice of it to read, all of it by default.
    where : str, optional
        The place in words for messages, such as "the cut of class 'Signal'".

    Raises
    ------
    ExpressionError
        The text is not an expression, calls an unknown function, is longer than MAX_LENGTH or nests deeper than MAX_DEPTH.
    """
    source = Source(text) if isinstance(text, str) else text
    span = Span(0, len(source.text)) if span is None else span
    if not source.text[span.start : span.stop].strip():
        raise ExpressionError("the expression is empty", code="expression-empty", where=where)
    if span.stop - span.start > MAX_LENGTH:
        raise ExpressionError(f"the expression has more than {MAX_LENGTH} characters", code="expression-too-long", where=where)
    _check_depth(source, span, where)
    try:
        nodes = run("expression", source, _Expressions, span=span, explain=explain, error=ExpressionError, where=where)
    except ParseError as problem:
        wrong = problem
    else:
        return Expression(tuple(nodes), source)
    raise ExpressionError(wrong.message, source=source, span=wrong.span, where=where, **wrong.details)


def _check_depth(source: Source, span: Span, where: str | None) -> None:
    depth = 0
    for at in range(span.start, span.stop):
        char = source.text[at]
        if char in "([":
            depth += 1
            if depth > MAX_DEPTH:
                raise ExpressionError(
                    f"brackets are nested more than {MAX_DEPTH} deep",
                    code="expression-depth",
                    source=source,
                    span=Span(at, at + 1),
                    where=where,
                )
        elif char in ")]":
            depth -= 1

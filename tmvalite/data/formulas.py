"""Expressions bound to a table: aliases are replaced, names looked up, and what to say when one is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from tmvalite.data.columns import Table
from tmvalite.data.expression import Expression, ExpressionNode, parse_expression
from tmvalite.data.expression.hints import hint_for_name
from tmvalite.data.expression.nodes import NAMING, SPECIALS
from tmvalite.data.expression.text import PLAIN_NAME, written
from tmvalite.data.info import VariableInfo
from tmvalite.errors import ExpressionError, Span, did_you_mean, quoted

MAX_ALIASES = 50  # aliases inside aliases


def expression_of(info: VariableInfo, where: str | None = None) -> Expression:
    """The expression of a variable, target or spectator, with places in the declaration as the user wrote it."""
    if info.source is not None:
        return parse_expression(info.source, span=info.span, where=where)
    return parse_expression(info.expression, where=where)


def bind(expression: Expression, table: Table, keys: Collection[str], where: str) -> Expression:
    """The expression over the columns of a table, with the aliases of the table replaced by what they stand for.

    Parameters
    ----------
    keys : collection of str
        table.keys(), which may take long to list.

    Raises
    ------
    ExpressionError
        A name that is neither a column nor something TTreeFormula knows; it names the nearest ones. An alias with an index.
    """
    if all(name in keys for name, _ in expression.mentions()):
        return expression
    return _Binding(expression, table, keys, where).expression(expression)


class _Binding:
    def __init__(self, whole: Expression, table: Table, keys: Collection[str], where: str):
        self.whole, self.table, self.keys, self.where = whole, table, keys, where
        self.aliases = getattr(table, "aliases", None) or {}

    def expression(self, expression: Expression, depth: int = 0, span: Span | None = None) -> Expression:
        """Postfix order lets an alias's nodes take the place of its name; sizes and places are set anew."""
        nodes: list[ExpressionNode] = []
        for node in expression.nodes:
            node = node if span is None else dataclasses.replace(node, span=span)
            if node.kind not in NAMING or node.text in self.keys:
                nodes.append(node)
            elif node.text in self.aliases:
                nodes.extend(self._alias(node, depth))
            else:
                nodes.append(self._other(node))
        return Expression(_resized(nodes), self.whole.source)

    def _alias(self, node: ExpressionNode, depth: int):
        if node.kind != "name":
            self._fail(node, f"the alias {quoted(node.text)} stands for an expression, which cannot have an index")
        if depth == MAX_ALIASES:
            self._fail(node, f"the alias {quoted(node.text)} stands for itself")
        text = self.aliases[node.text]
        inner = parse_expression(text, where=f"alias {quoted(node.text)} of {self.table}")
        nodes = list(self.expression(inner, depth + 1, node.span).nodes)
        nodes[-1] = dataclasses.replace(nodes[-1], grouped=True)
        return nodes

    def _other(self, node: ExpressionNode) -> ExpressionNode:
        """A friend's column, a collection that is counted, a special name; anything else is an error."""
        if node.kind == "size" and hasattr(self.table, "collection"):
            counted = self.table.collection(node.text)
            if counted is not None:
                return dataclasses.replace(node, text=counted)
        if node.kind == "name" and node.text in SPECIALS:
            return node
        if hasattr(self.table, "friend_keys") and node.text in self.table.friend_keys():
            return node
        self._unknown(node)

    def _fail(self, node: ExpressionNode, message: str, code: str = "expression-alias", **details):
        raise ExpressionError(message, code=code, source=self.whole.source, span=node.span, **details)

    def _unknown(self, node: ExpressionNode):
        name, span, text = node.text, node.span, self.whole.source.text
        keys, where = list(self.keys), f"{self.where}, {self.table}"
        unspeakable = [key for key in keys if not PLAIN_NAME.fullmatch(key) and text.startswith(key, span.start)]
        if unspeakable:
            key = max(unspeakable, key=len)
            odd = next((c for c in key if not (c.isalnum() or c in "_.")), key[0])
            self._fail(
                dataclasses.replace(node, span=Span(span.start, span.start + len(key))),
                f"there is no column {quoted(name)}: in '{key}' the '{odd}' has a meaning of its own",
                "expression-name",
                where=where,
                hint=f"write {written(key)}, between back-ticks",
            )
        part = self.table.lacking(name) if hasattr(self.table, "lacking") else None
        if part is not None:
            self._fail(node, f"{part} has no column '{name}', other parts have it", "expression-unknown", where=self.where)
        near = did_you_mean(name, [written(key) for key in (*keys, *self.aliases)])
        hint, shown = hint_for_name(name) or near, ()
        if hint is None and keys:
            listed = tuple(written(key) for key in keys[:8])
            shown = listed + ((f"... ({len(keys)} in all)",) if len(keys) > 8 else ())
        self._fail(node, f"there is no column {quoted(name)}", "expression-unknown", where=where, expected=shown, hint=hint)


def _resized(nodes: list[ExpressionNode]) -> tuple[ExpressionNode, ...]:
    stack: list[int] = []
    for at, node in enumerate(nodes):
        size = 1 + sum(stack.pop() for _ in range(node.arity))
        stack.append(size)
        nodes[at] = node if node.size == size else dataclasses.replace(node, size=size)
    return tuple(nodes)

"""Expressions bound to a table: which columns they need, and what to say when one is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tmvalite.data.columns import Table
from tmvalite.data.expression import Expression, parse_expression
from tmvalite.data.expression.hints import hint_for_name
from tmvalite.data.expression.syntax import SPECIALS
from tmvalite.data.info import VariableInfo
from tmvalite.errors import ExpressionError, Span, did_you_mean, quoted

_PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:(?:\.|::)\w+)*")


def expression_of(info: VariableInfo, where: str | None = None) -> Expression:
    """The expression of a variable, target or spectator, with places in the declaration as the user wrote it."""
    if info.source is not None:
        return parse_expression(info.source, span=info.span, where=where)
    return parse_expression(info.expression, where=where)


def needed_columns(expression: Expression, table: Table, keys: Collection[str], where: str) -> Iterable[str]:
    """The columns that an expression reads from a table.

    Raises ExpressionError for a name that is neither a column nor something TTreeFormula knows; it names the nearest ones.
    """
    names: dict[str, None] = {}
    for name, span in expression.mentions():
        if name in keys:
            names[name] = None
        elif name not in SPECIALS:
            _fail(expression, name, span, table, keys, where)
    return names


def _fail(expression: Expression, name: str, span: Span, table: Table, keys, where: str) -> None:
    rest = expression.source.text[span.start :]
    unspeakable = [key for key in keys if not _PLAIN_NAME.fullmatch(key) and rest.startswith(key)]
    if unspeakable:
        key = max(unspeakable, key=len)
        odd = next((c for c in key if not (c.isalnum() or c in "_.")), key[0])
        raise ExpressionError(
            f"column '{key}' cannot be named in an expression: '{odd}' has a meaning of its own there",
            code="expression-name",
            source=expression.source,
            span=Span(span.start, span.start + len(key)),
            where=f"{where}, {table}",
            hint="rename the column",
        )
    part = table.lacking(name) if hasattr(table, "lacking") else None
    if part is not None:
        raise ExpressionError(
            f"{part} has no column '{name}', other parts have it",
            code="expression-unknown",
            source=expression.source,
            span=span,
            where=where,
        )
    hint = hint_for_name(name) or did_you_mean(name, keys)
    shown = ()
    if hint is None and len(keys):
        listed = list(keys)
        shown = tuple(listed[:8]) + ((f"... ({len(listed)} in all)",) if len(listed) > 8 else ())
    raise ExpressionError(
        f"there is no column {quoted(name)}",
        code="expression-unknown",
        source=expression.source,
        span=span,
        where=f"{where}, {table}",
        expected=shown,
        hint=hint,
    )

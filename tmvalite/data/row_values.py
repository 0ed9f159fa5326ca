"""Expressions with one value per entry: a column as it is in memory, anything else computed a block of entries at a time.

Most variables are columns of numbers. They need no detour over float64, and what is computed in blocks stays in the processor's
cache and needs no second copy of the columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.expression import Context, Expression, evaluate
from tmvalite.data.expression.nodes import ALTERNATIVE, REDUCTIONS, ExpressionNode

BLOCK = 1 << 16  # entries
ROWS = 1 << 12  # events that are brought side by side at a time
_ALIKE = ("number", "text", "prefix", "cast", "binary", "choice")  # kinds of nodes that are the same for every entry


def has_one_value(expression: Expression, columns: Mapping[str, Column], element: int | None = None) -> bool:
    """Whether every entry has one value, which depends on this entry alone.

    element : the element that is meant where the expression is a column of arrays; see `row_values`
    """
    if element is not None:
        name = expression.column()
        return name is not None and _has_element(columns.get(name), element)
    return all(_is_alike(expression, at, node, columns) for at, node in enumerate(expression.nodes))


def _is_alike(expression: Expression, at: int, node: ExpressionNode, columns: Mapping[str, Column]) -> bool:
    if node.kind == "name":
        column = columns.get(node.text)
        return node.text == "pi" if column is None else column.is_scalar
    if node.kind == "call":
        return node.text not in REDUCTIONS and node.text != ALTERNATIVE
    if node.kind == "index":
        return _has_element(columns.get(node.text), _constant_index(expression, at))
    return node.kind in _ALIKE


def _has_element(column: Column | None, element: int | None) -> bool:
    """Whether all entries of a column have such an element."""
    if column is None or element is None or column.offsets is not None or len(column.dims) != 1:
        return False
    return element < column.dims[0]


def _constant_index(expression: Expression, at: int) -> int | None:
    """The one index of the node `at` if it is a plain number."""
    children = expression.operands(at)
    child = expression.nodes[children[0]]
    plain = len(children) == 1 and child.kind == "number" and child.text.isdigit() and not child.grouped
    return int(child.text) if plain else None


def row_values(expression: Expression, columns: Mapping[str, Column], n: int, element: int | None = None) -> np.ndarray:
    """(n,) values of an expression that `has_one_value`: float64, or a column's own numbers, which are not to be changed.

    Integers that float64 would round are given as float64. Raises ExpressionError as `evaluate`.
    """
    name, last = expression.column(), len(expression.nodes) - 1
    if element is None and len(expression.nodes) == 2 and expression.nodes[last].kind == "index":
        name, element = expression.nodes[last].text, _constant_index(expression, last)
    if name in columns and not columns[name].is_text:
        values = columns[name].values
        values = values if element is None else values[:, element]
        exact = values.dtype.itemsize < 8 or values.dtype == np.float64
        return values if exact else values.astype(np.float64)
    used = {name: columns[name] for name, _ in expression.mentions() if name in columns}
    out = np.empty(n)
    for start in range(0, max(n, 1), BLOCK):
        stop = min(start + BLOCK, n)
        part = {name: Column(column.values[start:stop]) for name, column in used.items()}
        out[start:stop] = evaluate(expression, part, Context(stop - start)).values
    return out


def side_by_side(columns: Sequence[np.ndarray], out: np.ndarray) -> None:
    """out[:, j] = columns[j], so many rows at a time that they stay in the cache."""
    for start in range(0, len(out), ROWS):
        for j, column in enumerate(columns):
            out[start : start + ROWS, j] = column[start : start + ROWS]

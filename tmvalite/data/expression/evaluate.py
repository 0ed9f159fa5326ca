"""Expression + columns -> values, for all entries in one pass.

TTreeFormula reads an expression once per element. Its arrays are matched axis by axis: the shortest decides, and what has
fewer axes is repeated. What stands in Sum$(...), Length$(...) and the like has a shape of its own. Such a part of the
expression is a frame here. Frames are worked through from the inside out, each one node after the other over flat arrays;
nothing recurses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.expression.element_frame import Frame, Values
from tmvalite.data.expression.nodes import ALTERNATIVE, REDUCTIONS, Expression, ExpressionNode
from tmvalite.errors import ExpressionError

WHOLE = -1  # the owner of the outermost frame


@dataclass
class Context:
    """What an expression may ask for beside columns: the number of entries and a stream of random numbers.

    first, whole : where the entries stand in their tree, and how many that has, if they are a part of it
    """

    n_entries: int
    random: object = None  # has uniform(n) -> (n,) float64
    first: int = 0
    whole: int | None = None


def evaluate(expression: Expression, columns: Mapping[str, Column], context: Context) -> Values:
    """The values of `expression` for every entry.

    Parameters
    ----------
    columns : mapping
        All columns that the expression mentions; each has context.n_entries entries.

    Raises
    ------
    ExpressionError
        A constant index beyond a fixed-length array, too many indices, a text used as a number.
    """
    with np.errstate(all="ignore"):
        return Evaluation(expression, columns, context).run()


class Evaluation:
    """One expression on its way through the frames; `done` holds what the inner frames of a node gave."""

    def __init__(self, expression: Expression, columns: Mapping[str, Column], context: Context):
        self.expression, self.columns, self.context = expression, columns, context
        self.nodes = expression.nodes
        self.operands = _operands(self.nodes)
        self.varies = self._varying()
        self._check_texts()
        self.frame_of = self._frames()
        self.shift = self._shifts()
        self.done: dict[int, object] = {}

    def run(self) -> Values:
        members: dict[int, list[int]] = {}
        for at, owner in enumerate(self.frame_of):
            members.setdefault(owner, []).append(at)
        for owner in sorted(members, key=lambda owner: len(self.nodes) if owner == WHOLE else owner):
            frame = Frame(self, members[owner])
            if owner == WHOLE:
                return frame.result(len(self.nodes) - 1)
            self.done[owner] = self._inner(owner, frame)
        raise AssertionError("the outermost frame comes last")

    def is_constant(self, at: int) -> bool:
        """Whether an index is a plain number: beyond an array of varying length there are no data. Computed ones give NaN."""
        node = self.nodes[at]
        return node.kind == "number" and node.text.isdigit() and not node.grouped

    # Which nodes belong together

    def _varying(self) -> list[bool]:
        """For every node, whether it varies from element to element of an entry."""
        varies: list[bool] = []
        for at, node in enumerate(self.nodes):
            inner = any(varies[child] for child in self.operands[at])
            if node.kind == "name":
                column = self.columns.get(node.text)
                inner = node.text == "Iteration$" if column is None else column.n_axes > 0
            elif node.kind == "index":
                column = self.columns[node.text]
                self._check_index(node, column)
                every = any(self.nodes[child].kind == "every" for child in self.operands[at])
                inner = inner or column.n_axes > node.arity or (every and column.n_axes > 0)
            elif node.kind == "call" and node.text in REDUCTIONS:
                inner = False
            varies.append(inner)
        return varies

    def _check_index(self, node: ExpressionNode, column: Column) -> None:
        allowed = column.n_axes
        if allowed and node.arity > allowed:
            self.fail(node, f"'{node.text}' has {allowed} ind{'ex' if allowed == 1 else 'ices'}, not {node.arity}")

    def _check_texts(self) -> None:
        """Texts stand on both sides of == or !=, and nowhere else."""

        def is_text(at):
            node = self.nodes[at]
            column = self.columns.get(node.text) if node.kind in ("name", "index", "size") else None
            return node.kind == "text" or (column is not None and column.is_text)

        compared = set()
        for at, node in enumerate(self.nodes):
            if node.kind == "binary" and node.text in ("==", "!="):
                sides = self.operands[at]
                if all(is_text(side) for side in sides):
                    compared.update(sides)
        for at, node in enumerate(self.nodes):
            if is_text(at) and at not in compared:
                what = "this is" if node.kind == "text" else f"'{node.text}' holds"
                self.fail(node, f"{what} text, which only == and != compare, with another text")

    def _frames(self) -> list[int]:
        """For every node, the node that owns its frame: a reduction, an Alt$, an index that is one number; or WHOLE."""
        owners = [WHOLE] * len(self.nodes)
        for at in range(len(self.nodes) - 1, -1, -1):
            node, owner = self.nodes[at], owners[at]
            for position, child in enumerate(self.operands[at]):
                own = (node.kind == "call" and (node.text in REDUCTIONS or (node.text == ALTERNATIVE and position == 0))) or (
                    node.kind == "index" and not any(self.varies[c] for c in self.operands[at])
                )
                owners[child] = at if own else owner
        return owners

    def _shifts(self) -> list[int]:
        """For every node, the axis of its frame that its first axis is: an array as an index stands for the axis it indexes."""
        shifts = [0] * len(self.nodes)
        for at in range(len(self.nodes) - 1, -1, -1):
            node, free = self.nodes[at], 0
            for child in self.operands[at]:
                shifts[child] = shifts[at] + free if self.frame_of[child] == self.frame_of[at] else 0
                if node.kind == "index" and (self.varies[child] or self.nodes[child].kind == "every"):
                    free += 1
        return shifts

    def _inner(self, owner: int, frame: Frame):
        node, children = self.nodes[owner], self.operands[owner]
        if node.kind == "index":
            return [frame.result(child) for child in children]
        if node.text == ALTERNATIVE:
            return frame.result(children[0])
        results = [frame.result(child) for child in children]
        return _reduce(node.text, results, self.context.n_entries)

    def fail(self, node: ExpressionNode, message: str, hint: str | None = None):
        raise ExpressionError(message, code="expression-array", source=self.expression.source, span=node.span, hint=hint)


def _operands(nodes) -> list[list[int]]:
    stack: list[int] = []
    found: list[list[int]] = []
    for at, node in enumerate(nodes):
        start = len(stack) - node.arity
        found.append(stack[start:])
        del stack[start:]
        stack.append(at)
    return found


def _reduce(name: str, results: list[Values], n: int) -> np.ndarray:
    """(N,) values of Length$, Sum$, Min$, Max$, MinIf$ or MaxIf$; 0 for an entry without elements."""
    lengths = results[0].lengths()
    if name == "Length$":
        return lengths.astype(np.float64)
    values = results[0].values
    if results[0].counts is None:
        keep = lengths > 0
        entry = np.arange(n)
    else:
        keep = np.ones(len(values), bool)
        entry = np.repeat(np.arange(n), lengths)
    if len(results) == 2:
        keep = keep & (results[1].values != 0)
    values, entry = values[keep], entry[keep]
    if name == "Sum$":
        return np.bincount(entry, weights=values, minlength=n).astype(np.float64)
    out = np.zeros(n)
    if len(values):
        # The elements of an entry are neighbours, so every first one of an entry starts a stretch.
        first = np.flatnonzero(np.concatenate(([True], entry[1:] != entry[:-1])))
        # ROOT keeps the first element until one is smaller (larger): a NaN counts where it comes first, and only there.
        extreme = np.fmin if name.startswith("Min") else np.fmax
        out[entry[first]] = np.where(np.isnan(values[first]), np.nan, extreme.reduceat(values, first))
    return out

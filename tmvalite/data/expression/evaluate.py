"""Expression + columns -> values, for all entries in one pass.

TTreeFormula reads an expression once per element: the shortest of its arrays says how often, numbers are repeated.
What stands in Sum$(...), Length$(...) and the like has a length of its own. Such a part of the expression is a frame
here. Frames are worked through from the inside out, each one node after the other over flat arrays; nothing recurses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.expression.functions import FUNCTIONS, OPERATORS, PREFIXES
from tmvalite.data.expression.syntax import ALTERNATIVE, REDUCTIONS, Expression, Node
from tmvalite.errors import ExpressionError

WHOLE = -1  # the owner of the outermost frame


@dataclass(frozen=True, eq=False)
class Values:
    """The values of an expression.

    Attributes
    ----------
    values : (N,) or (M,) float64
        One value per entry, or all elements of all entries one after the other.
    counts : (N,) int64 or None
        Number of elements of every entry; None for one value per entry.
    missing : (N,) bool or None
        Entries without a value, because an array is too short for the index; None when every entry has one.
    """

    values: np.ndarray
    counts: np.ndarray | None = None
    missing: np.ndarray | None = None

    def lengths(self) -> np.ndarray:
        """(N,) int64, how many values every entry has."""
        if self.counts is not None:
            return self.counts
        ones = np.ones(len(self.values), np.int64)
        return ones if self.missing is None else ones - self.missing


@dataclass
class Context:
    """What an expression may ask for beside columns: the number of entries and a stream of random numbers."""

    n_entries: int
    random: object = None  # has uniform(n) -> (n,) float64


def evaluate(expression: Expression, columns: Mapping[str, Column], context: Context) -> Values:
    """The values of `expression` for every entry.

    Parameters
    ----------
    columns : mapping
        All columns that the expression mentions; each has context.n_entries entries.

    Raises
    ------
    ExpressionError
        An index beyond a fixed-length array, too many indices, a number used as an array, arrays of different shapes.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(expression, columns, context).run()


class _Evaluation:
    def __init__(self, expression: Expression, columns: Mapping[str, Column], context: Context):
        self.expression, self.columns, self.context = expression, columns, context
        self.nodes = expression.nodes
        self.operands = _operands(self.nodes)
        self.arrays = self._arrays()
        self.frame_of = self._frames()
        self.done: dict[int, object] = {}  # owner -> what its inner frame gave

    def run(self) -> Values:
        members: dict[int, list[int]] = {}
        for at, owner in enumerate(self.frame_of):
            members.setdefault(owner, []).append(at)
        for owner in sorted(members, key=lambda owner: len(self.nodes) if owner == WHOLE else owner):
            frame = _Frame(self, members[owner])
            if owner == WHOLE:
                return frame.result(len(self.nodes) - 1)
            self.done[owner] = self._inner(owner, frame)
        raise AssertionError("the outermost frame comes last")

    # Which nodes belong together

    def _arrays(self) -> list[bool]:
        """For every node, whether it varies from element to element of an entry."""
        arrays: list[bool] = []
        for at, node in enumerate(self.nodes):
            inner = any(arrays[child] for child in self.operands[at])
            if node.kind == "name":
                column = self.columns.get(node.text)
                inner = node.text == "Iteration$" if column is None else not column.is_scalar
            elif node.kind == "index":
                self._check_index(at, node)
                inner = inner or len(self.columns[node.text].dims) > node.arity
            elif node.text in REDUCTIONS and node.kind == "call":
                inner = False
            arrays.append(inner)
        return arrays

    def _check_index(self, at: int, node: Node) -> None:
        column = self.columns[node.text]
        if column.is_scalar:
            self.fail(node, f"'{node.text}' is one number per entry, not an array", hint="leave the index away")
        allowed = max(1, len(column.dims))
        if node.arity > allowed:
            self.fail(node, f"'{node.text}' has {allowed} ind{'ex' if allowed == 1 else 'ices'}, not {node.arity}")

    def _frames(self) -> list[int]:
        """For every node, the node that owns its frame: a reduction, an Alt$, an index that is one number; or WHOLE."""
        owners = [WHOLE] * len(self.nodes)
        for at in range(len(self.nodes) - 1, -1, -1):
            node, owner = self.nodes[at], owners[at]
            for position, child in enumerate(self.operands[at]):
                own = (node.kind == "call" and (node.text in REDUCTIONS or (node.text == ALTERNATIVE and position == 0))) or (
                    node.kind == "index" and not any(self.arrays[c] for c in self.operands[at])
                )
                owners[child] = at if own else owner
        return owners

    def _inner(self, owner: int, frame: _Frame):
        node, children = self.nodes[owner], self.operands[owner]
        if node.kind == "index":
            return [frame.result(child) for child in children]
        if node.text == ALTERNATIVE:
            return frame.result(children[0])
        results = [frame.result(child) for child in children]
        return _reduce(node.text, results, self.context.n_entries)

    def fail(self, node: Node, message: str, hint: str | None = None):
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
        extreme = np.minimum if name.startswith("Min") else np.maximum
        out[entry[first]] = extreme.reduceat(values, first)
    return out


class _Frame:
    """A part of the expression that is read once per element."""

    def __init__(self, whole: _Evaluation, members: list[int]):
        self.whole, self.n = whole, whole.context.n_entries
        self.missing: np.ndarray | None = None
        self.counts: np.ndarray | None = None
        self._find_length(members)
        if self.counts is not None:
            self.entry = np.repeat(np.arange(self.n), self.counts)
            self.local = np.arange(len(self.entry)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        self.values: dict[int, np.ndarray] = {}
        for at in members:
            operands = [self.values.pop(child) for child in self._own_operands(at)]
            self.values[at] = self._value(at, whole.nodes[at], operands)

    def _own_operands(self, at: int) -> list[int]:
        frame_of = self.whole.frame_of
        return [child for child in self.whole.operands[at] if frame_of[child] == frame_of[at]]

    def result(self, at: int) -> Values:
        """The values of the node `at`, which is at the top of the frame."""
        values = self.values[at]
        wanted = self.n if self.counts is None else len(self.entry)
        if np.ndim(values) == 0:
            values = np.full(wanted, values)
        return Values(np.asarray(values, np.float64), self.counts, None if self.counts is not None else self.missing)

    # How many elements every entry has

    def _find_length(self, members: list[int]) -> None:
        lengths: list[np.ndarray] = []
        padded: list[np.ndarray] = []
        shapes: dict[tuple[int, ...], Node] = {}
        for at in members:
            node = self.whole.nodes[at]
            column = self.whole.columns.get(node.text)
            if node.kind == "name" and column is not None and not column.is_scalar:
                lengths.append(column.counts())
                shapes.setdefault(column.dims, node)
            elif node.kind == "index":
                inner = self.whole.done.get(at)
                if inner is not None:
                    self._mark_missing(self._beyond(node, column, inner))
                rest = column.dims[node.arity :]
                if rest:
                    lengths.append(np.full(self.n, int(np.prod(rest)), np.int64))
                    shapes.setdefault(rest, node)
            elif node.kind == "call" and node.text == ALTERNATIVE and self.whole.done[at].counts is not None:
                padded.append(self.whole.done[at].counts)
        matrices = [(dims, node) for dims, node in shapes.items() if len(dims) > 1]
        if matrices and len(shapes) > 1:
            self.whole.fail(matrices[0][1], "arrays of several dimensions can only be combined with arrays of the same shape")
        if lengths:
            self.counts = np.minimum.reduce(lengths)
        elif padded:
            self.counts = np.maximum.reduce(padded)
        if self.counts is not None and self.missing is not None:
            self.counts = np.where(self.missing, 0, self.counts)

    def _mark_missing(self, missing: np.ndarray | None) -> None:
        if missing is not None and missing.any():
            self.missing = missing if self.missing is None else self.missing | missing

    def _beyond(self, node: Node, column: Column, indices: list[Values]) -> np.ndarray | None:
        """Entries whose array is too short for the index. For arrays of fixed length that is an error."""
        missing = None
        sizes = [column.counts()] if column.offsets is not None else [np.int64(size) for size in column.dims]
        for index, size in zip(indices, sizes, strict=False):
            beyond = np.trunc(index.values) >= size
            if index.missing is not None:
                beyond = beyond & ~index.missing
            if column.offsets is None and beyond.any():
                entry = int(np.argmax(beyond))
                self.whole.fail(
                    node,
                    f"index {int(index.values[entry])} is beyond '{node.text}', which has {size} elements",
                    hint="the first index is 0",
                )
            beyond = beyond if index.missing is None else beyond | index.missing
            missing = beyond if missing is None else missing | beyond
        return missing

    # The values of one node

    def _value(self, at: int, node: Node, operands: list[np.ndarray]):
        if node.kind == "number":
            return np.float64(node.value)
        if node.kind == "name":
            return self._name(node)
        if node.kind == "size":
            return self._per_entry(self.whole.columns[node.text].counts().astype(np.float64))
        if node.kind == "index":
            return self._element(at, node, operands)
        if node.kind == "call":
            return self._call(at, node, operands)
        if node.kind == "cast":
            return operands[0]
        if node.kind == "choice":
            return np.where(np.not_equal(operands[0], 0), operands[1], operands[2])
        table = PREFIXES if node.kind == "prefix" else OPERATORS
        return table[node.text](*operands)

    def _per_entry(self, values: np.ndarray) -> np.ndarray:
        return values if self.counts is None else values[self.entry]

    def _name(self, node: Node):
        column = self.whole.columns.get(node.text)
        if column is not None:
            if column.is_scalar:
                return self._per_entry(column.flat())
            if np.array_equal(self.counts, column.counts()):
                return column.flat()
            return column.flat()[column.starts()[self.entry] + self.local]
        length = self.n if self.counts is None else len(self.entry)
        if node.text in ("Entry$", "LocalEntry$"):
            return self._per_entry(np.arange(self.n, dtype=np.float64))
        if node.text == "Entries$":
            return np.float64(self.n)
        if node.text == "Iteration$":
            return np.float64(0.0) if self.counts is None else self.local.astype(np.float64)
        if node.text == "rndm":
            return self.whole.context.random.uniform(length)
        return np.float64(np.pi)

    def _element(self, at: int, node: Node, operands: list[np.ndarray]) -> np.ndarray:
        """arr[i]: NaN for a negative index, and for an index of several elements that is beyond its array."""
        column = self.whole.columns[node.text]
        inner = self.whole.done.get(at)
        indices = operands if inner is None else [self._per_entry(index.values) for index in inner]
        entry = np.arange(self.n) if self.counts is None else self.entry
        sizes = [column.counts()[entry]] if column.offsets is not None else list(column.dims[: node.arity])
        position = np.zeros(len(entry), np.int64)
        valid = np.ones(len(entry), bool)
        for index, size in zip(indices, sizes, strict=True):
            whole = np.trunc(np.broadcast_to(index, entry.shape))
            inside = (whole >= 0) & (whole < size)
            valid &= inside
            position = position * size + np.where(inside, whole, 0).astype(np.int64)
        rest = column.dims[node.arity :]
        if rest:
            position = position * int(np.prod(rest)) + self.local
        flat = column.flat()
        if not len(flat):
            return np.full(len(entry), np.nan)
        return np.where(valid, flat[np.where(valid, column.starts()[entry] + position, 0)], np.nan)

    def _call(self, at: int, node: Node, operands: list[np.ndarray]):
        if node.text in REDUCTIONS:
            return self._per_entry(self.whole.done[at])
        if node.text != ALTERNATIVE:
            return FUNCTIONS[node.text].evaluate(*operands)
        first, otherwise = self.whole.done[at], operands[0]
        if first.counts is None:
            if first.missing is None:
                return self._per_entry(first.values)
            return np.where(self._per_entry(first.missing), otherwise, self._per_entry(first.values))
        has = self.local < first.counts[self.entry]
        starts = (np.cumsum(first.counts) - first.counts)[self.entry]
        values = first.values if len(first.values) else np.zeros(1)
        return np.where(has, values[np.where(has, starts + self.local, 0)], otherwise)

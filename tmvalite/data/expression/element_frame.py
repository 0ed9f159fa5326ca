"""A part of an expression that is read once per element: its shape, and its nodes one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.expression.functions import FUNCTIONS, OPERATORS, PREFIXES
from tmvalite.data.expression.nodes import ALTERNATIVE, REDUCTIONS, ExpressionNode


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


class Frame:
    """The nodes `members` of an Evaluation, worked through.

    sizes : list of int or (N,) int64, the length of every axis; empty for one value per entry
    counts : (N,) int64, elements of every entry, or None for one value per entry
    entry, local : (M,) int64, for every element its entry and its place there
    """

    def __init__(self, whole, members: list[int]):
        self.whole, self.n = whole, whole.context.n_entries
        self.missing: np.ndarray | None = None
        self.sizes: list = []
        self._find_shape(members)
        self.counts = self._count()
        if self.counts is not None:
            self.entry = np.repeat(np.arange(self.n), self.counts)
            self.local = np.arange(len(self.entry)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        self._places: list[np.ndarray] | None = None
        self.values: dict[int, object] = {}
        self.beyond: dict[int, np.ndarray] = {}  # elements whose computed index is outside its array
        for at in members:
            children = self._own_operands(at)
            operands = [self.values.pop(child) for child in children]
            self.values[at] = self._value(at, whole.nodes[at], operands)
            self._pass_on(at, whole.nodes[at], children, operands)

    def _own_operands(self, at: int) -> list[int]:
        frame_of = self.whole.frame_of
        return [child for child in self.whole.operands[at] if frame_of[child] == frame_of[at]]

    def result(self, at: int) -> Values:
        """The values of the node `at`, which is at the top of the frame."""
        values = self.values[at]
        wanted = self.n if self.counts is None else len(self.entry)
        if np.ndim(values) == 0:
            values = np.full(wanted, values)
        if at in self.beyond:
            values = np.where(self.beyond[at], np.nan, values)
        return Values(np.asarray(values, np.float64), self.counts, None if self.counts is not None else self.missing)

    # How many elements every entry has

    def _find_shape(self, members: list[int]) -> None:
        for at in members:
            node = self.whole.nodes[at]
            column = self.whole.columns.get(node.text)
            if column is None or node.kind not in ("name", "index"):
                continue
            axis, operands = self.whole.shift[at], self.whole.operands[at]
            for j in range(column.n_axes):
                given = operands[j] if j < len(operands) else None
                if given is None or self.whole.nodes[given].kind == "every":
                    self._add_axis(axis, column.axis(j))
                    axis += 1
                elif self.whole.varies[given]:
                    axis += 1  # whose length the nodes of the index state
            if node.kind == "index" and column.n_axes:
                self._find_missing(at, node, column)

    def _add_axis(self, axis: int, size) -> None:
        self.sizes += [None] * (axis + 1 - len(self.sizes))
        old = self.sizes[axis]
        self.sizes[axis] = size if old is None else np.minimum(old, size)

    def _count(self) -> np.ndarray | None:
        self.sizes = [1 if size is None else size for size in self.sizes]
        if not self.sizes:
            return None
        counts = np.ones(self.n, np.int64)
        for size in self.sizes:
            counts = counts * size
        return counts if self.missing is None else np.where(self.missing, 0, counts)

    def _find_missing(self, at: int, node: ExpressionNode, column: Column) -> None:
        """Entries whose array is too short for a constant index. For an axis of fixed length that is an error."""
        for j, child in enumerate(self.whole.operands[at]):
            inner = self.whole.done.get(at)
            if inner is not None and inner[j].missing is not None:
                self._mark_missing(inner[j].missing)
            if not self.whole.is_constant(child):
                continue
            index, size = int(self.whole.nodes[child].text), column.axis(j)
            if np.ndim(size):
                self._mark_missing(size <= index)
            elif index >= size:
                self.whole.fail(
                    node, f"index {index} is beyond '{node.text}', which has {size} elements", hint="the first index is 0"
                )

    def _mark_missing(self, missing: np.ndarray) -> None:
        if missing.any():
            self.missing = missing if self.missing is None else self.missing | missing

    # An index that is computed and lies outside its array gives NaN to the whole expression, not only to the element: the
    # expression isnan(v[n]) has no value there. What ?: && || and Alt$ do not look at does no harm.

    def _pass_on(self, at: int, node: ExpressionNode, children: list[int], operands: list) -> None:
        found = [self.beyond.pop(child, None) for child in children]
        if node.kind == "choice":
            chosen = np.not_equal(operands[0], 0)
            found[1:] = [_only(found[1], chosen), _only(found[2], ~chosen)]
        elif node.kind == "binary" and node.text == "&&":
            found[1] = _only(found[1], np.not_equal(operands[0], 0))
        elif node.kind == "binary" and node.text == "||":
            found[1] = _only(found[1], np.equal(operands[0], 0))
        elif node.kind == "call" and node.text == ALTERNATIVE:
            found = [_only(found[0], ~self._has_first(at))]
        for one in found:
            if one is not None:
                self.beyond[at] = one if at not in self.beyond else self.beyond[at] | one

    # The values of one node

    def _value(self, at: int, node: ExpressionNode, operands: list):
        if node.kind == "number":
            return np.float64(node.value)
        if node.kind == "text":
            return np.str_(node.text[1:-1])
        if node.kind == "every":
            return None
        if node.kind == "name":
            return self._name(at, node)
        if node.kind == "size":
            return self._per_entry(self._outer_length(node))
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

    def _place(self, axis: int) -> np.ndarray:
        """(M,) int64, the place of every element along one axis."""
        if self._places is None:
            rest, places = self.local, []
            for size in reversed(self.sizes[1:]):
                size = size[self.entry] if np.ndim(size) else size
                places.append(rest % size)
                rest = rest // size
            self._places = [rest, *reversed(places)]
        return self._places[axis]

    def _name(self, at: int, node: ExpressionNode) -> np.ndarray:
        column = self.whole.columns.get(node.text)
        if column is not None:
            if column.is_text:
                return self._per_entry(column.values)
            if column.is_scalar:
                return self._per_entry(column.flat())
            shift = self.whole.shift[at]
            whole = shift == 0 and column.n_axes == len(self.sizes) and np.array_equal(self.counts, column.counts())
            if whole and all(np.array_equal(self.sizes[j], column.axis(j)) for j in range(1, column.n_axes)):
                return column.flat()
            position = 0
            for j in range(column.n_axes):
                position = position * (column.axis(j) if j else 1) + self._place(shift + j)
            return column.flat()[column.starts()[self.entry] + position]
        length = self.n if self.counts is None else len(self.entry)
        if node.text in ("Entry$", "LocalEntry$"):
            return self._per_entry(np.arange(self.n, dtype=np.float64) + self.whole.context.first)
        if node.text in ("Entries$", "LocalEntries$"):
            whole = self.whole.context.whole
            return np.float64(self.n if whole is None else whole)
        if node.text == "Iteration$":
            return np.float64(0.0) if self.counts is None else self.local.astype(np.float64)
        if node.text == "rndm":
            return self.whole.context.random.uniform(length)
        return np.float64(np.pi)

    def _element(self, at: int, node: ExpressionNode, operands: list) -> np.ndarray:
        """arr[i]: NaN for a computed index that is negative or beyond its array. A number may have indices, which say nothing."""
        column, inner = self.whole.columns[node.text], self.whole.done.get(at)
        if not column.n_axes:
            return self._per_entry(column.flat())
        if self.counts is None and column.offsets is None and all(map(self.whole.is_constant, self.whole.operands[at])):
            where = tuple(int(self.whole.nodes[child].text) for child in self.whole.operands[at])
            return column.values[(slice(None), *where)].astype(np.float64)
        indices = operands if inner is None else [self._per_entry(index.values) for index in inner]
        entry = np.arange(self.n) if self.counts is None else self.entry
        axis, position, valid = self.whole.shift[at], 0, np.ones(len(entry), bool)
        for j in range(column.n_axes):
            size = column.axis(j)
            size = size[entry] if np.ndim(size) else size
            child = self.whole.operands[at][j] if j < node.arity else None
            if child is None or self.whole.nodes[child].kind == "every":
                place, axis = self._place(axis), axis + 1
            else:
                axis += self.whole.varies[child]
                index = np.trunc(np.broadcast_to(indices[j], entry.shape))
                inside = (index >= 0) & (index < size)
                valid = valid & inside
                place = np.where(inside, index, 0).astype(np.int64)
            position = position * (size if j else 1) + place
        if not valid.all():
            self.beyond[at] = ~valid
        flat = column.flat()
        if not len(flat):
            return np.full(len(entry), np.nan)
        return np.where(valid, flat[np.where(valid, column.starts()[entry] + position, 0)], np.nan)

    def _call(self, at: int, node: ExpressionNode, operands: list):
        if node.text in REDUCTIONS:
            return self._per_entry(self.whole.done[at])
        if node.text != ALTERNATIVE:
            return FUNCTIONS[node.text].evaluate(*operands)
        # Alt$ has no length of its own: its first argument lasts as long as it has elements, then the second is taken.
        first, otherwise = self.whole.done[at], operands[0]
        lengths = first.lengths()
        starts = np.arange(self.n) if first.counts is None else np.cumsum(lengths) - lengths
        has, local = self._has_first(at), 0 if self.counts is None else self.local
        values = first.values if len(first.values) else np.zeros(1)
        return np.where(has, values[np.where(has, self._per_entry(starts) + local, 0)], otherwise)

    def _outer_length(self, node: ExpressionNode) -> np.ndarray:
        """(N,) float64, what @x.size() counts: the elements along the first axis."""
        column = self.whole.columns[node.text]
        if not column.n_axes:
            self.whole.fail(node, f"'{node.text}' is one number per entry, which has no size", hint="Length$(x) is 1 for it")
        return np.broadcast_to(np.asarray(column.axis(0), np.float64), (self.n,))

    def _has_first(self, at: int) -> np.ndarray:
        """Where an Alt$ takes its first argument."""
        return (0 if self.counts is None else self.local) < self._per_entry(self.whole.done[at].lengths())


def _only(beyond: np.ndarray | None, used: np.ndarray) -> np.ndarray | None:
    return None if beyond is None else beyond & used

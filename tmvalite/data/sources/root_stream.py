"""Branches of a tree, some entries at a time. Each basket of a plain branch is read and decompressed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


class BranchStream:
    """A branch of numbers, or of arrays of fixed length, whose entries are asked for from the first to the last."""

    def __init__(self, branch):
        self._branch = branch
        self._edges = branch.entry_offsets
        interpretation = branch.interpretation
        self._from, self._to = interpretation.from_dtype, interpretation.to_dtype
        self._next = 0  # the basket that comes next
        self._held: list[np.ndarray] = []
        self._first = self._last = 0  # the entries that are held

    def entries(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, ...) values; start is not before that of an earlier call."""
        if start >= self._last or not self._held:
            self._next = max(self._next, int(np.searchsorted(self._edges, start, side="right")) - 1)
            self._held, self._first = [], int(self._edges[min(self._next, len(self._edges) - 1)])
            self._last = self._first
        while self._last < stop:
            self._held.append(self._basket(self._next))
            self._next += 1
            self._last = int(self._edges[self._next])
        out = np.empty((stop - start, *self._to.shape), self._to.base)
        at, kept = self._first, []
        for values in self._held:
            low, high = max(start, at), min(stop, at + len(values))
            if low < high:
                out[low - start : high - start] = values[low - at : high - at]
            at += len(values)
            if at > stop:
                kept.append(values)
        self._held, self._first = kept, self._last - sum(map(len, kept))
        return out

    def _basket(self, number: int) -> np.ndarray:
        data = self._branch.basket(number).data
        values = np.frombuffer(data, self._from)
        return values[: self._edges[number + 1] - self._edges[number]]


def is_plain(branch) -> bool:
    """Whether its baskets hold nothing but its values: numbers, or arrays of fixed length."""
    interpretation = getattr(branch, "interpretation", None)
    return (
        type(interpretation).__name__ == "AsDtype"
        and interpretation.from_dtype.names is None
        and interpretation.from_dtype.base.kind in "biuf"
        and hasattr(branch, "basket")
    )


def branch_blocks(tree, paths: Sequence[str], bounds: Sequence[tuple[int, int]], local: bool) -> Iterator[dict[str, object]]:
    """The arrays of some branches, by path, for each pair of bounds.

    local : whether the file is on this machine; a remote one is asked for all baskets of a block at once
    """
    streams = {path: BranchStream(tree[path]) for path in paths if local and is_plain(tree[path])}
    for start, stop in bounds:
        arrays: dict[str, object] = {}
        for path in paths:
            if path in streams:
                arrays[path] = streams[path].entries(start, stop)
            else:
                arrays[path] = branch_range(tree[path], start, stop)
        yield arrays


def branch_range(branch, start: int, stop: int):
    """The values of some entries of any branch or field."""
    if start == stop and is_plain(branch):  # of which uproot would decompress a basket
        kind = branch.interpretation.to_dtype
        return np.empty((0, *kind.shape), kind.base)
    kind = "np" if type(getattr(branch, "interpretation", None)).__name__ == "AsDtype" else "ak"
    return branch.array(entry_start=start, entry_stop=stop, library=kind, array_cache=None)

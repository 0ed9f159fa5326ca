"""A TTree of columns of any length: numbers, fixed arrays and arrays of varying length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.io.root_file import EventTree


@dataclass(eq=False)
class BranchColumns(EventTree):
    """Branches by name: (N,) or (N, K) arrays, or lists of N arrays of any length."""

    columns: dict[str, np.ndarray | Sequence[np.ndarray]] = field(default_factory=dict)
    title: str = ""

    def write(self, output, name: str) -> None:
        """Write it as a TTree into a file that uproot writes."""
        columns = {key: _column(values) for key, values in self.columns.items()}
        types = {key: _type(values) for key, values in columns.items()}
        tree = output.mktree(name, types, title=self.title or name.rsplit("/", 1)[-1])
        if columns and len(next(iter(columns.values()))):
            tree.extend(columns)


def _type(values):
    """The type of a branch, in uproot's words."""
    if not isinstance(values, np.ndarray):
        return f"var * {values.layout.content.dtype}"
    return values.dtype if values.ndim == 1 else np.dtype((values.dtype, values.shape[1:]))


def _column(values):
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    import awkward as ak

    if not values:
        return np.empty(0, np.float32)
    counts = [len(row) for row in values]
    if len(set(counts)) == 1 and counts[0]:
        return np.stack(values)
    return ak.unflatten(np.concatenate(values), counts)

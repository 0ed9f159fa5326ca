"""The parameters of a network: views into one flat vector, in TMVA's orientation."""

from __future__ import annotations

import copy

import numpy as np

from tmvalite.errors import DataError
from tmvalite.plan.step import Slot


def aligned(size: int, dtype) -> np.ndarray:
    """Zeros that start on a cache line, with one more line behind for loads past the end."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size + 128 // item, dtype)
    start = -raw.ctypes.data % 64 // item
    return raw[start : start + size]


def aligned_rows(rows) -> np.ndarray:
    """Vectors (P,) as the rows of an array (R, P), each of which starts on a cache line."""
    item, size = rows[0].itemsize, len(rows[0])
    width = -(-size * item // 64) * 64 // item
    whole = aligned(len(rows) * width, rows[0].dtype).reshape(len(rows), width)[:, :size]
    for row, numbers in zip(whole, rows, strict=True):
        row[:] = numbers
    return whole


class Parameters:
    """The trained matrices and running statistics of a network, in TMVA's orientation, over one flat vector."""

    def __init__(self, slots: tuple[Slot, ...], size: int, dtype):
        self.flat = aligned(size, dtype)
        self._slots = {(s.node, s.name): s for s in slots}

    def names(self) -> list[tuple[str, str]]:
        """(node, matrix) of every parameter, in the order of the layout."""
        return list(self._slots)

    def slot(self, node: str, name: str) -> Slot:
        return self._slots[node, name]

    def get(self, node: str, name: str) -> np.ndarray:
        """A copy of one matrix, (rows, columns) as in the weight file."""
        return self._slots[node, name].view(self.flat).copy()

    def set(self, node: str, name: str, matrix) -> None:
        """Overwrite one matrix. Raises DataError when its shape is another."""
        slot = self._slots[node, name]
        matrix = np.asarray(matrix, self.flat.dtype)
        if matrix.shape != slot.shape:
            raise DataError(f"{name} of {node} is {slot.shape[0]}x{slot.shape[1]}, not {'x'.join(map(str, matrix.shape))}")
        slot.view(self.flat)[:] = matrix

    def over(self, numbers: np.ndarray) -> Parameters:
        """The same matrices over another vector (P,)."""
        other = copy.copy(self)
        other.flat = numbers
        return other

    def snapshot(self) -> np.ndarray:
        return self.flat.copy()

    def restore(self, snapshot: np.ndarray) -> None:
        self.flat[:] = snapshot

    @property
    def count(self) -> int:
        """Trained numbers (padding and running statistics not counted)."""
        return sum(s.size for s in self._slots.values() if s.trained)

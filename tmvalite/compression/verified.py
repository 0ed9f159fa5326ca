"""Whether a chunk gives back what it must, entry by entry, before it is written."""

from __future__ import annotations

import numpy as np

from tmvalite.compression.bound import Bound, within
from tmvalite.compression.chunk_decoder import ChunkReader
from tmvalite.compression.chunk_encoder import Chunk
from tmvalite.compression.column_record import ColumnRecord
from tmvalite.compression.container import damaged
from tmvalite.compression.steps import STRICT
from tmvalite.compression.table import EventTable
from tmvalite.errors import TrainingError


class _Bytes:
    """A chunk in memory, read as those of a file are."""

    def __init__(self, data: bytes):
        self._data, self.size, self.name = data, len(data), "the chunk"

    def read(self, at: int, size: int, what: str) -> bytes:
        """Some of its bytes."""
        return self._data[at : at + size]

    def damaged(self, why: str):
        """The error of a chunk that does not hold together."""
        return damaged(self.name, why)


def check_chunk(table: EventTable, chunk: Chunk, records: list[ColumnRecord], network) -> None:
    """Decode a chunk again and compare. Columns that a model restores are compared by it when they are corrected.

    Raises
    ------
    TrainingError
        An entry is not within its bound, or not what it was.
    """
    latent = (np.dtype(network.precision), network.width) if network is not None else None
    reader = ChunkReader(_Bytes(chunk.data), 0, chunk.index, records, latent)
    for i, (record, column) in enumerate(zip(records, table.columns, strict=True)):
        if record.start >= 0:
            continue
        found = reader.column(i)
        same = (
            found.offsets is None if column.offsets is None else np.array_equal(np.diff(found.offsets), np.diff(column.offsets))
        )
        check_column(record.name, column.values, found.values if same else None, record.bound)


def check_column(name: str, old: np.ndarray, new: np.ndarray | None, bound: Bound | None) -> None:
    """Raises TrainingError if a column that came back is not within its bound, or without one not the same to the bit."""
    if new is not None:  # numpy changes the byte order of arrays that are sent to other processes
        old, new = (np.ascontiguousarray(x, x.dtype.newbyteorder("=")) for x in (old, new))
    good = new is not None and new.dtype == old.dtype and new.shape == old.shape
    if good and bound is not None and bound.value > 0.0:
        good = _all_within(old, new, bound)
    elif good:
        bits = f"u{old.dtype.itemsize}" if old.dtype.itemsize in (1, 2, 4, 8) and old.dtype.kind in "biuf" else None
        a, b = (x.view(bits) if bits else x for x in (old, new))
        good = np.array_equal(a, b)
    if not good:
        raise TrainingError(f"column '{name}' could not be verified; nothing was written", code="archive-verify")


def _all_within(old: np.ndarray, new: np.ndarray, bound: Bound) -> bool:
    if old.dtype.name in ("float32", "float64") and old.size:
        from tmvalite.compression import step_kernels  # loads the compiler

        x, y = old.reshape(-1), new.reshape(-1)
        bad = np.empty(x.size, np.uint16)
        n_bad = step_kernels.beyond_bound.get(x.dtype.name)(x, y, bound.value * STRICT, bound.relative, bad)
        if not n_bad:
            return True
        old, new = x[bad > 0], y[bad > 0]
    return bool(within(old, new, bound).all())

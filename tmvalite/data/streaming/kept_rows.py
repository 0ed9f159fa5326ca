"""Rows that are kept aside: in memory as long as they fit, else in a file that nobody else sees."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np

from tmvalite.errors import FileError


class KeptRows:
    """Rows of float32 (n, width) with weights (n,) float64 and a class; `most` bytes stay in memory.

    The file stands in the folder for temporary files (TMPDIR), has no name where the system allows that, and goes away with
    the process.
    """

    def __init__(self, width: int, most: int):
        self._row = np.dtype([("values", np.float32, (width,)), ("weight", np.float64), ("class_index", np.int32)])
        self._most, self._parts, self._file, self._n = most, [], None, 0
        self._flushed = 0

    def __len__(self):
        return self._n

    @property
    def in_memory(self) -> bool:
        """Whether no file was needed."""
        return self._file is None

    def add(self, values: np.ndarray, weight: np.ndarray, class_index: int) -> None:
        """Rows of one class."""
        rows = np.empty(len(values), self._row)
        rows["values"], rows["weight"], rows["class_index"] = values, weight, class_index
        self._n += len(rows)
        self._parts.append(rows)
        if (self._n - self._flushed) * self._row.itemsize > self._most:
            self._flush()

    def _flush(self) -> None:
        try:
            self._file = self._file or tempfile.TemporaryFile(prefix="tmvalite-rows-")
            self._file.seek(0, 2)
            for rows in self._parts:
                self._file.write(memoryview(rows).cast("B"))
            self._file.flush()
        except OSError as problem:
            raise FileError(
                f"the validation events cannot be kept in {tempfile.gettempdir()}: {problem.strerror}",
                code="file-write",
                hint="TMPDIR names another folder; a smaller ValidationSize, or more memory, needs less room",
            ) from problem
        self._flushed, self._parts = self._n, []

    def blocks(self, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(values, weight, class_index) of so many rows at a time, the last block may be shorter."""
        if self._file is None:
            whole = np.concatenate(self._parts) if self._parts else np.empty(0, self._row)
            self._parts = [whole]
            for start in range(0, len(whole), rows):
                yield _columns(whole[start : start + rows])
            return
        if self._parts:
            self._flush()
        for start in range(0, self._n, rows):
            self._file.seek(start * self._row.itemsize)
            n = min(rows, self._n - start)
            yield _columns(np.frombuffer(self._file.read(n * self._row.itemsize), self._row))

    def close(self) -> None:
        """Give memory and disk back."""
        self._parts = []
        if self._file is not None:
            self._file.close()


def _columns(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.ascontiguousarray(rows["values"]), rows["weight"].copy(), rows["class_index"].astype(np.int64)

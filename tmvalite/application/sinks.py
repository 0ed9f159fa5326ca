"""Where columns go: a kind of file is one class, which takes tables block by block. Nothing is cast on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar, Protocol

import numpy as np

from tmvalite.application.scorer import ColumnType
from tmvalite.data.columns import Column
from tmvalite.errors import DataError

GATHERED = 100_000  # entries that are written at a time: each time makes a basket or a row group, small ones cost space
GATHERED_BYTES = 32_000_000  # with which they are written even if they are fewer


class OutputTable(Protocol):
    def add(self, columns: Mapping[str, Column]) -> None:
        """Append entries. The columns have the types with which the table was made."""

    def close(self) -> None:
        """Write what is left."""


class Sink:
    """A file that takes tables. Made with a file that is open for writing; `close` completes it."""

    endings: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[bool] = False  # whether a file may hold several tables

    def __init__(self, file: BinaryIO):
        self.file = file

    def table(self, name: str, types: Mapping[str, ColumnType], kind: str) -> OutputTable:
        """A new table. kind : "tree" or "ntuple", for a file that knows both."""
        raise NotImplementedError

    def close(self) -> None:
        """Complete the file."""


class Gathered:
    """Blocks on their way to a table: joined until they are worth writing."""

    def __init__(self, write, entries: int = GATHERED):
        self._write, self._entries = write, entries
        self._held: list[Mapping[str, Column]] = []
        self._n = self._bytes = 0

    def add(self, columns: Mapping[str, Column]) -> None:
        self._held.append(columns)
        self._n += len(next(iter(columns.values())))
        self._bytes += sum(column.values.nbytes for column in columns.values())
        if self._n >= self._entries or self._bytes >= GATHERED_BYTES:
            self._flush()

    def close(self) -> None:
        if self._n:
            self._flush()

    def _flush(self) -> None:
        held, self._held, self._n = self._held, [], 0
        self._bytes = 0
        self._write({name: Column.concatenate([columns[name] for columns in held]) for name in held[0]})


def require_numbers(types: Mapping[str, ColumnType], what: str) -> None:
    """Raises DataError at the first column of arrays."""
    for name, kind in types.items():
        if kind.jagged or kind.dims:
            raise DataError(
                f"{what} has no place for arrays, as in column '{name}'",
                code="apply-type",
                hint="--keep names the columns to write, or write a ROOT or Parquet file",
            )


def native(values: np.ndarray) -> np.ndarray:
    """The values as C-contiguous array in this machine's byte order."""
    return np.ascontiguousarray(values, values.dtype.newbyteorder("="))

"""A table of events as a file holds it: columns in order, with their types, and what else the file has to get back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.errors import DataError

NUMBERS = "biuf"  # dtype kinds: booleans, signed and unsigned integers, floats
TEXT = "US"
_LOOKED_AT = 256  # values by which most columns are known not to be whole numbers


@dataclass(eq=False)
class FileColumn:
    """One column.

    Attributes
    ----------
    name : str
    values : (N, ...) array
        Numbers, booleans or text of a fixed width, in the byte order of the file; of a column of varying lengths the elements
        of all events one after the other.
    digits : int
        Significant digits with which a text file states the column; 0 where the file is binary.
    whole : bool
        Whether a column of floats holds whole numbers only (and NaN): it is rounded when it is restored.
    offsets : (N + 1,) int64 or None
        For varying lengths: event i has the elements offsets[i] to offsets[i + 1], and offsets[0] is 0.
    """

    name: str
    values: np.ndarray
    digits: int = 0
    whole: bool = False
    offsets: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    def part(self, start: int, stop: int) -> FileColumn:
        """The events start to stop."""
        if self.offsets is None:
            return FileColumn(self.name, self.values[start:stop], self.digits, self.whole)
        at = self.offsets[start : stop + 1]
        return FileColumn(self.name, self.values[at[0] : at[-1]], self.digits, self.whole, at - at[0])

    @property
    def width(self) -> int:
        """Numbers of one event, or of one element where their number varies."""
        return int(np.prod(self.values.shape[1:], dtype=np.int64))

    @property
    def is_number(self) -> bool:
        return self.values.dtype.kind in NUMBERS


@dataclass(eq=False)
class EventTable:
    """The events of one file.

    Attributes
    ----------
    kind : str
        "root", "npz", "csv", "parquet" or "hdf5".
    columns : list of FileColumn
        All of one length, in the order of the file.
    n_events : int
    layout : dict
        What the writer of this kind needs beside the columns; JSON values only.
    extras : dict of str to array
        Arrays of the file that are no columns, such as the `names` of a matrix.
    n_bytes : int
        Size of the file, 0 if unknown.
    name : str
        The file, for messages.
    """

    kind: str
    columns: list[FileColumn]
    n_events: int
    layout: dict = field(default_factory=dict)
    extras: dict[str, np.ndarray] = field(default_factory=dict)
    n_bytes: int = 0
    name: str = "the table"

    @property
    def raw_bytes(self) -> int:
        """Bytes of all columns as plain arrays."""
        return sum(c.values.nbytes + (0 if c.offsets is None else c.offsets.nbytes - 8) for c in self.columns)

    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> FileColumn:
        return self.columns[self.names().index(name)]

    def arrays(self) -> dict[str, np.ndarray]:
        """The values of the columns by name."""
        return {column.name: column.values for column in self.columns}

    def part(self, start: int, stop: int) -> EventTable:
        """The events start to stop, without extras."""
        columns = [column.part(start, stop) for column in self.columns]
        return EventTable(self.kind, columns, stop - start, self.layout, {}, 0, self.name)


def check_columns(columns: Sequence[FileColumn], where: str) -> None:
    """Raises DataError for columns of one name or of different lengths."""
    names = [column.name for column in columns]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise DataError(f"two columns are named '{twice}'", code="data-column", where=where)
    first = next((column for column in columns), None)
    other = next((column for column in columns if len(column) != len(first)), None)
    if other is not None:
        raise DataError(
            f"columns differ in length: '{first.name}' has {len(first)} entries, '{other.name}' has {len(other)}",
            code="data-column-length",
            where=where,
        )


def is_whole(values: np.ndarray) -> bool:
    """Whether floats are whole numbers that a double holds exactly; NaN and infinities do not count."""
    if values.dtype.kind != "f" or not values.size:
        return False
    first = values.reshape(-1)[:_LOOKED_AT]
    first = first[np.isfinite(first)]
    if (first != np.rint(first)).any():
        return False
    finite = values[np.isfinite(values)].astype(np.float64)
    return bool(finite.size and np.all(np.abs(finite) < 2.0**53) and np.all(finite == np.rint(finite)))

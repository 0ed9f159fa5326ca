"""A chunk of an archive that is read: its directory, and the columns that are asked for, one by one. Nothing in it is trusted."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.array_coder import BINS, CODERS, unpack_array, unpack_numbers
from tmvalite.compression.column_codec import decode_column
from tmvalite.compression.column_record import ColumnRecord
from tmvalite.compression.container import Sections, unpack_json
from tmvalite.compression.directory_checks import array_bytes, check_steps, members_of
from tmvalite.compression.header_checks import check_types, whole_numbers
from tmvalite.compression.predictors import KnownSteps, needed_columns
from tmvalite.compression.table import FileColumn
from tmvalite.errors import FileError

NUMBERS = 1 << 21  # of a chunk that is written, where it has more than one row
_SPARE = 1 << 19  # more that one that is read may have: lengths vary
_PROBLEMS = (ValueError, KeyError, TypeError, IndexError, OverflowError, AttributeError)
_MOST = 1 << 20  # bytes of a directory, and as many times what it is packed
_FACTOR = 16


def most_numbers(file_size: int) -> int:
    """Numbers of eight bytes that a chunk may have, so that what it takes is in proportion to the file."""
    return NUMBERS + _SPARE + file_size // 8


@dataclass(eq=False)
class _Part:
    """An entry of the directory: its columns, what it states, where its bytes are, and its shape without the columns."""

    columns: list[int]
    stated: dict
    at: int
    size: int
    rows: int  # entries along the first axis
    counts_size: int = 0


class ChunkReader:
    """One chunk. FileError is raised for whatever does not hold together.

    Parameters
    ----------
    sections : Sections
    at, index : int, list
        Where it begins; `Chunk.index`.
    records : list of ColumnRecord
    latent : numpy.dtype and int, or None
        Type and number of the codes of an event.
    """

    def __init__(self, sections: Sections, at: int, index: list[int], records: list[ColumnRecord], latent=None):
        self._sections, self._at, self._records, self._latent_kind = sections, at, records, latent
        self.rows, head, self._size, checksum = index
        data = sections.read(at, head, "a directory")
        if zlib.crc32(data) != checksum:
            raise sections.damaged("the checksum of a directory is wrong")
        self._steps: dict[int, np.ndarray] = {}
        self._counts: dict[int, np.ndarray] = {}
        try:
            directory = unpack_json(data, _MOST + _FACTOR * len(data))
            self._parts = self._read_parts(directory, head)
        except _PROBLEMS as problem:
            raise sections.damaged(f"a directory does not fit ({type(problem).__name__}: {problem})") from problem

    # ------------------------------------------------------------------------------------ the directory

    def _read_parts(self, directory: dict, at: int) -> dict[int, _Part]:
        if directory["rows"] != self.rows:
            raise ValueError("rows")
        parts: dict[int, _Part] = {}
        numbers, i = 0, 0
        for stated in directory["columns"]:
            columns = members_of(stated["of"], len(self._records)) if "of" in stated else [i]
            i = columns[-1] + 1
            part = self._part(columns, stated, at)
            at += part.size
            for k in columns:
                record = self._records[k]
                if k in parts or (len(columns) > 1 and (record.shape or record.varying)):
                    raise ValueError("columns that are twice there")
                parts[k] = part
                numbers += (part.rows * max(record.width, 1) * max(np.dtype(record.dtype).itemsize, 8) + 7) // 8
        self._latent = None
        if self._latent_kind is not None:
            coder, size, checksum = whole_numbers(directory["latent"])
            self._latent = (CODERS[coder], at, size, checksum)
            at += size
            numbers += self.rows * self._latent_kind[1]
        if len(parts) != len(self._records) or at != self._size or numbers > most_numbers(self._sections.size):
            raise ValueError(f"{len(parts)} columns of {numbers} numbers in {at} bytes")
        return parts

    def _part(self, columns: list[int], stated: dict, at: int) -> _Part:
        check_types((stated, dict), (stated["arrays"], dict), (stated["crc"], int))
        size = array_bytes(stated)
        part = _Part(columns, stated, at, size, self.rows)
        record = self._records[columns[0]]
        if record.varying:
            part.rows = stated["length"]
            check_types((part.rows, int))
            if type(stated["counts"]) is dict:
                part.counts_size = array_bytes(stated["counts"])
                part.size += part.counts_size
            elif type(stated["counts"]) is not int:
                raise TypeError("counts")
        if part.rows < 0 or bool(stated.get("network")) != (record.start >= 0):
            raise ValueError(record.name)
        if "steps" in stated:
            check_steps(stated["steps"])
        return part

    # ------------------------------------------------------------------------------------ columns

    def column(self, i: int) -> FileColumn:
        """Column i, in its own type; FileError."""
        record, part = self._records[i], self._parts[i]
        values = self._values(i).astype(np.dtype(record.dtype), copy=False)
        offsets = None
        if record.varying:
            offsets = np.concatenate(([0], np.cumsum(self._lengths(i))))
        return FileColumn(record.name, values, record.digits, bool(part.stated.get("whole")), offsets)

    def forget(self) -> None:
        """Let go of what other columns might be predicted from."""
        self._steps.clear()

    def entry(self, i: int) -> dict:
        """What the directory states of column i."""
        return self._parts[i].stated

    def is_joined(self, i: int) -> bool:
        """Whether column i is one array with others."""
        return len(self._parts[i].columns) > 1

    def length_of(self, i: int) -> int:
        """Elements of column i along its first axis: the events, or what they have in all."""
        return self._parts[i].rows

    def predictors(self, i: int) -> list[int]:
        """The columns from which column i is predicted."""
        try:
            found = sorted(needed_columns(self._parts[i].stated.get("steps", {}).get("prediction")))
            if any(not 0 <= k < len(self._records) for k in found):
                raise ValueError("prediction")
            return found
        except _PROBLEMS as problem:
            raise self._damaged(i, problem) from problem

    def bytes_of(self, i: int) -> float:
        """Packed bytes of column i, its share where several are one array."""
        return self._parts[i].size / len(self._parts[i].columns)

    @property
    def latent_bytes(self) -> int:
        """Packed bytes of the codes."""
        return self._latent[2] if self._latent else 0

    def arrays(self, i: int) -> dict[str, np.ndarray]:
        """The arrays of a column that a network restores: symbols, and entries kept as they are."""
        part, record = self._parts[i], self._records[i]
        data = self._bytes(part)
        try:
            out = {}
            for name, item in part.stated["arrays"].items():
                shape = (part.rows, *record.shape) if name == "" else (item[2],)
                dtype = (
                    np.dtype(record.dtype).newbyteorder("=")
                    if name == "kept"
                    else np.dtype(f"u{item[2] if len(item) > 2 else 8}")
                )
                out[name] = unpack_array(data[name], CODERS[item[0]], dtype, shape)
            return out
        except _PROBLEMS as problem:
            raise self._damaged(i, problem) from problem

    def latent(self) -> np.ndarray:
        """(rows, Q), the codes of a network."""
        coder, at, size, checksum = self._latent
        data = self._sections.read(self._at + at, size, "the codes")
        if zlib.crc32(data) != checksum:
            raise self._sections.damaged("the checksum of the codes is wrong")
        dtype, width = self._latent_kind
        try:
            return unpack_array(data, coder, dtype, (self.rows, width))
        except ValueError as problem:
            raise self._sections.damaged(f"the codes cannot be unpacked ({problem})") from problem

    def _values(self, i: int) -> np.ndarray:
        """The values of a column, after the steps of those from which it is predicted."""
        wanted, found = [i], {i}
        try:
            while wanted:
                part = self._parts[wanted.pop()]
                for k in needed_columns(part.stated.get("steps", {}).get("prediction")):
                    if not 0 <= k < min(part.columns) or len(part.columns) > 1 or "steps" not in self._parts[k].stated:
                        raise ValueError(f"prediction from column {k}")
                    if k not in found and k not in self._steps:
                        found.add(k)
                        wanted.append(k)
            for k in sorted(found - {i}):
                self._decoded(k)
            return self._decoded(i)
        except _PROBLEMS as problem:
            raise self._damaged(i, problem) from problem

    def _decoded(self, i: int) -> np.ndarray:
        """The values of a column; the steps of those before it are known."""
        part, record = self._parts[i], self._records[i]
        dtype, together = np.dtype(record.dtype).newbyteorder("="), len(part.columns) > 1
        shape = (part.rows, len(part.columns)) if together else (part.rows, *record.shape)
        values, steps = self._from_arrays(self._bytes(part), part.stated, dtype, shape, record.digits)
        if steps is not None and steps.ndim == 1:
            self._steps[i] = steps
        return np.ascontiguousarray(values[:, part.columns.index(i)]) if together else values

    def _from_arrays(self, data: dict[str, bytes], stated: dict, dtype: np.dtype, shape: tuple[int, ...], digits: int):
        arrays = stated["arrays"]
        coder = CODERS[arrays[""][0]]
        if "steps" not in stated:
            return unpack_array(data[""], coder, dtype, shape), None
        record = stated["steps"]
        needed = needed_columns(record.get("prediction"))
        known = KnownSteps({k: self._steps[k] for k in needed}, records={k: self._parts[k].stated["steps"] for k in needed})
        if math.prod(shape) == 0:
            raise ValueError("steps of nothing")
        kind = np.dtype(np.uint64 if coder == BINS else f"u{arrays[''][2]}")
        left = unpack_numbers(data[""], coder, kind, shape, record["low"])
        raw = rest = None
        if "raw" in arrays:
            if not 0 < arrays["raw"][2] <= math.prod(shape):
                raise ValueError("entries kept as they are")
            raw = unpack_array(data["raw"], CODERS[arrays["raw"][0]], dtype, (arrays["raw"][2],))
        if "rest" in arrays:
            rest = unpack_array(data["rest"], CODERS[arrays["rest"][0]], np.dtype(np.uint32), (math.prod(shape),))
        values, steps = decode_column(record, left, raw, known, dtype, whole=bool(stated.get("whole")), digits=digits, rest=rest)
        return values, None if record["mode"] == "bits" else steps

    def _lengths(self, i: int) -> np.ndarray:
        """(rows,) lengths of the entries of a column."""
        if i in self._counts:
            return self._counts[i]
        part = self._parts[i]
        stated = part.stated["counts"]
        try:
            if type(stated) is int:
                if not 0 <= stated < i or not self._records[stated].varying:
                    raise ValueError("counts of another column")
                lengths = self._lengths(stated)
            else:
                data = self._cut(stated, self._sections.read(self._at + part.at, part.counts_size, "an array"))
                lengths, _ = self._from_arrays(data, stated, np.dtype(np.int64), (self.rows,), 0)
            if lengths.size and (int(lengths.min()) < 0 or int(lengths.max()) > part.rows) or int(lengths.sum()) != part.rows:
                raise ValueError("lengths of entries")
        except _PROBLEMS as problem:
            raise self._damaged(i, problem) from problem
        self._counts[i] = lengths
        return lengths

    # ------------------------------------------------------------------------------------ bytes

    def _bytes(self, part: _Part) -> dict[str, bytes]:
        size = part.size - part.counts_size
        return self._cut(part.stated, self._sections.read(self._at + part.at + part.counts_size, size, "an array"))

    def _cut(self, stated: dict, data: bytes) -> dict[str, bytes]:
        if zlib.crc32(data) != stated["crc"]:
            raise self._sections.damaged("the checksum of an array is wrong")
        out, at = {}, 0
        for name, item in stated["arrays"].items():
            out[name] = data[at : at + item[1]]
            at += item[1]
        return out

    def _damaged(self, i: int, problem: Exception) -> FileError:
        if isinstance(problem, FileError):
            return problem
        return self._sections.damaged(f"column '{self._records[i].name}' does not fit ({problem})")

"""An archive that is open: what it states, and its chunks, each of which is read when it is asked for.

The file (`container.py`) has the chunks one after the other (`chunk_encoder.py`), then arrays that are no columns, then the
model, and at the end the index (`archive_header.py`).
"""

from __future__ import annotations

import bisect
import itertools
import math
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from tmvalite.compression.archive_header import read_chunks, read_columns, read_extras, read_model, read_table
from tmvalite.compression.array_coder import CODERS, unpack_array
from tmvalite.compression.chunk_decoder import ChunkReader, most_numbers
from tmvalite.compression.column_record import ColumnRecord, ModelRecord
from tmvalite.compression.container import MAGIC, MemoryBytes, PathBytes, Sections
from tmvalite.compression.header_checks import whole_numbers
from tmvalite.errors import DataError, FileError, did_you_mean

_PROBLEMS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(eq=False)
class Archive:
    """An archive: what its index states; chunks, codes and model are read when they are asked for.

    Attributes
    ----------
    kind, layout : str, dict
        Of the table, see `EventTable`.
    n_events : int
    model : ModelRecord
    precision : str
        "float32" or "float16", of the codes.
    bound : str
        The bound as the user gave it, or "".
    columns : list of ColumnRecord
    original : dict
        file, bytes, raw_bytes of the table before.
    chunks : list of list
        Rows, bytes of the directory, of all, and checksum of the directory.
    sections : Sections
        The file.
    """

    kind: str
    layout: dict
    n_events: int
    model: ModelRecord
    precision: str
    columns: list[ColumnRecord]
    bound: str
    original: dict
    chunks: list[list[int]]
    sections: Sections
    _extras: list[list] = field(default_factory=list)
    _model: list[int] = field(default_factory=list)

    def __post_init__(self):
        self._first_rows = list(itertools.accumulate((chunk[0] for chunk in self.chunks), initial=0))
        self._places = list(itertools.accumulate((chunk[2] for chunk in self.chunks), initial=len(MAGIC)))

    @property
    def n_bytes(self) -> int:
        """Size of the file."""
        return self.sections.size

    @property
    def latent(self) -> np.ndarray:
        """(N, Q), the codes as stored; (N, 0) without a model."""
        parts = [self.chunk(i).latent() for i in range(len(self.chunks))] if self.model.variables else []
        return np.concatenate(parts) if parts else np.empty((self.n_events, 0), self.precision)

    @property
    def model_bytes(self) -> bytes:
        """The weight file of the decoder, or of the model; empty if it is not embedded."""
        if not self.model.embedded:
            return b""
        size, packed, checksum = self._model
        data = self.sections.read(self._extras_at() + sum(item[4] for item in self._extras), packed, "the model")
        if zlib.crc32(data) != checksum:
            raise self.sections.damaged("the checksum of the model is wrong")
        unpacker = zlib.decompressobj(-15)
        try:
            data = unpacker.decompress(data, size + 1)
        except zlib.error as problem:
            raise self.sections.damaged(f"the model cannot be unpacked ({problem})") from problem
        if len(data) != size:
            raise self.sections.damaged("the model has another length")
        return data

    def section_bytes(self) -> dict[str, int]:
        """Packed bytes of codes, corrections, steps, columns as they are, arrays beside, model, and everything else."""
        out = dict.fromkeys(("latent", "correction", "steps", "column", "extra", "model"), 0.0)
        for number in range(len(self.chunks)):
            chunk = self.chunk(number)
            out["latent"] += chunk.latent_bytes
            for i, record in enumerate(self.columns):
                kind = "correction" if record.start >= 0 else "steps" if "steps" in chunk.entry(i) else "column"
                out[kind] += chunk.bytes_of(i)
        out["extra"] = sum(item[4] for item in self._extras)
        out["model"] = self._model[1] if self._model else 0
        out = {name: round(size) for name, size in out.items()}
        return out | {"header": self.n_bytes - sum(out.values())}

    def corrected_entries(self) -> dict[str, int]:
        """How many entries of every column that the model restores are corrected."""
        out: dict[str, int] = {}
        for number in range(len(self.chunks)) if self.model.variables else ():
            chunk = self.chunk(number)
            for i, record in enumerate(self.columns):
                correction = chunk.entry(i).get("correction")
                if correction:
                    out[record.name] = out.get(record.name, 0) + int(correction["entries"])
        return out

    def extras(self) -> dict[str, np.ndarray]:
        """Arrays of an .npz file that are no columns."""
        out, at = {}, self._extras_at()
        for name, dtype, shape, coder, size, checksum in self._extras:
            data = self.sections.read(at, size, "an array")
            at += size
            if zlib.crc32(data) != checksum:
                raise self.sections.damaged(f"the checksum of array '{name}' is wrong")
            try:
                out[name] = unpack_array(data, CODERS[coder], np.dtype(dtype), tuple(shape))
            except ValueError as problem:
                raise self.sections.damaged(f"array '{name}' cannot be unpacked ({problem})") from problem
        return out

    def chunk(self, i: int) -> ChunkReader:
        """Chunk i. Raises FileError."""
        latent = (np.dtype(self.precision), self.model.latent) if self.model.variables else None
        return ChunkReader(self.sections, self._places[i], self.chunks[i], self.columns, latent)

    def chunks_of(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """The chunks in which the rows start to stop lie: number, first row and last plus one, counted in the chunk."""
        out = []
        for i in range(max(0, bisect.bisect_right(self._first_rows, start) - 1), len(self.chunks)):
            first, end = self._first_rows[i], self._first_rows[i + 1]
            if first >= stop:
                break
            if max(start, first) < min(stop, end):
                out.append((i, max(start, first) - first, min(stop, end) - first))
        return out

    def positions(self, names: Sequence[str] | None) -> list[int]:
        """The positions of columns by their names, in the order of the table; of all without names. Raises DataError."""
        known = [column.name for column in self.columns]
        for name in names or ():
            if name not in known:
                raise DataError(
                    f"the archive has no column '{name}'",
                    code="data-column",
                    where=self.sections.name,
                    expected=f"columns {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}",
                    hint=did_you_mean(name, known),
                )
        return [i for i, name in enumerate(known) if names is None or name in names]

    def _extras_at(self) -> int:
        return self._places[-1]

    def check(self) -> None:
        """Raises ValueError if the sections are not all there is in the file, or claim more than they can hold."""
        end = self._extras_at() + sum(item[4] for item in self._extras) + (self._model[1] if self._model else 0)
        if end != self.sections.end:
            raise ValueError(f"{end} bytes of sections, not {self.sections.end}")
        if len(self._model) != (3 if self.model.embedded else 0) or min(self._model, default=0) < 0:
            raise ValueError("model")
        beside = sum(math.prod(item[2]) * np.dtype(item[1]).itemsize for item in self._extras)
        if beside + (self._model[0] if self._model else 0) > 8 * most_numbers(self.sections.size):
            raise ValueError("arrays that are too large")


def read_archive(path: str | os.PathLike | BinaryIO | bytes) -> Archive:
    """The archive of a file, of an open one, or of its bytes; only its index is read.

    Raises
    ------
    FileError
        The file is missing, no archive, damaged, or of another version.
    """
    if isinstance(path, bytes):
        return _read(Sections(MemoryBytes(path), "the archive"))
    if hasattr(path, "read"):
        path.seek(0)
        return _read(Sections(MemoryBytes(path.read()), getattr(path, "name", "the archive")))
    try:
        if os.path.isdir(path):
            raise IsADirectoryError
        return _read(Sections(PathBytes(path), os.fspath(path)))
    except FileNotFoundError:
        raise FileError(f"there is no file '{os.fspath(path)}'", code="file-missing") from None
    except (IsADirectoryError, PermissionError) as problem:
        cause = "it is a folder" if os.path.isdir(path) else "no permission"
        raise FileError(f"cannot read '{os.fspath(path)}': {cause}", code="file-permission") from problem


def _read(sections: Sections) -> Archive:
    index = sections.index
    try:
        columns, (kind, layout, original, bound) = read_columns(index), read_table(index)
        model, precision = read_model(index, columns)
        chunks, extras = read_chunks(index), read_extras(index)
        archive = Archive(
            kind,
            layout,
            index["events"],
            model,
            precision,
            columns,
            bound,
            original,
            chunks,
            sections,
            extras,
            whole_numbers(index.get("model_bytes", [])),
        )
        archive.check()
    except _PROBLEMS as problem:
        raise sections.damaged(f"its index does not fit ({type(problem).__name__}: {problem})") from problem
    return archive

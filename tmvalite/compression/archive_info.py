"""What an archive holds, column by column: from its index and the directories of its chunks; no array is unpacked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.archive import Archive
from tmvalite.compression.array_coder import CODERS
from tmvalite.compression.bound import Bound
from tmvalite.compression.chunk_decoder import ChunkReader
from tmvalite.compression.column_record import ColumnRecord
from tmvalite.evaluation.result_tables import shortened
from tmvalite.wrapping import wrapped


@dataclass(frozen=True)
class ColumnInfo:
    """One column.

    name, dtype : str
    shape : tuple of int
    varying : bool
    bound : str
        "1%", "abs:0.5", or "" for none.
    codec : str
        Steps, prediction and coder that most chunks have.
    n_bytes : int
        In the archive.
    raw_bytes : int
        As a plain array.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    varying: bool
    bound: str
    codec: str
    n_bytes: int
    raw_bytes: int

    def as_json(self) -> dict:
        """Everything as JSON values."""
        ratio = self.raw_bytes / self.n_bytes if self.n_bytes else None
        return vars(self) | {"shape": list(self.shape), "ratio": ratio}


@dataclass(frozen=True)
class ArchiveInfo:
    """An archive.

    file, kind, bound : str
    events, chunks, n_bytes : int
    original : dict
        file, bytes and raw_bytes of the table before.
    model : str
        The name of the weight file; "" without a network.
    parts : dict of str to int
        Bytes by what they are for.
    columns : tuple of ColumnInfo
    """

    file: str
    kind: str
    bound: str
    events: int
    chunks: int
    n_bytes: int
    original: dict
    model: str
    parts: dict[str, int]
    columns: tuple[ColumnInfo, ...]

    @property
    def ratio(self) -> float | None:
        """Bytes of the plain arrays for one of the archive."""
        raw = sum(column.raw_bytes for column in self.columns)
        return raw / self.n_bytes if raw else None

    def as_json(self) -> dict:
        """Everything as JSON values."""
        return vars(self) | {"ratio": self.ratio, "columns": [column.as_json() for column in self.columns]}

    def as_text(self) -> str:
        """A table of at most 80 columns."""
        raw = sum(column.raw_bytes for column in self.columns)
        came = f", from {self.original.get('file')}" if self.original.get("file") else ""
        lines = wrapped(
            f"{self.file}: {self.events} events, {len(self.columns)} columns, {self.chunks} chunks ({self.kind}{came})"
        )
        ratio = f", {self.ratio:.2f} times smaller than the {raw} of plain arrays" if self.ratio else ""
        lines += wrapped(f"{self.n_bytes} bytes{ratio}")
        lines += wrapped(f"bound {self.bound}") if self.bound else []
        lines += wrapped(f"network {self.model}: {self.parts['model']} bytes of it here") if self.model else []
        names = [shortened(column.name) for column in self.columns]
        width = max([6, *map(len, names)])
        lines += ["", f"{'column':{width}s} {'type':8s}{'bound':>9s}{'bytes':>11s}{'ratio':>7s}  codec"]
        for name, c in zip(names, self.columns):
            ratio = f"{c.raw_bytes / c.n_bytes:7.1f}" if c.n_bytes else f"{'':7s}"
            kind = c.dtype + ("[]" if c.varying else "") + ("x" + "x".join(map(str, c.shape)) if c.shape else "")
            lines.append(f"{name:{width}s} {kind:8s}{c.bound:>9s}{c.n_bytes:11d}{ratio}  {shortened(c.codec, 77 - width - 37)}")
        return "\n".join(lines)


def describe(archive: Archive) -> ArchiveInfo:
    """What an archive holds. Raises FileError."""
    n = len(archive.columns)
    codecs, sizes, elements = [Counter() for _ in range(n)], np.zeros(n), np.zeros(n, np.int64)
    for number in range(len(archive.chunks)):
        chunk = archive.chunk(number)
        for i in range(n):
            codecs[i][_codec(chunk, i, archive)] += 1
            sizes[i] += chunk.bytes_of(i)
            elements[i] += chunk.length_of(i)
    columns = []
    for i, record in enumerate(archive.columns):
        raw = int(elements[i]) * record.width * np.dtype(record.dtype).itemsize + (8 * archive.n_events if record.varying else 0)
        codec = codecs[i].most_common(1)[0][0] if codecs[i] else ""
        about = (_bound(record), codec, int(round(sizes[i])), raw)
        columns.append(ColumnInfo(record.name, np.dtype(record.dtype).name, record.shape, record.varying, *about))
    return ArchiveInfo(
        archive.sections.name,
        archive.kind,
        archive.bound,
        archive.n_events,
        len(archive.chunks),
        archive.n_bytes,
        archive.original,
        archive.model.file,
        archive.section_bytes(),
        tuple(columns),
    )


def _bound(record: ColumnRecord) -> str:
    bound: Bound | None = record.bound
    if bound is None:
        return ""
    return f"{100 * bound.value:.6g}%" if bound.relative else f"abs:{bound.value:.6g}"


def _codec(chunk: ChunkReader, i: int, archive: Archive) -> str:
    """How a column of a chunk is packed, in words."""
    stated = chunk.entry(i)
    if stated.get("network"):
        return "network" + (" and corrections" if stated.get("correction") else "")
    coder = CODERS[stated["arrays"][""][0]]
    if "steps" not in stated:
        return f"as it is, {coder}"
    steps = stated["steps"]
    words = {"ratio": "log steps", "bits": "bits"}.get(steps["mode"], "steps")
    prediction = steps.get("prediction")
    if prediction and "rows" in prediction:
        words += ", rows"
    elif prediction:
        names = [archive.columns[k].name for k in chunk.predictors(i)]
        words += f"{', network' if 'network' in prediction else ''} after {', '.join(names)}"
    if chunk.is_joined(i):
        words += ", with others"
    return f"{words}, {coder}"

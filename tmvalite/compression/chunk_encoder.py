"""Some rows of a table as one chunk: a directory of what stands for every column, and the packed arrays in the same order.

The directory is JSON: `rows`; `columns`, an entry for every column, or for several that are one array (`of`: first and last
plus one of each run of them); `latent`, the codes of a network. An entry has

    steps       how the steps are read (`ColumnCode`); without it the column is kept as it is
    network     1: a network restores the column; `correction` (`bound.py`) and `digest` of what this gives
    whole       1: floats that are whole numbers
    counts      of a column of varying lengths: the entry of its lengths, or the column that has the same; `length`: their sum
    arrays      name: [coder, bytes], for numbers that are no bins their size in bytes, of entries kept as they are how many
    crc         of all these bytes
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.array_coder import BINS, CODERS, Packed
from tmvalite.compression.bound import Bound
from tmvalite.compression.column_codec import ColumnCode, ColumnPlan, encode_column
from tmvalite.compression.container import pack_json
from tmvalite.compression.predictors import KnownSteps
from tmvalite.compression.table import EventTable, FileColumn, is_whole

_JOINED = 1 << 15  # numbers up to which columns of one kind are tried as one array


@dataclass(frozen=True)
class ChunkSpec:
    """What is asked of every chunk: bound and digits of every column, whether all ways are measured, and networks trained."""

    bounds: tuple[Bound | None, ...]
    digits: tuple[int, ...]
    measure: bool = False
    train: bool = False


@dataclass(eq=False)
class Chunk:
    """A chunk as it is written.

    plans : dict of int to ColumnPlan
        What was chosen for every column that is no array with others.
    sizes : dict of int to int
        Bytes of every column for itself.
    trained : dict of int to (int, int)
        Bytes without and with the network of every column for which one was trained that seemed to pay.
    ways : dict of str to int
        Bytes of the columns by what is done to them, where it was measured.
    """

    rows: int
    head: bytes
    body: bytes
    plans: dict[int, ColumnPlan] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    trained: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def index(self) -> list[int]:
        """What the index of the archive states of it: rows, bytes of the directory and of all, checksum of the directory."""
        return [self.rows, len(self.head), len(self.head) + len(self.body), zlib.crc32(self.head)]

    @property
    def data(self) -> bytes:
        return self.head + self.body


@dataclass(eq=False)
class _Entry:
    """An entry of the directory and its bytes."""

    stated: dict
    data: bytes


def encode_chunk(table: EventTable, spec: ChunkSpec, plans: dict[int, ColumnPlan] | None = None, network=None) -> Chunk:
    """The chunk of a table.

    plans : of the first chunk, which others follow
    network : the columns that a model restores (`network_columns.RestoredColumns`), or None
    """
    table = _plain(table)
    codes, counts = _separate(table, spec, plans or {}, network.entries if network else {})
    entries = [_entry(table, i, codes, counts, network) for i in range(len(table.columns))]
    small = sum(column.values.size for column in table.columns) <= _JOINED
    if small and not network and not plans and len(table.columns) > 1:
        joined = _joined(table, spec, codes, counts)
        if joined is not None and _bytes_of(joined) < _bytes_of(entries):
            entries = joined
    directory = {"rows": table.n_events, "columns": [entry.stated for entry in entries]}
    body = b"".join(entry.data for entry in entries)
    if network is not None:
        latent = network.latent
        directory["latent"] = [CODERS.index(latent.coder), latent.size, zlib.crc32(latent.data)]
        body += latent.data
    measured = spec.measure and len(codes) == len(table.columns)
    ways = {}
    if measured:
        ways = {
            "steps, LZMA": sum(code.plain for code in codes.values()),
            "steps": sum(code.alone for code in codes.values()),
            "steps, predicted": sum(code.simple or code.n_bytes for code in codes.values()),
        }
        if spec.train:
            ways["steps, trained networks"] = sum(code.n_bytes for code in codes.values())
    plans, sizes = {i: code.plan for i, code in codes.items()}, {i: code.n_bytes for i, code in codes.items()}
    trained = {i: (code.simple, code.by_network) for i, code in codes.items() if code.by_network}
    return Chunk(table.n_events, pack_json(directory), body, plans, ways, sizes, trained)


def _bytes_of(entries: list[_Entry]) -> int:
    return sum(len(entry.data) for entry in entries) + len(pack_json([entry.stated for entry in entries]))


def _separate(table: EventTable, spec: ChunkSpec, plans: dict, left_out) -> tuple[dict[int, ColumnCode], dict]:
    """The code of every column for itself; of columns of varying lengths the code of these, or the column that has the same."""
    codes: dict[int, ColumnCode] = {}
    counts: dict[int, ColumnCode | int] = {}
    steps = {-1: KnownSteps()}  # by the column whose lengths they have
    for i, column in enumerate(table.columns):
        if i in left_out:
            continue
        family = -1
        if column.offsets is not None:
            lengths = np.diff(column.offsets)
            family = next((j for j in counts if np.array_equal(np.diff(table.columns[j].offsets), lengths)), i)
            counts[i] = family if family != i else encode_column(lengths, None, {})
            steps.setdefault(family, KnownSteps())
        code = encode_column(
            column.values,
            spec.bounds[i],
            steps[family],
            whole=column.whole,
            digits=spec.digits[i],
            plan=plans.get(i),
            measure=spec.measure,
            train=spec.train,
        )
        codes[i] = code
        if code.values is not None and code.values.ndim == 1:
            steps[family][i] = code.values
            steps[family].records[i] = code.record
    return codes, counts


def _plain(table: EventTable) -> EventTable:
    """Columns in one piece, in the byte order of the machine, and whether these rows of them are whole numbers."""
    columns = []
    for column in table.columns:
        values = np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("="))
        columns.append(FileColumn(column.name, values, column.digits, is_whole(values), column.offsets))
    return EventTable(table.kind, columns, table.n_events, name=table.name)


def _entry(table: EventTable, i: int, codes: dict, counts: dict, network) -> _Entry:
    column = table.columns[i]
    if network is not None and i in network.entries:
        stated, packed = network.entries[i]
        return _stated(dict(stated), packed)
    code = codes[i]
    stated = {} if code.record is None else {"steps": code.record}
    if column.whole:
        stated["whole"] = 1
    entry = _stated(stated, code.packed)
    if i in counts:
        stated["length"] = len(column.values)
        inner = counts[i]
        stated["counts"] = inner
        if isinstance(inner, ColumnCode):
            lengths = _stated({} if inner.record is None else {"steps": inner.record}, inner.packed)
            stated["counts"], entry.data = lengths.stated, lengths.data + entry.data
    return entry


def _stated(stated: dict, packed: dict[str, Packed]) -> _Entry:
    arrays, data = {}, b"".join(p.data for p in packed.values())
    for name, p in packed.items():
        arrays[name] = [CODERS.index(p.coder), p.size]
        if name in ("raw", "kept"):
            arrays[name].append(p.count)
        elif p.coder != BINS and p.dtype.kind == "u":
            arrays[name].append(p.dtype.itemsize)
    stated["arrays"], stated["crc"] = arrays, zlib.crc32(data)
    return _Entry(stated, data)


def _joined(table: EventTable, spec: ChunkSpec, codes: dict, counts: dict) -> list[_Entry] | None:
    """Entries where columns of one type and bound are one array (N, K); None where there are no such columns."""
    groups: dict[tuple, list[int]] = {}
    for i, column in enumerate(table.columns):
        single = column.offsets is None and column.values.ndim == 1 and column.values.dtype.kind in "biuf"
        kind = (column.values.dtype.str, spec.bounds[i], spec.digits[i], column.whole) if single else (i,)
        groups.setdefault(kind, []).append(i)
    if len(groups) == len(table.columns):
        return None
    entries = []
    for kind, members in groups.items():
        if len(members) == 1:
            (i,) = members
            column = table.columns[i]
            code = encode_column(column.values, spec.bounds[i], {}, whole=column.whole, digits=spec.digits[i])
            entry = _entry(table, i, {i: code}, counts, None)
        else:
            x = np.stack([table.columns[i].values for i in members], axis=1)
            code = encode_column(x, kind[1], {}, whole=kind[3], digits=kind[2])
            stated = ({} if code.record is None else {"steps": code.record}) | ({"whole": 1} if kind[3] else {})
            entry = _stated(stated, code.packed)
        entry.stated["of"] = _runs(members)
        entries.append(entry)
    return entries


def _runs(members: list[int]) -> list[int]:
    """First and last plus one of every run of neighbours."""
    out: list[int] = []
    for i in members:
        if out and out[-1] == i:
            out[-1] = i + 1
        else:
            out += [i, i + 1]
    return out

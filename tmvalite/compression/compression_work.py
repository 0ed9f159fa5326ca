"""The work of a compression: parts of a table become chunks, each is verified, and the archive is written around them."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from tmvalite.cluster import executor_of
from tmvalite.compression.archive_header import PRECISIONS, stated_columns
from tmvalite.compression.array_coder import CODERS, pack_array
from tmvalite.compression.bound import Bound, digits_for, parse_bound
from tmvalite.compression.chunk_decoder import NUMBERS
from tmvalite.compression.chunk_encoder import Chunk, ChunkSpec, encode_chunk
from tmvalite.compression.chunk_tasks import some_at_a_time
from tmvalite.compression.column_record import ColumnRecord
from tmvalite.compression.container import SectionWriter
from tmvalite.compression.match import OTHERS, match_columns, sort_others
from tmvalite.compression.network_columns import TrainedNetwork, model_size, worth_it
from tmvalite.compression.table import EventTable
from tmvalite.compression.table_files import open_source
from tmvalite.compression.verified import check_chunk
from tmvalite.errors import DataError, OptionError, did_you_mean

NETWORK = ("auto", "always")
_ROWS, _WIDE = 1 << 18, 1 << 19  # of a chunk at most; numbers of its widest column
_MEASURED = 1 << 20  # numbers of a table up to which all ways are measured


class CompressionWork:
    """One compression. Options as those of `prepare`."""

    def __init__(
        self,
        model,
        source,
        *,
        columns: Sequence[str] | None = None,
        tree: str | None = None,
        precision: str = "float32",
        bound: str | None = None,
        embed: bool = True,
        others: str = "keep",
        network: str = "auto",
        train: bool = False,
        workers=None,
        measure: bool | None = None,
        progress: Callable[[int, int], None] | None = None,
    ):
        for name, value, known in (
            ("precision", precision, PRECISIONS),
            ("others", others, OTHERS),
            ("network", network, NETWORK),
        ):
            if value not in known:
                raise OptionError(
                    f"{name} {value!r} is not known", code="argument", expected=known, hint=did_you_mean(str(value), known)
                )
        if train and model is not None:
            raise OptionError(
                "networks are trained where there is no model, and a model is given",
                code="argument",
                hint="leave out the model, or --train (train=True)",
            )
        self.network = TrainedNetwork(model, precision, embed) if model is not None else None
        self.source = open_source(source, tree=tree, drop=others == "drop")
        if not self.source.n_events:
            raise DataError(f"{self.source.name} has no events", code="data-empty")
        self.file = Path(os.fspath(source)).name if isinstance(source, str | os.PathLike) else ""
        self.chosen, self.bound, self.others, self.always = columns, bound or "", others, network == "always"
        self.train = bool(train)
        self.workers, self.progress = workers if model is None else None, progress
        small = self.source.numbers * self.source.n_events <= _MEASURED
        self.measure = small if measure is None else measure
        self.candidates: dict[str, int] = {}
        self.trained: dict[str, tuple[int, int]] = {}
        self.chunks: list[list[int]] = []
        self.seconds = 0.0

    # ------------------------------------------------------------------------------------ the file

    def write(self, file: BinaryIO) -> None:
        """The archive, into an open file."""
        began, writer, raw, rows = time.perf_counter(), SectionWriter(file), 0, 0
        for table, chunk in self._encoded():
            writer.add(chunk.data)
            self.chunks.append(chunk.index)
            raw, rows = raw + table, rows + chunk.rows
            for name, size in chunk.ways.items():
                self.candidates[name] = self.candidates.get(name, 0) + size
            if self.progress is not None:
                self.progress(rows, self.source.n_events)
        if rows != self.source.n_events:
            raise DataError(f"{self.source.name} has {rows} events, not {self.source.n_events}", code="data-file-damaged")
        extras = []
        for name, values in self.source.extras.items():
            packed = pack_array(values)
            dtype = values.dtype.str if values.dtype.kind in "US" else values.dtype.newbyteorder("<").str
            extras.append([name, dtype, list(values.shape), CODERS.index(packed.coder), packed.size, zlib.crc32(packed.data)])
            writer.add(packed.data)
        source = self.source
        original = {"file": self.file, "bytes": source.n_bytes, "raw_bytes": raw}
        index = {"kind": source.kind, "events": rows, "original": original} | stated_columns(self.records)
        index |= {"layout": source.layout} if source.layout else {}
        index |= {"bound": self.bound} if self.bound else {}
        index |= {"extras": extras} if extras else {}
        if self.by_model:
            index |= {"model": vars(self.network.record()), "precision": self.network.precision}
            if self.network.embedded:
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                data = packer.compress(self.network.embedded) + packer.flush()
                index["model_bytes"] = [len(self.network.embedded), len(data), zlib.crc32(data)]
                writer.add(data)
        writer.finish(index | {"chunks": self.chunks})
        self.seconds = time.perf_counter() - began

    # ------------------------------------------------------------------------------------ chunks

    def _encoded(self) -> Iterator[tuple[int, Chunk]]:
        """Every chunk, verified, and the bytes that its table had."""
        tables = self._tables()
        first = next(tables)
        self._declare(first)
        chunk, plans = self._first(first)
        yield first.raw_bytes, chunk
        records, spec = self.records, self.spec
        if self.network:
            for table in tables:
                table = self._kept(table)
                restored = self._restored(table) if self.by_model else None
                yield table.raw_bytes, self._checked(table, encode_chunk(table, spec, plans, restored))
            return
        tasks = ((self._kept(table), spec, plans, records) for table in tables)
        with executor_of(self.workers) as executor:
            yield from some_at_a_time(executor, encode_task, tasks)

    def _tables(self) -> Iterator[EventTable]:
        """The table in parts, none of which has too many numbers."""
        source = self.source
        rows = max(1, int(min(_ROWS, NUMBERS / max(source.numbers, 1e-9), _WIDE / max(source.widest, 1e-9))))
        for table in source.read(rows):
            waiting = [table]
            while waiting:
                part = waiting.pop()
                if part.n_events > 1 and sum(column.values.size for column in part.columns) > NUMBERS:
                    middle = part.n_events // 2
                    waiting += [part.part(middle, part.n_events), part.part(0, middle)]
                else:
                    yield part

    def _declare(self, table: EventTable) -> None:
        """What the first rows say of all: which columns are kept, their types, bounds and the variables of the model."""
        start = [-1] * len(table.columns)
        self.names = table.names()
        if self.network:
            start = match_columns(table, self.network.variables, self.chosen)
            kept, start = sort_others(table, start, self.others)
            self.names = kept.names()
        table = self._kept(table)
        bounds = _bounds(self.bound, table, start, self.network is not None)
        self.records = []
        for column, at in zip(table.columns, start):
            bound = bounds.get(column.name)
            shape, varying = column.values.shape[1:], column.offsets is not None
            digits = digits_for(column.digits, bound)
            self.records.append(ColumnRecord(column.name, column.values.dtype.str, shape, varying, at, digits, bound))
        self.spec = ChunkSpec(
            tuple(r.bound for r in self.records), tuple(r.digits for r in self.records), self.measure, self.train
        )

    def _kept(self, table: EventTable) -> EventTable:
        if table.names() == self.names:
            return table
        by_name = {column.name: column for column in table.columns}
        columns = [by_name[name] for name in self.names]
        return EventTable(table.kind, columns, table.n_events, table.layout, {}, 0, table.name)

    def _first(self, table: EventTable) -> tuple[Chunk, dict]:
        """The first chunk, on which everything is chosen."""
        table, start = self._kept(table), [record.start for record in self.records]
        self.by_model = [i for i, at in enumerate(start) if at >= 0]
        self.starts = start
        bounded = all(self.records[i].bound is not None for i in self.by_model)
        alone = None if self.by_model and self.always else encode_chunk(table, self.spec)
        if not self.by_model:
            self.trained = {self.records[i].name: sizes for i, sizes in alone.trained.items()}
            return self._checked(table, alone), alone.plans
        self.network.open()
        restored = self._restored(table)
        if not self.always:
            share = model_size(self.network.embedded) * table.n_events / self.source.n_events
            chosen = worth_it(restored, alone.sizes, self.spec.bounds, share)
            if bounded and alone.ways:
                rest = sum(size for i, size in alone.sizes.items() if i not in self.by_model)
                found = sum(restored.bytes_of(i) for i in self.by_model)
                self.candidates["network and corrections"] = int(found + rest + restored.latent.size + share)
                self.candidates |= alone.ways
            self.by_model = chosen
            for i, record in enumerate(self.records):
                record.start = record.start if i in chosen else -1
        if not self.by_model:
            alone.ways = {}
            return self._checked(table, alone), alone.plans
        chunk = encode_chunk(table, self.spec, None, restored.only(self.by_model))
        return self._checked(table, chunk), chunk.plans

    def _restored(self, table: EventTable):
        return self.network.restore(table, self.starts, self.spec.bounds, self.spec.digits, self.by_model)

    def _checked(self, table: EventTable, chunk: Chunk) -> Chunk:
        check_chunk(table, chunk, self.records, self.network if self.by_model else None)
        return chunk


def encode_task(task) -> tuple[int, Chunk]:
    """A chunk in whatever process: (table, spec, plans, records) -> bytes of the table, and the chunk."""
    table, spec, plans, records = task
    chunk = encode_chunk(table, spec, plans)
    check_chunk(table, chunk, records, None)
    chunk.plans = {}
    return table.raw_bytes, chunk


def _bounds(bound: str, table: EventTable, start: Sequence[int], with_model: bool) -> dict[str, Bound]:
    """The bound of every column that has one: of the model's columns, or without a model of floats and of what is named."""
    if not bound:
        return {}
    if with_model:
        return parse_bound(bound, [column.name for column, at in zip(table.columns, start) if at >= 0])
    found = parse_bound(bound, [column.name for column in table.columns if column.is_number])
    patterns = [item.rpartition("=")[0].strip() for item in bound.split(",")]
    kinds = {column.name: column.values.dtype.kind for column in table.columns}
    return {
        name: value
        for name, value in found.items()
        if kinds[name] == "f" or any(name == pattern or (pattern and fnmatchcase(name, pattern)) for pattern in patterns)
    }

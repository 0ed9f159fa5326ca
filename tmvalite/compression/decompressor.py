"""From an archive back to a table: all of it or some rows and columns, in memory or chunk by chunk into a file."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tmvalite.cluster import executor_of
from tmvalite.compression.archive import Archive, read_archive
from tmvalite.compression.bound import correct, restore
from tmvalite.compression.chunk_decoder import ChunkReader
from tmvalite.compression.chunk_tasks import some_at_a_time
from tmvalite.compression.model_files import decode_all, digest, open_model
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.compression.table_files import check_distinct, check_kind, write_parts
from tmvalite.errors import FileError, OptionError, TmvaliteError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import check_writable

FACTOR, ALWAYS = 4, 1 << 25  # a table in memory may have so many times the archive's bytes, and so many more
_IN_MEMORY = "write it into a file, read some rows of it, or say how large it may be: max_bytes"
_SPARE = 1 << 20  # bytes of a disk that are left free


@dataclass(frozen=True)
class Decompressed:
    """What was restored.

    Attributes
    ----------
    archive : Archive
    table : EventTable or None
        What was asked for; None where it was written into a file.
    n_events, width : int
        Events, and columns.
    n_bytes : int
        Bytes of the columns as plain arrays.
    seconds : float
    """

    archive: Archive
    table: EventTable | None
    n_events: int
    width: int
    n_bytes: int
    seconds: float

    def as_text(self) -> str:
        """What was restored, and how fast."""
        latent = self.archive.model.latent
        lines = [f"{self.n_events} events of {self.width} columns restored" + (f" from {latent} values each" if latent else "")]
        if self.archive.bound:
            lines.append(f"every entry keeps its bound: {self.archive.bound}")
        if self.n_bytes > 1 << 24:
            lines.append(f"{self.n_bytes / 1e6:.0f} MB in {self.seconds:.1f} s, {self.n_bytes / 1e6 / self.seconds:.0f} MB/s")
        return "\n".join(lines)


def decompress(
    archive: str | os.PathLike | Archive,
    output: str | os.PathLike | None = None,
    *,
    rows: slice | None = None,
    columns: Sequence[str] | None = None,
    model=None,
    overwrite: bool = False,
    max_bytes: int | None = None,
    workers=None,
    progress: Callable[[int, int], None] | None = None,
) -> Decompressed:
    """Restore the table of an archive, or a part of it; into a file if `output` is given, one chunk after the other.

    Parameters
    ----------
    archive : path or Archive
    output : path, optional
        Its ending must be that of the file that was compressed.
    rows : slice, optional
        Events from start to stop; only the chunks in which they lie are read.
    columns : sequence of str, optional
        Names; only these columns are read, and those from which they are predicted.
    model : path or trained MethodAE, optional
        Needed where the archive does not hold its model, and the weight file does not lie beside it under its name.
    overwrite : bool
        Whether an existing file may be replaced.
    max_bytes : int, optional
        Size that the table may have. By default it may have in memory 4 times the bytes of the archive and 32 MiB, and in a
        file whatever the disk holds.
    workers : int or executor, optional
        Processes that unpack the chunks of a file; see `tmvalite.cluster`.
    progress : callable, optional
        Gets the events that are done, and all.

    Returns
    -------
    Decompressed

    Raises
    ------
    FileError
        The archive or the model cannot be read, do not belong together, or the output cannot be written.
    DataError
        There is no column of a name.
    """
    began = time.perf_counter()
    check_distinct(the_archive=archive, the_model=model, the_table=output)
    opened = archive if isinstance(archive, Archive) else read_archive(archive)
    if output is not None:
        check_kind(output, opened.kind)
        check_output(output, overwrite)
    start, stop = _rows(rows, opened.n_events)
    positions = opened.positions(columns)
    _check_size(opened, positions, start, stop, max_bytes, output)
    head = _head(opened, positions, stop - start)
    parts = iterate(opened, start, stop, positions, _method(opened, archive, positions, model), workers)
    parts = _counted(parts, stop - start, progress)
    table, n_bytes = None, [0]
    if output is None:
        table = _gathered(parts, opened, positions, head, max_bytes)
        n_bytes = [table.raw_bytes]
    else:
        none = [] if stop > start else [_gathered(iter(()), opened, positions, head, None)]
        try:
            write_parts(output, itertools.chain(none, _summed(parts, n_bytes)), head)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, OverflowError) as problem:
            if isinstance(problem, TmvaliteError):
                raise
            raise opened.sections.damaged(f"its table cannot be written as such a file ({problem})") from problem
    return Decompressed(opened, table, stop - start, len(positions), n_bytes[0], time.perf_counter() - began)


def iterate(archive: Archive, start: int, stop: int, positions: Sequence[int], method=None, workers=None) -> Iterator[EventTable]:
    """The rows start to stop of some columns, chunk by chunk."""
    tasks = archive.chunks_of(start, stop)
    work = partial(restore_part, archive, positions, method)
    if workers is None or archive.model.variables:  # a network has threads of its own
        yield from map(work, tasks)
        return
    with executor_of(workers) as executor:
        for table in some_at_a_time(executor, work, tasks):
            for i, column in zip(
                positions, table.columns
            ):  # numpy changes the byte order of arrays that come from other processes
                column.values = column.values.astype(archive.columns[i].dtype, copy=False)
            yield table


def restore_part(archive: Archive, positions: Sequence[int], method, task: tuple[int, int, int]) -> EventTable:
    """Some rows of a chunk: its number, first row, last row plus one."""
    number, first, last = task
    chunk = archive.chunk(number)
    columns = restore_columns(archive, chunk, positions, method)
    table = EventTable(archive.kind, columns, chunk.rows, archive.layout, name="the archive")
    return table if (first, last) == (0, chunk.rows) else table.part(first, last)


def restore_columns(archive: Archive, chunk: ChunkReader, positions: Sequence[int], method) -> list[FileColumn]:
    """Columns of a chunk with their final values.

    Raises FileError if entries that have a bound are not those that were verified when the archive was written; without a
    bound a warning says so.
    """
    restored = [i for i in positions if archive.columns[i].start >= 0]
    decoded = decode_all(method, chunk.latent(), len(archive.model.variables)) if restored else None
    columns, changed = [], []
    for i in positions:
        if i not in restored:
            columns.append(chunk.column(i))
            continue
        column, same = _by_network(archive, chunk, i, decoded)
        columns.append(column)
        changed += [] if same else [column.name]
    chunk.forget()
    if changed:
        _say_changed(archive, changed)
    return columns


def _by_network(archive: Archive, chunk: ChunkReader, i: int, decoded: np.ndarray) -> tuple[FileColumn, bool]:
    """Column i, and whether it has the bits that were verified."""
    record, stated, arrays = archive.columns[i], chunk.entry(i), chunk.arrays(i)
    dtype, whole = np.dtype(record.dtype).newbyteorder("="), bool(stated.get("whole"))
    part = decoded[:, record.start : record.start + record.width].reshape(chunk.rows, *record.shape)
    like = restore(part, dtype, whole=whole, digits=record.digits)
    try:
        correction, symbols, kept = stated.get("correction"), arrays.get(""), arrays.get("kept")
        values = correct(part, like, correction, symbols, kept, dtype=dtype, whole=whole, digits=record.digits)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        if isinstance(problem, TmvaliteError):
            raise
        raise archive.sections.damaged(f"the correction of column '{record.name}' does not fit ({problem})") from problem
    same = digest(values) == stated.get("digest")
    return FileColumn(record.name, values.astype(np.dtype(record.dtype), copy=False), record.digits, whole), same


def _say_changed(archive: Archive, names: list[str]) -> None:
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    message = f"the values restored here differ from those that were verified when the archive was written: {shown}"
    hint = "the arithmetic of this machine, or this version of tmvalite, gives other bits"
    if archive.bound:
        raise FileError(message + "; the bound does not hold for certain", code="archive-changed", hint=hint)
    warn_user(TmvaliteWarning(message, code="archive-changed", hint=hint))


def check_output(path: str | os.PathLike, overwrite: bool) -> None:
    """Raises FileError if the file exists and may not be replaced, or cannot be written."""
    if not overwrite and os.path.lexists(path):
        raise FileError(f"'{os.fspath(path)}' exists", code="file-exists", hint="choose another name, or replace it: --force")
    check_writable(path)


def _rows(rows: slice | None, n: int) -> tuple[int, int]:
    if rows is None:
        return 0, n
    if not isinstance(rows, slice) or rows.step not in (None, 1):
        raise OptionError(
            f"{rows!r} is no range of rows", code="archive-rows", expected="such as slice(1000, 2000), or 1000:2000"
        )
    start, stop, _ = rows.indices(n)
    return start, max(start, stop)


def _check_size(archive: Archive, positions: Sequence[int], start: int, stop: int, max_bytes: int | None, output) -> None:
    """Raises FileError if a table in memory would be out of proportion to the archive, or one in a file to the disk."""
    row = sum(np.dtype(archive.columns[i].dtype).itemsize * archive.columns[i].width for i in positions)
    needed, packed = (stop - start) * row, archive.n_bytes
    limit, hint = max_bytes, "if you trust it: --max-size with the bytes that it may take"
    if max_bytes is None and output is None:
        limit, hint = FACTOR * packed + ALWAYS, _IN_MEMORY
    elif max_bytes is None:
        limit = max(0, shutil.disk_usage(Path(os.path.realpath(output)).parent).free - _SPARE)
        hint = "make room, or restore some rows or columns: --rows, --columns"
    if needed > limit:
        raise _too_large(packed, needed, limit, hint)


def _method(archive: Archive, path, positions: Sequence[int], model):
    """The model that restores some of the columns, or None."""
    if all(archive.columns[i].start < 0 for i in positions):
        return None
    if model is not None and not isinstance(model, str | os.PathLike):
        return model
    folder = Path(".") if isinstance(path, Archive) else Path(os.fspath(path)).parent
    return open_model(archive.model, archive.model_bytes, model, folder)


def _head(archive: Archive, positions: Sequence[int], n: int) -> EventTable:
    """The table without its columns."""
    return EventTable(archive.kind, [], n, archive.layout, archive.extras(), 0, "the archive")


def _gathered(parts: Iterator[EventTable], archive: Archive, positions: Sequence[int], head: EventTable, max_bytes) -> EventTable:
    """The table of all parts. Columns are filled as they come, so that an archive that ends in an error takes no more memory."""
    records = [archive.columns[i] for i in positions]
    filled = [None if r.varying else np.empty((head.n_events, *r.shape), r.dtype) for r in records]
    varying: dict[int, list[FileColumn]] = {k: [] for k, record in enumerate(records) if record.varying}
    whole, at, held = [True] * len(records), 0, 0
    for part in parts:
        for k, column in enumerate(part.columns):
            whole[k] = whole[k] and (column.whole or not len(column.values))
            if k in varying:
                varying[k].append(column)
                held += column.values.nbytes
            else:
                filled[k][at : at + part.n_events] = column.values
        at += part.n_events
        _check_held(archive, held, max_bytes)
    for k, columns in varying.items():
        filled[k] = np.concatenate([np.empty((0, *records[k].shape), records[k].dtype), *(column.values for column in columns)])
    lengths = {k: [np.diff(column.offsets) for column in columns] for k, columns in varying.items()}
    offsets = {k: np.concatenate([[0], np.cumsum(np.concatenate([*found, []]), dtype=np.int64)]) for k, found in lengths.items()}
    head.columns = [FileColumn(r.name, filled[k], r.digits, whole[k], offsets.get(k)) for k, r in enumerate(records)]
    return head


def _check_held(archive: Archive, held: int, max_bytes: int | None) -> None:
    limit = FACTOR * archive.n_bytes + ALWAYS if max_bytes is None else max_bytes
    if held > limit:
        raise _too_large(archive.n_bytes, held, limit, _IN_MEMORY)


def _too_large(packed: int, needed: int, limit: int, hint: str) -> FileError:
    return FileError(
        f"the archive of {packed} bytes would grow to {needed} bytes",
        code="archive-size",
        expected=f"at most {limit} bytes",
        hint=hint,
    )


def _counted(parts: Iterator[EventTable], total: int, progress) -> Iterator[EventTable]:
    done = 0
    for part in parts:
        done += part.n_events
        if progress is not None:
            progress(done, total)
        yield part


def _summed(parts: Iterator[EventTable], n_bytes: list[int]) -> Iterator[EventTable]:
    for part in parts:
        n_bytes[0] += part.raw_bytes
        yield part

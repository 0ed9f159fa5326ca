"""From a table to an archive: chunk by chunk encoded, decoded again, compared entry by entry, and written."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from functools import cached_property

from tmvalite.compression.archive import Archive, read_archive
from tmvalite.compression.bound import Bound
from tmvalite.compression.compression_work import CompressionWork
from tmvalite.compression.decompressor import check_output, decompress
from tmvalite.compression.report_text import trained_lines
from tmvalite.compression.table import EventTable
from tmvalite.compression.table_files import check_distinct
from tmvalite.compression.table_source import TableParts
from tmvalite.io.atomic import write_atomic


@dataclass(eq=False)
class Compressed:
    """What was written.

    Attributes
    ----------
    archive : Archive
        Read back.
    source : TableParts
        The table that was compressed.
    n_bytes : int
        Size of the archive's file.
    model_file_bytes : int
        Size of the model's weight file.
    bounds : dict of str to Bound
    candidates : dict of str to int
        Bytes of all columns at the same bound by every way that was measured, without header: steps packed as rounding alone
        would be, steps by the best coder, steps after a prediction, the network with its corrections. Of large tables nothing
        is measured unless it is asked for.
    seconds : float
        From the first event to the end of the archive.
    trained : dict of str to (int, int), or None
        With `train`: bytes in the first chunk without and with a network (its weights included), of every column for which one
        seemed to pay. The smaller one is written.
    data : bytes
        What the file holds, if it was not written.
    """

    archive: Archive
    source: TableParts
    n_bytes: int
    model_file_bytes: int
    bounds: dict[str, Bound] = field(default_factory=dict)
    candidates: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    trained: dict[str, tuple[int, int]] | None = None
    data: bytes = field(default=b"", repr=False)
    model: object = field(default=None, repr=False)

    @cached_property
    def before(self) -> EventTable:
        """The columns that were compressed, in memory."""
        table, kept = self.source.whole(), {record.name for record in self.archive.columns}
        table.columns = [column for column in table.columns if column.name in kept]
        return table

    @cached_property
    def after(self) -> EventTable:
        """What the archive gives, in memory."""
        return decompress(self.archive, model=self.model, max_bytes=1 << 62).table

    @property
    def embedded_bytes(self) -> int:
        """Bytes that the model takes in the archive."""
        return self.archive.section_bytes()["model"]

    def as_text(self) -> str:
        """Sizes and speed, in a few lines."""
        n, archive, kept = self.source.n_events, self.archive, int(self.archive.original["raw_bytes"])
        lines = [f"{n} events, {len(archive.columns)} columns in {len(archive.chunks)} chunks"]
        lines += [f"bound {archive.bound}: holds for every entry"] if archive.bound else []
        lines.append(
            f"{kept} bytes as plain arrays, {self.n_bytes} in the archive ({kept / max(self.n_bytes, 1):.2f} times smaller)"
        )
        lines += trained_lines(self.trained)
        lines.append(f"{kept / 1e6:.1f} MB in {self.seconds:.1f} s, {kept / 1e6 / max(self.seconds, 1e-9):.1f} MB/s")
        return "\n".join(lines)


def compress(model, source, archive: str | os.PathLike, *, overwrite: bool = False, **options) -> Compressed:
    """Compress a table, by a trained autoencoder or without, and write the archive; see `prepare` for model, source and options.

    The table is read, and the archive written, some rows at a time.

    Parameters
    ----------
    archive : path
        The file to write.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    FileError
        The archive cannot be written, or is the model or the table. And what `prepare` raises.
    """
    check_distinct(the_model=model, the_table=source, the_archive=archive)
    check_output(archive, overwrite)
    work = CompressionWork(model, source, **options)
    write_atomic(archive, work.write)
    return _done(work, read_archive(archive))


def prepare(model, source, **options) -> Compressed:
    """What `compress` writes, verified, but not written.

    Parameters
    ----------
    model : path, trained MethodAE or None
        None: no network; every column becomes steps within its bound, or is kept without loss.
    source : path or EventTable
        A .root, .parquet, .npz, .csv or .h5 file.
    columns : sequence of str, optional
        The columns that are the model's variables, in their order, where the names differ.
    tree : str, optional
        The tree of a ROOT file with several.
    precision : "float32" or "float16"
        Of the codes.
    bound : str, optional
        The largest error of every entry: "1%", "0.01", "abs:0.5", or by column "1%,phi=abs:0.01"; see `parse_bound`.
        Without a model it holds for columns of floats, and for those of integers that it names; others are kept without loss.
    embed : bool
        Whether the archive holds the decoder; otherwise it states the name and the SHA-256 of the model's file.
    others : "keep", "drop" or "refuse"
        Columns that are no variables of the model: kept without loss, left out, or an error.
    network : "auto" or "always"
        Whether columns with a bound are restored by the model only where this makes the archive smaller, or in any case.
    train : bool
        Whether a small network is trained for every column, on the first chunk, that predicts it from those before it. It is
        kept where the bytes of the residuals and of its weights are fewer than without. Not together with a model.
    workers : int or executor, optional
        Processes that encode the chunks, see `tmvalite.cluster`; the archive has the same bytes. With a model there are none.
    measure : bool, optional
        Whether the bytes of all ways are measured, which takes long; small tables are by default.
    progress : callable, optional
        Gets the events that are done, and all.

    Returns
    -------
    Compressed

    Raises
    ------
    DataError, OptionError
        Columns that are missing or cannot be kept, a bound that cannot be read.
    FileError
        The model cannot be read.
    TrainingError
        The model gives no finite codes.
    """
    work, file = CompressionWork(model, source, **options), io.BytesIO()
    work.write(file)
    done = _done(work, read_archive(file.getvalue()))
    done.data = file.getvalue()
    return done


def _done(work: CompressionWork, archive: Archive) -> Compressed:
    """What came of a work."""
    network = work.network
    method = network.method if network and not network.embedded else None
    bounds = {record.name: record.bound for record in work.records if record.bound is not None}
    size = len(network.model_bytes) if network else 0
    trained = work.trained if work.train else None
    return Compressed(archive, work.source, archive.n_bytes, size, bounds, work.candidates, work.seconds, trained, b"", method)

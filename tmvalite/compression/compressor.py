"""From a table to an archive: encode, decode again, correct, write, and verify what was written."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tmvalite.compression.archive import Archive, ColumnRecord, ModelRecord, read_archive
from tmvalite.compression.array_coder import pack_array
from tmvalite.compression.bound import Bound, digits_for, parse_bound, within
from tmvalite.compression.column_codec import ColumnCode, encode_table, sizes_of
from tmvalite.compression.decompressor import check_output, decode_all, load_bytes, restore_columns
from tmvalite.compression.match import OTHERS, events_of, match_columns, sort_others
from tmvalite.compression.network_columns import by_model_arrays, embedded_of, encode_all, model_of, worth_it
from tmvalite.compression.table import EventTable
from tmvalite.compression.table_files import check_distinct, read_table
from tmvalite.errors import DataError, OptionError, TrainingError, did_you_mean
from tmvalite.io.atomic import write_atomic

PRECISIONS = ("float32", "float16")
NETWORK = ("auto", "always")
_RECORD = 60  # bytes of the header for a column that the model restores: its checksum above all


@dataclass(eq=False)
class Compressed:
    """What was written.

    Attributes
    ----------
    archive : Archive
        Read back from the file.
    before, after : EventTable
        The table that was compressed, and what the archive gives.
    n_bytes : int
        Size of the archive's file.
    model_file_bytes : int
        Size of the model's weight file.
    bounds : dict of str to Bound
    candidates : dict of str to int
        Bytes of all columns at the same bound by every way that was measured, without header: steps packed as rounding alone
        would be, steps by the best coder, steps after a prediction, the network with its corrections.
    data : bytes
        What the file holds.
    """

    archive: Archive
    before: EventTable
    after: EventTable
    n_bytes: int
    model_file_bytes: int
    bounds: dict[str, Bound] = field(default_factory=dict)
    candidates: dict[str, int] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)

    @property
    def embedded_bytes(self) -> int:
        """Bytes that the model takes in the archive."""
        return self.archive.sizes.get("model", 0)

    def section_bytes(self) -> dict[str, int]:
        """Packed bytes of latent values, corrections, steps, columns as they are, model, and everything else."""
        out = dict.fromkeys(("latent", "correction", "steps", "column", "extra", "model"), 0)
        for name, size in self.archive.sizes.items():
            kind = name.partition("/")[0]
            if kind in out:
                out[kind] += size
        return out | {"header": self.n_bytes - sum(out.values())}


def compress(model, source, archive: str | os.PathLike, *, overwrite: bool = False, **options) -> Compressed:
    """Compress a table, by a trained autoencoder or without, and write the archive; see `prepare` for model, source and options.

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
    done = prepare(model, source, **options)
    write_atomic(archive, done.data)
    return done


def prepare(
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
) -> Compressed:
    """What `compress` writes, verified, but not written.

    Parameters
    ----------
    model : path, trained MethodAE or None
        None: no network; every column becomes steps within its bound, or is kept without loss.
    source : path or EventTable
        A .root, .npz or .csv file.
    columns : sequence of str, optional
        The columns that are the model's variables, in their order, where the names differ.
    tree : str, optional
        The tree of a ROOT file with several.
    precision : "float32" or "float16"
        Of the latent values.
    bound : str, optional
        The largest error of every entry: "1%", "0.01", "abs:0.5", or by column "1%,phi=abs:0.01"; see `parse_bound`.
    embed : bool
        Whether the archive holds the decoder; otherwise it states the name and the SHA-256 of the model's file.
        Without a model it holds for columns of floats, and for those of integers that it names; others are kept without loss.
    others : "keep", "drop" or "refuse"
        Columns that are no variables of the model: kept without loss, left out, or an error.
    network : "auto" or "always"
        Whether columns with a bound are restored by the model only where this makes the archive smaller, or in any case.

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
    for name, value, known in (("precision", precision, PRECISIONS), ("others", others, OTHERS), ("network", network, NETWORK)):
        if value not in known:
            raise OptionError(
                f"{name} {value!r} is not known", code="argument", expected=known, hint=did_you_mean(str(value), known)
            )
    method, file, model_bytes = model_of(model) if model is not None else (None, "", b"")
    variables = method.info.variables if method else ()
    table = source if isinstance(source, EventTable) else read_table(source, tree=tree, drop=others == "drop")
    if not table.n_events:
        raise DataError(f"{table.name} has no events", code="data-empty")
    start = [-1] * len(table.columns)
    if method:
        table, start = sort_others(table, match_columns(table, variables, columns), others)
    bounds = _bounds(bound, table, start, bool(method))
    original = {"file": _plain_name(source), "bytes": table.n_bytes, "raw_bytes": table.raw_bytes}
    digits = [digits_for(column.digits, bounds.get(column.name)) for column in table.columns]
    out = Archive(
        table.kind, table.layout, table.n_events, ModelRecord(), precision, [], bound or "", list(table.extras), original
    )
    out.columns = [
        ColumnRecord(column.name, column.values.dtype.str, column.values.shape[1:], at, digit, column.whole)
        for column, at, digit in zip(table.columns, start, digits)
    ]
    extras = {f"extra/{i}": values for i, values in enumerate(table.extras.values())}
    by_model = [i for i, at in enumerate(start) if at >= 0]
    needs_model = bool(by_model) and (network == "always" or any(table.columns[i].name not in bounds for i in by_model))
    codes = encode_table(table, bounds, digits) if not needs_model or network == "auto" else {}
    candidates = sizes_of(codes, len(table.columns))
    if by_model:
        latent = encode_all(method, events_of(table, start, len(variables)), precision)
        kind, embedded = embedded_of(method, model_bytes) if embed else ("", b"")
        labels = [v.label for v in variables]
        out.model = ModelRecord(file, hashlib.sha256(model_bytes).hexdigest(), labels, latent.shape[1], kind)
        out.model_bytes = embedded
        decoded = decode_all(load_bytes(embedded) if embed else method, latent, len(variables))
        found = {
            i: by_model_arrays(out, i, table.columns[i].values, decoded, bounds.get(table.columns[i].name)) for i in by_model
        }
        packed = {i: _RECORD + sum(len(pack_array(array)[1]) for array in found[i].values()) for i in by_model}
        shared = len(pack_array(latent)[1]) + len(zlib.compress(embedded))
        if codes and not any(table.columns[i].name not in bounds for i in by_model):
            rest = sum(code.n_bytes for i, code in codes.items() if i not in packed)
            candidates["network and corrections"] = shared + sum(packed.values()) + rest
        if network == "auto":
            by_model = worth_it(by_model, table, bounds, codes, packed, shared)
        if by_model:
            out.arrays["latent"] = latent
        else:
            out.model, out.model_bytes = ModelRecord(), b""
        for i in by_model:
            out.arrays |= found[i]
        if by_model:  # steps cannot be predicted from columns that are no steps
            codes = encode_table(table, bounds, digits, leave=by_model)
    for i in range(len(table.columns)):
        if i not in by_model:
            _by_steps(out, i, codes[i])
    out.arrays |= extras

    data = out.to_bytes()
    written = read_archive(io.BytesIO(data))
    after = _verify(written, method, table, bounds)
    return Compressed(written, table, after, len(data), len(model_bytes), bounds, candidates, data)


def _bounds(bound: str | None, table: EventTable, start: Sequence[int], with_model: bool) -> dict[str, Bound]:
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


def _plain_name(source) -> str:
    return Path(os.fspath(source)).name if isinstance(source, str | os.PathLike) else ""


def _by_steps(archive: Archive, i: int, code: ColumnCode) -> None:
    """A column without the model."""
    record = archive.columns[i]
    record.start, record.correction, record.sha256, record.steps = -1, None, "", code.record
    kind = "column" if code.record is None else "steps"
    archive.arrays |= {f"{kind}/{i}{name}": array for name, array in code.arrays.items()}


def _verify(archive: Archive, method, before: EventTable, bounds: dict[str, Bound]) -> EventTable:
    """The table that the written bytes give, checked entry by entry. Raises TrainingError if it is not what it must be."""
    opened = load_bytes(archive.model_bytes) if archive.model.embedded else method
    columns = restore_columns(archive, opened)
    for record, old, new in zip(archive.columns, before.columns, columns, strict=True):
        bound = bounds.get(record.name)
        good = record.start >= 0 and bound is None
        good = good or (
            new.values.dtype == old.values.dtype
            and (bool(within(old.values, new.values, bound).all()) if bound else new.values.tobytes() == old.values.tobytes())
        )
        if not good:
            raise TrainingError(f"column '{record.name}' could not be verified; nothing was written", code="archive-verify")
    return EventTable(before.kind, columns, before.n_events, before.layout, before.extras, 0, "the archive")

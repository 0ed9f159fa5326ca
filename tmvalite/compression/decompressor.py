"""From an archive back to a table."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmvalite.compression.archive import Archive, ColumnRecord, read_archive
from tmvalite.compression.bound import correct, restore
from tmvalite.compression.column_codec import decode_column
from tmvalite.compression.pack import planes
from tmvalite.compression.packed_arrays import PackedArrays
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.compression.table_files import check_distinct, check_kind, write_table
from tmvalite.errors import FileError, TmvaliteError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import check_writable
from tmvalite.io.temporary import temporary_folder, written

GROWTH, ALWAYS = 100, 1 << 26  # what is unpacked may have this many times the archive's bytes, or this many bytes
_WORK = 48  # bytes for one number of the column that is unpacked
_EVENTS = 1 << 16  # decoded at a time
_NUMBERS = 1 << 24  # and at most this many numbers


@dataclass(frozen=True)
class Decompressed:
    """The table of an archive and what was written."""

    archive: Archive
    table: EventTable

    def as_text(self) -> str:
        n, width = self.table.n_events, sum(column.width for column in self.table.columns)
        latent = self.archive.model.latent
        lines = [f"{n} events of {width} values restored" + (f" from {latent} values each" if latent else "")]
        if self.archive.bound:
            lines.append(f"every entry keeps its bound: {self.archive.bound}")
        return "\n".join(lines)


def decompress(
    archive: str | os.PathLike | Archive,
    output: str | os.PathLike | None = None,
    *,
    model=None,
    overwrite: bool = False,
    max_bytes: int | None = None,
) -> Decompressed:
    """Restore the table of an archive, and write it if `output` is given.

    Parameters
    ----------
    archive : path or Archive
    output : path, optional
        Its ending must be that of the file that was compressed: .root, .npz or .csv.
    model : path or trained MethodAE, optional
        Needed where the archive does not hold its model, and the weight file does not lie beside it under its name.
    overwrite : bool
        Whether an existing file may be replaced.
    max_bytes : int, optional
        Size that the table may have in memory; by default it and the numbers in between may have 100 times the bytes of the
        archive, or 64 MiB if that is more.

    Raises
    ------
    FileError
        The archive or the model cannot be read, do not belong together, or the output cannot be written.
    """
    folder = Path(".")
    check_distinct(the_archive=archive, the_model=model, the_table=output)
    if not isinstance(archive, Archive):
        folder = Path(os.fspath(archive)).parent
        archive = read_archive(archive)
    if output is not None:
        check_kind(output, archive.kind)
        check_output(output, overwrite)
    check_size(archive, max_bytes)
    by_file = model is None or isinstance(model, str | os.PathLike)
    method = model if not by_file or not archive.model.variables else open_model(archive, model, folder)
    columns = restore_columns(archive, method)
    extras = {name: archive.arrays[f"extra/{i}"] for i, name in enumerate(archive.extras)}
    table = EventTable(archive.kind, columns, archive.n_events, archive.layout, extras, 0, "the archive")
    if output is not None:
        write_table(output, table)
    return Decompressed(archive, table)


def check_output(path: str | os.PathLike, overwrite: bool) -> None:
    """Raises FileError if the file exists and may not be replaced, or cannot be written."""
    if not overwrite and os.path.lexists(path):
        raise FileError(f"'{os.fspath(path)}' exists", code="file-exists", hint="choose another name, or replace it: --force")
    check_writable(path)


def check_size(archive: Archive, max_bytes: int | None) -> None:
    """Raises FileError if the table would be out of proportion to the archive."""
    row = sum(np.dtype(column.dtype).itemsize * column.width for column in archive.columns)
    row = max(row, 4 * len(archive.model.variables))
    needed, packed = archive.n_events * row, sum(archive.sizes.values())
    limit = max_bytes
    if max_bytes is None:
        limit = max(ALWAYS, GROWTH * packed)
        needed += archive.n_events * _WORK * max(column.width for column in archive.columns)
        if isinstance(archive.arrays, PackedArrays):
            names = {"latent", *(f"extra/{i}" for i in range(len(archive.extras)))} & set(archive.arrays)
            needed += sum(map(archive.arrays.unpacked_size, names))
    if archive.sizes and needed > limit:
        raise FileError(
            f"the archive of {packed} bytes would grow to {needed} bytes",
            code="archive-size",
            expected=f"at most {limit} bytes",
            hint="if you trust it: --max-size with the bytes that it may take",
        )


def open_model(archive: Archive, model: str | os.PathLike | None, folder: Path):
    """The trained model of an archive: the one embedded, the file given, or the file of its name beside the archive.

    Raises FileError if it is not there, or is not the one with which the archive was written.
    """
    record = archive.model
    if model is None and record.embedded:
        return load_bytes(archive.model_bytes)
    if model is None:
        name = Path(record.file).name
        model = next((place for place in (folder / name, Path(name)) if name and place.is_file()), None)
        if model is None:
            raise FileError(
                f"the archive needs its model '{record.file}', which is not beside it",
                code="archive-model",
                hint="say where it is: --model",
            )
    try:
        found = hashlib.sha256(Path(model).read_bytes()).hexdigest()
    except OSError as problem:
        raise FileError(f"the model '{os.fspath(model)}' cannot be read: {problem.strerror}", code="archive-model") from problem
    if found != record.sha256:
        raise FileError(
            f"the model '{os.fspath(model)}' is not the one with which the archive was written",
            code="archive-model",
            expected=f"'{record.file}' with the SHA-256 {record.sha256[:16]}...",
        )
    return load_model(model)


def load_model(path: str | os.PathLike):
    """A trained method that can decode. Raises FileError."""
    from tmvalite.methods import load

    method = load(path)
    if not hasattr(method, "decode"):
        raise FileError(
            f"'{os.fspath(path)}' holds a {type(method).__name__}, which cannot compress",
            code="archive-model",
            expected="a trained MethodAE",
        )
    return method


def load_bytes(data: bytes):
    """A method from the bytes of its weight file."""
    with temporary_folder() as folder:
        path = folder / "model.weights.xml"
        with written(path):
            path.write_bytes(data)
        return load_model(path)


def decode_all(method, latent: np.ndarray, n_variables: int) -> np.ndarray:
    """(N, V) float, what the model makes of stored codes (N, Q); in parts, which changes no bit."""
    step = max(1, min(_EVENTS, _NUMBERS // max(n_variables, 1)))
    parts = [np.asarray(method.decode(latent[at : at + step].astype(np.float32))) for at in range(0, len(latent), step)]
    decoded = np.concatenate(parts) if parts else np.empty((0, n_variables), np.float32)
    if decoded.shape != (len(latent), n_variables):
        raise FileError(
            f"the model decodes to {decoded.shape[1:]} values, the archive has {n_variables} variables", code="archive-model"
        )
    return decoded


def restore_columns(archive: Archive, method) -> list[FileColumn]:
    """All columns of an archive with their final values.

    Raises FileError if entries that have a bound are not those that were verified when the archive was written; without a
    bound a warning says so.
    """
    decoded = decode_all(method, archive.latent, len(archive.model.variables)) if archive.model.variables else None
    columns, changed, steps = [], [], {}
    for i, record in enumerate(archive.columns):
        dtype = np.dtype(record.dtype)
        if record.steps is not None:
            values = _from_steps(archive, i, steps).astype(dtype, copy=False)
        elif record.start < 0:
            values = archive.arrays[f"column/{i}"].astype(dtype, copy=False)
        else:
            values = restored_column(archive, i, decoded)
            if record.sha256 and digest(values) != record.sha256:
                changed.append(record.name)
            values = values.astype(dtype, copy=False)
        columns.append(FileColumn(record.name, values, record.digits, record.whole))
    if changed:
        _say_changed(archive, changed)
    return columns


def _from_steps(archive: Archive, i: int, steps: dict[int, np.ndarray]) -> np.ndarray:
    """Column i in its own type and native byte order, (N, ...); its steps are added to those of the columns before."""
    record = archive.columns[i]
    dtype = np.dtype(record.dtype).newbyteorder("=")
    left, raw = archive.arrays[f"steps/{i}"], archive.arrays.get(f"steps/{i}/raw")
    try:
        values, found = decode_column(record.steps, left, raw, steps, dtype, whole=record.whole, digits=record.digits)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as problem:
        if isinstance(problem, TmvaliteError):
            raise
        raise FileError(
            f"the archive is damaged: the steps of column '{record.name}' do not fit ({problem})", code="archive-damaged"
        ) from problem
    if found.ndim == 1:
        steps[i] = found
    return values


def restored_column(archive: Archive, i: int, decoded: np.ndarray) -> np.ndarray:
    """Column i in its own type and native byte order, (N, ...)."""
    record = archive.columns[i]
    dtype = np.dtype(record.dtype).newbyteorder("=")
    part = decoded[:, record.start : record.start + record.width].reshape(archive.n_events, *record.shape)
    like = restore(part, dtype, whole=record.whole, digits=record.digits)
    symbols, raw = archive.arrays.get(f"correction/{i}/symbols"), archive.arrays.get(f"correction/{i}/raw")
    try:
        return correct_column(record, part, like, symbols, raw)
    except (KeyError, TypeError, ValueError) as problem:
        if isinstance(problem, TmvaliteError):
            raise
        raise FileError(
            f"the archive is damaged: the correction of column '{record.name}' does not fit ({problem})", code="archive-damaged"
        ) from problem


def correct_column(record: ColumnRecord, part: np.ndarray, like: np.ndarray, symbols, raw) -> np.ndarray:
    """Decoded values (N, ...) after the correction of their column. Raises ValueError, KeyError, TypeError if it does not fit."""
    dtype = np.dtype(record.dtype).newbyteorder("=")
    return correct(part, like, record.correction, symbols, raw, dtype=dtype, whole=record.whole, digits=record.digits)


def digest(values: np.ndarray) -> str:
    """SHA-256 of a column's bytes, little-endian."""
    return hashlib.sha256(planes(values)).hexdigest()


def _say_changed(archive: Archive, names: list[str]) -> None:
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    message = f"the values restored here differ from those that were verified when the archive was written: {shown}"
    hint = "the arithmetic of this machine, or this version of tmvalite, gives other bits"
    if archive.bound:
        raise FileError(message + "; the bound does not hold for certain", code="archive-changed", hint=hint)
    warn_user(TmvaliteWarning(message, code="archive-changed", hint=hint))

"""Columns that a trained autoencoder restores: its codes, the corrections that keep the bound, and whether it pays."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmvalite.compression.array_coder import Packed, pack_array
from tmvalite.compression.bound import Bound, correct, find_correction, restore
from tmvalite.compression.column_record import ModelRecord
from tmvalite.compression.match import events_of
from tmvalite.compression.model_files import decode_all, digest, load_bytes, load_model
from tmvalite.compression.pack import shortest_unsigned
from tmvalite.compression.table import EventTable, is_whole
from tmvalite.errors import DataError, OptionError, TrainingError
from tmvalite.io.temporary import temporary_folder

_EVENTS = 1 << 16  # encoded at a time
_ENTRY = 40  # bytes of the directory for a column that the model restores


@dataclass(eq=False)
class RestoredColumns:
    """What a chunk holds of the columns that a model restores.

    entries : dict of int to (dict, dict of str to Packed)
        What the directory states of each, and its arrays: "" the symbols, "kept" entries that stay as they are.
    latent : Packed
        The codes of the events.
    """

    entries: dict[int, tuple[dict, dict[str, Packed]]]
    latent: Packed

    def bytes_of(self, i: int) -> int:
        """Bytes of column i, what is stated of it included."""
        return _ENTRY + sum(packed.size for packed in self.entries[i][1].values())

    def only(self, kept: Sequence[int]) -> RestoredColumns:
        """Of some columns."""
        return RestoredColumns({i: self.entries[i] for i in kept}, self.latent)


class TrainedNetwork:
    """A trained autoencoder for the columns of a table.

    Parameters
    ----------
    model : path or trained MethodAE
    precision : "float32" or "float16"
        Of the codes.
    embed : bool
        Whether the archive holds the decoder.
    """

    def __init__(self, model, precision: str, embed: bool):
        self.method, self.file, self.model_bytes = model_of(model)
        self.variables, self.precision, self._embed = self.method.info.variables, precision, embed
        self.kind, self.embedded = "", b""
        self._opened = self.method
        self.width = 0  # of the codes, known after the first events

    def open(self) -> None:
        """Make what an archive has to hold, and decode by that."""
        if self._embed:
            self.kind, self.embedded = embedded_of(self.method, self.model_bytes)
            self._opened = load_bytes(self.embedded)

    def record(self) -> ModelRecord:
        """What the archive states of it."""
        labels = [variable.label for variable in self.variables]
        return ModelRecord(self.file, hashlib.sha256(self.model_bytes).hexdigest(), labels, self.width, self.kind)

    def restore(
        self,
        table: EventTable,
        start: Sequence[int],
        bounds: Sequence[Bound | None],
        digits: Sequence[int],
        chosen: Sequence[int],
    ) -> RestoredColumns:
        """The chosen columns of some events. `start`: the first variable of every column, -1 for none."""
        latent = encode_all(self.method, events_of(table, start, len(self.variables)), self.precision)
        self.width = latent.shape[1]
        decoded = decode_all(self._opened, latent, len(self.variables))
        entries = {i: _entry(table.columns[i].values, decoded, start[i], bounds[i], digits[i]) for i in chosen}
        return RestoredColumns(entries, pack_array(latent))


def _entry(values: np.ndarray, decoded: np.ndarray, start: int, bound: Bound | None, digits: int):
    """What is stated of a column, and its arrays."""
    native = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    whole = is_whole(native)
    part = decoded[:, start : start + native[0].size].reshape(native.shape)
    like = restore(part, native.dtype, whole=whole, digits=digits)
    correction = find_correction(native, part, like, bound, whole=whole, digits=digits)
    stated, packed, symbols, kept = {"network": 1} | ({"whole": 1} if whole else {}), {}, None, None
    if correction is not None:
        entries = int((correction.symbols > 0).sum())
        stated["correction"] = {"mode": correction.mode, "size": correction.size, "entries": entries}
        symbols = shortest_unsigned(correction.symbols)
        packed[""] = pack_array(symbols)
        if len(correction.raw):
            kept = correction.raw
            packed["kept"] = pack_array(kept)
    final = correct(part, like, stated.get("correction"), symbols, kept, dtype=native.dtype, whole=whole, digits=digits)
    return stated | {"digest": digest(final)}, packed


def worth_it(restored: RestoredColumns, sizes: dict[int, int], bounds: Sequence[Bound | None], model: float) -> list[int]:
    """The columns that the model restores: those that it makes smaller, if this pays for the codes and the model itself.

    sizes : bytes of every column without it; model : of the model, its share for these events
    """
    needed = [i for i in restored.entries if bounds[i] is None]
    smaller = [i for i in restored.entries if i not in needed and restored.bytes_of(i) < sizes[i]]
    gain = sum(sizes[i] - restored.bytes_of(i) for i in smaller)
    return sorted([*needed, *smaller]) if needed or gain > restored.latent.size + model else []


def model_size(embedded: bytes) -> int:
    """Bytes of an embedded model in the archive."""
    return len(zlib.compress(embedded))


def model_of(model) -> tuple[object, str, bytes]:
    """The method, the name of its weight file, and the bytes of it."""
    if isinstance(model, str | os.PathLike):
        method = load_model(model)
        if not hasattr(method, "encode"):
            raise OptionError(
                f"'{os.fspath(model)}' is a decoder alone, which cannot compress",
                code="archive-model",
                expected="the weight file of a whole MethodAE",
            )
        return method, Path(model).name, Path(model).read_bytes()
    with temporary_folder() as folder:
        path = folder / "model.weights.xml"
        model.save(path)
        return model, path.name, path.read_bytes()


def embedded_of(method, model_bytes: bytes) -> tuple[str, bytes]:
    """What an archive has to hold to be opened alone: the decoder if it can be saved alone, else the whole model."""
    if not hasattr(method, "save_decoder"):
        return "model", model_bytes
    with temporary_folder() as folder:
        path = folder / "decoder.weights.xml"
        method.save_decoder(path)
        return "decoder", path.read_bytes()


def encode_all(method, x: np.ndarray, precision: str) -> np.ndarray:
    """The codes (N, Q) in the precision in which they are stored."""
    parts = [np.asarray(method.encode(x[at : at + _EVENTS])) for at in range(0, len(x), _EVENTS)]
    codes = np.concatenate(parts)
    with np.errstate(over="ignore"):
        latent = codes.reshape(len(x), -1).astype(precision)
    bad = ~np.isfinite(latent).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        if np.isfinite(codes[bad]).all():
            raise DataError(
                f"the code of event {row} is too large for {precision} ({np.abs(codes).max():.3g})",
                code="archive-precision",
                hint="store the codes as float32: --precision float32",
            )
        raise TrainingError(
            f"the model gives no finite code for event {row}",
            code="archive-code",
            hint="it lies far outside what the model was trained on",
        )
    return latent

"""Columns that a trained autoencoder restores: its codes, the corrections that keep the bound, and whether it pays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from tmvalite.compression.archive import Archive
from tmvalite.compression.bound import Bound, find_correction, restore
from tmvalite.compression.decompressor import correct_column, digest, load_model
from tmvalite.compression.pack import shortest_unsigned
from tmvalite.compression.table import EventTable
from tmvalite.errors import DataError, OptionError, TrainingError

_EVENTS = 1 << 16  # encoded at a time


def worth_it(by_model: list[int], table: EventTable, bounds: dict, codes: dict, packed: dict[int, int], shared: int) -> list[int]:
    """The columns that the model restores: those that it makes smaller, if this pays for the codes and the model itself."""
    needed = [i for i in by_model if table.columns[i].name not in bounds]
    smaller = [i for i in by_model if i not in needed and packed[i] < codes[i].n_bytes]
    gain = sum(codes[i].n_bytes - packed[i] for i in smaller)
    return sorted([*needed, *smaller]) if needed or gain > shared else []


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
    with tempfile.TemporaryDirectory(prefix="tmvalite-") as folder:
        path = Path(folder) / "model.weights.xml"
        model.save(path)
        return model, path.name, path.read_bytes()


def embedded_of(method, model_bytes: bytes) -> tuple[str, bytes]:
    """What an archive has to hold to be opened alone: the decoder if it can be saved alone, else the whole model."""
    if not hasattr(method, "save_decoder"):
        return "model", model_bytes
    with tempfile.TemporaryDirectory(prefix="tmvalite-") as folder:
        path = Path(folder) / "decoder.weights.xml"
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


def by_model_arrays(
    archive: Archive, i: int, values: np.ndarray, decoded: np.ndarray, bound: Bound | None
) -> dict[str, np.ndarray]:
    """The arrays of a column that the model restores; its record gets the correction, and the checksum of what this will give."""
    record = archive.columns[i]
    native = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    part = decoded[:, record.start : record.start + record.width].reshape(native.shape)
    like = restore(part, native.dtype, whole=record.whole, digits=record.digits)
    correction = find_correction(native, part, like, bound, whole=record.whole, digits=record.digits)
    arrays = {}
    if correction is not None:
        record.correction = {"mode": correction.mode, "size": correction.size, "entries": int((correction.symbols > 0).sum())}
        arrays[f"correction/{i}/symbols"] = shortest_unsigned(correction.symbols)
        if len(correction.raw):
            arrays[f"correction/{i}/raw"] = correction.raw
    final = correct_column(record, part, like, arrays.get(f"correction/{i}/symbols"), arrays.get(f"correction/{i}/raw"))
    record.sha256 = digest(final)
    return arrays

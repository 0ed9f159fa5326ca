"""Weight files of models that archives need: found, compared with what the archive states, opened; and what they decode."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from tmvalite.compression.column_record import ModelRecord
from tmvalite.compression.pack import planes
from tmvalite.errors import FileError
from tmvalite.io.temporary import temporary_folder, written

_EVENTS = 1 << 16  # decoded at a time
_NUMBERS = 1 << 24  # and at most this many numbers


def open_model(record: ModelRecord, embedded: bytes, model: str | os.PathLike | None, folder: Path):
    """The trained model of an archive: the one embedded, the file given, or the file of its name beside the archive.

    Raises FileError if it is not there, or is not the one with which the archive was written.
    """
    if model is None and record.embedded:
        return load_bytes(embedded)
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


def digest(values: np.ndarray) -> str:
    """A checksum of a column's bytes, little-endian, of 16 digits."""
    return hashlib.sha256(planes(values)).hexdigest()[:16]

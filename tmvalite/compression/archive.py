"""What an archive states: events, columns, latent values, corrections and the model; as a header in JSON beside the arrays.

header.json             everything below but the arrays
data                    the packed arrays one after the other; the header states their coders and lengths (`array_coder.py`)
model                   the decoder as a weight file, if it is embedded

Arrays:

latent                  (N, Q) float32 or float16, the code of every event
column/3                a column as it is
steps/3                 a column as steps within its bound (`steps.py`) less their prediction; steps/3/raw: what is kept as it is
correction/3/symbols    (N, ...) unsigned integers, see `bound.py`; correction/3/raw: entries that are kept as they are
extra/0                 an array of an .npz file that is no column

Archives of version 1 have a part for each array instead of `data`, and no steps; they are read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from tmvalite.compression.array_coder import CODERS
from tmvalite.compression.column_record import ColumnRecord, ModelRecord
from tmvalite.compression.container import Parts, pack_parts
from tmvalite.compression.header_checks import check_arrays, check_types, read_dtype, read_shape
from tmvalite.compression.pack import from_planes
from tmvalite.compression.packed_arrays import PackedArray, PackedArrays, pack_arrays
from tmvalite.errors import FileError, quoted

FORMAT, VERSION = "tmvalite compressed table", 2
READ = (1, 2)  # versions
MAX_HEADER = 1 << 21  # bytes, and eight times what it is packed


@dataclass(eq=False)
class Archive:
    """An archive: what `header.json` states, and the arrays by the name of their part.

    Attributes
    ----------
    kind, layout : str, dict
        Of the table, see `EventTable`.
    n_events : int
    model : ModelRecord
    precision : str
        "float32" or "float16", of the latent values.
    bound : str
        The bound as the user gave it, or "".
    columns : list of ColumnRecord
    extras : list of str
        Names of the arrays extra/0, extra/1, ...
    original : dict
        file, bytes, raw_bytes of the table before.
    arrays : mapping of str to array
        Unpacked when they are asked for, in an archive that was read.
    model_bytes : bytes
        The part `model`.
    sizes : dict of str to int
        Packed bytes of every array, of the header and of the model; filled when an archive is read.
    """

    kind: str
    layout: dict
    n_events: int
    model: ModelRecord
    precision: str
    columns: list[ColumnRecord]
    bound: str = ""
    extras: list[str] = field(default_factory=list)
    original: dict = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    model_bytes: bytes = b""
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def latent(self) -> np.ndarray:
        """(N, Q), as stored; (N, 0) without a model."""
        return self.arrays["latent"] if "latent" in self.arrays else np.empty((self.n_events, 0), self.precision)

    def to_bytes(self) -> bytes:
        """The archive as it stands in its file."""
        stated, data = pack_arrays(self.arrays)
        parts = {"header.json": b"", "data": data}
        if self.model.embedded:
            parts["model"] = self.model_bytes
        header = {
            "format": FORMAT,
            "version": VERSION,
            "kind": self.kind,
            "layout": self.layout,
            "events": self.n_events,
            "precision": self.precision,
            "bound": self.bound,
            "model": vars(self.model),
            "columns": [_stated(column) for column in self.columns],
            "extras": self.extras,
            "original": self.original,
            "arrays": stated,
        }
        parts["header.json"] = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
        return pack_parts(parts)


def _stated(column: ColumnRecord) -> dict:
    """What differs from the defaults."""
    usual = ColumnRecord("", "")
    return {name: value for name, value in vars(column).items() if value != getattr(usual, name)}


def read_archive(path: str | os.PathLike | BinaryIO) -> Archive:
    """The archive of a file; every size is checked before it is allocated.

    Raises
    ------
    FileError
        The file is missing, no archive, damaged, or of a later version.
    """
    if hasattr(path, "read"):
        return _read(Parts(path, getattr(path, "name", "the archive")))
    try:
        with contextlib.closing(open(path, "rb")) as file:
            return _read(Parts(file, os.fspath(path)))
    except FileNotFoundError:
        raise FileError(f"there is no file '{os.fspath(path)}'", code="file-missing") from None
    except (IsADirectoryError, PermissionError) as problem:
        cause = "it is a folder" if os.path.isdir(path) else "no permission"
        raise FileError(f"cannot read '{os.fspath(path)}': {cause}", code="file-permission") from problem


def _read(parts: Parts) -> Archive:
    if "header.json" not in parts:
        raise FileError(
            f"'{parts.name}' is no archive of tmvalite",
            code="archive-kind",
            hint="tmvalite compress MODEL INPUT OUTPUT writes one",
        )
    try:
        header = json.loads(
            parts.read("header.json", MAX_HEADER + 8 * parts.packed_size("header.json")).decode(), parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as problem:
        raise parts.damaged("its header is no JSON") from problem
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise FileError(f"'{parts.name}' is no archive of tmvalite", code="archive-kind")
    if header.get("version") not in READ:
        raise FileError(
            f"the archive '{parts.name}' has version {header.get('version')!r} of the format",
            code="archive-version",
            expected="version 1 or 2",
            hint="a later tmvalite may have written it",
        )
    try:
        archive = _from_header(header)
        packed = _stated_arrays(header, parts)
        stated = {name: (array.dtype, array.shape) for name, array in packed.items()}
        check_arrays(archive.columns, archive.model, archive.n_events, archive.precision, len(archive.extras), stated)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise parts.damaged(f"its header does not fit ({type(problem).__name__}: {problem})") from problem
    archive.sizes = parts.packed_sizes()
    if header["version"] == 1:
        archive.arrays = {name: _read_part(parts, name, array) for name, array in packed.items()}
    else:
        data = parts.read("data", sum(array.size for array in packed.values()))
        archive.arrays = PackedArrays(packed, data, parts.name)
        del archive.sizes["data"]
        archive.sizes |= archive.arrays.sizes()
    if archive.model.embedded:
        archive.model_bytes = parts.read("model", parts.size("model"))
    return archive


def _stated_arrays(header: dict, parts: Parts) -> dict[str, PackedArray]:
    """Type, shape and place of every array. Anything of a wrong type is a TypeError, KeyError or ValueError."""
    if header["version"] == 1:
        stated = {str(name): (read_dtype(item["dtype"]), read_shape(item["shape"])) for name, item in header["arrays"].items()}
        return {name: PackedArray(dtype, shape, "", 0, parts.size(name)) for name, (dtype, shape) in stated.items()}
    out, at = {}, 0
    for name, dtype, shape, coder, size in header["arrays"]:
        check_types((name, str), (coder, int), (size, int))
        if name in out or size < 0 or not 0 <= coder < len(CODERS):
            raise ValueError(name)
        out[name] = PackedArray(read_dtype(dtype), read_shape(shape), CODERS[coder], at, size)
        at += size
    if at != parts.size("data"):
        raise ValueError(f"{at} bytes of arrays")
    return out


def _read_part(parts: Parts, name: str, array: PackedArray) -> np.ndarray:
    """An array of version 1."""
    n_bytes = math.prod(array.shape) * array.dtype.itemsize
    if array.size != n_bytes:
        raise parts.damaged(f"its part {quoted(name)} has {array.size} bytes, not {n_bytes}")
    return from_planes(parts.read(name, n_bytes), array.dtype, array.shape)


def _no_constant(text: str):
    raise ValueError(text)


def _from_header(header: dict) -> Archive:
    """The records of a header. Anything of a wrong type is a TypeError, KeyError or ValueError."""
    model = ModelRecord(**header["model"])
    check_types(
        (model.file, str),
        (model.sha256, str),
        (model.latent, int),
        (model.embedded, str),
        (header["kind"], str),
        (header["layout"], dict),
        (header["events"], int),
        (header["bound"], str),
        (header["original"], dict),
    )
    columns = [ColumnRecord(**item) for item in header["columns"]]
    for column in columns:
        check_types((column.name, str), (column.start, int), (column.digits, int), (column.whole, bool), (column.sha256, str))
        read_dtype(column.dtype)
        column.shape = read_shape(list(column.shape))
        check_types(*((record, dict) for record in (column.correction, column.steps) if record is not None))
        if column.steps is not None:
            check_types(
                (column.steps["mode"], str),
                (column.steps["size"], float),
                (column.steps["low"], int),
                (column.steps.get("exponent", 0), int),
                (column.steps.get("special", 0), int),
                (column.steps.get("prediction", {}), dict),
            )
    if header["precision"] not in ("float32", "float16") or header["kind"] not in ("root", "npz", "csv") or not columns:
        raise ValueError("precision, kind or columns")
    if model.embedded not in ("", "decoder", "model") or not all(isinstance(name, str) for name in header["extras"]):
        raise ValueError("model or extras")
    return Archive(
        header["kind"],
        header["layout"],
        header["events"],
        model,
        header["precision"],
        columns,
        header["bound"],
        [str(name) for name in header["extras"]],
        header["original"],
    )

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
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from tmvalite.compression.array_coder import CODERS
from tmvalite.compression.container import Parts, pack_parts
from tmvalite.compression.pack import from_planes
from tmvalite.compression.packed_arrays import PackedArray, PackedArrays, pack_arrays
from tmvalite.errors import FileError, quoted

FORMAT, VERSION = "tmvalite compressed table", 2
READ = (1, 2)  # versions
MAX_HEADER = 1 << 21  # bytes, and eight times what it is packed
_DTYPE = re.compile(r"[<>|][biufUS][0-9]{1,6}")
_MAX_LENGTH = 1 << 48  # events, and elements of an axis


@dataclass(eq=False)
class ModelRecord:
    """The model of an archive.

    file, sha256 : str
        Name of its weight file without folders, and the SHA-256 of that file in hexadecimal.
    variables : list of str
    latent : int
        Q.
    embedded : str
        "" or what the part `model` holds: "decoder" or "model".

    Without a model all of them are empty.
    """

    file: str = ""
    sha256: str = ""
    variables: list[str] = field(default_factory=list)
    latent: int = 0
    embedded: str = ""


@dataclass(eq=False)
class ColumnRecord:
    """One column of the table.

    name, dtype : str
        dtype as numpy writes it, with the byte order: "<f4", "|b1", ">i2", "<U7".
    shape : tuple of int
        Of one event: () for a number.
    start : int
        Position of its first variable of the model; -1: the model does not restore it, its values or steps are in the archive.
    digits : int
        Significant digits with which a text file states it, 0 elsewhere.
    whole : bool
        Whether a column of floats is rounded to whole numbers.
    sha256 : str
        Of the restored values, little-endian.
    correction : dict or None
        How entries are corrected: see `bound.py`.
    steps : dict or None
        mode, size, exponent and special of `steps.py` (the last two if they are not 0), the lowest number `low`, and
        `prediction` of `predictors.py`, if there is one.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    start: int = -1
    digits: int = 0
    whole: bool = False
    sha256: str = ""
    correction: dict | None = None
    steps: dict | None = None

    @property
    def lossy(self) -> bool:
        """Whether entries may come back changed: the model restores them, or they are steps wider than whole numbers."""
        return self.start >= 0 or (self.steps is not None and (self.steps["mode"], self.steps["size"]) != ("step", 1.0))

    @property
    def width(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))


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
        _check_arrays(archive, {name: (array.dtype, array.shape) for name, array in packed.items()})
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
        stated = {str(name): (_dtype(item["dtype"]), _shape(item["shape"])) for name, item in header["arrays"].items()}
        return {name: PackedArray(dtype, shape, "", 0, parts.size(name)) for name, (dtype, shape) in stated.items()}
    out, at = {}, 0
    for name, dtype, shape, coder, size in header["arrays"]:
        _types((name, str), (coder, int), (size, int))
        if name in out or size < 0 or not 0 <= coder < len(CODERS):
            raise ValueError(name)
        out[name] = PackedArray(_dtype(dtype), _shape(shape), CODERS[coder], at, size)
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
    _types(
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
        _types((column.name, str), (column.start, int), (column.digits, int), (column.whole, bool), (column.sha256, str))
        _dtype(column.dtype)
        column.shape = _shape(list(column.shape))
        _types(*((record, dict) for record in (column.correction, column.steps) if record is not None))
        if column.steps is not None:
            _types(
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


def _check_arrays(archive: Archive, stated: dict) -> None:
    """Whether the arrays are those that the header's columns need, of the right lengths."""
    n = archive.n_events
    if ("latent" in stated) != bool(archive.model.variables):
        raise ValueError("latent")
    if "latent" in stated and stated["latent"] != (np.dtype(archive.precision).newbyteorder("<"), (n, archive.model.latent)):
        raise ValueError("latent")
    needed, covered = {f"extra/{i}" for i in range(len(archive.extras))}, []
    needed |= {"latent"} & set(stated)
    for i, column in enumerate(archive.columns):
        if column.steps is not None:
            steps, raw = f"steps/{i}", f"steps/{i}/raw"
            needed |= {steps, raw} & {steps, *stated}
            fits = (
                np.dtype(column.dtype).kind in "biuf" and stated[steps][0].kind == "u" and stated[steps][1] == (n, *column.shape)
            )
            if not fits or column.start >= 0 or (raw in stated and not _is_raw(column, n, *stated[raw])):
                raise ValueError(column.name)
            continue
        if column.start < 0:
            needed.add(f"column/{i}")
            dtype, shape = stated[f"column/{i}"]
            if dtype.newbyteorder("=") != np.dtype(column.dtype).newbyteorder("=") or shape != (n, *column.shape):
                raise ValueError(column.name)
            continue
        if np.dtype(column.dtype).kind not in "biuf" or column.width > len(archive.model.variables):
            raise ValueError(column.name)
        covered += range(column.start, column.start + column.width)
        if column.correction is not None:
            symbols, raw = f"correction/{i}/symbols", f"correction/{i}/raw"
            needed |= {symbols, raw} & {symbols, *stated}
            if stated[symbols][1] != (n, *column.shape) or (raw in stated and not _is_raw(column, n, *stated[raw])):
                raise ValueError(column.name)
    if needed != set(stated) or not set(covered) <= set(range(len(archive.model.variables))) or len(covered) > len(set(covered)):
        raise ValueError("columns and variables")


def _is_raw(column: ColumnRecord, n: int, dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    """Whether entries kept as they are have the type of their column and are not more than it has."""
    same = dtype.newbyteorder("=") == np.dtype(column.dtype).newbyteorder("=")
    return same and len(shape) == 1 and shape[0] <= n * column.width


def _types(*pairs) -> None:
    for value, kind in pairs:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")


def _dtype(text: str) -> np.dtype:
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise ValueError(f"type {text!r}")
    return np.dtype(text)


def _shape(sizes) -> tuple[int, ...]:
    _types((sizes, list), *((size, int) for size in sizes))
    if len(sizes) > 8 or any(not 0 <= size <= _MAX_LENGTH for size in sizes):
        raise ValueError(f"shape {sizes}")
    return tuple(sizes)

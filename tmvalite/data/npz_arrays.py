"""The arrays of an NPZ file, read without trust: every size is compared with the file before anything of it is made.

Source: numpy's format NPY, versions 1.0 to 3.0. numpy's own reader lets the errors of Python's parser, MemoryError, TypeError
and others through where a header is not what it should be; here everything that cannot be read is one DataError.
"""

from __future__ import annotations

import ast
import os
import warnings
import zipfile
import zlib
from typing import BinaryIO, NamedTuple

import numpy as np

from tmvalite.errors import DataError

try:
    from lzma import LZMAError
except ImportError:  # Python built without it cannot meet this error

    class LZMAError(Exception):
        """Stands for the error of the module that is missing."""


GROWTH = 1100  # bytes that one packed byte may become; deflate reaches 1032
SLACK = 1 << 16  # bytes that any array may have beside
MOST_HEADER = 1 << 16  # bytes; a thousand fields take 20,000
MOST_AXES = 32
_MAGIC = b"\x93NUMPY"
_LENGTHS = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}  # bytes of the length of the header, by version
_KEYS = {"descr", "fortran_order", "shape"}
_PROBLEMS = (  # of zipfile and what unpacks
    zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError,
)  # fmt: skip


class _Damaged(Exception):
    """Why the bytes are no array."""


class NpzArrays(NamedTuple):
    """What a file holds.

    arrays : dict of str to array
    others : names of what is no array
    packed : whether anything is compressed
    """

    arrays: dict[str, np.ndarray]
    others: list[str]
    packed: bool


def read_npz_arrays(path: str | os.PathLike) -> NpzArrays:
    """All arrays of a file. Raises DataError, which names the file."""
    where = f"'{os.fspath(path)}'"
    try:
        with open(path, "rb") as file:
            start = file.read(len(_MAGIC))
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if start == _MAGIC:
                message, hint = f"{where} holds one array without a name", "write it by numpy.savez, with a name for each column"
                raise DataError(message, code="data-file-kind", expected="an NPZ file", hint=hint)
            with zipfile.ZipFile(file) as archive:
                return _read_all(archive, size, where)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"there is no file {where}", code="data-file-missing") from None
    except (_Damaged, *_PROBLEMS) as problem:
        reason = (str(problem).partition("\n")[0] or type(problem).__name__)[:200]
        message = f"{where} cannot be read: {reason}"
        raise DataError(message, code="data-file-damaged", hint="the file may be damaged") from problem


def _read_all(archive: zipfile.ZipFile, size: int, where: str) -> NpzArrays:
    infos = archive.infolist()
    if sum(info.compress_size for info in infos) > size:
        raise _Damaged("its parts overlap")
    arrays, others = {}, []
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name in arrays:
            raise _Damaged(f"it has two arrays called '{name}'")
        if info.file_size > GROWTH * info.compress_size + SLACK:
            raise _Damaged(f"'{name}' claims to unpack to {info.file_size} bytes from {info.compress_size}")
        with archive.open(info) as part:
            if part.read(len(_MAGIC)) != _MAGIC:
                others.append(info.filename)
                continue
            try:
                arrays[name] = _read_array(part, info.file_size - len(_MAGIC))
            except _Damaged as problem:
                raise _Damaged(f"the array '{name}' {problem}") from problem
            except _Pickled:
                message = f"{where} holds pickled objects, which are never read"
                raise DataError(message, code="data-pickle", expected="arrays of numbers or text") from None
    return NpzArrays(arrays, others, any(info.compress_type != zipfile.ZIP_STORED for info in infos))


class _Pickled(Exception):
    """An array of Python objects."""


def _read_array(part: BinaryIO, size: int) -> np.ndarray:
    """The array behind the magic of a part that has `size` bytes left."""
    width = _LENGTHS.get(version := part.read(2))
    if width is None:
        raise _Damaged("has a version of the format that is not known")
    length = int.from_bytes(part.read(width), "little")
    left = size - 2 - width - length
    if length > MOST_HEADER or left < 0:
        raise _Damaged("has a header that does not fit the file")
    text = part.read(length)
    if len(text) < length:
        raise _Damaged("ends too early")
    dtype, fortran, shape = _read_header(text.decode("utf-8" if version == b"\3\0" else "latin-1"))
    count = 1
    for n in shape:
        count *= n
    if count * dtype.itemsize > left:
        raise _Damaged(f"needs {count * dtype.itemsize} bytes and has {left}")
    whole = np.empty(shape[::-1] if fortran else shape, dtype)
    if whole.nbytes:
        _fill(part, whole)
    while part.read(1 << 16):  # to the end, where the checksum is compared
        pass
    return whole.T if fortran else whole


def _fill(part: BinaryIO, whole: np.ndarray) -> None:
    flat = whole.reshape(-1).view(np.uint8)
    at = 0
    while at < len(flat):
        piece = part.read(min(1 << 20, len(flat) - at))
        if not piece:
            raise _Damaged("ends too early")
        flat[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)


def _read_header(text: str) -> tuple[np.dtype, bool, tuple[int, ...]]:
    """(type, whether the first index runs fastest, shape) of a header, which has to be a dict of these three."""
    unreadable = _Damaged("has a header that cannot be read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's parser, such as for a stray backslash
            header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as problem:
        raise unreadable from problem
    if not isinstance(header, dict) or header.keys() != _KEYS:
        raise unreadable
    shape, fortran = header["shape"], header["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(n) is int and 0 <= n < 1 << 62 for n in shape) or len(shape) > MOST_AXES:
        raise _Damaged(f"has the shape {str(shape)[:60]}")
    if type(fortran) is not bool:
        raise unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # names of types that numpy is about to forget
            dtype = np.lib.format.descr_to_dtype(header["descr"])
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, SyntaxError, AttributeError, Warning) as problem:
        raise _Damaged(f"has numbers of the type {str(header['descr'])[:60]}") from problem
    if dtype.hasobject:
        raise _Pickled
    if not dtype.itemsize or dtype.subdtype is not None:
        raise _Damaged(f"has numbers of the type {str(header['descr'])[:60]}")
    return dtype, fortran, shape

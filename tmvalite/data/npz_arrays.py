"""The arrays of an NPZ file, read without trust: every size is compared with the file before anything of it is made.

Source: numpy's format NPY, versions 1.0 to 3.0. numpy's own reader lets the errors of Python's parser, MemoryError, TypeError
and others through where a header is not what it should be; here everything that cannot be read is one DataError.
"""

from __future__ import annotations

import ast
import contextlib
import math
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator
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


class NpzHead(NamedTuple):
    """What the header of an array says. file : its name in the archive; fortran : whether the first index runs fastest."""

    name: str
    file: str
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class NpzArrays(NamedTuple):
    """What a file holds.

    arrays : dict of str to array, or to NpzHead
    others : names of what is no array
    packed : whether anything is compressed
    """

    arrays: dict[str, np.ndarray]
    others: list[str]
    packed: bool


def read_npz_arrays(path: str | os.PathLike) -> NpzArrays:
    """All arrays of a file. Raises DataError, which names the file."""
    with _opened(path) as (archive, size, where):
        return _read_all(archive, size, where, lambda name, info, part: _read_array(part, _left(info)))


def read_npz_heads(path: str | os.PathLike) -> NpzArrays:
    """The headers of all arrays of a file. Raises DataError, which names the file."""

    def head(name: str, info: zipfile.ZipInfo, part: BinaryIO) -> NpzHead:
        dtype, fortran, shape = _read_head(part, _left(info))
        return NpzHead(name, info.filename, dtype, shape, fortran and len(shape) > 1)

    with _opened(path) as (archive, size, where):
        return _read_all(archive, size, where, head)


def read_npz_array(path: str | os.PathLike, head: NpzHead) -> np.ndarray:
    """One array of a file. Raises DataError, which names the file."""
    with _opened(path) as (archive, _, _), archive.open(head.file) as part:
        part.read(len(_MAGIC))
        return _read_array(part, _left(archive.getinfo(head.file)))


def read_npz_rows(path: str | os.PathLike, head: NpzHead, rows: int) -> Iterator[np.ndarray]:
    """So many rows of an array at a time; one whose columns lie together is read at once. Raises DataError."""
    if head.fortran:
        whole = read_npz_array(path, head)
        for start in range(0, len(whole), rows):
            yield np.ascontiguousarray(whole[start : start + rows])
        return
    with _opened(path) as (archive, _, _), archive.open(head.file) as part:
        part.read(len(_MAGIC))
        _read_head(part, _left(archive.getinfo(head.file)))
        for start in range(0, head.shape[0], rows):
            block = np.empty((min(rows, head.shape[0] - start), *head.shape[1:]), head.dtype)
            if block.nbytes:
                _fill(part, block)
            yield block


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[tuple[zipfile.ZipFile, int, str]]:
    """The archive, the bytes of the file, and its name as errors say it. Whatever goes wrong is a DataError."""
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
                yield archive, size, where
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"there is no file {where}", code="data-file-missing") from None
    except (_Damaged, *_PROBLEMS) as problem:
        reason = (str(problem).partition("\n")[0] or type(problem).__name__)[:200]
        message = f"{where} cannot be read: {reason}"
        raise DataError(message, code="data-file-damaged", hint="the file may be damaged") from problem


def _left(info: zipfile.ZipInfo) -> int:
    """Bytes of a part behind its magic."""
    return info.file_size - len(_MAGIC)


def _read_all(archive: zipfile.ZipFile, size: int, where: str, take) -> NpzArrays:
    """What `take(name, info, part)` gives of every array; the part has its magic behind it."""
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
                arrays[name] = take(name, info, part)
            except _Damaged as problem:
                raise _Damaged(f"the array '{name}' {problem}") from problem
            except _Pickled:
                message = f"{where} holds pickled objects, which are never read"
                raise DataError(message, code="data-pickle", expected="arrays of numbers or text") from None
    return NpzArrays(arrays, others, any(info.compress_type != zipfile.ZIP_STORED for info in infos))


class _Pickled(Exception):
    """An array of Python objects."""


def _read_head(part: BinaryIO, size: int) -> tuple[np.dtype, bool, tuple[int, ...]]:
    """(type, whether the first index runs fastest, shape) of the array behind the magic of a part that has `size` bytes left."""
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
    needed = math.prod(shape) * dtype.itemsize
    if needed > left:
        raise _Damaged(f"needs {needed} bytes and has {left}")
    return dtype, fortran, shape


def _read_array(part: BinaryIO, size: int) -> np.ndarray:
    """The array behind the magic of a part that has `size` bytes left."""
    dtype, fortran, shape = _read_head(part, size)
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

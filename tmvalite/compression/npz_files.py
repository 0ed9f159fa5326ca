"""Tables and images in .npz files: a matrix `data` with `names`, images (N, ...), or one array a column.

Arrays are read some rows at a time. Nothing pickled is read. The files written carry no time, so equal tables give equal bytes.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.table import NUMBERS, TEXT, EventTable, FileColumn, check_columns, is_whole
from tmvalite.compression.table_kinds import TableKind, is_text, is_truth, register
from tmvalite.compression.table_source import TableParts
from tmvalite.errors import DataError
from tmvalite.io.atomic import write_atomic

MATRIX, NAMES = "data", "names"
_EXPECTED = "an array 'data' (events, columns) with 'names', images (events, rows, columns), or one array per column"
_DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError)
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Member:
    """An array of the file, of which only the head was read."""

    name: str
    file: str
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def open_npz(path: str | os.PathLike, part: str | None = None, *, drop: bool = False) -> TableParts:
    """The table of an .npz file.

    Layouts: `data` (N, V), with or without `names` (V,); images (N, H, W) or (N, C, H, W) under any name; else every array
    whose first axis has the commonest length is a column (of equally common ones, the length with most numbers). What is
    neither is kept and written back. With `drop`, arrays of other things than numbers and text are left out.

    Raises
    ------
    DataError
        The file is missing, damaged, holds no numbers for events, or an array of something else.
    """
    where = f"'{os.fspath(path)}'"
    members, compressed = _members(path, where)
    layout = {"order": list(members)} | ({"deflated": True} if compressed else {})
    matrix, labels = members.get(MATRIX), []
    if matrix is not None and matrix.ndim == 2 and matrix.dtype.kind in NUMBERS and matrix.size:
        layout["matrix"], taken = MATRIX, [matrix]
        names = _whole(path, members[NAMES], where) if NAMES in members else None
        labels = _labels(matrix.shape, names, where)
        check_columns([FileColumn(name, np.empty(0)) for name in labels], where)
    else:
        found = _event_arrays(members, where)
        taken = [members[name] for name in members if name in found]
    extras = [member for member in members.values() if member not in taken]
    strange = next((member for member in extras if member.dtype.kind not in NUMBERS + TEXT), None)
    if strange is not None and not drop:
        raise DataError(
            f"array '{strange.name}' holds {strange.dtype}, which cannot be kept",
            code="data-column",
            where=where,
            expected="numbers or text",
            hint="leave such arrays out: --others drop",
        )
    kept = {member.name: _whole(path, member, where) for member in extras if member.dtype.kind in NUMBERS + TEXT}
    n = taken[0].shape[0]

    def read(rows: int) -> Iterator[EventTable]:
        with contextlib.ExitStack() as stack:
            streams = [_stream(path, member, rows, where, stack) for member in taken]
            for start in range(0, n, rows):
                blocks = [next(stream) for stream in streams]
                columns = list(blocks[0].T) if labels else blocks
                found = zip(labels or (member.name for member in taken), columns)
                columns = [FileColumn(name, np.ascontiguousarray(x), whole=is_whole(x)) for name, x in found]
                yield EventTable("npz", columns, min(rows, n - start), layout, name=where)

    row_bytes = sum(member.size * member.dtype.itemsize for member in taken) / max(n, 1)
    sizes = [member.size / max(n, 1) for member in taken]
    widest = 1.0 if labels else max(sizes)
    return TableParts("npz", n, row_bytes, sum(sizes), widest, read, layout, kept, os.path.getsize(path), where)


def _members(path, where: str) -> tuple[dict[str, _Member], bool]:
    """The arrays of a file by name, and whether any is packed."""
    try:
        with open(path, "rb") as handle:
            if handle.read(6) == b"\x93NUMPY":
                raise DataError(f"{where} holds one array without a name", code="data-file-kind", expected=_EXPECTED)
            handle.seek(0)
            with zipfile.ZipFile(handle) as archive:
                out, packed = {}, False
                for info in archive.infolist():
                    packed |= info.compress_type != zipfile.ZIP_STORED
                    name = info.filename.removesuffix(".npy")
                    with archive.open(info) as file:
                        if file.read(6) != b"\x93NUMPY":
                            raise DataError(
                                f"{where} holds '{info.filename}', which is no array", code="data-file-kind", expected=_EXPECTED
                            )
                    with archive.open(info) as file:
                        out[name] = _Member(name, info.filename, *_head(file))
                    if out[name].dtype.hasobject:
                        raise DataError(
                            f"{where} holds pickled objects, which are never read",
                            code="data-pickle",
                            expected="arrays of numbers or text",
                        )
                return out, packed
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"there is no file {where}", code="data-file-missing") from None
    except _DAMAGED as problem:
        raise _damaged(where, problem) from problem


def _head(file) -> tuple[np.dtype, tuple[int, ...], bool]:
    """Type, shape and order of an array whose file is at its begin."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    return dtype, shape, fortran and len(shape) > 1


def _damaged(where: str, problem: Exception) -> DataError:
    return DataError(f"{where} cannot be read: {str(problem).partition(chr(10))[0][:200]}", code="data-file-damaged")


def _whole(path, member: _Member, where: str) -> np.ndarray:
    """An array in memory."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member.file) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except _DAMAGED as problem:
        raise _damaged(where, problem) from problem


def _stream(path, member: _Member, rows: int, where: str, stack: contextlib.ExitStack) -> Iterator[np.ndarray]:
    """So many rows of an array at a time; one whose columns lie together is read at once."""
    if member.fortran:
        array = _whole(path, member, where)
        for start in range(0, len(array), rows):
            yield np.ascontiguousarray(array[start : start + rows])
        return
    row = math.prod(member.shape[1:]) * member.dtype.itemsize
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        file = stack.enter_context(archive.open(member.file))
        _head(file)
        for start in range(0, member.shape[0], rows):
            n = min(rows, member.shape[0] - start)
            data = file.read(n * row)
            if len(data) != n * row:
                raise EOFError(f"array '{member.name}' is cut off")
            yield np.frombuffer(bytearray(data), member.dtype).reshape(n, *member.shape[1:])
    except _DAMAGED as problem:
        raise _damaged(where, problem) from problem


def _labels(shape: tuple[int, ...], names: np.ndarray | None, where: str) -> list[str]:
    width = shape[1]
    if names is None or not names.size:
        return [f"var{i + 1}" for i in range(width)]
    if names.shape != (width,) or names.dtype.kind not in TEXT:
        raise DataError(f"'names' has the shape {names.shape} beside {width} columns of 'data'", code="data-shape", where=where)
    return [name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names.tolist()]


def _event_arrays(arrays: dict[str, _Member], where: str) -> set[str]:
    """Names of the arrays that have one entry per event."""
    usable = {name: a for name, a in arrays.items() if a.dtype.kind in NUMBERS + TEXT and a.ndim >= 1 and a.size}
    numbers = [name for name, a in usable.items() if a.dtype.kind in NUMBERS]
    if not numbers:
        raise DataError("no array holds numbers for events", code="data-shape", where=where, expected=_EXPECTED)
    arrays_of, elements = Counter(), Counter()  # by length of the first axis
    for name in numbers:
        arrays_of[usable[name].shape[0]] += 1
        elements[usable[name].shape[0]] += usable[name].size
    length = max(arrays_of, key=lambda n: (arrays_of[n], elements[n]))
    return {name for name, a in usable.items() if a.shape[0] == length}


def write_npz(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table as it was read. Raises FileError, and DataError for columns of varying length."""
    layout, matrix = source.layout, source.layout.get("matrix")
    kind = zipfile.ZIP_DEFLATED if layout.get("deflated") else zipfile.ZIP_STORED

    def fill(file):
        with tempfile.TemporaryDirectory(prefix="tmvalite-") as folder, zipfile.ZipFile(file, "w") as archive:
            heads, extras = _to_files(folder, parts, source, matrix), dict(source.extras)
            if matrix and NAMES in extras and len(extras[NAMES]) != heads[matrix][1][1]:
                extras[NAMES] = np.array(heads[matrix][2])
            order = [name for name in layout.get("order", ()) if name in heads or name in extras]
            order += [name for name in (*heads, *extras) if name not in order]
            for name in order:
                info = zipfile.ZipInfo(f"{name}.npy", _TIME)
                info.compress_type, info.create_system, info.external_attr = kind, 3, 0o644 << 16
                with archive.open(info, "w", force_zip64=_is_long(heads.get(name))) as member:
                    if name in extras:
                        text = io.BytesIO()
                        np.lib.format.write_array(text, np.asarray(extras[name]), allow_pickle=False)
                        member.write(text.getvalue())
                        continue
                    _copy_array(member, os.path.join(folder, str(list(heads).index(name))), *heads[name][:2])

    write_atomic(path, fill)


def _to_files(folder: str, parts: Iterable[EventTable], source, matrix: str | None) -> dict[str, tuple]:
    """The columns, or the matrix of them, as files of bare numbers; type, shape and columns of each."""
    heads: dict[str, tuple] = {}
    for part in parts:
        names, arrays = part.names(), {}
        for column in part.columns:
            if column.offsets is not None:
                raise DataError(f"column '{column.name}' of varying length is no array of an .npz file", code="data-column-shape")
            arrays[column.name] = column.values
        if matrix:
            kept = part.columns[0].values.dtype  # its byte order too
            arrays = {matrix: np.stack(list(arrays.values()), axis=1).astype(kept, copy=False)}
        for i, (name, values) in enumerate(arrays.items()):
            heads.setdefault(name, (values.dtype, (source.n_events, *values.shape[1:]), names))
            with open(os.path.join(folder, str(i)), "ab") as file:
                file.write(np.ascontiguousarray(values).data if values.size else b"")
    return heads


def _is_long(head: tuple | None) -> bool:
    return head is not None and math.prod(head[1]) * head[0].itemsize > 1 << 30


def _copy_array(member, path: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    head = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    text = io.BytesIO()
    np.lib.format.write_array_header_1_0(text, head)
    member.write(text.getvalue())
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            member.write(data)


_LAYOUT = {
    "order": lambda value: type(value) is list and all(map(is_text, value)),
    "deflated": is_truth,
    "matrix": lambda value: value == MATRIX,
}
register(TableKind("npz", (".npz",), open_npz, write_npz, _LAYOUT))

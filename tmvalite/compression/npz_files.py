"""Tables and images in .npz files: a matrix `data` with `names`, images (N, ...), or one array a column.

Arrays are read some rows at a time. Nothing pickled is read. The files written carry no time, so equal tables give equal bytes.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tmvalite.compression.table import NUMBERS, TEXT, EventTable, FileColumn, check_columns, is_whole
from tmvalite.compression.table_kinds import TableKind, is_text, is_truth, register
from tmvalite.compression.table_source import TableParts
from tmvalite.data.npz_arrays import NpzHead, read_npz_array, read_npz_heads, read_npz_rows
from tmvalite.errors import DataError
from tmvalite.io.atomic import write_atomic
from tmvalite.io.temporary import temporary_folder, written

MATRIX, NAMES = "data", "names"
_EXPECTED = "an array 'data' (events, columns) with 'names', images (events, rows, columns), or one array per column"
_TIME = (1980, 1, 1, 0, 0, 0)


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
    if matrix is not None and len(matrix.shape) == 2 and matrix.dtype.kind in NUMBERS and matrix.size:
        layout["matrix"], taken = MATRIX, [matrix]
        names = read_npz_array(path, members[NAMES]) if NAMES in members else None
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
    kept = {member.name: read_npz_array(path, member) for member in extras if member.dtype.kind in NUMBERS + TEXT}
    n = taken[0].shape[0]

    def read(rows: int) -> Iterator[EventTable]:
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(contextlib.closing(read_npz_rows(path, member, rows))) for member in taken]
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


def _members(path: str | os.PathLike, where: str) -> tuple[dict[str, NpzHead], bool]:
    """The headers of the arrays by name, and whether any is packed."""
    heads, others, packed = read_npz_heads(path)
    if others:
        raise DataError(f"{where} holds '{others[0]}', which is no array", code="data-file-kind", expected=_EXPECTED)
    return heads, packed


def _labels(shape: tuple[int, ...], names: np.ndarray | None, where: str) -> list[str]:
    width = shape[1]
    if names is None or not names.size:
        return [f"var{i + 1}" for i in range(width)]
    if names.shape != (width,) or names.dtype.kind not in TEXT:
        raise DataError(f"'names' has the shape {names.shape} beside {width} columns of 'data'", code="data-shape", where=where)
    return [name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names.tolist()]


def _event_arrays(arrays: dict[str, NpzHead], where: str) -> set[str]:
    """Names of the arrays that have one entry per event."""
    usable = {name: a for name, a in arrays.items() if a.dtype.kind in NUMBERS + TEXT and a.shape and a.size}
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
        with temporary_folder() as folder, zipfile.ZipFile(file, "w") as archive:
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


def _to_files(folder: Path, parts: Iterable[EventTable], source, matrix: str | None) -> dict[str, tuple]:
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
            path = os.path.join(folder, str(i))
            with written(path), open(path, "ab") as file:
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

"""Tables and images in .npz files: a matrix `data` with `names`, images (N, ...), or one array a column.

Nothing pickled is read. The files written carry no time, so equal tables give equal bytes.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections import Counter

import numpy as np

from tmvalite.compression.table import NUMBERS, TEXT, EventTable, FileColumn, check_columns, is_whole
from tmvalite.data.npz_arrays import read_npz_arrays
from tmvalite.errors import DataError
from tmvalite.io.atomic import write_atomic

MATRIX, NAMES = "data", "names"
_EXPECTED = "an array 'data' (events, columns) with 'names', images (events, rows, columns), or one array per column"


def read_npz(path: str | os.PathLike, *, drop: bool = False) -> EventTable:
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
    arrays, others, packed = read_npz_arrays(path)
    if others:
        raise DataError(f"{where} holds '{others[0]}', which is no array", code="data-file-kind", expected=_EXPECTED)
    layout = {"order": list(arrays), "deflated": packed}
    matrix = arrays.get(MATRIX)
    names = arrays.get(NAMES)
    if matrix is not None and matrix.ndim == 2 and matrix.dtype.kind in NUMBERS:
        labels = _labels(matrix, names, where)
        columns = [FileColumn(name, np.ascontiguousarray(x), whole=is_whole(x)) for name, x in zip(labels, matrix.T)]
        layout["matrix"] = MATRIX
        taken = {MATRIX}
    else:
        taken = _event_arrays(arrays, where)
        columns = [FileColumn(name, arrays[name], whole=is_whole(arrays[name])) for name in arrays if name in taken]
    check_columns(columns, where)
    extras = {name: values for name, values in arrays.items() if name not in taken}
    strange = next((name for name, values in extras.items() if values.dtype.kind not in NUMBERS + TEXT), None)
    if strange is not None and not drop:
        raise DataError(
            f"array '{strange}' holds {extras[strange].dtype}, which cannot be kept",
            code="data-column",
            where=where,
            expected="numbers or text",
            hint="leave such arrays out: --others drop",
        )
    extras = {name: values for name, values in extras.items() if values.dtype.kind in NUMBERS + TEXT}
    return EventTable("npz", columns, len(columns[0].values), layout, extras, os.path.getsize(path), where)


def _labels(matrix: np.ndarray, names: np.ndarray | None, where: str) -> list[str]:
    width = matrix.shape[1]
    if names is None or not names.size:
        return [f"var{i + 1}" for i in range(width)]
    if names.shape != (width,) or names.dtype.kind not in TEXT:
        raise DataError(f"'names' has the shape {names.shape} beside {width} columns of 'data'", code="data-shape", where=where)
    return [name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names.tolist()]


def _event_arrays(arrays: dict[str, np.ndarray], where: str) -> set[str]:
    """Names of the arrays that have one entry per event."""
    usable = {name: a for name, a in arrays.items() if a.dtype.kind in NUMBERS + TEXT and a.ndim >= 1 and a.size}
    numbers = [name for name, a in usable.items() if a.dtype.kind in NUMBERS]
    if not numbers:
        raise DataError("no array holds numbers for events", code="data-shape", where=where, expected=_EXPECTED)
    arrays_of, elements = Counter(), Counter()  # by length of the first axis
    for name in numbers:
        arrays_of[len(usable[name])] += 1
        elements[len(usable[name])] += usable[name].size
    length = max(arrays_of, key=lambda n: (arrays_of[n], elements[n]))
    return {name for name, a in usable.items() if len(a) == length}


def write_npz(path: str | os.PathLike, table: EventTable) -> None:
    """Write a table as it was read. Raises FileError."""
    arrays = table.arrays()
    if "matrix" in table.layout:
        kept = table.columns[0].values.dtype  # its byte order too
        arrays = {table.layout["matrix"]: np.stack([column.values for column in table.columns], axis=1).astype(kept, copy=False)}
    arrays |= table.extras
    order = [name for name in table.layout.get("order", ()) if name in arrays]
    order += [name for name in arrays if name not in order]
    kind = zipfile.ZIP_DEFLATED if table.layout.get("deflated") else zipfile.ZIP_STORED

    def fill(file):
        with zipfile.ZipFile(file, "w") as archive:
            for name in order:
                info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                info.compress_type, info.create_system, info.external_attr = kind, 3, 0o644 << 16
                text = io.BytesIO()
                np.lib.format.write_array(text, np.asarray(arrays[name]), allow_pickle=False)
                archive.writestr(info, text.getbuffer(), compresslevel=6)

    write_atomic(path, fill)

"""What is asked of a header that was read: types, shapes, and that the arrays are those that its columns need."""

from __future__ import annotations

import re

import numpy as np

from tmvalite.compression.column_record import ColumnRecord, ModelRecord

_DTYPE = re.compile(r"[<>|][biufUS][0-9]{1,6}")
_MAX_LENGTH = 1 << 48  # events, and elements of an axis


def check_types(*pairs) -> None:
    for value, kind in pairs:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")


def read_dtype(text: str) -> np.dtype:
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise ValueError(f"type {text!r}")
    return np.dtype(text)


def read_shape(sizes) -> tuple[int, ...]:
    check_types((sizes, list), *((size, int) for size in sizes))
    if len(sizes) > 8 or any(not 0 <= size <= _MAX_LENGTH for size in sizes):
        raise ValueError(f"shape {sizes}")
    return tuple(sizes)


def check_arrays(columns: list[ColumnRecord], model: ModelRecord, n: int, precision: str, n_extras: int, stated: dict) -> None:
    """Whether the arrays are those that the header's columns need, of the right lengths."""
    if ("latent" in stated) != bool(model.variables):
        raise ValueError("latent")
    if "latent" in stated and stated["latent"] != (np.dtype(precision).newbyteorder("<"), (n, model.latent)):
        raise ValueError("latent")
    needed, covered = {f"extra/{i}" for i in range(n_extras)}, []
    needed |= {"latent"} & set(stated)
    for i, column in enumerate(columns):
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
        if np.dtype(column.dtype).kind not in "biuf" or column.width > len(model.variables):
            raise ValueError(column.name)
        covered += range(column.start, column.start + column.width)
        if column.correction is not None:
            symbols, raw = f"correction/{i}/symbols", f"correction/{i}/raw"
            needed |= {symbols, raw} & {symbols, *stated}
            if stated[symbols][1] != (n, *column.shape) or (raw in stated and not _is_raw(column, n, *stated[raw])):
                raise ValueError(column.name)
    if needed != set(stated) or not set(covered) <= set(range(len(model.variables))) or len(covered) > len(set(covered)):
        raise ValueError("columns and variables")


def _is_raw(column: ColumnRecord, n: int, dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    """Whether entries kept as they are have the type of their column and are not more than it has."""
    same = dtype.newbyteorder("=") == np.dtype(column.dtype).newbyteorder("=")
    return same and len(shape) == 1 and shape[0] <= n * column.width

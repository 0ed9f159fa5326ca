"""The index of an archive: what it states of the table, as JSON values, and back.

kind, layout, events, original, extras      of the table (`table.py`); an extra is [name, type, shape, coder, bytes, checksum]
names, types, shapes, varying, digits       of the columns; one type stands for all, shapes and the like by position
bound, bounds                               as the user gave it; [value, relative, first column, last plus one, ...]
model, precision, start                     of the network, and the first variable of every column: -1 without
chunks                                      [rows, bytes of the directory, of all, checksum], in the order of the file
"""

from __future__ import annotations

import numpy as np

from tmvalite.compression.array_coder import CODERS
from tmvalite.compression.bound import Bound
from tmvalite.compression.column_record import ColumnRecord, ModelRecord
from tmvalite.compression.header_checks import check_types, read_dtype, read_shape, whole_numbers
from tmvalite.compression.table_files import KINDS, check_layout

PRECISIONS = ("float32", "float16")
_MAX_ROWS = 1 << 40


def stated_columns(columns: list[ColumnRecord]) -> dict:
    """The columns as JSON values."""
    types = [column.dtype for column in columns]
    out = {"names": [column.name for column in columns], "types": types if len(set(types)) > 1 else types[0]}
    shapes = {i: list(column.shape) for i, column in enumerate(columns) if column.shape}
    varying = [i for i, column in enumerate(columns) if column.varying]
    digits = [column.digits for column in columns]
    start = [column.start for column in columns]
    out |= {"shapes": shapes} if shapes else {}
    out |= {"varying": varying} if varying else {}
    out |= {"digits": digits} if any(digits) else {}
    out |= {"start": start} if any(at >= 0 for at in start) else {}
    bounds: dict[Bound, list[int]] = {}
    for i, column in enumerate(columns):
        if column.bound is not None:
            runs = bounds.setdefault(column.bound, [])
            if runs and runs[-1] == i:
                runs[-1] = i + 1
            else:
                runs += [i, i + 1]
    out |= {"bounds": [[b.value, b.relative, *runs] for b, runs in bounds.items()]} if bounds else {}
    return out


def read_columns(index: dict) -> list[ColumnRecord]:
    """The columns of an index. Anything of a wrong type is a TypeError, KeyError, ValueError, IndexError or AttributeError."""
    names, types = index["names"], index["types"]
    check_types((names, list), *((name, str) for name in names))
    types = [types] * len(names) if isinstance(types, str) else types
    if not names or len(types) != len(names) or len(set(names)) != len(names):
        raise ValueError("names and types")
    columns = [ColumnRecord(name, read_dtype(dtype).str) for name, dtype in zip(names, types)]
    for i, shape in index.get("shapes", {}).items():
        columns[int(i)].shape = read_shape(shape)
    for i in whole_numbers(index.get("varying", [])):
        columns[i].varying = True
    for name in ("digits", "start"):
        values = whole_numbers(index.get(name, [])) or [0 if name == "digits" else -1] * len(columns)
        for column, value in zip(columns, values, strict=True):
            setattr(column, name, value)
    for value, relative, *runs in index.get("bounds", []):
        check_types((value, float), (relative, bool))
        edges = whole_numbers(runs)
        if edges[0] < 0 or edges[-1] > len(columns) or any(a >= b for a, b in zip(edges, edges[1:])) or not 0.0 <= value < np.inf:
            raise ValueError("bounds")
        for first, stop in zip(edges[::2], edges[1::2], strict=True):
            for column in columns[first:stop]:
                column.bound = Bound(value, relative)
    return columns


def read_model(index: dict, columns: list[ColumnRecord]) -> tuple[ModelRecord, str]:
    """The model and the precision of its codes; columns and variables belong together."""
    model, precision = ModelRecord(**index.get("model", {})), index.get("precision", "float32")
    check_types(
        (model.file, str),
        (model.sha256, str),
        (model.variables, list),
        (model.latent, int),
        (model.embedded, str),
        *((name, str) for name in model.variables),
    )
    covered = [k for c in columns if c.start >= 0 for k in range(c.start, c.start + min(c.width, len(model.variables) + 1))]
    if (
        len(covered) != len(set(covered))
        or not set(covered) <= set(range(len(model.variables)))
        or min(c.start for c in columns) < -1
    ):
        raise ValueError("columns and variables")
    numbers = all(np.dtype(c.dtype).kind in "biuf" and not c.varying for c in columns if c.start >= 0)
    if (
        precision not in PRECISIONS
        or model.embedded not in ("", "decoder", "model")
        or not numbers
        or not 0 <= model.latent < 1 << 24
    ):
        raise ValueError("model")
    return model, precision


def read_chunks(index: dict) -> list[list[int]]:
    """The chunks, whose rows sum to the events."""
    chunks = index["chunks"]
    check_types((chunks, list), (index["events"], int))
    for chunk in chunks:
        rows, head, size, _ = whole_numbers(chunk)
        if not 0 < rows <= _MAX_ROWS or not 0 < head <= size:
            raise ValueError("chunks")
    if sum(chunk[0] for chunk in chunks) != index["events"]:
        raise ValueError("events")
    return chunks


def read_table(index: dict) -> tuple[str, dict, dict, str]:
    """Kind, layout, original and bound of the table."""
    kind, layout, original, bound = index["kind"], index.get("layout", {}), index.get("original", {}), index.get("bound", "")
    check_types((kind, str), (layout, dict), (original, dict), (bound, str))
    if kind not in KINDS:
        raise ValueError(f"kind {kind[:20]!r}")
    check_layout(kind, layout)
    return kind, layout, original, bound


def read_extras(index: dict) -> list[list]:
    """[name, type, shape, coder, bytes, checksum] of every array beside the columns."""
    extras = index.get("extras", [])
    check_types((extras, list))
    for name, dtype, shape, coder, size, checksum in extras:
        check_types((name, str), (coder, int), (size, int), (checksum, int))
        read_dtype(dtype), read_shape(shape)
        if not 0 <= coder < len(CODERS) or size < 0:
            raise ValueError("extras")
    return extras

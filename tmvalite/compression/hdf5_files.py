"""Tables in HDF5 files, through h5py: the data sets of a group, or the fields of a compound data set."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.compression.table_kinds import TableKind, is_text, is_truth, register
from tmvalite.compression.table_source import TableParts, streamed
from tmvalite.data.sources import open_table
from tmvalite.data.sources.base import needs
from tmvalite.io.atomic import write_atomic


def open_hdf5(path: str | os.PathLike, part: str | None = None, *, drop: bool = False) -> TableParts:
    """The table of `file.h5`, `file.h5:group` or `file.h5:dataset`. Raises DataError, MissingExtraError."""
    table = open_table(f"{os.fspath(path)}:{part}" if part else os.fspath(path))
    compound = not hasattr(table, "datasets")
    return streamed(table, "hdf5", table.keys(), {"part": part or "", "compound": compound}, os.path.getsize(path), drop=drop)


def write_hdf5(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table as data sets, or as one compound data set. Raises FileError, MissingExtraError."""
    try:
        import h5py
    except ImportError:
        raise needs("HDF5 files", "h5py", "hdf5") from None

    def fill(file):
        name, at = source.layout.get("part") or "", 0
        with h5py.File(file, "w", track_order=True) as output:
            for part in parts:
                stop = at + part.n_events
                if source.layout.get("compound"):
                    records = _records(part)
                    data = _dataset(output, name or "data", records.dtype, (), source.n_events, at == 0)
                    data[at:stop] = records
                else:
                    group = output.require_group(name) if name else output
                    for column in part.columns:
                        kind, shape = column.values.dtype, column.values.shape[1:]
                        if column.offsets is not None:
                            kind, shape = h5py.vlen_dtype(kind), ()
                        data = _dataset(group, column.name, kind, shape, source.n_events, at == 0)
                        data[at:stop] = column.values if column.offsets is None else _lists(column)
                at = stop

    write_atomic(path, fill)


def _dataset(group, name: str, kind: np.dtype, shape: tuple[int, ...], n: int, new: bool):
    return group.create_dataset(name, (n, *shape), kind) if new else group[name]


def _lists(column: FileColumn) -> np.ndarray:
    """(N,) arrays of one event each."""
    out = np.empty(len(column), object)
    for i in range(len(column)):
        out[i] = column.values[column.offsets[i] : column.offsets[i + 1]]
    return out


def _records(part: EventTable) -> np.ndarray:
    kind = np.dtype([(c.name, c.values.dtype, c.values.shape[1:]) for c in part.columns])
    records = np.empty(part.n_events, kind)
    for column in part.columns:
        records[column.name] = column.values
    return records


register(TableKind("hdf5", (".h5", ".hdf5"), open_hdf5, write_hdf5, {"part": is_text, "compound": is_truth}))

"""Tables in Parquet files, through pyarrow: numbers, and lists of numbers of a fixed or a varying length."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.compression.table_kinds import TableKind, register
from tmvalite.compression.table_source import TableParts, streamed
from tmvalite.data.sources import open_table
from tmvalite.data.sources.base import needs
from tmvalite.io.atomic import write_atomic


def open_parquet(path: str | os.PathLike, part: str | None = None, *, drop: bool = False) -> TableParts:
    """The table of a Parquet file. Raises DataError, MissingExtraError."""
    table = open_table(os.fspath(path))
    return streamed(table, "parquet", table.keys(), {}, os.path.getsize(path), drop=drop)


def write_parquet(path: str | os.PathLike, parts: Iterable[EventTable], source) -> None:
    """Write a table, one row group a part. Raises FileError, MissingExtraError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as parquet
    except ImportError:
        raise needs("Parquet files", "pyarrow", "parquet") from None

    def fill(file):
        writer = None
        for part in parts:
            table = pa.table({column.name: _arrow(pa, column) for column in part.columns})
            if writer is None:  # its defaults try dictionaries, which make floats larger
                writer = parquet.ParquetWriter(file, table.schema, use_dictionary=False, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()

    write_atomic(path, fill)


def _arrow(pa, column: FileColumn):
    values = np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("="))
    array = pa.array(values.reshape(-1))
    for size in reversed(values.shape[1:]):
        array = pa.FixedSizeListArray.from_arrays(array, size)
    if column.offsets is None:
        return array
    return pa.LargeListArray.from_arrays(pa.array(column.offsets, pa.int64()), array)


register(TableKind("parquet", (".parquet", ".pq"), open_parquet, write_parquet))

"""Tables of pyarrow, and Parquet files through it."""

from __future__ import annotations

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.sources.arrays import LazyTable, refuse_column
from tmvalite.data.sources.base import Source, damaged, file_source, module_of, needs, register


def from_arrow(values, name: str, where: str):
    """A pyarrow column as an array, or as a Column where every entry has an array. Nulls are what a mask is."""
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(values, pa.ChunkedArray):  # older versions keep the chunks
        values = pa.concat_arrays(values.chunks)
    if values.null_count:
        refuse_column(f"column '{name}' has {values.null_count} masked values", where)
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        inner = from_arrow(values.flatten(), name, where)
        return np.asarray(inner).reshape(len(values), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = np.asarray(values.offsets, np.int64)
        inner = from_arrow(values.flatten(), name, where)
        if isinstance(inner, Column) or inner.dtype.kind not in "biuf":
            refuse_column(f"column '{name}' of type {kind} is neither a number nor one array of numbers per entry", where)
        return Column(inner, offsets - offsets[0])
    return values.to_numpy(zero_copy_only=False)


def open_arrow(source) -> LazyTable:
    """A pyarrow Table or RecordBatch."""
    where = "the pyarrow table"
    return LazyTable(where, source.schema.names, source.num_rows, lambda name: from_arrow(source.column(name), name, where))


def open_parquet(path: str, part: str | None) -> LazyTable:
    """A Parquet file, whose columns are read when they are needed."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise needs("Parquet files", "pyarrow", "parquet") from None
    where = f"'{path}'"
    try:
        file = parquet.ParquetFile(path)
    except (OSError, ValueError) as problem:
        raise damaged(path, problem) from problem

    def read(name):
        try:
            values = file.read(columns=[name]).column(name)
        except (OSError, ValueError) as problem:
            raise damaged(path, problem) from problem
        return from_arrow(values, name, where)

    return LazyTable(where, file.schema_arrow.names, file.metadata.num_rows, read)


def _fits(source) -> bool:
    return module_of(source) == "pyarrow" and hasattr(source, "schema") and hasattr(source, "num_rows")


register(Source("a pyarrow table", _fits, open_arrow))
register(file_source("a Parquet file", (".parquet", ".pq"), open_parquet))

"""Parquet files, one row group for each write."""

from __future__ import annotations

import numpy as np

from tmvalite.application.sinks import Gathered, Sink, native
from tmvalite.data.sources.base import needs
from tmvalite.errors import DataError


class ParquetSink(Sink):
    """A Parquet file with ZSTD and no dictionary, which would make tables of floats larger than they are."""

    endings = (".parquet", ".pq")

    def table(self, name, types, kind):
        try:
            import pyarrow
            import pyarrow.parquet as parquet
        except ImportError:
            raise needs("Parquet files", "pyarrow", "parquet") from None
        schema = pyarrow.schema([(n, _arrow_type(pyarrow, n, t)) for n, t in types.items()])
        texts = [n for n, t in types.items() if t.dtype.kind == "U"]
        writer = parquet.ParquetWriter(self.file, schema, compression="zstd", use_dictionary=texts)

        def write(columns):
            arrays = [_arrow(pyarrow, columns[n], schema.field(n).type) for n in types]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

        return _Rows(write, writer)


class _Rows(Gathered):
    def __init__(self, write, writer):
        super().__init__(write)
        self._writer = writer

    def close(self):
        super().close()
        self._writer.close()


def _arrow_type(pyarrow, name, kind):
    inner = pyarrow.string() if kind.dtype.kind == "U" else pyarrow.from_numpy_dtype(kind.dtype)
    if kind.jagged:
        return pyarrow.large_list(inner)
    if len(kind.dims) > 1:
        raise DataError(f"column '{name}' has matrices, for which Parquet has no place", code="apply-type")
    return pyarrow.list_(inner, kind.dims[0]) if kind.dims else inner


def _arrow(pyarrow, column, kind):
    if column.is_text:
        return pyarrow.array(column.values.tolist(), kind)
    values = pyarrow.array(native(column.values).reshape(-1))
    if column.offsets is not None:
        return pyarrow.LargeListArray.from_arrays(np.ascontiguousarray(column.offsets, np.int64), values)
    return pyarrow.FixedSizeListArray.from_arrays(values, kind.list_size) if column.dims else values

"""Tables of pyarrow, and Parquet files through it."""

from __future__ import annotations

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import TableSource, damaged, file_source, module_of, needs, register


def open_arrow(source) -> LazyTable:
    """A pyarrow Table or RecordBatch."""
    where = "the pyarrow table"
    return LazyTable(where, source.schema.names, source.num_rows, source.column)


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
            return file.read(columns=[name]).column(name)
        except (OSError, ValueError) as problem:
            raise damaged(path, problem) from problem

    return LazyTable(where, file.schema_arrow.names, file.metadata.num_rows, read)


def _fits(source) -> bool:
    return module_of(source) == "pyarrow" and hasattr(source, "schema") and hasattr(source, "num_rows")


register(TableSource("a pyarrow table", _fits, open_arrow))
register(file_source("a Parquet file", (".parquet", ".pq"), open_parquet))

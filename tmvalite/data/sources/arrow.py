"""Tables of pyarrow, and Parquet files through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tmvalite.data.columns import Column
from tmvalite.data.sources.arrays import LazyTable, to_column
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

    table = ParquetTable(where, file.schema_arrow.names, file.metadata.num_rows, read)
    table.source = path
    return table


class ParquetTable(LazyTable):
    """The columns of a Parquet file."""

    source = ""

    def stream(self, names: Sequence[str], texts: Collection[str], bounds) -> Iterator[dict[str, Column]]:
        """The columns of every pair of bounds, which rise: memory holds some batches, not a row group."""
        batches, held, first = self._batches(names, max((stop - start for start, stop in bounds), default=1)), [], 0
        for start, stop in bounds:
            while first + sum(batch.num_rows for batch in held) < stop:
                held.append(next(batches))
                if first + held[0].num_rows <= start:
                    first += held.pop(0).num_rows
            columns, at = {name: [] for name in names}, first
            for batch in held:
                low, high = max(start, at), min(stop, at + batch.num_rows)
                if low < high:
                    for name in names:
                        part = batch.column(name).slice(low - at, high - low)
                        columns[name].append(to_column(part, name, str(self), text=name in texts))
                at += batch.num_rows
            yield {name: Column.concatenate(parts) for name, parts in columns.items()}

    def read_range(self, names: Sequence[str], texts: Collection[str], start: int, stop: int) -> dict[str, Column]:
        """The columns of the entries start to stop."""
        if start == stop:
            import pyarrow.parquet as parquet

            schema = parquet.read_schema(self.source)
            empty = schema.empty_table()
            return {name: to_column(empty.column(name), name, str(self), text=name in texts) for name in names}
        return next(self.stream(names, texts, [(start, stop)]))

    def _batches(self, names, size: int):
        import pyarrow.parquet as parquet

        # without these two a whole row group is buffered, many times what a batch needs
        file = parquet.ParquetFile(self.source, pre_buffer=False, buffer_size=1 << 20)
        batches = file.iter_batches(batch_size=size, columns=list(dict.fromkeys(names)), use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (OSError, ValueError) as problem:
                raise damaged(self.source, problem) from problem
            if batch is None:
                return
            yield batch


def _fits(source) -> bool:
    return module_of(source) == "pyarrow" and hasattr(source, "schema") and hasattr(source, "num_rows")


register(TableSource("a pyarrow table", _fits, open_arrow))
register(file_source("a Parquet file", (".parquet", ".pq"), open_parquet))

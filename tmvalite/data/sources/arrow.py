"""Tables of pyarrow, and Parquet files through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

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

    @property
    def file_path(self) -> str:
        """The path of the file."""
        return self.source

    def cluster_edges(self, names: Sequence[str]) -> list[int]:
        """Where entries may be parted so that no row group is on both sides, from 0 to all."""
        metadata = self._open().metadata
        rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        return [0, *accumulate(rows)] if rows else [0, 0]

    def stream(self, names: Sequence[str], texts: Collection[str], bounds) -> Iterator[dict[str, Column]]:
        """The columns of every pair of bounds, which rise: memory holds some batches, not a row group."""
        bounds = list(bounds)
        while bounds:
            n = next((i for i in range(1, len(bounds)) if bounds[i][0] != bounds[i - 1][1]), len(bounds))
            yield from self._adjacent(names, texts, bounds[:n])
            bounds = bounds[n:]

    def _adjacent(self, names, texts, bounds) -> Iterator[dict[str, Column]]:
        """`stream` of bounds each of which begins where the one before ends: only row groups with such entries are read."""
        edges = self.cluster_edges(names)
        groups = [i for i in range(len(edges) - 1) if edges[i] < bounds[-1][1] and bounds[0][0] < edges[i + 1]]
        first = edges[groups[0]] if groups else 0
        batches, held = self._batches(names, max(stop - start for start, stop in bounds), groups), []
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

    def _open(self):
        import pyarrow.parquet as parquet

        try:  # without these two a whole row group is buffered, many times what a batch needs
            return parquet.ParquetFile(self.source, pre_buffer=False, buffer_size=1 << 20)
        except (OSError, ValueError) as problem:
            raise damaged(self.source, problem) from problem

    def _batches(self, names, size: int, groups: Sequence[int]):
        columns = list(dict.fromkeys(names))
        batches = self._open().iter_batches(batch_size=size, row_groups=groups, columns=columns, use_threads=False)
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

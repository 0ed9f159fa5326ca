"""HDF5 files: the data sets of a group, or the fields of one compound data set, through h5py."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from tmvalite.data.columns import Column
from tmvalite.data.sources.arrays import LazyTable, to_column
from tmvalite.data.sources.base import damaged, file_source, needs, register
from tmvalite.errors import DataError


def open_hdf5(path: str, part: str | None) -> LazyTable:
    """The table of `path:group` or `path:dataset`; without a part, of the whole file."""
    try:
        import h5py
    except ImportError:
        raise needs("HDF5 files", "h5py", "hdf5") from None
    try:
        file = h5py.File(path, "r")
    except OSError as problem:
        raise damaged(path, problem) from problem
    if part and part not in file:
        raise DataError(f"'{path}' holds no '{part}'", code="data-tree-missing", expected=tuple(file))
    where, found = f"'{path}'" + (f", '{part}'" if part else ""), file[part] if part else file
    if isinstance(found, h5py.Group):
        columns = {name: item for name, item in found.items() if isinstance(item, h5py.Dataset) and item.ndim}
        if len(columns) == 1 and next(iter(columns.values())).dtype.names:
            found = next(iter(columns.values()))
    if isinstance(found, h5py.Dataset):
        if not found.dtype.names:
            raise DataError(
                f"{where} is one array without column names", code="data-source", expected="a group or a compound data set"
            )
        records = found[()]
        return LazyTable(where, records.dtype.names, len(records), records.__getitem__)
    if not columns:
        raise DataError(f"{where} holds no arrays", code="data-tree-missing", expected=tuple(found))
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        shown = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise DataError(
            f"columns of {where} differ in length: {shown}", code="data-column-length", hint="name a group: 'file.h5:group'"
        )
    table = Hdf5Table(where, list(columns), lengths.pop(), lambda name: columns[name][()])
    table.datasets = columns
    return table


class Hdf5Table(LazyTable):
    """The data sets of a group; a part of their entries can be read."""

    datasets: Mapping[str, object] = MappingProxyType({})

    def read_range(self, names: Sequence[str], texts: Collection[str], start: int, stop: int) -> dict[str, Column]:
        """The columns of the entries start to stop."""
        return {n: to_column(self.datasets[n][start:stop], n, str(self), text=n in texts) for n in names}


register(file_source("an HDF5 file", (".h5", ".hdf5"), open_hdf5))

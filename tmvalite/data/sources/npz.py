"""NPZ files of numpy: an array is a column; a single structured array is a table."""

from __future__ import annotations

from tmvalite.data.npz_arrays import read_npz_arrays
from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import file_source, register
from tmvalite.data.sources.mapping import open_mapping
from tmvalite.errors import DataError, did_you_mean


def open_npz(path: str, part: str | None) -> LazyTable:
    """Arrays of the first axis' length; `part` names a structured array where there are several."""
    arrays = read_npz_arrays(path).arrays
    if not arrays:
        raise DataError(f"'{path}' holds no arrays", code="data-tree-missing", expected="arrays of one length, one a column")
    if part:
        if part not in arrays:
            raise DataError(
                f"'{path}' holds no array '{part}'",
                code="data-tree-missing",
                expected=tuple(arrays),
                hint=did_you_mean(part, arrays),
            )
        arrays = {part: arrays[part]}
    if len(arrays) == 1 and next(iter(arrays.values())).dtype.names:
        whole = next(iter(arrays.values()))
        arrays = {name: whole[name] for name in whole.dtype.names}
    table = open_mapping(arrays)
    return LazyTable(f"'{path}'", table.keys(), table.n_entries, arrays.__getitem__)


register(file_source("an NPZ file", (".npz",), open_npz))

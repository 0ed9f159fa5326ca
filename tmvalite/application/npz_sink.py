"""NPZ files of numpy. An archive member needs its length first, so that all columns are in memory until the end."""

from __future__ import annotations

import zipfile

import numpy as np

from tmvalite.application.sinks import Sink
from tmvalite.errors import DataError


class NpzSink(Sink):
    """An NPZ file; an array is a column."""

    endings = (".npz",)

    def table(self, name, types, kind):
        for column, declared in types.items():
            if declared.jagged:
                raise DataError(
                    f"an NPZ file has no place for arrays of different lengths, as in column '{column}'",
                    code="apply-type",
                    hint="--keep names the columns to write, or write a ROOT or Parquet file",
                )
        return _Arrays(self.file, types)


class _Arrays:
    def __init__(self, file, types):
        self._file, self._types, self._parts = file, types, {name: [] for name in types}

    def add(self, columns):
        for name, parts in self._parts.items():
            parts.append(columns[name].values)

    def close(self):
        with zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, parts in self._parts.items():
                kind = self._types[name]
                whole = np.concatenate(parts) if parts else np.empty((0, *kind.dims), kind.dtype)
                parts.clear()
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, whole, allow_pickle=False)

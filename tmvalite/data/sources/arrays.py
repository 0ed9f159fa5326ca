"""Columns of whatever users hold, as Columns: one conversion and one refusal for every kind of source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.errors import DataError

_KINDS = {"U": "text", "S": "text", "M": "dates", "m": "time spans", "c": "complex numbers", "V": "records", "T": "text"}


class LazyTable:
    """Columns that are converted when they are read."""

    def __init__(self, name: str, keys: Sequence[str], n_entries: int, get: Callable[[str], object]):
        self._name, self._keys, self.n_entries, self._get = name, list(keys), n_entries, get

    def keys(self) -> list[str]:
        return self._keys

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        columns = {name: to_column(self._get(name), name, str(self), text=name in texts) for name in names}
        for name, column in columns.items():
            if len(column) != self.n_entries:
                raise DataError(
                    f"column '{name}' has {len(column)} entries, not {self.n_entries}", code="data-column-length", where=str(self)
                )
        return columns

    def __str__(self):
        return self._name


def to_column(values, name: str, where: str, *, text: bool = False, shown: str | None = None) -> Column:
    """Numbers of any kind as a Column; text where that is wanted. `shown`: its words in messages, "column 'name'" by default.

    Dates, complex numbers, masked or missing values and deeper nesting are a DataError that names the column.
    """
    if isinstance(values, Column):
        return values
    what = shown or f"column '{name}'"
    if text and not isinstance(values, np.ma.MaskedArray):
        found = _texts(values)
        if found is not None:
            return Column(found)
    package = type(values).__module__.partition(".")[0]
    if package == "awkward":
        return _from_awkward(values, what, where, name)
    if package == "pyarrow":
        values = _from_arrow(values, what, where)
        if isinstance(values, Column):
            return values
    array = _as_array(values, what, where)
    if array.dtype.kind == "O":
        return _from_objects(array, what, where)
    if array.dtype.kind not in "biuf":
        refuse_column(f"{what} holds {_KINDS.get(array.dtype.kind, str(array.dtype))}, not numbers", where)
    if array.ndim == 0:
        refuse_column(f"{what} is a single number", where)
    return Column(array.astype(array.dtype.newbyteorder("="), copy=False))


def _from_arrow(values, what: str, where: str):
    """A pyarrow column as an array, or as a Column where every entry has an array. Nulls are what a mask is."""
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(values, pa.ChunkedArray):  # older versions keep the chunks
        values = pa.concat_arrays(values.chunks)
    if values.null_count:
        refuse_column(f"{what} has {values.null_count} masked values", where)
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        inner = _from_arrow(values.flatten(), what, where)
        return np.asarray(inner).reshape(len(values), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = np.asarray(values.offsets, np.int64)
        inner = _from_arrow(values.flatten(), what, where)
        if isinstance(inner, Column) or inner.dtype.kind not in "biuf":
            refuse_column(f"{what} of type {kind} is neither a number nor one array of numbers per entry", where)
        return Column(inner, offsets - offsets[0])
    return values.to_numpy(zero_copy_only=False)


def _texts(values) -> np.ndarray | None:
    """(N,) texts, or None where the values are none. Of no values at all only a type of numbers says that they are none."""
    cells = next((getattr(values, name)() for name in ("to_list", "to_pylist") if hasattr(values, name)), None)
    cells = list(values) if cells is None else cells
    cells = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells]
    if not cells and getattr(getattr(values, "dtype", None), "kind", "O") not in "biuf":
        return np.empty(0, np.str_)
    return np.array(cells, np.str_) if cells and all(isinstance(cell, str) for cell in cells) else None


def _as_array(values, what: str, where: str) -> np.ndarray:
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            refuse_column(f"{what} has {int(np.ma.count_masked(values))} masked values", where)
        return values.data
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "to_numpy"):
        return values.to_numpy()
    try:
        return np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.empty(len(values), object)
        array[:] = [np.asarray(value) for value in values]
        return array


def _from_objects(array: np.ndarray, what: str, where: str) -> Column:
    """An array of Python objects: numbers, or one array per entry."""
    cells = array.reshape(-1).tolist() if array.ndim == 1 else None
    if cells is None:
        refuse_column(f"{what} holds Python objects, not numbers", where)
    if not cells:
        return Column(np.empty(0))
    if not any(hasattr(cell, "__len__") for cell in cells):
        missing = [row for row, cell in enumerate(cells) if cell is None]
        if missing:
            refuse_column(f"{what} has {len(missing)} missing values, the first in row {missing[0]}", where)
        converted = np.asarray(cells)
        if converted.dtype.kind in "biuf":
            return Column(converted)
    elif all(hasattr(cell, "__len__") and not isinstance(cell, str | bytes | dict) for cell in cells):
        arrays = [np.asarray(cell) for cell in cells]
        kinds = {a.dtype.kind for a in arrays if a.size}
        if all(a.ndim == 1 for a in arrays) and kinds <= set("biuf"):
            filled = [a for a in arrays if a.size] or [np.empty(0)]
            return Column(np.concatenate(filled), np.concatenate(([0], np.cumsum([len(a) for a in arrays]))))
    kind = "text" if any(isinstance(cell, str | bytes) for cell in cells) else "Python objects"
    refuse_column(f"{what} holds {kind}, not numbers", where)


def _from_awkward(values, what: str, where: str, name: str) -> Column:
    import awkward as ak

    try:
        if ak.fields(values):
            refuse_column(
                f"{what} holds records with the fields {', '.join(ak.fields(values))}",
                where,
                hint=f"name a field, such as {name}.{ak.fields(values)[0]}",
            )
        _refuse_options(values, what, where)
        if values.ndim >= 2 and str(values.type).split(" * ")[1] == "var":
            content = ak.to_numpy(ak.flatten(values, axis=1))
            offsets = np.concatenate(([0], np.cumsum(ak.to_numpy(ak.num(values, axis=1)), dtype=np.int64)))
            return Column(_plain(content, what, where), offsets)
        return Column(_plain(ak.to_numpy(values), what, where))
    except (ValueError, TypeError) as problem:
        if isinstance(problem, DataError):
            raise
        refuse_column(f"{what} of type '{values.type}' is neither a number nor one array of numbers per entry", where)


def _refuse_options(values, what: str, where: str) -> None:
    """Missing values, at any depth, are what a mask is: the same error."""
    import awkward as ak

    n_missing = sum(int(ak.sum(ak.is_none(values, axis=axis), axis=None)) for axis in range(values.ndim))
    if n_missing:
        refuse_column(f"{what} has {n_missing} masked values", where)


def _plain(array: np.ndarray, what: str, where: str) -> np.ndarray:
    if isinstance(array, np.ma.MaskedArray):
        array = _as_array(array, what, where)
    if array.dtype.kind not in "biuf":
        refuse_column(f"{what} holds {_KINDS.get(array.dtype.kind, str(array.dtype))}, not numbers", where)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def refuse_column(message: str, where: str, hint: str | None = None):
    raise DataError(message, code="data-column", where=where or None, hint=hint)

"""Tables in memory: dicts of arrays, structured arrays, pandas frames, awkward records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

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


def to_column(values, name: str, where: str, *, text: bool = False) -> Column:
    """Numbers of any kind as a Column; text where that is wanted.

    Dates, complex numbers, masked or missing values and deeper nesting are a DataError that names the column.
    """
    if text:
        found = _texts(values)
        if found is not None:
            return Column(found)
    if type(values).__module__.partition(".")[0] == "awkward":
        return _from_awkward(values, name, where)
    array = _as_array(values, name, where)
    if array.dtype.kind == "O":
        return _from_objects(array, name, where)
    if array.dtype.kind not in "biuf":
        _fail(f"column '{name}' holds {_KINDS.get(array.dtype.kind, str(array.dtype))}, not numbers", where)
    if array.ndim == 0:
        _fail(f"column '{name}' is a single number", where)
    return Column(array.astype(array.dtype.newbyteorder("="), copy=False))


def _texts(values) -> np.ndarray | None:
    """(N,) texts, or None where the values are none."""
    cells = values.to_list() if hasattr(values, "to_list") else list(values)
    cells = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells]
    return np.array(cells, np.str_) if cells and all(isinstance(cell, str) for cell in cells) else None


def _as_array(values, name, where) -> np.ndarray:
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            _fail(f"column '{name}' has {int(np.ma.count_masked(values))} masked values", where)
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


def _from_objects(array: np.ndarray, name: str, where: str) -> Column:
    """An array of Python objects: numbers, or one array per entry."""
    cells = array.reshape(-1).tolist() if array.ndim == 1 else None
    if cells is None:
        _fail(f"column '{name}' holds Python objects, not numbers", where)
    if not cells:
        return Column(np.empty(0))
    if not any(hasattr(cell, "__len__") for cell in cells):
        missing = [row for row, cell in enumerate(cells) if cell is None]
        if missing:
            _fail(f"column '{name}' has {len(missing)} missing values, the first in row {missing[0]}", where)
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
    _fail(f"column '{name}' holds {kind}, not numbers", where)


def _from_awkward(values, name: str, where: str) -> Column:
    import awkward as ak

    try:
        if ak.fields(values):
            _fail(
                f"column '{name}' holds records with the fields {', '.join(ak.fields(values))}",
                where,
                hint=f"name a field, such as {name}.{ak.fields(values)[0]}",
            )
        _refuse_options(values, name, where)
        if values.ndim >= 2 and str(values.type).split(" * ")[1] == "var":
            content = ak.to_numpy(ak.flatten(values, axis=1))
            offsets = np.concatenate(([0], np.cumsum(ak.to_numpy(ak.num(values, axis=1)), dtype=np.int64)))
            return Column(_plain(content, name, where), offsets)
        return Column(_plain(ak.to_numpy(values), name, where))
    except (ValueError, TypeError) as problem:
        if isinstance(problem, DataError):
            raise
        _fail(f"column '{name}' of type '{values.type}' is neither a number nor one array of numbers per entry", where)


def _refuse_options(values, name: str, where: str) -> None:
    """Missing values, at any depth, are what a mask is: the same error."""
    import awkward as ak

    n_missing = sum(int(ak.sum(ak.is_none(values, axis=axis), axis=None)) for axis in range(values.ndim))
    if n_missing:
        _fail(f"column '{name}' has {n_missing} masked values", where)


def _plain(array: np.ndarray, name: str, where: str) -> np.ndarray:
    if isinstance(array, np.ma.MaskedArray):
        array = _as_array(array, name, where)
    if array.dtype.kind not in "biuf":
        _fail(f"column '{name}' holds {_KINDS.get(array.dtype.kind, str(array.dtype))}, not numbers", where)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _fail(message: str, where: str, hint: str | None = None):
    raise DataError(message, code="data-column", where=where, hint=hint)


def _length(lengths: dict[str, int], where: str) -> int:
    if len(set(lengths.values())) > 1:
        first, *_ = lengths
        other = next(name for name in lengths if lengths[name] != lengths[first])
        raise DataError(
            f"columns differ in length: '{first}' has {lengths[first]} entries, '{other}' has {lengths[other]}",
            code="data-column-length",
            where=where,
        )
    return next(iter(lengths.values()), 0)


def open_mapping(source: Mapping) -> LazyTable:
    """A dict of column names and arrays (numbers, fixed arrays (N, K), lists of arrays, awkward arrays)."""
    where = "the dict of arrays"
    lengths = {}
    for name, values in source.items():
        if not hasattr(values, "__len__"):
            _fail(f"column '{name}' is {type(values).__name__}, not an array", where)
        lengths[str(name)] = len(values)
    columns = {str(name): values for name, values in source.items()}
    return LazyTable(where, list(columns), _length(lengths, where), columns.__getitem__)


def open_structured(source: np.ndarray) -> LazyTable:
    """A numpy structured array (N,)."""
    return LazyTable("the structured array", source.dtype.names, len(source), source.__getitem__)


def open_frame(source) -> LazyTable:
    """A pandas DataFrame, or an object with its columns, iloc and to_numpy."""
    names = [str(name) for name in source.columns]
    position = {name: at for at, name in enumerate(names)}
    if len(position) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the data frame has two columns named '{twice}'", code="data-column")
    return LazyTable("the data frame", names, len(source), lambda name: _from_series(source.iloc[:, position[name]], name))


def _from_series(series, name: str) -> np.ndarray:
    """A pandas column; numbers with gaps get NaN there."""
    kind = getattr(series.dtype, "kind", "O")
    if kind in "biuf" and not isinstance(series.dtype, np.dtype):  # pandas' own types, which know gaps
        if series.isna().any():
            return series.to_numpy(dtype=np.float64, na_value=np.nan)
        return series.to_numpy(dtype=np.dtype(series.dtype.numpy_dtype))
    return series.to_numpy()


def open_records(source) -> LazyTable:
    """An awkward array of records; a field of a field is `outer.inner`."""
    import awkward as ak

    paths: dict[str, tuple[str, ...]] = {}
    pending = [(field,) for field in ak.fields(source)]
    if not pending:
        raise DataError("the awkward array has no fields", code="data-source", expected="an array of records")
    while pending:
        path = pending.pop(0)
        inner = ak.fields(source[path])
        if inner:
            pending = [(*path, field) for field in inner] + pending
        else:
            paths[".".join(path)] = path
    return LazyTable("the awkward array", list(paths), len(source), lambda name: source[paths[name]])

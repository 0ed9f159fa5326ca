"""What users give to `fit` and to the getters, as arrays that a network can use; every refusal says column, count, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.constants import CLASSES
from tmvalite.data.checks import rounded_integers
from tmvalite.data.columns import Column
from tmvalite.data.info import VariableInfo
from tmvalite.data.scoring import variable_columns
from tmvalite.data.sources import is_table, open_table
from tmvalite.data.sources.arrays import to_column
from tmvalite.data.sources.single import as_columns
from tmvalite.errors import DataConversionWarning, DataError, DataTypeError, TmvaliteWarning, also_of_sklearn, quoted, warn_user

SHOWN_ROWS = 3  # first bad rows that a message names


def event_matrix(X, dtype) -> tuple[np.ndarray, tuple[str, ...]]:
    """The events and the names of their variables.

    Parameters
    ----------
    X : (N, V) array, or a table with named columns: anything that `open_table` takes, each column one number per event
    dtype : float32 or float64

    Returns
    -------
    x : (N, V) array of dtype, C-contiguous
    names : tuple of str
        `var1`, `var2`, ... where the columns have no names.

    Raises
    ------
    DataError
        Wrong shape, no numbers, masked, NaN or infinite values, values too large for the precision.
    """
    names: tuple[str, ...] = ()
    _refuse_sparse(X, "X")
    X, _ = as_columns(X)
    if is_table(X):
        table = open_table(X)
        names = tuple(table.branches() if hasattr(table, "branches") else table.keys())
        columns = [scalar_column(column, name, table) for name, column in table.read(names).items()]
        x = _side_by_side(columns, table.n_entries)
    else:
        x = numbers(X, "X")
    if x.ndim != 2:
        hint = "one row of variables per event"
        if x.ndim > 2:
            hint = "flatten every event: X.reshape(len(X), -1); InputLayout says its shape"
        raise DataError(f"X has shape {x.shape}", code="data-shape", expected="(events, variables)", hint=hint)
    if 0 in x.shape:
        message = f"X has {x.shape[0]} events of {x.shape[1]} variables"
        if x.shape[1] == 0:
            message += f": 0 feature(s) (shape={x.shape}) while a minimum of 1 is required."
        raise DataError(message, code="data-empty")
    names = names or tuple(f"var{i + 1}" for i in range(x.shape[1]))
    out = finite_matrix(x, dtype, names)
    for remark in rounded_integers(x, out, names):
        warn_user(remark)
    return out, names


def scalar_column(column: Column, name: str, table) -> np.ndarray:
    """(N,) values of a column with one number per event. Raises DataError for arrays."""
    if not column.is_scalar:
        raise DataError(
            f"column {quoted(name)} has several values per event",
            code="data-column-shape",
            where=str(table),
            expected="one number per event",
            hint="choose the columns, as in tree.arrays(['pt', 'eta']), or the elements, as in tree['jet_pt'].array()[:, 0]",
        )
    return column.values


def _side_by_side(columns: Sequence[np.ndarray], n: int) -> np.ndarray:
    return np.stack(columns, axis=-1) if columns else np.empty((n, 0))


def scored_events(X, variables: Sequence[VariableInfo], dtype=None) -> tuple[np.ndarray, bool]:
    """Events to be scored, and whether X was a single one.

    Parameters
    ----------
    X : (N, V) or (V,) array, or a table with named columns: anything that `open_table` and `as_columns` take
        Columns may come in any order, and more than are needed. A variable is the column of its expression, its expression
        computed from the columns of its parts, or the column of its label or internal name; by position if the variables
        have no names of their own. NaN stays NaN, and what is too large becomes infinite.
    variables : sequence of VariableInfo
    dtype : float32 or float64, optional
        By default that of X, float64 for anything but float32.

    Returns
    -------
    x : (N, V) array, C-contiguous
    single : bool

    Raises
    ------
    DataError
        Wrong shape, a missing column, no numbers, masked values.
    """
    _refuse_sparse(X, "X")
    X, single = as_columns(X)
    if is_table(X):
        table = open_table(X)
        x = _side_by_side(variable_columns(table, variables), table.n_entries)
        x = x[0] if single else x
    else:
        x = numbers(X, "X")
    with np.errstate(over="ignore"):
        x = np.ascontiguousarray(x, dtype or (np.float32 if x.dtype == np.float32 else np.float64))
    n, shape, single = len(variables), x.shape, x.ndim < 2
    if single:
        x = x.reshape(1, -1)
    if x.ndim != 2 or x.shape[1] != n:
        raise DataError(
            f"the events have shape {shape}, the method has {n} variable{'s' * (n != 1)}",
            code="data-shape",
            expected=f"(events, {n}), or ({n},) for one event",
        )
    return x, single


def finite_matrix(x: np.ndarray, dtype, names, what: str = "variable") -> np.ndarray:
    """x in this precision, C-contiguous. Raises DataError at NaN, infinity, and what overflows to it."""
    with np.errstate(over="ignore"):
        out = np.ascontiguousarray(x, dtype)
    finite = np.isfinite(out)
    if not finite.all():
        bad = ~finite
        column = int(np.argmax(bad.any(axis=0)))
        rows = np.flatnonzero(bad[:, column])
        value = x[rows[0], column]
        problem = f"is {value:g}, too large for {out.dtype}," if np.isfinite(value) else f"is {_not_finite(value)}"
        others = int(bad.any(axis=0).sum()) - 1
        more = f"; {others} more {what}{'s' * (others != 1)} likewise" if others else ""
        raise DataError(
            f"{what} {quoted(str(names[column]))} {problem} in {_events(len(rows), len(x))} ({_rows(rows)}){more}",
            code="data-not-finite",
            hint="remove these events or give them a number",
        )
    return out


def check_finite(values: np.ndarray, what: str, hint: str | None = None) -> None:
    """Raises DataError if one of these values (N,) is NaN or infinite; `what` names them."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise DataError(
            f"{what} is {_not_finite(values[bad[0]])} in {_events(len(bad), len(values))} ({_rows(bad)})",
            code="data-not-finite",
            hint=hint,
        )


def _not_finite(value: float) -> str:
    return "NaN" if np.isnan(value) else "infinite"


def target_matrix(y, n_events: int, dtype) -> tuple[np.ndarray, tuple[str, ...], bool]:
    """Regression targets (N, T), their names, and whether y was one-dimensional. Raises DataError."""
    if hasattr(y, "columns") and hasattr(y, "to_numpy"):
        names, y = tuple(map(str, y.columns)), y.to_numpy()
    else:
        names = None
    y = numbers(y, "y")
    flat = y.ndim == 1
    if flat:
        y = y[:, None]
    if y.ndim != 2 or y.shape[1] == 0 or len(y) != n_events:
        raise DataError(
            f"y has shape {y.shape[:1] if flat else y.shape}, X has {n_events} events",
            code="data-shape",
            expected="(events,) or (events, targets)",
        )
    names = names or (("target",) if y.shape[1] == 1 else tuple(f"target{i + 1}" for i in range(y.shape[1])))
    return finite_matrix(y, dtype, names, "target"), names, flat


def weight_vector(sample_weight, n_events: int) -> np.ndarray:
    """Event weights (N,) float64; ones for None. Raises DataError at a wrong length, NaN or infinity."""
    if sample_weight is None:
        return np.ones(n_events)
    w = numbers(sample_weight, "sample_weight").astype(np.float64)
    if w.shape != (n_events,):
        raise DataError(
            f"sample_weight has shape {w.shape}, X has {n_events} events", code="data-shape", expected="one weight per event"
        )
    check_finite(w, "sample_weight", "every event needs a finite weight")
    return w


@dataclass(frozen=True)
class Labels:
    """What y calls the classes.

    index : (N,) int64, class of every event; the signal is class 0 of two
    names : of the classes, for the data set and the weight file
    values : what y calls them, in the order of `names`
    """

    index: np.ndarray
    names: tuple[str, ...]
    values: tuple


SIGNAL_NAMES = ("signal", "sig", "s")


def class_labels(y, n_events: int, *, multiclass: bool, signal=None) -> Labels:
    """Classes from names or numbers.

    Two classes: the signal is `signal`, or what is called Signal, or the number 1, or True, with a warning beside another number
    than 0 and -1; else the later one in sorted order, as in scikit-learn, with a warning.
    Multiclass: classes in sorted order.

    Raises
    ------
    DataError
        Wrong length, NaN, fractions, one class only, more than two without multiclass, or an unknown signal.
    """
    y = _class_values(y)
    if y.ndim == 2 and y.shape[1] == 1:
        message = f"A column-vector y was passed when a 1d array was expected: y has shape {y.shape}"
        warning = also_of_sklearn(DataConversionWarning, "DataConversionWarning")
        warn_user(warning(message, code="data-column-vector", hint="y[:, 0], or y.ravel()"))
        y = y[:, 0]
    if y.shape != (n_events,):
        hint = "give the class of every event, not one column per class" if y.ndim == 2 else None
        raise DataError(
            f"y has shape {y.shape}, X has {n_events} events", code="data-shape", expected="one class per event", hint=hint
        )
    if y.dtype.kind == "f":
        check_finite(y, "y")
        broken = np.flatnonzero(y != np.trunc(y))
        if broken.size:
            message = f"Unknown label type: continuous. y is {y[broken[0]]:g} in row {broken[0]}, which is no class"
            hint = 'analysis_type="regression" learns numbers'
            raise DataError(message, code="data-classes", expected="names or whole numbers of classes", hint=hint)
    if y.dtype.kind == "O":
        y = np.array([str(v) for v in y]) if any(isinstance(v, str) for v in y) else np.array(y.tolist())
    if y.dtype.kind not in "biufU":
        raise DataError(f"y has values of type {y.dtype}", code="data-type", expected="names or numbers of classes")
    found, index = np.unique(y, return_inverse=True)
    values = tuple(found.tolist())
    if len(values) < 2:
        raise DataError(f"y has one class only: {values[0]!r}", code="data-one-class", expected="at least two classes")
    if multiclass:
        return Labels(index.astype(np.int64), tuple(_name(v) for v in values), values)
    if len(values) > 2:
        shown = ", ".join(repr(v) for v in values[:5]) + (", ..." if len(values) > 5 else "")
        raise DataError(
            f"a classification has two classes, y has {len(values)}: {shown}. Only binary classification is supported.",
            code="data-classes",
            hint='analysis_type="multiclass" takes more; "regression" takes numbers',
        )
    first = _signal_position(values, signal)
    index = (index != first).astype(np.int64)
    values = (values[first], values[1 - first])
    if signal is None and not isinstance(values[0], bool | str) and values[0] == 1 and values[1] not in (0, -1):
        _warn_of_guess(*values)
    names = values if isinstance(values[0], str) else CLASSES
    return Labels(index, tuple(names), values)


def _class_values(y) -> np.ndarray:
    """y as an array; masked and missing classes are a DataError."""
    module = type(y).__module__.partition(".")[0]
    if module in ("awkward", "pyarrow") or isinstance(y, np.ma.MaskedArray):
        return to_column(y, "y", "", text=True, shown="y").values
    if hasattr(y, "isna") and not _holds_floats(y) and np.asarray(y.isna()).any():
        raise DataError(f"y has {int(np.asarray(y.isna()).sum())} masked values", code="data-column")
    return np.asarray(y)


def _signal_position(values: tuple, signal) -> int:
    if signal is not None:
        matches = [i for i, value in enumerate(values) if value == signal]
        if matches and type(values[0]) in (bool, int, float, str):
            return matches[0]
        raise DataError(f"the signal {signal!r} is no class of y", code="data-signal", expected=tuple(map(repr, values)))
    if isinstance(values[0], str):
        matches = [i for i, value in enumerate(values) if value.lower() in SIGNAL_NAMES]
    else:
        matches = [i for i, value in enumerate(values) if value == 1]
    if len(matches) == 1:
        return matches[0]
    warn_user(
        TmvaliteWarning(
            f"which of {values[0]!r} and {values[1]!r} is the signal? {values[1]!r} is taken, the later one, as in scikit-learn",
            code="data-signal",
            expected="a class called Signal, or the number 1",
            hint=f"say it: fit(..., signal={values[1]!r})",
        )
    )
    return 1


def _warn_of_guess(signal, background) -> None:
    """1 and 2 may be meant either way."""
    warning = TmvaliteWarning(
        f"y is {_name(signal)} or {_name(background)}: {_name(signal)} is taken for the signal, {_name(background)} for the "
        "background",
        code="data-signal",
        hint=f"say it: fit(..., signal={_name(signal)}), or signal={_name(background)}",
    )
    warn_user(warning)


def _name(value) -> str:
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def numbers(values, what: str) -> np.ndarray:
    """An array of numbers from whatever holds them; `what` names it. Masked and missing values are a DataError."""
    if type(values).__module__.partition(".")[0] in ("awkward", "pyarrow") or isinstance(values, np.ma.MaskedArray):
        return _rows_of(to_column(values, what, "", shown=what), what)
    if isinstance(values, list | tuple) and any(isinstance(value, np.ma.MaskedArray) for value in values):
        values = np.ma.array(values)
        return to_column(values, what, "", shown=what).values
    _refuse_sparse(values, what)
    if hasattr(values, "isna") and hasattr(values, "to_numpy"):  # pandas
        missing = np.asarray(values.isna())
        if missing.any() and not _holds_floats(values):
            raise DataError(f"{what} has {int(missing.sum())} masked values", code="data-column")
        values = values.to_numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"the rows of {what} have different lengths", code="data-shape") from None
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except TypeError as error:
            raise DataTypeError(f"{what} holds values that are no numbers: {error}", code="data-type") from None
        except ValueError:
            raise DataError(f"{what} holds values that are no numbers", code="data-type") from None
    if array.dtype.kind == "c":
        message = f"Complex data not supported: {what} has values of type {array.dtype}, not numbers"
        raise DataError(message, code="data-type", hint="give real and imaginary parts as variables of their own")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} has values of type {array.dtype}, not numbers", code="data-type")
    return array


def _refuse_sparse(values, what: str) -> None:
    """Raises DataError at scipy's sparse arrays, of which one kind is a dict."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        message = f"{what} is a sparse {type(values).__name__}; sparse input is not supported"
        raise DataError(message, code="data-type", hint=f"{what}.toarray()")


def _rows_of(column: Column, what: str) -> np.ndarray:
    if column.offsets is None:
        return column.values
    if len(set(np.diff(column.offsets).tolist())) > 1:
        raise DataError(f"the rows of {what} have different lengths", code="data-shape")
    return column.values.reshape(len(column), -1)


def _holds_floats(values) -> bool:
    dtypes = values.dtypes if hasattr(values, "columns") else [values.dtype]
    return all(isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in dtypes)


def _events(bad: int, n: int) -> str:
    return f"{bad} of {n} events"


def _rows(rows: np.ndarray) -> str:
    shown = ", ".join(map(str, rows[:SHOWN_ROWS]))
    return f"row{'s' * (len(rows) > 1)} {shown}" + (", ..." if len(rows) > SHOWN_ROWS else "")

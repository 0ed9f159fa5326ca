"""What D and P share: rows times a matrix in float64 and in a fixed order.

numpy's product (`@`) picks its code by the shape, so that one event would get other bits than many; see kernels/linear_map.py.
"""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import MOST_INPUTS
from tmvalite.data.transforms.rows import Rows, over_rows
from tmvalite.errors import DataError

_SINGLE, _DOUBLE = 1, 11  # ONNX's numbers of the types


def map_rows(source, target, columns: np.ndarray, before: np.ndarray, matrix: np.ndarray, after: np.ndarray) -> None:
    """`mapping` for all rows."""
    over_rows(len(source), mapping(source, target, columns, before, matrix, after))


def mapping(source, target, columns: np.ndarray, before: np.ndarray, matrix: np.ndarray, after: np.ndarray) -> Rows:
    """target[:, columns] = after + (source[:, columns] - before) matrix, (N, V) float32, row by row; may be in place.

    columns (K,) int64; before, after (K,) and matrix (K, K) float64: an output is a column of the matrix. Every output is one
    chain over the inputs in their order, in float64, then rounded: the bits of a row do not depend on the others.
    """
    from tmvalite.kernels import linear_map

    order = np.argsort(columns, kind="stable")
    columns, before, after = (np.ascontiguousarray(values[order]) for values in (columns, before, after))
    matrix, before = np.ascontiguousarray(matrix[np.ix_(order, order)]), np.tile(before, linear_map.BLOCK)
    run, size = linear_map.map_rows.get("float64"), linear_map.work_size(len(columns))

    def part(start, stop):
        run(source, target, start, stop, columns, before, matrix, after, np.empty(size))

    return part


def check_number(name: str, n: int) -> None:
    """Raises DataError where a matrix of so many inputs would take too long."""
    if n > MOST_INPUTS:
        raise DataError(f"transformation {name} has {n} inputs", code="transform-inputs", expected=f"at most {MOST_INPUTS}")


def check_matrices(name: str, what: str, matrices, n_inputs: int) -> np.ndarray:
    """(S, K, K) float64, finite. Raises DataError."""
    found = np.asarray(matrices, np.float64)
    if found.ndim != 3 or len(found) < 1 or found.shape[1:] != (n_inputs, n_inputs) or not np.isfinite(found).all():
        raise DataError(
            f"the {what} of transformation {name} have the shape {found.shape}, or are not finite",
            code="transform-parameters",
            expected=f"(sets, {n_inputs}, {n_inputs})",
        )
    return found


def onnx_map(forms, x: str, columns: np.ndarray, n: int, before, matrix, after) -> str:
    """`map_rows` in operators of ONNX, over all n columns; in float64 as there, where double precision may stand inside."""
    whole, first, last = np.eye(n), np.zeros(n), np.zeros(n)
    whole[np.ix_(columns, columns)], first[columns], last[columns] = matrix, before, after
    dtype, cast = (np.float64, forms.dtype == np.float32) if forms.wide else (forms.dtype, False)
    y = forms.node("Cast", x, to=_DOUBLE) if cast else x
    y = forms.node("MatMul", forms.node("Sub", y, forms.constant(first, dtype)), forms.constant(whole, dtype))
    y = forms.node("Add", y, forms.constant(last, dtype))
    return forms.node("Cast", y, to=_SINGLE) if cast else y

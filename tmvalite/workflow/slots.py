"""The arrays that a Reader reads its variables from: `array('f', [0])`, a numpy array or a ctypes number, never copied."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.errors import DataError


@dataclass(frozen=True)
class VariableSlot:
    """A view of the user's memory, and the element that belongs to one variable."""

    view: np.ndarray
    index: int = 0

    def element(self, i: int) -> VariableSlot:
        return VariableSlot(self.view, i)

    def read(self):
        return self.view[self.index]


def bind_slot(array, variable: VariableInfo, *, integers: bool, size: int = 1) -> VariableSlot | None:
    """A VariableSlot on `array`, or None where no array is given.

    Raises
    ------
    DataError
        It is no writable array, holds a type that does not fit, or not exactly `size` elements.
    """
    if array is None:
        return None
    name = variable.label
    example = "array('f', [0.0])" if size == 1 else f"array('f', [0.0] * {size})"
    try:
        view = np.asarray(array if isinstance(array, np.ndarray) else memoryview(array))
    except TypeError:
        raise DataError(
            f"the {type(array).__name__} given for '{name}' is no array that can be filled later", code="slot", expected=example
        ) from None
    if isinstance(array, (ctypes._SimpleCData,)):
        view = view.reshape(-1)
    if view.dtype.kind not in ("f", "i", "u", "b") or (view.dtype.kind != "f" and not integers):
        raise DataError(
            f"the array given for '{name}' holds {view.dtype.name}, but variables are floats", code="slot-type", expected=example
        )
    view = view.reshape(-1) if view.flags.c_contiguous else view
    if view.shape != (size,):
        raise DataError(f"the array given for '{name}' has shape {view.shape}, not ({size},)", code="slot-size", expected=example)
    return VariableSlot(view)


def gather(slots: list[VariableSlot | None], dtype: np.dtype) -> Callable[[np.ndarray], bool] | None:
    """A call that puts the registered numbers into an array (V,) of a precision, as `read_event` reads them, or gives False.

    It reads memory where it is, which takes a tenth of a microsecond and not one a variable. None where a number is missing, or
    not a float32 or float64.
    """
    numbers = [None if slot is None else slot.view[slot.index :] for slot in slots]
    if not all(n is not None and n.dtype in (np.float32, np.float64) and n.dtype.isnative and n.flags.aligned for n in numbers):
        return None
    from tmvalite.kernels.gather import gather_event

    addresses = np.array([n.__array_interface__["data"][0] for n in numbers], np.int64)
    doubles, single = np.array([n.dtype == np.float64 for n in numbers], np.int64), np.zeros(1, np.float32)
    run = gather_event.get(dtype.name)

    def call(x: np.ndarray, kept=numbers) -> bool:  # what is read has to live as long
        return x.dtype is dtype and run(addresses, doubles, single, x)

    return call


def read_event(slots: list[VariableSlot | None], variables: list[VariableInfo], tag) -> np.ndarray:
    """The registered arrays as one event, (V,) float32.

    Raises
    ------
    DataError
        A variable was declared without an array.
    """
    missing = [v.label for slot, v in zip(slots, variables, strict=True) if slot is None]
    if missing:
        raise DataError(
            f"no array is registered for {', '.join(repr(name) for name in missing)}",
            code="slot-missing",
            hint=f"call EvaluateMVA(events, '{tag}'), or give AddVariable an array('f', [0.0])",
        )
    values = [slot.read() for slot in slots]
    whole = any(isinstance(value, np.integer) for value in values)  # a spectator that a cut reads, perhaps a large number
    return np.array(values, dtype=np.float64 if whole else np.float32)

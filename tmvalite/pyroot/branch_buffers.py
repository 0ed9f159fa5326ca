"""The memory of a script that a tree is filled from, or that an event of a tree is put into."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.pyroot.vectors import Vector

TYPES = dict(zip("FDIiLlSsBbO", "f4 f8 i4 u4 i8 u8 i2 u2 i1 u1 ?".split()))  # as a leaf list writes them


class BranchBuffer:
    """One branch that is filled: where its values come from, and those of every event so far.

    Parameters
    ----------
    address : array('f'), numpy array, ctypes number or Vector
    leaves : str
        As "x/F", "x[3]/F" or "x[n]/F", whose n is another branch.
    counter : BranchBuffer or None
        The branch that says how many values an event has.
    """

    def __init__(self, name: str, address, leaves: str = "", counter: BranchBuffer | None = None):
        self.name, self.counter, self.entries = name, counter, []
        self.varies = isinstance(address, Vector) or counter is not None
        letter = leaves.rpartition("/")[2] if "/" in leaves else ""
        if letter and letter not in TYPES:
            raise DataError(f"branch '{name}' has the type '{letter}'", code="slot-type", expected=tuple(TYPES))
        self.address = address if isinstance(address, Vector) else _view(name, address)
        self.dtype = np.dtype(TYPES[letter]) if letter else self.address.dtype
        self.single = not self.varies and "[" not in leaves and self.address.size == 1

    def fill(self) -> int:
        """Keep the present values; the bytes that they take."""
        values = np.array(self.address, self.dtype).reshape(-1)
        if self.counter is not None:
            values = values[: int(self.counter.entries[-1])]
        self.entries.append(values[0] if self.single else values)
        return values.nbytes

    def values(self):
        """(N,) or (N, K) array, or a list of N arrays where their length varies."""
        if self.varies and self.entries:
            return list(self.entries)
        return np.array(self.entries, self.dtype)


def _view(name: str, address) -> np.ndarray:
    try:
        view = np.asarray(address if isinstance(address, np.ndarray) else memoryview(address))
    except TypeError:
        raise DataError(
            f"the {type(address).__name__} given for branch '{name}' is no array whose values can change",
            code="slot",
            expected="array('f', [0.0]), or std.vector['float']()",
        ) from None
    return view


def put_values(address, values, name: str) -> None:
    """Put a number or an array into the memory of a script, at its beginning."""
    values = np.atleast_1d(values)
    if isinstance(address, Vector):
        address[:] = values.tolist()
        return
    view = _view(name, address).reshape(-1)
    if len(values) > len(view):
        raise DataError(
            f"branch '{name}' has {len(values)} values, the array has room for {len(view)}",
            code="slot-size",
            expected=f"an array of {len(values)} elements",
        )
    view[: len(values)] = values

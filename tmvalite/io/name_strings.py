"""Names of classes for a branch of strings, made into bytes at once.

uproot joins the length and the letters of every string with awkward's general `concatenate`, which takes as long as ten branches
of numbers and ten times their memory. awkward asks objects that have `__awkward_function__` first: these names answer for the few
functions that uproot calls, and hand everything else on to a real awkward array.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

MOST = 254  # letters of a string whose length is one byte


def name_strings(names: Sequence[str], index: np.ndarray):
    """The strings names[index], (N,), as uproot's `extend` takes them."""
    if max(len(name.encode()) for name in names) <= MOST:
        return NameStrings(names, index)
    return _awkward_array(names, index)


def _awkward_array(names, index):
    import awkward

    return awkward.Array(list(names))[index]


class NameStrings:
    """Names by number: a sequence of strings.

    names : the names, of which every number of `index` (N,) means one
    """

    dtype = np.dtype(np.uint8)  # what uproot asks of an array before anything else

    def __init__(self, names: Sequence[str], index: np.ndarray):
        self.names, self.index = tuple(names), np.asarray(index)
        self._letters = [name.encode() for name in self.names]
        self._own = {"to_layout": self._self, "without_parameters": self._self, "num": self._num, "concatenate": self._joined}

    def __len__(self) -> int:
        return len(self.index)

    def __awkward_function__(self, function, arrays, args, keywords):
        own = self._own.get(function.__name__)
        found = None if own is None else own(*args)
        return function(*map(self._real, args), **keywords) if found is None else found

    @cached_property
    def offsets(self) -> np.ndarray:
        """(N + 1,) int64: where every string begins among the letters of all."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self._num())])

    def _real(self, value):
        """An array of awkward in the place of this one."""
        return _awkward_array(self.names, self.index) if value is self else value

    def _self(self, *_):
        return self

    def _num(self, *_) -> np.ndarray:
        """(N,) int64 letters of every string, in UTF-8."""
        return np.array([len(one) for one in self._letters], np.int64)[self.index]

    def _joined(self, arrays, *_):
        """The length as a byte, nothing, and the letters of every string, if that is what is to be joined."""
        return _Joined(self) if len(arrays) == 3 and arrays[2] is self else None

    def bytes(self) -> np.ndarray:
        """(bytes of all strings,) uint8: of every string its length, then its letters."""
        width = 1 + max(map(len, self._letters))
        table = np.zeros((len(self.names), width), np.uint8)
        for row, letters in zip(table, self._letters):
            row[: 1 + len(letters)] = np.frombuffer(bytes([len(letters)]) + letters, np.uint8)
        used = np.arange(width) <= np.array([[len(letters)] for letters in self._letters])
        return table[self.index][used[self.index]]


class _Joined:
    """What `concatenate` gives: uproot flattens it and takes the bytes."""

    def __init__(self, strings: NameStrings):
        self.strings = strings

    def __awkward_function__(self, function, arrays, args, keywords):
        if function.__name__ != "flatten":
            raise TypeError(f"uproot asks awkward's {function.__name__} of strings, which was not foreseen")
        return self.strings.bytes()

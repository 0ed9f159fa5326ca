"""std.vector: a list of numbers of one type."""

from __future__ import annotations

import numpy as np

TYPES = {
    "float": "f4",
    "double": "f8",
    "int": "i4",
    "unsigned int": "u4",
    "long": "i8",
    "short": "i2",
    "char": "i1",
    "bool": "?",
    **{"Float_t": "f4", "Double_t": "f8", "Int_t": "i4", "UInt_t": "u4", "Long64_t": "i8", "Bool_t": "?"},
}


class Vector(list):
    """A list with the names of std::vector."""

    dtype = np.dtype("f8")

    def __init__(self, given=()):
        """Vector(n) has n zeros, Vector(values) has copies of them."""
        super().__init__([self.dtype.type(0).item()] * given if isinstance(given, int) else list(given))

    def __array__(self, dtype=None, copy=None):
        return np.array(list(self), dtype or self.dtype)

    def size(self) -> int:
        """The number of elements."""
        return len(self)

    def empty(self) -> bool:
        """Whether there are none."""
        return not self

    def push_back(self, value) -> None:
        """Add an element at the end."""
        self.append(value)

    emplace_back = push_back

    def at(self, i):
        """The element i."""
        return self[i]

    def front(self):
        """The first element."""
        return self[0]

    def back(self):
        """The last element."""
        return self[-1]

    def resize(self, n, value=0) -> None:
        """Cut it, or fill it up with a value, to n elements."""
        self[:] = [*self[:n], *[value] * (n - len(self))]

    def data(self) -> np.ndarray:
        """A copy of the elements as an array."""
        return np.array(self)


class VectorTypes:
    """`vector["float"]` and `vector("float")`: the type of vectors of these elements."""

    def __getitem__(self, kind) -> type[Vector]:
        name = kind if isinstance(kind, str) else kind.__name__
        dtype = np.dtype(TYPES.get(name, "O" if name in ("string", "std::string", "TString", "str") else "f8"))
        return type(f"vector<{name}>", (Vector,), {"dtype": dtype})

    __call__ = __getitem__


class Std:
    """What scripts ask of ROOT.std."""

    vector = VectorTypes()
    string = str


std = Std()

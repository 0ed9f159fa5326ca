"""The arrays of an archive as they lie in its file: unpacked when they are asked for, never longer than the header states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.array_coder import CODERS, pack_array, unpack_array
from tmvalite.compression.container import damaged


@dataclass(frozen=True)
class PackedArray:
    """Type, shape and coder of an array, and its place in the bytes of all."""

    dtype: np.dtype
    shape: tuple[int, ...]
    coder: str
    at: int
    size: int


class PackedArrays(Mapping):
    """Arrays by their name. An entry that cannot be unpacked raises FileError."""

    def __init__(self, packed: dict[str, PackedArray], data: bytes, file: str):
        self._packed, self._data, self._file = packed, data, file

    def __getitem__(self, name: str) -> np.ndarray:
        place = self._packed[name]
        try:
            return unpack_array(self._data[place.at : place.at + place.size], place.coder, place.dtype, place.shape)
        except ValueError as problem:
            raise damaged(self._file, f"its array '{name}' cannot be unpacked ({problem})") from problem

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def unpacked_size(self, name: str) -> int:
        """Bytes that an array takes."""
        return math.prod(self._packed[name].shape) * self._packed[name].dtype.itemsize

    def sizes(self) -> dict[str, int]:
        """Packed bytes of every array."""
        return {name: place.size for name, place in self._packed.items()}


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[list[list], bytes]:
    """What the header states of the arrays, [name, dtype, shape, coder, bytes] each, and the bytes of all."""
    stated, parts = [], []
    for name, array in arrays.items():
        coder, data = pack_array(np.asarray(array))
        dtype = array.dtype.str if array.dtype.kind in "US" else array.dtype.newbyteorder("<").str
        stated.append([name, dtype, list(array.shape), CODERS.index(coder), len(data)])
        parts.append(data)
    return stated, b"".join(parts)

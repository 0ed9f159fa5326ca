"""Arrays as bytes that compress well: byte k of every number of a column stands together with the byte k of the others."""

from __future__ import annotations

import numpy as np


def planes(array: np.ndarray) -> bytes:
    """The bytes of an array (N, ...), ordered by place in the number, then by column, then by event; little-endian.

    >>> planes(np.array([1, 2, 3], "<u2"))
    b'\\x01\\x02\\x03\\x00\\x00\\x00'
    """
    array = np.asarray(array)
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    size = little.dtype.itemsize
    if not little.size or not size:
        return b""
    return little.reshape(len(little), -1).view(np.uint8).reshape(len(little), -1, size).transpose(2, 1, 0).tobytes()


def from_planes(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The array that `planes` took apart; the caller has checked that data has the bytes of dtype and shape."""
    little = dtype.newbyteorder("<")
    if not data:
        return np.zeros(shape, dtype)
    whole = np.frombuffer(data, np.uint8).reshape(little.itemsize, -1, shape[0] if shape else 1).transpose(2, 1, 0)
    out = np.array(whole, order="C").reshape(-1).view(little).reshape(shape)
    return out.view(dtype) if out.dtype == dtype else out.astype(dtype)  # equal types may have another spelling


def shortest_unsigned(symbols: np.ndarray) -> np.ndarray:
    """Non-negative integers in the smallest unsigned type that holds them."""
    return symbols.astype(np.min_scalar_type(int(symbols.max()) if symbols.size else 0))

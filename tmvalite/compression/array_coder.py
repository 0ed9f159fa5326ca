"""An array as the shortest of several packings: as it is, deflated, by LZMA, or as bins."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

from tmvalite.compression.bins import decode_bins, encode_bins
from tmvalite.compression.pack import from_planes, planes

try:
    import lzma
except ImportError:  # Python built without it
    lzma = None

STORED, DEFLATED, LZMA, BINS = "stored", "deflate", "lzma", "bins"
CODERS = (STORED, DEFLATED, LZMA, BINS)
_MEASURED = 1 << 16  # bytes up to which all packings are tried; of longer arrays a part says which
_SHORT = 1 << 13  # bytes up to which LZMA is always tried
_HOPE = 1.12  # of the shortest: deflate must come so near that LZMA, which is slow, is tried
_DICTIONARY = 1 << 22  # bytes that LZMA looks back, and needs to unpack


@dataclass(frozen=True)
class Packed:
    """A packed array: its coder, type and number of entries, and its bytes (empty where only the length is known)."""

    coder: str
    dtype: np.dtype
    count: int
    size: int
    data: bytes = b""


def pack_array(array: np.ndarray, coders=CODERS) -> Packed:
    """An array (N, ...) packed; whole numbers without sign can be bins."""
    if array.nbytes > _MEASURED and len(array) > 1 and len(coders) > 1:
        rows = max(1, len(array) * _MEASURED // array.nbytes)
        at = (len(array) - rows) // 2
        coders = (STORED, pack_array(array[at : at + rows], coders).coder)
    found = {coder: data for coder in coders if coder != LZMA and (data := _pack(array, coder)) is not None}
    shortest = min(map(len, found.values()), default=0)
    if LZMA in coders and (array.nbytes < _SHORT or len(found.get(DEFLATED, b"")) < _HOPE * shortest or not found):
        found |= {LZMA: data} if (data := _pack(array, LZMA)) is not None else {}
    coder, data = min(found.items(), key=lambda item: len(item[1]))
    return Packed(coder, array.dtype, array.size, len(data), data)


def pack_numbers(values: np.ndarray, low: int, coders=CODERS) -> Packed:
    """Whole numbers (N, ...) of at least `low` packed, less it."""
    flat = np.ascontiguousarray(values).reshape(-1)
    if tuple(coders) == (BINS,):
        data = encode_bins(flat, low)
        if data is not None:
            return Packed(BINS, np.dtype(np.uint64), flat.size, len(data), data)
        coders = CODERS
    left = flat - low
    left = left.astype(np.min_scalar_type(int(left.max()) if left.size else 0))
    return pack_array(left.reshape(values.shape), coders)


def _pack(array: np.ndarray, coder: str) -> bytes | None:
    if coder == BINS:
        return encode_bins(array.reshape(-1)) if array.dtype.kind == "u" and array.size else None
    data = planes(array)
    if coder == STORED:
        return data
    if coder == DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    return lzma.compress(data, lzma.FORMAT_RAW, filters=_filters()) if lzma is not None else None


def _filters() -> list[dict]:
    # Bytes of one place stand together: whatever came at the same place of the word before says little.
    return [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": _DICTIONARY, "pb": 0, "lp": 0, "lc": 3}]


def unpack_array(data: bytes, coder: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The array of `pack_array`; nothing longer than dtype and shape say is unpacked.

    Raises
    ------
    ValueError
        The bytes are not those of such an array.
    """
    count = math.prod(shape)
    if coder == BINS:
        values = decode_bins(data, count)
        if dtype.kind != "u" or int(values.max()) > np.iinfo(dtype).max:
            raise ValueError("numbers that are too large")
        return values.astype(dtype).reshape(shape)
    n_bytes = count * dtype.itemsize
    if coder == DEFLATED:
        unpacker = zlib.decompressobj(-15)
        try:
            data = unpacker.decompress(data, n_bytes + 1)
        except zlib.error as problem:
            raise ValueError(str(problem)) from problem
    elif coder == LZMA:
        if lzma is None:
            raise ValueError("this Python has no LZMA")
        try:
            data = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_filters()).decompress(data, n_bytes + 1)
        except lzma.LZMAError as problem:
            raise ValueError(str(problem)) from problem
    elif coder != STORED:
        raise ValueError(f"coder {coder!r}")
    if len(data) != n_bytes:
        raise ValueError(f"{len(data)} bytes, not {n_bytes}")
    return from_planes(data, dtype, shape)


def unpack_numbers(data: bytes, coder: str, dtype: np.dtype, shape: tuple[int, ...], low: int) -> np.ndarray:
    """The whole numbers of `pack_numbers`, int64. Raises ValueError."""
    if coder == BINS:
        return decode_bins(data, math.prod(shape), low).reshape(shape)
    return unpack_array(data, coder, dtype, shape).astype(np.int64) + low

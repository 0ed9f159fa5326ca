"""Whole numbers as the bin they lie in, entropy coded, and their place in it, bit by bit.

A bin is [i 2^l, (i + 1) 2^l): narrow where the numbers are frequent, wide in the tails. The bins are the pruning of the binary
tree of all of them that gives the fewest bits, what a bin itself costs included. The bytes: lengths of the first two of the three
parts (uint32 each), bins (deflated: levels, frequencies, gaps), states and words of `rans.py`, places.
"""

from __future__ import annotations

import zlib

import numpy as np

from tmvalite.compression import rans

TOP = 1 << 56  # numbers are below
_BIN_BITS = 18.0  # what a bin costs in the table, about
_GAP_BITS = 2.0  # what a half without entries costs there
_MAX_BINS = 1 << 11
_TABLE = 1 + 2 + 8  # bytes of a bin before they are deflated


def find_bins(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """First number, level and entries (B,) of every bin of whole numbers 0 <= values < 2^56, and the bits that they need."""
    total = values.size
    node, counts = np.unique(values.astype(np.int64), return_counts=True)
    if not total:
        return node, node, node, 0.0
    best, top = _leaf_bits(counts, 0, total), int(node[-1]).bit_length()
    is_leaf = [np.ones(len(node), bool)]
    nodes, entries = [node], [counts]
    for level in range(1, top + 1):
        parent = node >> 1
        first = np.flatnonzero(np.concatenate([[True], parent[1:] != parent[:-1]]))
        counts, split = np.add.reduceat(counts, first), np.add.reduceat(best, first)
        split += np.where(np.diff(first, append=len(parent)) == 1, _GAP_BITS, 0.0)
        node, whole = parent[first], _leaf_bits(counts, level, total)
        is_leaf.append(whole <= split)
        best = np.minimum(whole, split)
        nodes.append(node)
        entries.append(counts)
    starts, levels, sizes = [], [], []
    alive = nodes[-1]
    for level in range(top, -1, -1):  # only nodes whose ancestors are split
        here = np.isin(nodes[level], alive)
        leaf = here & is_leaf[level]
        starts.append(nodes[level][leaf] << level)
        levels.append(np.full(int(leaf.sum()), level))
        sizes.append(entries[level][leaf])
        inner = nodes[level][here & ~leaf]
        alive = np.concatenate([2 * inner, 2 * inner + 1])
    starts, levels, sizes = map(np.concatenate, (starts, levels, sizes))
    order = np.argsort(starts)
    return starts[order], levels[order], sizes[order], float(best.sum())


def _leaf_bits(counts: np.ndarray, level: int, total: int) -> np.ndarray:
    return counts * (level + np.log2(total / counts)) + _BIN_BITS


def encode_bins(values: np.ndarray) -> bytes | None:
    """Whole numbers (N,) as bytes, or None where bins are of no use: too many of them, or numbers that are too large."""
    if values.size and (int(values.max()) >= TOP or int(values.min()) < 0):
        return None
    starts, levels, counts, _ = find_bins(values)
    if not 0 < len(starts) <= _MAX_BINS:
        return None
    bits = _probability_bits(values.size)
    frequencies = _frequencies(counts, bits)
    values = values.astype(np.int64)
    symbols = np.searchsorted(starts, values, side="right") - 1
    gaps = starts - np.concatenate([[0], (starts + (1 << levels))[:-1]])
    table = levels.astype(np.uint8).tobytes() + _planes(frequencies.astype("<u2")) + _planes(gaps.astype("<u8"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    table = packer.compress(table) + packer.flush()
    words = rans.encode(symbols, frequencies, bits)
    lengths = levels[symbols]
    ends = np.cumsum(lengths)
    places = np.zeros(int(ends[-1]), np.uint8)
    place = values - starts[symbols]
    for bit in range(int(levels.max())):
        wide = np.flatnonzero(lengths > bit)
        places[ends[wide] - lengths[wide] + bit] = (place[wide] >> bit) & 1
    sizes = np.array([len(table), len(words)], "<u4").tobytes()
    return sizes + table + words + np.packbits(places, bitorder="little").tobytes()


def decode_bins(data: bytes, count: int) -> np.ndarray:
    """The numbers (count,) of `encode_bins`, as int64. Raises ValueError if the bytes are not of this kind."""
    if len(data) < 8 or not count:
        raise ValueError("bins that are cut off")
    n_table, n_words = (int(size) for size in np.frombuffer(data, "<u4", 2))
    if 8 + n_table + n_words > len(data):
        raise ValueError("bins that are cut off")
    starts, levels, frequencies = _read_table(data[8 : 8 + n_table])
    symbols = rans.decode(data[8 + n_table : 8 + n_table + n_words], count, frequencies, _probability_bits(count))
    lengths = levels[symbols]
    ends = np.cumsum(lengths)
    packed = np.frombuffer(data, np.uint8, offset=8 + n_table + n_words)
    if len(packed) != (int(ends[-1]) + 7) // 8:
        raise ValueError("places of another length")
    places = np.unpackbits(packed, bitorder="little")
    out = starts[symbols]
    for bit in range(int(levels.max())):
        wide = np.flatnonzero(lengths > bit)
        out[wide] += places[ends[wide] - lengths[wide] + bit].astype(np.int64) << bit
    return out


def _read_table(data: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    unpacker = zlib.decompressobj(-15)
    try:
        table = unpacker.decompress(data, _TABLE * _MAX_BINS + 1)
    except zlib.error as problem:
        raise ValueError("table of bins") from problem
    n = len(table) // _TABLE
    if not 0 < n <= _MAX_BINS or len(table) != n * _TABLE or not unpacker.eof or unpacker.unused_data:
        raise ValueError("table of bins")
    levels = np.frombuffer(table, np.uint8, n).astype(np.int64)
    frequencies = _from_planes(table[n : 3 * n], "<u2")
    gaps = _from_planes(table[3 * n :], "<u8")
    if int(levels.max()) > 56 or int(gaps.max()) >= TOP:
        raise ValueError("bins that are too wide")
    ends = np.cumsum(gaps.astype(np.float64) + 2.0**levels)
    if ends[-1] > 2.0**57:
        raise ValueError("bins that are too wide")
    gaps = gaps.astype(np.int64)
    return np.cumsum(gaps + (1 << levels)) - (1 << levels), levels, frequencies


def _probability_bits(count: int) -> int:
    return 12 if count < 1 << 16 else 15


def _frequencies(counts: np.ndarray, bits: int) -> np.ndarray:
    """Counts as positive whole numbers that sum to 2^bits."""
    out = np.maximum(1, np.rint(counts * (2.0**bits / counts.sum()))).astype(np.int64)
    while (spare := (1 << bits) - int(out.sum())) != 0:
        largest = int(np.argmax(out))
        out[largest] += max(spare, -(out[largest] // 2))
    return out


def _planes(array: np.ndarray) -> bytes:
    return array.view(np.uint8).reshape(len(array), -1).T.tobytes()


def _from_planes(data: bytes, dtype: str) -> np.ndarray:
    size = np.dtype(dtype).itemsize
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(size, -1).T).view(dtype).reshape(-1)

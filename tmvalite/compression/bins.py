"""Whole numbers as the bin they lie in, entropy coded, and their place in it, bit by bit.

A bin is [i 2^l, (i + 1) 2^l): narrow where the numbers are frequent, wide in the tails. The bins are the pruning of the binary
tree of all of them that gives the fewest bits, what a bin itself costs included. The bytes: three lengths (bins, bytes of their
table, words; `varint.py`), the table (levels, frequencies, gaps between bins, of many bins the bytes of one place together;
deflated where that is shorter), states and words of `bin_kernels.py`, places.
"""

from __future__ import annotations

import zlib

import numpy as np

from tmvalite.compression.varint import read_varints, write_varints

TOP = 1 << 56  # numbers are below
_BIN_BITS = 18.0  # what a bin costs in the table, about
_GAP_BITS = 2.0  # what a half without entries costs there
_MAX_BINS = 1 << 11
_TABLE = 1 + 3 + 8  # bytes of a bin at most
_FEW = 16  # bins up to which frequencies and gaps are numbers of seven bits a byte
_WIDE = 1 << 20  # span up to which numbers are counted one by one
_SEARCHED = 16  # bits by which a number finds its bin, or the few among which it lies


def find_bins(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """First number, level and entries (B,) of every bin of whole numbers 0 <= values < 2^56, and the bits that they need."""
    total = values.size
    if not total:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), 0.0
    node, counts = _counted(values)
    from tmvalite.compression import bin_search  # loads the compiler

    n, top = len(node), int(node[-1]).bit_length()
    room = n * (top + 1)  # of which no more is used than there are nodes
    nodes, entries, child, best = (np.empty(room, kind) for kind in (np.int64, np.int64, np.int64, np.float64))
    nodes[:n], entries[:n] = node, counts
    starts, levels, sizes = np.empty((3, n), np.int64)
    first = np.empty(top + 2, np.int64)
    run = bin_search.prune.get("float64")
    found = run(n, top, float(total), _BIN_BITS, _GAP_BITS, nodes, entries, best, child, first, starts, levels, sizes)
    order = np.argsort(starts[:found])
    return starts[order], levels[order], sizes[order], float(best[0])


def _counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which numbers there are, rising, and how often each."""
    if values.dtype.kind != "u" and int(values.max()) < min(_WIDE, 64 * values.size + 1024):
        counts = np.bincount(values)
        node = np.flatnonzero(counts)
        return node, counts[node]
    return np.unique(values.astype(np.int64), return_counts=True)


def encode_bins(values: np.ndarray, low: int = 0) -> bytes | None:
    """Whole numbers (N,) less `low` as bytes, or None where bins are of no use: too many of them, or too large numbers."""
    from tmvalite.compression import bin_kernels  # loads the compiler

    values = np.ascontiguousarray(values, np.int64)
    if not values.size or int(values.min()) < low or int(values.max()) - low >= TOP:
        return None
    starts, levels, counts, _ = find_bins(values - low if low else values)
    if len(starts) > _MAX_BINS:
        return None
    bits, n = _probability_bits(len(values)), len(values)
    frequencies = _frequencies(counts, bits)
    sums = np.cumsum(frequencies) - frequencies
    shift = max(0, (int(values.max()) - low).bit_length() - _SEARCHED)
    first = np.searchsorted(starts, np.arange(((int(values.max()) - low) >> shift) + 3) << shift, side="right") - 1
    symbols, states, words = np.empty(n, np.uint16), np.empty(_states(n), np.int64), np.empty(n + 1, np.uint16)
    places = np.zeros(int(counts @ levels) // 32 + 2, np.uint32)
    bin_kernels.find_symbols.get("float64")(values, low, starts, np.ascontiguousarray(first, np.int64), shift, symbols)
    at = bin_kernels.encode_symbols.get("float64")(symbols, frequencies, sums, bits, states, words)
    used = bin_kernels.write_places.get("float64")(values, low, symbols, starts, levels, places)
    gaps = starts - np.concatenate([[0], (starts + (1 << levels))[:-1]])
    table = levels.astype(np.uint8).tobytes()
    if len(starts) <= _FEW:
        table += write_varints([*frequencies.tolist(), *gaps.tolist()])
    else:
        table += _planes(frequencies.astype("<u2")) + _planes(gaps.astype("<u8"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    short = packer.compress(table) + packer.flush()
    table = min(table, short, key=len)
    sizes = write_varints([len(starts), 2 * len(table) + (table is short), n + 1 - at])
    words = states.astype("<u4").tobytes() + words[at:].astype("<u2").tobytes()
    return sizes + table + words + places.astype("<u4").tobytes()[: (used + 7) // 8]


def decode_bins(data: bytes, count: int, low: int = 0) -> np.ndarray:
    """The numbers (count,) of `encode_bins`, as int64. Raises ValueError if the bytes are not of this kind."""
    from tmvalite.compression import bin_kernels

    (n_bins, n_table, n_words), at = read_varints(data, 3)
    n_table, packed, lanes = n_table // 2, n_table % 2, _states(count)
    end = at + n_table + 4 * lanes + 2 * n_words
    if not count or end > len(data):
        raise ValueError("bins that are cut off")
    bits = _probability_bits(count)
    starts, levels, frequencies = _read_table(data[at : at + n_table], packed, n_bins, bits)
    at += n_table
    states = np.frombuffer(data, "<u4", lanes, at).astype(np.int64)
    words = np.frombuffer(data[at + 4 * lanes : end] + bytes(2), "<u2").astype(np.uint16)
    places = np.frombuffer(data[end:] + bytes(8 + -(len(data) - end) % 4), "<u4").astype(np.uint32)
    symbols, out = np.empty(count, np.uint16), np.empty(count, np.int64)
    of_slot = np.repeat(np.arange(n_bins, dtype=np.uint16), frequencies)
    sums = np.cumsum(frequencies) - frequencies
    if not bin_kernels.decode_symbols.get("float64")(words, states, of_slot, frequencies, sums, bits, symbols):
        raise ValueError("words that do not fit")
    used = bin_kernels.read_places.get("float64")(places, symbols, starts, levels, low, out)
    if (used + 7) // 8 != len(data) - end:
        raise ValueError("places of another length")
    return out


def _read_table(data: bytes, packed: int, n: int, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not 0 < n <= _MAX_BINS:
        raise ValueError("number of bins")
    if packed:
        unpacker = zlib.decompressobj(-15)
        try:
            data = unpacker.decompress(data, _TABLE * n + 1)
        except zlib.error as problem:
            raise ValueError("table of bins") from problem
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("table of bins")
    levels = np.frombuffer(data[:n], np.uint8).astype(np.int64)
    if n <= _FEW:
        numbers, end = read_varints(data, 2 * n, n)
        frequencies, gaps = np.array(numbers[:n], np.int64), np.array(numbers[n:], np.int64)
    else:
        end = 11 * n
        frequencies, gaps = _from_planes(data[n : 3 * n], "<u2"), _from_planes(data[3 * n : end], "<u8")
    if end != len(data) or int(levels.max()) > 56 or not 0 <= int(gaps.min()) <= int(gaps.max()) < TOP:
        raise ValueError("table of bins")
    if float(np.sum(gaps + 2.0**levels)) > 2.0**57 or int(frequencies.max()) > 1 << bits or int(frequencies.sum()) != 1 << bits:
        raise ValueError("bins that are too wide, or frequencies")
    return np.cumsum(gaps + (1 << levels)) - (1 << levels), levels, frequencies


def _planes(array: np.ndarray) -> bytes:
    return array.view(np.uint8).reshape(len(array), -1).T.tobytes()


def _from_planes(data: bytes, dtype: str) -> np.ndarray:
    size = np.dtype(dtype).itemsize
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(size, -1).T).view(dtype).reshape(-1).astype(np.int64)


def _states(count: int) -> int:
    """L of `bin_kernels.py`; a state takes four bytes."""
    return 1 << min(3, max(0, count // 1024).bit_length())


def _probability_bits(count: int) -> int:
    return 12 if count < 1 << 16 else 15


def _frequencies(counts: np.ndarray, bits: int) -> np.ndarray:
    """Counts as positive whole numbers that sum to 2^bits."""
    out = np.maximum(1, np.rint(counts * (2.0**bits / counts.sum()))).astype(np.int64)
    while (spare := (1 << bits) - int(out.sum())) != 0:
        largest = int(np.argmax(out))
        out[largest] += max(spare, -(out[largest] // 2))
    return out

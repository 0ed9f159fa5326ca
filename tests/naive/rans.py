"""Entropy coding of symbols by their frequencies (asymmetric numeral systems, Duda, arXiv:1311.2540), many states at a time.

Symbol i belongs to state i modulo L; a state has 32 bits, a word 16. Words are written in the order in which they are read.
"""

import numpy as np

LOWEST = 1 << 16  # a state is at least this


def encode(symbols, frequencies, bits, lanes):
    """Symbols (N,) below S as bytes; frequencies (S,) are positive where they occur and sum to 2^bits, bits <= 16."""
    frequencies = frequencies.astype(np.uint64)
    starts = np.cumsum(frequencies) - frequencies
    n = len(symbols)
    states = np.full(lanes, LOWEST, np.uint64)
    words, shift = [], np.uint64(bits)
    for at in range((n - 1) // lanes * lanes, -1, -lanes) if n else ():
        s = symbols[at : at + lanes]
        x, f = states[: len(s)], frequencies[s]
        over = x >= f << np.uint64(32 - bits)
        words.append(x[over].astype("<u2"))  # the low half
        x[over] >>= np.uint64(16)
        quotient = x // f
        states[: len(s)] = (quotient << shift) + (x - quotient * f) + starts[s]
    return states.astype("<u4").tobytes() + b"".join(word.tobytes() for word in reversed(words))


def decode(data, count, frequencies, bits, lanes):
    """The symbols (count,) of `encode`, as uint16. Raises ValueError if the bytes are not of this kind."""
    if len(frequencies) > 1 << 16 or int(frequencies.sum()) != 1 << bits:
        raise ValueError("frequencies")
    if len(data) < 4 * lanes or len(data) % 2:
        raise ValueError("length of the states")
    states = np.frombuffer(data, "<u4", lanes).astype(np.uint64)
    words, used = np.frombuffer(data, "<u2", offset=4 * lanes).astype(np.uint64), 0
    of_slot = np.repeat(np.arange(len(frequencies), dtype=np.uint16), frequencies.astype(np.int64))
    frequencies = frequencies.astype(np.uint64)
    starts = np.cumsum(frequencies) - frequencies
    out = np.empty(count, np.uint16)
    mask, shift = np.uint64((1 << bits) - 1), np.uint64(bits)
    for at in range(0, count, lanes):
        x = states[: count - at]
        slot = x & mask
        s = of_slot[slot]
        out[at : at + lanes] = s
        x = frequencies[s] * (x >> shift) + slot - starts[s]
        under = np.flatnonzero(x < LOWEST)
        if used + len(under) > len(words):
            raise ValueError("too few words")
        x[under] = (x[under] << np.uint64(16)) | words[used : used + len(under)]
        used += len(under)
        states[: len(x)] = x
    if used != len(words) or (states != LOWEST).any():
        raise ValueError("words that do not fit")
    return out

"""Bins of whole numbers as code words: asymmetric numeral systems (Duda, arXiv:1311.2540) with many states, and bits of places.

Number i belongs to state i modulo L. A state has 32 bits, a word 16; words stand in the order in which they are read, and so do
the places of the numbers in their bins, each as many bits as its bin has, in whole words of 32.
"""

from __future__ import annotations

import numpy as np
from numba.core import types

from tmvalite.kernels._jit import entry_point

LOWEST = 1 << 16  # a state is at least this
_WHOLE = types.int64


def _in(kind):
    return types.Array(kind, 1, "C", readonly=True)


def _out(kind):
    return types.Array(kind, 1, "C")


def _find_signature(element):
    return (_in(_WHOLE), _WHOLE, _in(_WHOLE), _in(_WHOLE), _WHOLE, _out(types.uint16))


@entry_point(_find_signature)
def find_symbols(values, low, starts, first, shift, symbols):
    """symbols[i] = the bin in which values[i] - low lies.

    starts (B,) rising; first[t]: the bin of t 2^shift, for every t up to one beyond that of the largest number
    """
    for i in range(len(values)):
        v = values[i] - low
        t = v >> shift
        a, b = first[t], first[t + 1]
        while a < b:
            middle = (a + b + 1) >> 1
            if starts[middle] <= v:
                a = middle
            else:
                b = middle - 1
        symbols[i] = a


def _encode_signature(element):
    return (_in(types.uint16), _in(_WHOLE), _in(_WHOLE), _WHOLE, _out(_WHOLE), _out(types.uint16))


@entry_point(_encode_signature)
def encode_symbols(symbols, frequencies, sums, bits, states, words):
    """Fill `words` from its end; the place of the first one. states (L,), L a power of two, become those that are written."""
    lanes, at = len(states), len(words) - 1  # where the next word goes
    over = 32 - bits
    for k in range(lanes):
        states[k] = LOWEST
    for i in range(len(symbols) - 1, -1, -1):
        s, lane = symbols[i], i & (lanes - 1)
        x, f = states[lane], frequencies[s]
        words[at] = x & 0xFFFF
        full = x >= f << over
        at -= 1 if full else 0
        x = x >> 16 if full else x
        q = np.int64(np.float64(x) / np.float64(f))  # below 2^32, so exact to one
        states[lane] = (q << bits) + (x - q * f) + sums[s]
    return at + 1


def _places_signature(element):
    return (_in(_WHOLE), _WHOLE, _in(types.uint16), _in(_WHOLE), _in(_WHOLE), _out(types.uint32))


@entry_point(_places_signature)
def write_places(values, low, symbols, starts, levels, places):
    """The bits of the places; how many there are."""
    held, n, at, total = np.uint64(0), 0, 0, 0
    for i in range(len(values)):
        s = symbols[i]
        left = levels[s]
        place = np.uint64(values[i] - low - starts[s])
        total += left
        while left > 0:
            part = min(left, 32)
            held |= (place & np.uint64((1 << part) - 1)) << np.uint64(n)
            place >>= np.uint64(part)
            n += part
            left -= part
            if n >= 32:
                places[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
                held >>= np.uint64(32)
                n -= 32
                at += 1
    if n > 0:
        places[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
    return total


def _decode_signature(element):
    return (_in(types.uint16), _out(_WHOLE), _in(types.uint16), _in(_WHOLE), _in(_WHOLE), _WHOLE, _out(types.uint16))


@entry_point(_decode_signature)
def decode_symbols(words, states, of_slot, frequencies, sums, bits, symbols):
    """The symbols of `encode_symbols`; whether all words were used and all states end where they began.

    words : as they were written, and one more that counts for nothing
    of_slot (2^bits,) : the symbol of every slot
    """
    lanes, used, n_words, mask = len(states), 0, len(words) - 1, (1 << bits) - 1
    for i in range(len(symbols)):
        lane = i & (lanes - 1)
        x = states[lane]
        slot = x & mask
        s = of_slot[slot]
        symbols[i] = s
        x = frequencies[s] * (x >> bits) + slot - sums[s]
        under = x < LOWEST
        word = np.int64(words[min(used, n_words)])
        states[lane] = (x << 16) | word if under else x
        used += 1 if under else 0
    good = used == n_words
    for k in range(lanes):
        good = good and states[k] == LOWEST
    return good


def _read_signature(element):
    return (_in(types.uint32), _in(types.uint16), _in(_WHOLE), _in(_WHOLE), _WHOLE, _out(_WHOLE))


@entry_point(_read_signature)
def read_places(places, symbols, starts, levels, low, values):
    """values[i] = low + the start of its bin + its place there; the bits that were read, -1 where there are too few.

    places : as they were written, and two words more that count for nothing
    """
    position, limit = 0, 32 * (len(places) - 2)
    for i in range(len(symbols)):
        s = symbols[i]
        level, word, bit = levels[s], position >> 5, np.uint64(position & 31)
        position += level
        if position > limit:
            return -1
        held = (np.uint64(places[word]) | np.uint64(places[word + 1]) << np.uint64(32)) >> bit
        if level > 32:
            wide = np.uint64(places[word + 1]) | np.uint64(places[word + 2]) << np.uint64(32)
            held = (held & np.uint64(0xFFFFFFFF)) | (wide >> bit) << np.uint64(32)
        values[i] = low + starts[s] + np.int64(held & ((np.uint64(1) << np.uint64(level)) - np.uint64(1)))
    return position

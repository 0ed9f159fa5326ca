"""A small network that predicts the steps of a column from those of others, in whole numbers: the same bits everywhere.

Inputs, weights and what layers hand on are whole numbers in doubles. Their products and all sums of them stay below 2^53, so that
matrix products are exact in whatever order a machine sums them, with fused operations or without. All else is one division or
multiplication, which IEEE 754 rounds correctly, and `rint`. No function is used that libraries round in their own way: layers are
SOFTSIGN, x / (1 + |x|).

    inputs      [[column, kind, centre, size], ...]: kind 0: its steps, 1: the entries that they stand for
    hidden      widths of the SOFTSIGN layers; one LINEAR output follows
    bits        weights are whole numbers of 2^-bits
    size        steps that an output of 1 is
    weights     [coder, bytes a number, count, text in base 64]: of all layers, Weights (outputs, inputs) and then Biases
"""

from __future__ import annotations

import base64
import binascii
import itertools
import math

import numpy as np

from tmvalite.compression.array_coder import CODERS, pack_array, unpack_array
from tmvalite.compression.steps import from_steps

UNIT = 1 << 12  # that stands for 1 in what a layer reads
REACH = 8  # inputs beyond so many standard deviations are cut
MOST_INPUTS, MOST_HIDDEN, MOST_BITS = 64, (64, 64), 12
_LARGEST = 1 << 15  # of weights: 2^15 UNIT REACH MOST_INPUTS is below 2^37, and UNIT times that below 2^53
_ROWS = 1 << 15  # at a time
_MOST = 1 << 23  # inputs of all rows: twice the numbers of a chunk, and some


def input_of(entry: list, steps: np.ndarray, record: dict) -> np.ndarray:
    """(N,) float64 whole numbers: an input of the network. Raises ValueError for what is none."""
    _, kind, centre, size = entry
    if not (math.isfinite(centre) and 0.0 < size < math.inf) or kind not in (0, 1):
        raise ValueError("input of a network")
    values = entries_of(steps, record) if kind else steps.astype(np.float64)
    with np.errstate(all="ignore"):
        scaled = (values - centre) / size
    return np.rint(np.fmax(np.fmin(scaled, REACH), -REACH) * UNIT)


def entries_of(steps: np.ndarray, record: dict) -> np.ndarray:
    """(N,) float64, what steps stand for; 0 for entries that are kept as they are."""
    known = {"exponent": 0, "special": None} | record
    v = steps if known["special"] is None else np.where(steps == known["special"], 0, steps)
    return from_steps(v, known["mode"], known["size"], known["exponent"], np.dtype(np.float64), whole=False, digits=0)


def pack_weights(layers: list[tuple[np.ndarray, np.ndarray]], bits: int) -> list | None:
    """Weights (outputs, inputs) and biases (outputs,) of all layers as the header states them; None if one is too large."""
    flat = np.concatenate([part.ravel() for layer in layers for part in layer])
    whole = np.rint(flat * 2.0**bits)
    if not np.abs(whole).max() < _LARGEST:
        return None
    whole = whole.astype(np.int64)
    folded = np.where(whole < 0, -2 * whole - 1, 2 * whole)
    packed = pack_array(folded.astype(np.min_scalar_type(int(folded.max()))))
    text = base64.b64encode(packed.data).decode("ascii")
    return [CODERS.index(packed.coder), packed.dtype.itemsize, packed.count, text]


def network_bytes(network: dict | None) -> int:
    """Bytes that a network takes in the header, about."""
    if not network:
        return 0
    return 60 + 11 * len(network["inputs"]) + len(network["weights"][3]) * 4 // 5


def _layers(network: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    inputs, hidden = network["inputs"], network["hidden"]
    if not 0 < len(inputs) <= MOST_INPUTS or len(hidden) > len(MOST_HIDDEN):
        raise ValueError("layers of a network")
    if not all(type(width) is int and 0 < width <= most for width, most in zip(hidden, MOST_HIDDEN)):
        raise ValueError("layers of a network")
    shapes = [(n, m) for m, n in itertools.pairwise([len(inputs), *hidden, 1])]
    coder, itemsize, count, text = network["weights"]
    if count != sum(n * m + n for n, m in shapes) or itemsize not in (1, 2, 4):
        raise ValueError("weights of a network")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError("weights of a network") from problem
    folded = unpack_array(data, CODERS[coder], np.dtype(f"u{itemsize}"), (count,)).astype(np.int64)
    whole = np.where(folded & 1, -(folded + 1) // 2, folded // 2).astype(np.float64)
    if np.abs(whole).max() >= _LARGEST:
        raise ValueError("weights of a network")
    layers, at = [], 0
    for n, m in shapes:
        layers.append((whole[at : at + n * m].reshape(n, m), whole[at + n * m : at + n * m + n]))
        at += n * m + n
    return layers


def predicted(network: dict, columns: dict[int, np.ndarray], records: dict[int, dict]) -> np.ndarray:
    """(N,) int64, what the network adds to a prediction.

    Raises ValueError, KeyError or TypeError for what is no network, or one of other columns.
    """
    layers, bits, size = _layers(network), network["bits"], float(network["size"])
    if type(bits) is not int or not 0 <= bits <= MOST_BITS or not 0.0 < size < 2.0**24:
        raise ValueError("weights of a network")
    unit = float(UNIT << bits)
    inputs = network["inputs"]
    n = len(columns[inputs[0][0]])
    if n * len(inputs) > _MOST:
        raise ValueError("inputs of a network")
    out = np.empty(n, np.int64)
    for at in range(0, n, _ROWS):
        rows = slice(at, at + _ROWS)
        x = np.stack([input_of(entry, columns[entry[0]][rows], records[entry[0]]) for entry in inputs], axis=1)
        for weights, biases in layers[:-1]:
            z = x @ weights.T + biases * UNIT
            x = np.rint(z * UNIT / (unit + np.abs(z)))
        weights, biases = layers[-1]
        z = x @ weights[0] + biases[0] * UNIT
        out[rows] = np.rint(z * (size / unit))
    return out

"""A network trained on the first rows of a table to predict the steps of a column from those of columns before it.

First a network reads all columns and says by its weights which of them matter; where it gains nothing, that is all. Another one,
small enough to be written beside the residuals, then learns from these columns alone.
"""

from __future__ import annotations

import itertools

import numpy as np

from tmvalite.compression.predictors import KnownSteps, bits_of, needed_columns, residuals
from tmvalite.compression.whole_network import MOST_INPUTS, UNIT, entries_of, input_of, network_bytes, pack_weights, predicted

_ROWS = 1 << 14  # of the sample
_FEWEST = 1000  # rows below which no network pays for its weights
_CHECKED = 5  # every so many rows of the sample are not learnt from
_READ = 28  # columns before, the nearest
_LEAST = 150.0  # bytes that must be gained
_FIRST = ((24, 12), 30)  # widths and epochs of the network that reads all columns
_WIDTHS = (((8,), 40), ((24, 12), 250))
_ROUNDS = 1  # of leaving out columns before the last
_HOPE = 2.5  # of the bytes that are to be beaten, which the first network may take without a line: more epochs follow
_BITS = (3, 4, 5, 7)
_PART = 0.02  # of what a network gains, that an input must be worth
_CUT = 6.0  # widths, beyond which an entry is a surprise that teaches nothing


def find_network(values: np.ndarray, special: int | None, base: dict | None, columns: KnownSteps) -> dict | None:
    """A prediction with a network, on top of another one or alone; None if none seems to pay.

    Parameters
    ----------
    values : (N,) int64
        Steps of the column; `special` are those of entries that are kept as they are.
    base : dict or None
        The prediction by a line and curves.
    columns : KnownSteps
        Steps of the columns before, and how they are read.
    """
    if len(values) < _FEWEST or not columns:
        return None
    best, least, limit = None, np.inf, None
    for start in [base, None] if base else [None]:
        sample = _Sample(values, special, start, columns)
        limit = limit or sample.before - _LEAST
        inputs = [entry for i in list(columns)[-_READ:] for entry in _inputs(i, sample)][:MOST_INPUTS]
        if sample.size < 0.5 or limit < 0.0 or not inputs:
            continue
        choices = [[entry for entry in inputs if entry[0] in needed_columns(base)]] if base and start is None else []
        layers = sample.train(inputs, *_FIRST)
        if sample.bytes_after(sample.network(inputs, layers, 8)) <= limit * (_HOPE if choices else 1.0):
            for _ in range(_ROUNDS):  # what is left out disturbs the others no more
                inputs = sample.needed(inputs, layers)
                layers = sample.train(inputs, *_FIRST)
            choices.append(sample.needed(inputs, layers))
        for inputs, (hidden, epochs) in itertools.product(filter(None, choices), _WIDTHS):
            layers = sample.train(inputs, hidden, epochs)
            for network in [sample.network(inputs, layers, bits) for bits in _BITS]:
                size = sample.bytes_after(network) + network_bytes(network)
                if size < min(least, limit):
                    best, least = (start or {"columns": [], "line": [0.0]}) | {"network": network}, size
    return best


class _Sample:
    """Rows on which networks are trained and compared."""

    def __init__(self, values: np.ndarray, special: int, base: dict | None, columns: KnownSteps):
        rows = slice(None, None, max(1, len(values) // _ROWS))
        self.columns = columns.part(rows, set(columns))
        left, self.good = residuals(values[rows], base, self.columns), values[rows] != special
        self.n = len(values)
        at = np.arange(len(left))
        self.learnt, self.checked = self.good & (at % _CHECKED != 0), self.good & (at % _CHECKED == 0)
        self.left = left
        self.size, self.middle = 0.0, 0.0
        self.before = 0.0  # bytes of the whole column, by the rows that are not learnt from
        if self.learnt.sum() > _FEWEST // 2 and self.checked.any():
            low, self.middle, high = (float(q) for q in np.quantile(left[self.learnt], [0.16, 0.5, 0.84]))
            self.size = float(f"{(high - low) / 2:.5g}")
            self.before = self._bytes(left[self.checked])

    def _bytes(self, left: np.ndarray) -> float:
        return bits_of(left) / 8 * self.n / len(left)

    def train(self, inputs: list[list], hidden: tuple[int, ...], epochs: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights and biases of every layer of a network that was trained here."""
        from tmvalite.methods import MethodDL

        x = self.read(inputs)[self.learnt] / UNIT
        y = np.clip((self.left[self.learnt] - self.middle) / self.size, -_CUT, _CUT)
        layout = ",".join([*(f"SOFTSIGN|{width}" for width in hidden), "LINEAR"])
        strategy = f"LearningRate=5e-3,BatchSize=64,MaxEpochs={epochs},ConvergenceSteps={epochs},Optimizer=ADAM,TestRepetitions=1"
        method = MethodDL(
            Layout=layout,
            TrainingStrategy=strategy + ",LearningRateSchedule=COSINE",
            analysis_type="regression",
            RandomSeed=1,
            Threads=1,
            verbose=False,
        )
        method.fit(x.astype(np.float32), y.astype(np.float32))
        network = method.network
        layers = [
            tuple(network.parameters.get(node.name, name) for name in ("Weights", "Biases")) for node in network.graph.nodes
        ]
        layers = [(np.asarray(w, np.float64), np.asarray(b, np.float64).ravel()) for w, b in layers]
        layers[-1][1][:] += self.middle / self.size
        return layers

    def read(self, inputs: list[list]) -> np.ndarray:
        """(rows, inputs) whole numbers."""
        return np.stack([input_of(e, self.columns[e[0]], self.columns.records[e[0]]) for e in inputs], axis=1)

    def network(self, inputs: list[list], layers, bits: int) -> dict | None:
        """What the header states of a network; None if its weights are too large."""
        weights = pack_weights(layers, bits)
        hidden = [len(biases) for _, biases in layers[:-1]]
        return weights and {"inputs": inputs, "hidden": hidden, "bits": bits, "size": self.size, "weights": weights}

    def bytes_after(self, network: dict | None) -> float:
        """Bytes of the whole column less its prediction, by the rows that are not learnt from."""
        if network is None:
            return np.inf
        return self._bytes((self.left - predicted(network, self.columns, self.columns.records))[self.checked])

    def needed(self, inputs: list[list], layers) -> list[list]:
        """The inputs without which a network predicts worse: each is exchanged between the rows."""
        x, left = self.read(inputs)[self.checked] / UNIT, self.left[self.checked]
        at_best = self._bytes(left - self._output(layers, x))
        worth = []
        for k in range(len(inputs)):
            kept = x[:, k].copy()
            x[:, k] = np.roll(kept, len(kept) // 2)
            worth.append(self._bytes(left - self._output(layers, x)) - at_best)
            x[:, k] = kept
        least = max(_PART * sum(w for w in worth if w > 0.0), 20.0)
        return [entry for entry, w in zip(inputs, worth) if w > least] or inputs

    def _output(self, layers, x: np.ndarray) -> np.ndarray:
        """(rows,) int64, in steps, about."""
        for weights, biases in layers[:-1]:
            x = x @ weights.T + biases
            x = x / (1.0 + np.abs(x))
        return np.rint((x @ layers[-1][0][0] + layers[-1][1][0]) * self.size).astype(np.int64)


def _inputs(i: int, sample: _Sample) -> list[list]:
    """The steps of a column, and the entries that they stand for if these are no multiple."""
    out, steps, record = [], sample.columns[i], sample.columns.records[i]
    for kind in (0, 1) if record["mode"] == "ratio" else (0,):
        values = (entries_of(steps, record) if kind else steps.astype(np.float64))[sample.good]
        low, middle, high = np.quantile(values, [0.16, 0.5, 0.84])
        size = (high - low) / 2 or values.std()
        if size > 0.0 and np.isfinite(size):
            out.append([i, kind, float(f"{middle:.3g}"), float(f"{size:.3g}")])
    return out

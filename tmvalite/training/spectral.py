"""Spectral normalisation: weight matrices W = V / sigma(V), where sigma is the largest singular value and V what is trained.

The network has W all the time: it is scored, saved and exported as any other. Only the training knows V. sigma = u V v with the
singular vectors u and v, which follow V by one step of the power method an update and count as constants in the gradient:
dL/dV = (dL/dW - <dL/dW, W> u v^T) / sigma. Source: Miyato et al., arXiv:1802.05957, equations 8 to 12 and algorithm 1.
"""

from __future__ import annotations

import numpy as np

FIRST_STEPS = 30  # of the power method before the first update
LEAST = 1e-12


class SpectralNorm:
    """Stands between the trained matrices V and those of the network, W; `shape` of a `training.alternating.Turn`.

    Parameters
    ----------
    network : Network
        The weight matrices that it trains are normalised: those that L2 regularisation acts on.
    """

    def __init__(self, network):
        self.flat = network.parameters.flat
        self.slots = [slot for slot in network.plan.slots if slot.trained and slot.decays]
        self._raw: list[np.ndarray] = []
        self._vectors: list[tuple[np.ndarray, np.ndarray]] = []
        self._sigmas: list[float] = []

    def begin(self) -> None:
        """Take the matrices of the network for V, find their vectors, and normalise them."""
        self._raw = [slot.view(self.flat).copy() for slot in self.slots]
        self._vectors = []
        for raw in self._raw:
            rows, columns = raw.shape
            # no random numbers: a vector that no matrix is likely to be at right angles to
            u = _unit(np.cos(np.arange(1, rows + 1)) + 0.5)
            for _ in range(FIRST_STEPS):
                u, v = _stepped(raw, u)
            self._vectors.append((u, v))
        self._sigmas = [1.0] * len(self.slots)
        self._normalise()

    def before(self) -> None:
        """Called before the gradient is computed, by W."""

    def gradient(self, gradient: np.ndarray) -> np.ndarray:
        """From the gradient by W to that by V, in place; the network then has V, which a step may change."""
        for slot, raw, sigma, (u, v) in zip(self.slots, self._raw, self._sigmas, self._vectors, strict=True):
            g, w = slot.view(gradient), slot.view(self.flat)
            inner = float(np.sum(g.astype(np.float64) * w))
            g[:] = (g - inner * np.outer(u, v)) / sigma
            w[:] = raw
        return gradient

    def after(self) -> None:
        """Take V from the network, follow its vectors, and normalise."""
        for number, slot in enumerate(self.slots):
            self._raw[number] = slot.view(self.flat).copy()
            self._vectors[number] = _stepped(self._raw[number], self._vectors[number][0])
        self._normalise()

    def memory(self) -> list[np.ndarray]:
        """What `remember` goes on from: the matrices V, their vectors, and the singular values."""
        pairs = (array.copy() for pair in self._vectors for array in pair)
        return [*(raw.copy() for raw in self._raw), *pairs, np.array(self._sigmas)]

    def remember(self, arrays) -> None:
        """Take over what `memory` gave; the network has its matrices W already."""
        n = len(self.slots)
        self._raw = [np.array(array) for array in arrays[:n]]
        self._vectors = [(np.array(u), np.array(v)) for u, v in zip(arrays[n : 3 * n : 2], arrays[n + 1 : 3 * n : 2])]
        self._sigmas = [float(sigma) for sigma in arrays[3 * n]]

    def _normalise(self) -> None:
        for number, (slot, raw) in enumerate(zip(self.slots, self._raw, strict=True)):
            u, v = self._vectors[number]
            self._sigmas[number] = max(float(np.sum(u[:, None] * raw * v)), LEAST)
            slot.view(self.flat)[:] = raw / self._sigmas[number]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.sqrt(np.sum(vector * vector))), LEAST)


def _stepped(raw: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One step of the power method, in float64; sums without a library, so that threads do not change them."""
    v = _unit(np.sum(raw * u[:, None], axis=0, dtype=np.float64))
    return _unit(np.sum(raw * v, axis=1, dtype=np.float64)), v

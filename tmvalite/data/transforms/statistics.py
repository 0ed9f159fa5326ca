"""What a transformation learns from events that come block after block, each of one class, as `find` does from all at once.

Extremes and sums are those of all events. What needs the events themselves, such as a distribution, is found from a drawn part of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tmvalite.data.drawn_events import DrawnEvents
from tmvalite.data.transforms.moments import SAMPLE, mean_and_covariance_of, moments_of
from tmvalite.errors import DataError
from tmvalite.training import streams

DRAWN = 500_000  # events from which distributions are found: a cumulative is right within 0.002, at 95 %


class Gathering:
    """The statistics of one transformation. Sets are the classes and all of them together; one class is one set."""

    def __init__(self, n_classes: int):
        self.n_classes = n_classes

    def add(self, x: np.ndarray, weights: np.ndarray, class_index: int, first: int) -> None:
        """A block: x (n, K) float32 inputs, weights (n,) float64, the number of its first event in its class."""
        raise NotImplementedError

    def found(self, factors: np.ndarray) -> dict:
        """The parameters; factors (classes,) are what the weights of each class have to be multiplied by."""
        raise NotImplementedError


class RangeGathering(Gathering):
    """Smallest and largest value of every input. `finish`: (S, K, 2) float32 -> parameters."""

    def __init__(self, n_classes: int, finish: Callable[[np.ndarray], dict]):
        super().__init__(n_classes)
        self._finish, self._ranges = finish, [None] * n_classes

    def add(self, x, weights, class_index, first):
        if len(x):
            found, old = np.stack([x.min(axis=0), x.max(axis=0)], axis=-1), self._ranges[class_index]
            if old is not None:
                found[:, 0], found[:, 1] = np.minimum(found[:, 0], old[:, 0]), np.maximum(found[:, 1], old[:, 1])
            self._ranges[class_index] = found

    def found(self, factors):
        sets = [one for one in self._ranges if one is not None]
        whole = np.stack([np.min([r[:, 0] for r in sets], axis=0), np.max([r[:, 1] for r in sets], axis=0)], axis=-1)
        return self._finish(np.stack([*sets, whole] if self.n_classes > 1 else [whole]))


class MomentGathering(Gathering):
    """Means and covariances. `finish`: a list of (mean, covariance), one a set -> parameters; `weighted`: weights count."""

    def __init__(self, n_classes: int, finish: Callable[[list], dict], weighted: bool):
        super().__init__(n_classes)
        self._finish, self._weighted, self._shift = finish, weighted, None
        self._moments = [None] * n_classes

    def add(self, x, weights, class_index, first):
        if not len(x):
            return
        if self._shift is None:
            self._shift = x[:SAMPLE].mean(axis=0, dtype=np.float64)
        found, old = moments_of(x, self._shift, weights if self._weighted else None), self._moments[class_index]
        self._moments[class_index] = found if old is None else (old[0] + found[0], old[1] + found[1])

    def found(self, factors):
        factors = factors if self._weighted else np.ones(self.n_classes)
        sets = [m for m in self._moments if m is not None]
        scaled = [(f * m[0], f * m[1]) for f, m in zip(factors, self._moments) if m is not None]
        whole = (sum(m[0] for m in scaled), sum(m[1] for m in scaled))
        return self._finish(
            [mean_and_covariance_of(*m, self._shift) for m in ([*sets, whole] if self.n_classes > 1 else [whole])]
        )


class DrawnGathering(Gathering):
    """At most DRAWN events, from which `find` (see `Transform.find`) finds the parameters."""

    def __init__(self, n_classes: int, find: Callable[..., dict], seed: int = 0, most: int = DRAWN):
        super().__init__(n_classes)
        self._find = find
        self._drawn = DrawnEvents(most, seed, streams.DRAWN, [str(c) for c in range(n_classes)])

    def add(self, x, weights, class_index, first):
        self._drawn.add(class_index, first, (x, weights))

    def found(self, factors):
        class_index, x, weights = self._drawn.events()
        groups: list = [class_index == c for c in range(self.n_classes)] if self.n_classes > 1 else []
        return self._find(x, weights * factors[class_index], class_index, [*groups, slice(None)])


def check_gathered(letter: str, least: int, classes: Sequence[str], events: np.ndarray) -> None:
    """Raises DataError where there are too few events; events (classes,)."""
    if events.sum() < least:
        raise DataError(f"transformation {letter} needs at least {least} training events", code="transform-too-few")
    for name, n in zip(classes, events):
        if len(classes) > 1 and not n:
            raise DataError(f"transformation {letter}: class '{name}' has no training events", code="transform-too-few")

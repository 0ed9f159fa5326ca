"""Events as a training takes them: all of an epoch at once, or in pieces where they do not fit into memory.

The loop asks a sample for the pieces of an epoch and for the loss over all of its events; where the events are is the business
of the sample. `Sample` has them in memory, `streamed_sample.StreamedSample` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.training import streams
from tmvalite.training.array_digest import arrays_digest
from tmvalite.training.batches import batch_count


@dataclass(frozen=True)
class EpochPiece:
    """Whole batches of an epoch that follow each other.

    x (N, D), targets (N, C), weights (N,) : rows, in the network's precision
    order : (M,) int64, the rows in the order in which they train
    first, count : number of the first batch in its epoch, from 0, and how many they are
    """

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    first: int
    count: int


@dataclass(frozen=True)
class Sample:
    """Events as a network reads them: x (N, D), targets (N, C), weights (N,), C-contiguous, in its precision."""

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.x)

    def pieces(
        self, shuffle: streams.Key, epoch: int, batch_size: int, done: int = 0, idle: Callable[[], None] | None = None
    ) -> Iterator[EpochPiece]:
        """The batches of an epoch, in pieces; of those before batch `done` some may be left out.

        Parameters
        ----------
        shuffle : key of the stream that orders the events
        idle : callable, optional
            Is called now and then while nothing is there to be trained.
        """
        n = len(self)
        yield EpochPiece(
            self.x, self.targets, self.weights, streams.permutation(shuffle, n, epoch=epoch), 0, batch_count(n, batch_size)
        )

    def loss(self, network, *, seed: int, parts: np.ndarray) -> float:
        """The network's loss over all events, see `Network.loss`."""
        return network.loss(self.x, self.targets, self.weights, seed=seed, parts=parts)

    def some(self) -> Sample:
        """Events to look at: all that are in memory."""
        return self

    def fingerprint(self) -> str:
        """A digest of all that there is."""
        return arrays_digest({"x": self.x, "targets": self.targets, "weights": self.weights})

    def close(self) -> None:
        """Nothing is asked for any more."""

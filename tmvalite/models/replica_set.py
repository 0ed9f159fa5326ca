"""The trainings that one method is made of: their parameters, and the mean and spread of what they give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.training.network import Network
from tmvalite.training.parameters import aligned_rows

BLOCK = 4096  # events that all replicas look at before the next ones

Finish = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class ReplicaSet:
    """What several trainings of the same network left behind.

    Attributes
    ----------
    kind : "seeds", "bootstrap" or "folds"
        In what they differ.
    seeds : tuple of int
        The RandomSeed of each.
    losses : tuple of float
        The validation loss of the epoch whose weights each kept; NaN where none improved on the start.
    epochs : tuple of int
        How many epochs each was trained.
    parameters : (R, P) array, or R arrays (P,)
        All numbers of each network, in the layout of `Network.parameters`; kept as one array.
    """

    kind: str
    seeds: tuple[int, ...]
    losses: tuple[float, ...]
    epochs: tuple[int, ...]
    parameters: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "parameters", aligned_rows(self.parameters))

    def __len__(self):
        return len(self.seeds)

    @property
    def parts(self) -> tuple:
        """What it is made of, texts, numbers and arrays."""
        return self.kind, self.seeds, self.losses, self.epochs, np.array(self.parameters)

    def __reduce__(self):
        return ReplicaSet, self.parts

    def __repr__(self):
        return f"<{len(self)} replicas, {self.kind}, RandomSeed={self.seeds[0]} to {self.seeds[-1]}>"

    def each(self, network: Network, x: np.ndarray, finish: Finish) -> Iterator[np.ndarray]:
        """What `finish` makes of the values (N, outputs) of one network after the other, for events x (N, inputs)."""
        for number in range(len(self)):
            yield finish(network.values_with(x, self.parameters[number : number + 1])[0])

    def mean(self, network: Network, x: np.ndarray, finish: Finish) -> np.ndarray:
        """The mean of `each`; see `mean_and_spread`."""
        return self._blocks(network, x, finish, spread=False)[0]

    def mean_and_spread(self, network: Network, x: np.ndarray, finish: Finish) -> tuple[np.ndarray, np.ndarray]:
        """Mean and sample standard deviation over the replicas, sqrt(sum_r (v_r - <v>)^2 / (R - 1)), as `each` has them.

        Summed in float64, one replica after the other, so that an event alone has the bits of many. The standard deviation of
        bootstrap replicas is Efron's standard error of the value of one training.

        Raises
        ------
        OptionError
            There is one replica only.
        """
        if len(self) < 2:
            message = "one replica has no spread"
            raise OptionError(message, code="replicas-none", hint="train with Replicas=100|bootstrap, or fewer")
        return self._blocks(network, x, finish, spread=True)

    def _blocks(self, network, x, finish, *, spread: bool) -> tuple[np.ndarray, np.ndarray]:
        means, spreads = [], []
        for start in range(0, max(1, len(x)), BLOCK):
            values = list(map(finish, network.values_with(x[start : start + BLOCK], self.parameters)))
            mean = sum_of(values) / len(self)
            means.append(mean.astype(values[0].dtype))
            if spread:
                squares = sum_of([(one - mean) ** 2 for one in values])
                spreads.append(np.sqrt(squares / (len(self) - 1)).astype(values[0].dtype))
        return np.concatenate(means), np.concatenate(spreads) if spread else np.empty(0)


def check_one_network(trained, call: str) -> None:
    """Raises OptionError for a model whose values are a mean of several networks: what `call` writes holds one."""
    if trained.replicas is not None:
        message = f"the values are the mean of {len(trained.replicas)} replicas, and the file would hold one network"
        raise OptionError(message, code="replicas-export", hint=f"method.replica(0).{call}(...) writes one of them")


def sum_of(values: list[np.ndarray]) -> np.ndarray:
    """The sum of arrays, one after the other, in float64."""
    total = np.zeros(values[0].shape)
    for one in values:
        total += one
    return total

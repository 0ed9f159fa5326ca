"""Several losses of one update: the gradient of each by itself, their sum, and the step of an optimizer with a given gradient.

A network takes its steps inside compiled code, which knows one loss and one array of events. A critic with a gradient penalty,
or a decoder that shall reconstruct and deceive, has several: each is a Pull, and what they pull at adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from tmvalite import mathematics
from tmvalite.graph.join import SEPARATOR
from tmvalite.optimizers import REGULARIZATIONS
from tmvalite.training.optimizers import OptimizerSettings, OptimizerState


@dataclass(frozen=True, eq=False)
class Batch:
    """The events of one step, for who makes others of them.

    sample, weights : x (N, D) and weights (N,) of the whole training sample
    rows : (n,) which of them these are
    seed, epoch, step, number : fix all random numbers; `number` counts the repetitions of a turn within the step
    """

    sample: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    seed: int = 0
    epoch: int = 0
    step: int = 0
    number: int = 0

    @property
    def x(self) -> np.ndarray:
        """The events (n, D)."""
        return np.ascontiguousarray(self.sample[self.rows])


Made = Callable[[Batch], tuple[np.ndarray, ...]]


@dataclass(eq=False)
class Pull:
    """One loss of a turn.

    network : Network
        Part of the whole, made with the blocks that this loss trains; `term` is its first output.
    make : callable(Batch) -> (inputs, targets) or (inputs, targets, weights)
    factor : float, or mapping of block to float
        Of the gradient, for all blocks or for those named; others are left out.
    term : str
        The name by which its loss, without the factor, is reported; "" where nobody asks.
    """

    network: object
    make: Made
    factor: float | Mapping[str, float] = 1.0
    term: str = ""
    _state: OptimizerState | None = field(default=None, repr=False)

    def gradient(self, batch: Batch, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The gradient by the flat parameters (P,), valid until the next call, and the terms of the loss."""
        inputs, targets, *weights = self.make(batch)
        n = len(inputs)
        if self._state is None:  # a step of length 0 leaves the parameters and has the gradient for its velocity
            self._state = self.network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0, momentum=0.0))
        found = np.empty((1, len(self.network.term_names)))
        self.network.train_steps(
            inputs,
            targets,
            weights[0] if weights else np.ones(n, inputs.dtype),
            np.arange(n),
            batch_size=n,
            first=0,
            count=1,
            optimizer=self._state,
            epoch=epoch,
            seed=batch.seed,
            parts=found,
        )
        return self._state.moments[0], found[0]


def summed(pulls: Sequence[Pull], batch: Batch, epoch: int) -> tuple[np.ndarray, dict[str, float]]:
    """The sum of the gradients (P,) times their factors, and the losses by name, with the terms that layers add."""
    total, terms = np.zeros_like(pulls[0].network.parameters.flat), {}
    for pull in pulls:
        gradient, found = pull.gradient(batch, epoch)
        if isinstance(pull.factor, Mapping):
            for block, factor in pull.factor.items():
                for part in parts_of(pull.network, block):
                    total[part] += gradient.dtype.type(factor) * gradient[part]
        else:
            total += gradient.dtype.type(pull.factor) * gradient
        if pull.term:
            named = zip((pull.term, *pull.network.term_names[1:]), found.tolist())
            terms |= {name: value for name, value in named if name not in terms}
    return total, terms


def parts_of(network, block: str) -> list[slice]:
    """Where the parameters of a block that the network trains lie in the flat vector, each once."""
    found: list[list[int]] = []
    for slot in sorted(network.plan.slots, key=lambda slot: slot.offset):
        if not slot.trained or slot.node.partition(SEPARATOR)[0] != block:
            continue
        if found and slot.offset < found[-1][1]:  # matrices that lie side by side
            found[-1][1] = max(found[-1][1], slot.stop)
        else:
            found.append([slot.offset, slot.stop])
    return [slice(start, stop) for start, stop in found]


def updated(network, state: OptimizerState, gradient: np.ndarray) -> None:
    """One step of an optimizer on the parameters that the network trains, with this gradient (P,), by its formulas."""
    settings, flat = state.settings, network.parameters.flat
    optimizer, kind = settings.optimizer, flat.dtype.type
    numbers = dict(zip(optimizer.fields, settings.numbers), learning_rate=settings.learning_rate)
    prepared = [kind(value) for value in optimizer.prepared(mathematics, SimpleNamespace(**numbers), float(state.steps + 1))]
    slope = REGULARIZATIONS[settings.regularization].slope
    for start, stop, decays in network.plan.ranges.tolist():
        part = slice(start, stop)
        theta, g = flat[part], gradient[part]
        if decays and settings.weight_decay:
            g = g + kind(settings.weight_decay) * slope(theta)
        flat[part], *moments = optimizer.step(mathematics, prepared, theta, g, *(m[part] for m in state.moments))
        for memory, moment in zip(state.moments, moments, strict=True):
            memory[part] = moment
    state.steps += 1

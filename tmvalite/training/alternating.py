"""Networks that train against each other: every optimisation step is a sequence of updates of parts of one parameter vector.

An adversarial autoencoder takes three turns per batch (reconstruct; tell codes from the prior; make codes look like the
prior), a GAN two. Each turn has a network over the common parameters, which trains some blocks and leaves the others
as they are, and an optimizer of its own. To the training loop the whole looks like one network.

A turn that has several losses, each with a network and events of its own, adds up their gradients (training/pulls.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tmvalite.training.batches import batch_bounds
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings, OptimizerState
from tmvalite.training.pulls import Batch, Made, Pull, summed, updated


@dataclass(eq=False)
class Turn:
    """One of the updates that a step consists of.

    network : Network
        A part of the whole, made with the blocks that this turn trains.
    columns : slice or None
        Which columns of the targets it learns; None: 1 for every output.
    make : callable(Batch) -> (inputs, targets) or (inputs, targets, weights), optional
        Makes the events of this turn from those of the batch; without weights all weigh 1. Without it the turn reads the
        batch itself.
    pulls : sequence of Pull
        Further losses of the turn: their gradients are added to that of `network` on what `make` makes.
    factor : float, or mapping of block to float
        Of the gradient of `network` where there are `pulls`; see `Pull`.
    shape : object with `begin()`, `gradient(g)`, `before()` and `after()`, optional
        What stands between the parameters that are trained and those of the network; see `training/spectral.py`.
    after : callable(), optional
        Is called after every update of this turn. It and `shape` may have `memory()` and `remember(arrays)`: what a checkpoint
        holds of them.
    every, times : int
        It takes part in the first of so many steps; and then so many times, with other random numbers.
    number : int
        Which of the settings of `new_optimizer` are those of its optimizer.
    rate_of : str, optional
        The term of the whole whose weight is a factor of the learning rate of this turn: an optimizer that normalises its
        steps would not notice a factor of the loss. With factor 0 the turn is left out.
    regularised : bool
        Whether L1 or L2 acts in this turn; on each block in one turn only.
    extra : str, optional
        A term that only this turn has, under the name by which it is reported.
    """

    network: Network
    columns: slice | None = None
    make: Made | None = None
    rate_of: str = ""
    regularised: bool = True
    extra: str = ""
    pulls: Sequence[Pull] = ()
    factor: float | Mapping[str, float] = 1.0
    shape: Any = None
    after: Callable[[], None] | None = None
    every: int = 1
    times: int = 1
    number: int = 0
    rate: float = 1.0
    own: Pull | None = field(default=None, repr=False)
    _seen: tuple = field(default=(None, None), repr=False)

    def targets(self, targets: np.ndarray) -> np.ndarray:
        """This turn's columns of the targets (N, C), contiguous; those of the last array are remembered."""
        if self._seen[0] is not targets:
            ones = np.ones((len(targets), self.network.n_outputs), targets.dtype)
            self._seen = (targets, ones if self.columns is None else np.ascontiguousarray(targets[:, self.columns]))
        return self._seen[1]


class Optimizers:
    """The optimizers of all turns. `learning_rate` is that of the first settings; the others keep their ratio to it."""

    def __init__(self, states: Sequence[OptimizerState], learning_rate: float):
        self.states, self.learning_rate = tuple(states), learning_rate
        self.ratios = [s.learning_rate / learning_rate if learning_rate else float(s.learning_rate > 0) for s in self.states]


class Alternating:
    """A network whose training takes turns; everything else is that of the whole.

    Parameters
    ----------
    whole : Network
        Has all parameters and the loss that judges the validation events.
    turns : sequence of Turn
        In the order in which they act on every batch.

    Attributes
    ----------
    term_names : tuple of str
        The terms of the whole, then the extra terms of the turns.
    """

    def __init__(self, whole: Network, turns: Sequence[Turn]):
        self.whole, self.turns = whole, tuple(turns)
        named = [name for turn in self.turns for name in (turn.extra, *(p.term for p in turn.pulls)) if name]
        self.extras = tuple(name for name in dict.fromkeys(named) if name not in whole.term_names)
        self.term_names = (*whole.term_names, *self.extras)
        self._column = {name: i for i, name in enumerate(self.term_names)}
        self._last = np.zeros(len(self.term_names))  # what is reported of a turn that a step leaves out
        self._steps = 0  # of this phase
        for turn in self.turns:  # what layers add to the loss belongs to the turns that read the events as they are
            if turn.rate_of or turn.make is not None:
                for name in turn.network.weighted_terms[len(turn.network.graph.outputs) :]:
                    turn.network.set_weight(name, 0.0)

    def __getattr__(self, name: str):
        return getattr(self.__dict__["whole"], name)

    def prepare(self) -> None:
        """Have the kernels of the whole and of every turn ready."""
        for turn in self.turns:
            for network in (turn.network, *(pull.network for pull in turn.pulls)):
                network.prepare()
        self.whole.prepare()

    # ------------------------------------------------------------------------------------- run-time numbers

    def set_weight(self, term: str, weight: float) -> None:
        """Set the weight of a term of the whole, and of the turns that learn it."""
        self.whole.set_weight(term, weight)
        for turn in self.turns:
            if turn.rate_of == term:
                turn.rate = weight
            elif not turn.rate_of and turn.make is None and term in turn.network.weighted_terms:
                turn.network.set_weight(term, weight)

    def set_setting(self, setting: str, value: float, node: str | None = None) -> None:
        """As `Network.set_setting`, in the whole and in all turns that have the node."""
        self.whole.set_setting(setting, value, node)
        for turn in self.turns:
            if any(draw.setting == setting and node in (None, draw.node) for draw in turn.network.draws):
                turn.network.set_setting(setting, value, node)

    def set_dropout(self, rates: dict[str, float]) -> None:
        """As `Network.set_dropout`."""
        self.whole.set_dropout(rates)
        for turn in self.turns:
            nodes = {draw.node for draw in turn.network.draws if draw.setting == "dropout"}
            turn.network.set_dropout({node: rate for node, rate in rates.items() if node in nodes})

    @property
    def _remembering(self) -> list:
        """What stands beside the networks and has a memory of its own."""
        return [thing for turn in self.turns for thing in (turn.shape, turn.after) if hasattr(thing, "memory")]

    def run_time_numbers(self) -> tuple[np.ndarray, ...]:
        """As `Network.run_time_numbers`: of the whole, of every turn, the rates of the turns, and what else changes."""
        networks = (self.whole, *(turn.network for turn in self.turns))
        numbers = np.array([self._steps, *(turn.rate for turn in self.turns)], np.float64)
        memories = (array for thing in self._remembering for array in thing.memory())
        return (numbers, self._last.copy(), *(one for network in networks for one in network.run_time_numbers()), *memories)

    def restore_run_time_numbers(self, numbers: Sequence[np.ndarray]) -> None:
        """Take over what `run_time_numbers` gave."""
        (steps, *rates), last, *rest = numbers
        self._steps, self._last[:] = int(steps), last
        for turn, rate in zip(self.turns, rates, strict=True):
            turn.rate = float(rate)
        networks = (self.whole, *(turn.network for turn in self.turns))
        for i, network in enumerate(networks):
            network.restore_run_time_numbers(rest[2 * i : 2 * i + 2])
        at = 2 * len(networks)
        for thing in self._remembering:
            count = len(thing.memory())
            thing.remember(rest[at : at + count])
            at += count

    # ------------------------------------------------------------------------------------- training

    def new_optimizer(self, *settings: OptimizerSettings) -> Optimizers:
        """Fresh optimizers, all moments zero; with the settings that a turn has by its number, or the first ones."""
        states, self._steps = [], 0
        for turn in self.turns:
            own = settings[min(turn.number, len(settings) - 1)]
            own = own if turn.regularised else replace(own, weight_decay=0.0, regularization="NONE")
            states.append(turn.network.new_optimizer(own))
            if turn.shape is not None:
                turn.shape.begin()
        return Optimizers(states, settings[0].learning_rate)

    def steps_per_call(self, batch_size: int) -> int:
        """As `Network.steps_per_call`."""
        return max(1, self.whole.steps_per_call(batch_size) // len(self.turns))

    def train_steps(
        self,
        x,
        targets,
        weights,
        order,
        *,
        batch_size: int,
        first: int,
        count: int,
        optimizer: Optimizers,
        before: int = 0,
        epoch: int = 0,
        seed: int = 0,
        parts: np.ndarray | None = None,
    ) -> np.ndarray:
        """As `Network.train_steps`; the loss of a step is that of the whole, its terms taken before each turn's update."""
        bounds = batch_bounds(len(order), batch_size)[first : first + count]
        parts = np.zeros((len(bounds), len(self.term_names))) if parts is None else parts
        order = np.ascontiguousarray(order, np.int64)
        for step, (start, stop) in enumerate(bounds):
            parts[step] = self._last
            for turn, state, ratio in zip(self.turns, optimizer.states, optimizer.ratios, strict=True):
                if turn.rate == 0.0 or (self._steps + step) % turn.every:
                    continue
                state.learning_rate = optimizer.learning_rate * ratio * turn.rate
                if turn.make is not None:
                    for number in range(turn.times):
                        batch = Batch(x, weights, order[start:stop], seed, epoch, before + first + step, number)
                        self._made_step(turn, state, batch, parts[step])
                    continue
                found = np.empty((1, len(turn.network.term_names)))
                turn.network.train_steps(
                    x,
                    turn.targets(targets),
                    weights,
                    order,
                    batch_size=batch_size,
                    first=first + step,
                    count=1,
                    optimizer=state,
                    before=before,
                    epoch=epoch,
                    seed=seed,
                    parts=found,
                )
                self._note(turn, found[0], parts[step])
            if any(turn.every > 1 for turn in self.turns):
                self._last[:] = parts[step]
        self._steps += len(bounds)
        return self.whole.total(parts[:, : len(self.whole.term_names)])

    def _made_step(self, turn: Turn, state, batch: Batch, row: np.ndarray) -> None:
        if turn.pulls or turn.shape is not None:
            if turn.own is None:
                turn.own = Pull(turn.network, turn.make, turn.factor, turn.extra or turn.rate_of)
            if turn.shape is not None:
                turn.shape.before()
            gradient, terms = summed((turn.own, *turn.pulls), batch, epoch=state.steps)
            if turn.shape is not None:
                gradient = turn.shape.gradient(gradient)
            updated(turn.network, state, gradient)
            if turn.shape is not None:
                turn.shape.after()
            for name, value in terms.items():
                if name in self._column:
                    row[self._column[name]] = value
        else:
            inputs, targets, *weights = turn.make(batch)
            n = len(inputs)
            found = np.empty((1, len(turn.network.term_names)))
            # one batch by itself: its random numbers differ from step to step by the epoch they are given
            turn.network.train_steps(
                inputs,
                targets,
                weights[0] if weights else np.ones(n, inputs.dtype),
                np.arange(n),
                batch_size=n,
                first=0,
                count=1,
                optimizer=state,
                epoch=state.steps,
                seed=batch.seed,
                parts=found,
            )
            self._note(turn, found[0], row)
        if turn.after is not None:
            turn.after()

    def _note(self, turn: Turn, found: np.ndarray, row: np.ndarray) -> None:
        """Put a turn's terms into the row of the whole."""
        if turn.make is not None or turn.rate_of:  # one loss: that of its output
            row[self._column[turn.extra or turn.rate_of]] = found[0]
            return
        values: dict[str, list[float]] = {}
        for name, value in zip(turn.network.term_names, found.tolist()):
            values.setdefault(name, []).append(value)
        for i, name in enumerate(self.whole.term_names):  # terms of equal names come in the same order in both
            if values.get(name):
                row[i] = values[name].pop(0)

    def loss(self, x, targets, weights, *, seed: int = 0, parts: np.ndarray | None = None) -> float:
        """The loss of the whole, see `Network.loss`; the extra terms are NaN, since they exist in training only."""
        if parts is None:
            return self.whole.loss(x, targets, weights, seed=seed)
        own = np.empty(len(self.whole.term_names))
        value = self.whole.loss(x, targets, weights, seed=seed, parts=own)
        parts[:] = np.nan
        parts[: len(own)] = own
        return value

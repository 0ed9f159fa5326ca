"""The training: phases that go on from each other's best weights, epochs, validation, early stop.

As in TMVA a phase starts a new optimizer from the best weights so far and ends after MaxEpochs, or when more than
ConvergenceSteps epochs brought no smaller validation error; the weights of the best validation are the result.
Unlike TMVA: the last incomplete batch trains, all validation events count, the last epoch is always validated, the
regularisation term counts once, and a loss that is no number ends the training with an error.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from tmvalite.errors import Source, TmvaliteWarning, TrainingError, warn_user
from tmvalite.optimizers import FIELDS
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training import streams
from tmvalite.training.compiling import prepare
from tmvalite.training.history import Epoch, History
from tmvalite.training.network import batch_bounds
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.progress import PhaseStart, Progress
from tmvalite.training.schedule import LearningRate


@dataclass(frozen=True)
class Sample:
    """Events as a network reads them: x (N, D), targets (N, C), weights (N,), C-contiguous, in its precision."""

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.x)


def optimizer_settings(phase: PhaseSettings) -> OptimizerSettings:
    return OptimizerSettings(
        name=phase.optimizer,
        learning_rate=phase.learning_rate,
        weight_decay=phase.weight_decay,
        regularization=phase.regularization,
        **{name: getattr(phase, name) for name in FIELDS},
    )


class Companion:
    """What a method does along with a training: schedules of its own, and what it makes of the terms of the loss.

    The methods here do nothing. Terms are float64 arrays in the order of `network.term_names`, unweighted means.

    Attributes
    ----------
    columns : tuple of str
        The parts of the loss that the epoch table shows, beside the whole.
    keeps_last : bool
        Whether the parameters of the last epoch are kept, since no loss says which epoch is best.
    traced : mapping of str to list
        Means of the terms over optimisation steps, if somebody asked for them.
    """

    columns: tuple[str, ...] = ()
    keeps_last: bool = False
    traced: Mapping[str, list] = MappingProxyType({})

    @property
    def settled(self) -> bool:
        """Whether the loss is the one that is meant in the end, so that an epoch without improvement counts."""
        return True

    def begin_epoch(self, network, epoch: int, steps: int) -> None:
        """Before epoch `epoch` (from 1, through all phases), when `steps` optimisation steps are done."""

    def begin_validation(self, network) -> None:
        """Before the validation events are looked at, at the start of a phase and after an epoch."""

    def constant(self) -> float:
        """A number to add to training and validation loss, such as the normalisation of a likelihood."""
        return 0.0

    def steps(self, first: int, terms: np.ndarray) -> None:
        """After optimisation steps `first` (from 1) and following: terms (steps, terms)."""

    def parts(self, network, terms: np.ndarray, valid: np.ndarray | None) -> dict[str, float]:
        """The columns of the history that an epoch's terms give; `valid` is None in an epoch without validation."""
        return {}

    def learnt(self, network, train: Sample, seed: int) -> dict[str, Any]:
        """Numbers that belong to the parameters which are kept, now in the network, by their names in what is kept."""
        return {}


class Training:
    """One training from the parameters that the network has.

    Parameters
    ----------
    network : Network
    train, valid : Sample
    phases : sequence of PhaseSettings
    dropout : sequence of dict, optional
        Per phase the rates by node name, as `Network.set_dropout` takes them.
    seed : int
        Of the streams of shuffling and dropout.
    progress : Progress, optional
    source : Source, optional
        The text that the phases' spans point into.
    companion : Companion, optional

    Attributes
    ----------
    history : History
        Grows while the training runs.
    kept : (P,) array or None
        The parameters that are kept: of the best validation; if none improved on the start, of the last finite epoch;
        None if not even one epoch was finished. `run` leaves them in the network.
    """

    def __init__(
        self,
        network,
        train: Sample,
        valid: Sample,
        phases: Sequence[PhaseSettings],
        *,
        dropout: Sequence[dict[str, float]] | None = None,
        seed: int,
        progress: Progress | None = None,
        source: Source | None = None,
        companion: Companion | None = None,
    ):
        self.network, self.train, self.valid, self.phases = network, train, valid, tuple(phases)
        self.dropout = tuple(dropout) if dropout is not None else ({},) * len(self.phases)
        self.progress = progress if progress is not None else Progress()
        self.source = source
        self.companion = companion if companion is not None else Companion()
        self.history = History(seed=seed, keeps_last=self.companion.keeps_last)
        self.kept: np.ndarray | None = None
        self._start, self._steps = network.parameters.snapshot(), 0
        self._valid_terms = np.zeros(len(network.term_names))
        self._seed, self._shuffle = seed, streams.stream_key(seed, streams.SHUFFLE)

    def run(self) -> History:
        """Train; returns the history, also after Ctrl-C, which ends the training with what was learnt so far.

        Raises
        ------
        TrainingError
            The loss is infinite or no number. The network then has the last good parameters.
        """
        self._remark_batches()
        self.progress.compiled(prepare(self.network, self.progress.message))
        try:
            for number, (phase, rates) in enumerate(zip(self.phases, self.dropout, strict=True), 1):
                self._restore()
                self.network.set_dropout(rates)
                try:
                    self._run_phase(number, phase)
                finally:
                    self.progress.end_phase()
        except KeyboardInterrupt:
            self.history.interrupted = True
            if self.history.best_epoch is None and self._steps:
                self._keep()
        finally:
            self._restore()
        self.progress.end(self.history)
        return self.history

    def _remark_batches(self) -> None:
        """A written BatchSize above the number of events makes every epoch one step, which is hardly meant."""
        for number, phase in enumerate(self.phases, 1):
            if self.source is None or phase.batch_size <= len(self.train) or not phase.writes("BatchSize"):
                continue
            warning = TmvaliteWarning(
                f"BatchSize={phase.batch_size} is more than the {len(self.train)} events that train: every epoch is one step",
                code="batch-large",
                source=self.source,
                span=phase.span("BatchSize"),
                where=f"TrainingStrategy, phase {number}",
                hint="write a smaller BatchSize; TMVA would not train",
            )
            warn_user(warning)

    def _run_phase(self, number: int, phase: PhaseSettings) -> None:
        optimizer = self.network.new_optimizer(*(optimizer_settings(one) for one in (phase, *phase.others.values())))
        rate = LearningRate(phase)
        minimum = self._validate(phase)
        if not math.isfinite(minimum):
            self._fail(minimum, number, phase, "before the first step", phase.learning_rate)
        if self.history.best_epoch is not None:
            self.history.best_loss = minimum  # the regularisation of this phase counts from now on
        self.progress.begin_phase(
            PhaseStart(number, len(self.phases), phase, len(self.train), len(self.valid), minimum, self.companion.columns)
        )
        sizes = np.array([stop - start for start, stop in batch_bounds(len(self.train), phase.batch_size)])
        stale = validated = 0
        for e in range(1, phase.max_epochs + 1):
            began = time.perf_counter()
            epoch = len(self.history.epochs) + 1
            optimizer.learning_rate = rate.at(e)
            self.companion.begin_epoch(self.network, epoch, self._steps)
            train_loss, terms = self._run_epoch(number, phase, optimizer, sizes, e, epoch)
            penalty = self.network.penalty(phase.regularization, phase.weight_decay)
            trained = time.perf_counter()
            error, improved, valid_terms = math.nan, False, None
            if e % phase.test_repetitions == 0 or e == phase.max_epochs:
                error, valid_terms = self._validate(phase), self._valid_terms
                if not math.isfinite(error):
                    self._fail(error, number, phase, f"on the validation events after epoch {epoch}", optimizer.learning_rate)
                improved = error < minimum or self.companion.keeps_last
                minimum = min(error, minimum)
                waited = e - validated if self.companion.settled else 0
                stale = 0 if improved else stale + waited
                rate.validated(waited, improved)
                validated = e
            now = time.perf_counter()
            row = Epoch(
                epoch,
                number,
                train_loss + penalty,
                error,
                penalty,
                optimizer.learning_rate,
                improved,
                now - began,
                now - trained,
                self.companion.parts(self.network, terms, valid_terms),
            )
            if improved or self.history.best_epoch is None:
                self._keep()
            if improved:
                self.history.best_epoch, self.history.best_loss = epoch, error
            self.history.epochs.append(row)
            self.progress.epoch(e, row, stale)
            if stale > phase.convergence_steps:
                return

    def _run_epoch(self, number: int, phase: PhaseSettings, optimizer, sizes, e: int, epoch: int) -> tuple[float, np.ndarray]:
        """One pass over the training events in batches of these sizes; the means of the events' losses and of its terms."""
        n, size = len(self.train), phase.batch_size
        order = streams.permutation(self._shuffle, n, epoch=epoch)
        count = len(sizes)
        chunk = self.network.steps_per_call(size)
        total, terms = 0.0, np.zeros(len(self.network.term_names))
        for first in range(0, count, chunk):
            steps = min(chunk, count - first)
            parts = np.empty((steps, len(terms)))
            losses = self.network.train_steps(
                self.train.x,
                self.train.targets,
                self.train.weights,
                order,
                batch_size=size,
                first=first,
                count=steps,
                optimizer=optimizer,
                epoch=epoch,
                seed=self._seed,
                parts=parts,
            )
            total += float(np.dot(losses, sizes[first : first + steps]))
            terms += sizes[first : first + steps] @ parts
            self.companion.steps(self._steps + 1, parts)
            self._steps += steps
            if not math.isfinite(total):
                bad = int(np.argmin(np.isfinite(losses)))
                self._fail(
                    float(losses[bad]),
                    number,
                    phase,
                    f"in epoch {epoch}, batch {first + bad + 1} of {count}",
                    optimizer.learning_rate,
                )
            self.progress.batches(e, (first + steps) / count)
        return total / n + self.companion.constant(), terms / n

    def _validate(self, phase: PhaseSettings) -> float:
        self.companion.begin_validation(self.network)
        loss = self.network.loss(self.valid.x, self.valid.targets, self.valid.weights, seed=self._seed, parts=self._valid_terms)
        return loss + self.companion.constant() + self.network.penalty(phase.regularization, phase.weight_decay)

    def _restore(self) -> None:
        self.network.parameters.restore(self._start if self.kept is None else self.kept)

    def _keep(self) -> None:
        snapshot = self.network.parameters.snapshot()
        if np.isfinite(snapshot).all():
            self.kept = snapshot

    def _fail(self, value: float, number: int, phase: PhaseSettings, when: str, learning_rate: float):
        if self.history.best_epoch is not None:
            kept = f"the weights of epoch {self.history.best_epoch} are kept"
        elif self.kept is not None:
            kept = f"the weights of epoch {len(self.history.epochs)} are kept"
        else:
            kept = "nothing was learnt"
        raise TrainingError(
            f"the loss is {value:g} {when}, at learning rate {learning_rate:g}; {kept}",
            code="loss-not-finite",
            source=self.source,
            span=phase.span("LearningRate") if self.source is not None else None,
            where=f"TrainingStrategy, phase {number} of {len(self.phases)}",
            hint="try a smaller LearningRate; VarTransform=N if the variables are large",
        )

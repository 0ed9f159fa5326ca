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
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from tmvalite.errors import Source, TmvaliteWarning, TrainingError, warn_user
from tmvalite.optimizers import FIELDS
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training import streams
from tmvalite.training.batches import batch_sizes
from tmvalite.training.checkpointing import Checkpointing
from tmvalite.training.compiling import announced
from tmvalite.training.epoch_pieces import EpochPiece, Sample
from tmvalite.training.history import Epoch, History
from tmvalite.training.optimizers import OptimizerSettings, optimizer_states
from tmvalite.training.progress import PhaseStart, Progress
from tmvalite.training.schedule import LearningRate
from tmvalite.training.state import TrainingState


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

    def state(self) -> dict[str, Any]:
        """Numbers, texts, lists and arrays that `restore` goes on from."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave, at the start of the epoch that was running or comes next."""

    def learnt(self, network, train: Sample, seed: int) -> dict[str, Any]:
        """Numbers that belong to the parameters which are kept, now in the network, by their names in what is kept."""
        return {}


@dataclass
class _Position:
    """Where a phase is; what of it a TrainingState keeps has the same names."""

    number: int
    phase: PhaseSettings
    optimizer: Any
    rate: LearningRate
    minimum: float = math.inf
    reference: float = math.inf
    epoch: int = 1
    batches: int = 0
    total: float = 0.0
    terms: np.ndarray | None = None
    first_step: int = 0
    stale: int = 0
    validated: int = 0

    def next_epoch(self) -> None:
        self.epoch, self.batches, self.total, self.terms = self.epoch + 1, 0, 0.0, np.zeros_like(self.terms)


class Training:
    """One training from the parameters that the network has.

    Parameters
    ----------
    network : Network
    train, valid : Sample
        Or what has its methods, as a StreamedSample.
    phases : sequence of PhaseSettings
    dropout : sequence of dict, optional
        Per phase the rates by node name, as `Network.set_dropout` takes them.
    seed : int
        Of the streams of shuffling and dropout.
    progress : Progress, optional
    source : Source, optional
        The text that the phases' spans point into.
    companion : Companion, optional
    checkpointing : Checkpointing, optional
        Is asked after every call into the network and every epoch.
    state : TrainingState, optional
        Where to go on from, with the same bits.

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
        checkpointing: Checkpointing | None = None,
        state: TrainingState | None = None,
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
        self.checkpointing, self._begin = checkpointing, state
        self._seed, self._shuffle = seed, streams.stream_key(seed, streams.SHUFFLE)

    def run(self) -> History:
        """Train; returns the history, also after Ctrl-C, which ends the training with what was learnt so far.

        Raises
        ------
        TrainingError
            The loss is infinite or no number. The network then has the last good parameters.
        """
        with announced(self.progress):
            return self._run()

    def _run(self) -> History:
        self._remark_batches()
        self.network.prepare()
        try:
            with self.checkpointing.watching() if self.checkpointing is not None else nullcontext():
                for number, (phase, rates) in enumerate(zip(self.phases, self.dropout, strict=True), 1):
                    begin = self._begin
                    if begin is not None and number < begin.phase:
                        continue
                    self._restore()
                    self.network.set_dropout(rates)
                    try:
                        self._run_phase(number, phase, begin if begin is not None and number == begin.phase else None)
                    finally:
                        self.progress.end_phase()
                if self.checkpointing is not None:
                    self.checkpointing.finish()
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

    def _run_phase(self, number: int, phase: PhaseSettings, begin: TrainingState | None) -> None:
        optimizer = self.network.new_optimizer(*(optimizer_settings(one) for one in (phase, *phase.others.values())))
        at = _Position(number, phase, optimizer, LearningRate(phase))
        at.terms = np.zeros(len(self.network.term_names))
        if begin is None:
            at.minimum = at.reference = self._validate(phase)
            if not math.isfinite(at.minimum):
                self._fail(at.minimum, number, phase, "before the first step", phase.learning_rate)
            if self.history.best_epoch is not None:
                self.history.best_loss = at.minimum  # the regularisation of this phase counts from now on
        else:
            self._go_on_from(begin, at)
        self.progress.begin_phase(
            PhaseStart(number, len(self.phases), phase, len(self.train), len(self.valid), at.minimum, self.companion.columns)
        )
        sizes = batch_sizes(len(self.train), phase.batch_size)
        while at.epoch <= phase.max_epochs and at.stale <= phase.convergence_steps:
            self._run_one_epoch(at, sizes)
            done = len(self.history.epochs)
            if self.checkpointing is not None and self.checkpointing.due(done):
                self.checkpointing.write(self._state(at))

    def _run_one_epoch(self, at: _Position, sizes: np.ndarray) -> None:
        """An epoch, or what is left of it, its validation, and its row of the history; `at` then is the next epoch."""
        phase, e = at.phase, at.epoch
        began, compiled = time.perf_counter(), self.progress.compile_seconds
        epoch = len(self.history.epochs) + 1
        at.optimizer.learning_rate = at.rate.at(e)
        if not at.batches:
            at.first_step = self._steps
            self.companion.begin_epoch(self.network, epoch, self._steps)
        train_loss, terms = self._run_batches(at, sizes, epoch)
        penalty = self.network.penalty(phase.regularization, phase.weight_decay)
        began += self.progress.compile_seconds - compiled  # waiting for kernels is no training
        trained, compiled = time.perf_counter(), self.progress.compile_seconds
        error, improved, valid_terms = math.nan, False, None
        if e % phase.test_repetitions == 0 or e == phase.max_epochs:
            error, valid_terms = self._validate(phase), self._valid_terms
            if not math.isfinite(error):
                self._fail(error, at.number, phase, f"on the validation events after epoch {epoch}", at.optimizer.learning_rate)
            improved = error < at.minimum or self.companion.keeps_last
            at.minimum = min(error, at.minimum)
            waited = e - at.validated if self.companion.settled else 0
            counts = error < at.reference * (1.0 - phase.least_improvement)
            at.reference = error if counts else at.reference
            at.stale = 0 if counts else at.stale + waited
            at.rate.validated(waited, improved)
            at.validated = e
        now = time.perf_counter() - (self.progress.compile_seconds - compiled)
        row = Epoch(
            epoch,
            at.number,
            train_loss + penalty,
            error,
            penalty,
            at.optimizer.learning_rate,
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
        self.progress.epoch(e, row, at.stale)
        at.next_epoch()

    def _run_batches(self, at: _Position, sizes: np.ndarray, epoch: int) -> tuple[float, np.ndarray]:
        """The batches of an epoch that are left; the means of the losses of its events and of its terms, over all of them."""
        n, size = len(self.train), at.phase.batch_size
        for piece in self.train.pieces(self._shuffle, epoch, size, at.batches, lambda: self._look_up(at)):
            self._run_piece(at, piece, sizes, epoch)
        return at.total / n + self.companion.constant(), at.terms / n

    def _run_piece(self, at: _Position, piece: EpochPiece, sizes: np.ndarray, epoch: int) -> None:
        size, count, stop = at.phase.batch_size, len(sizes), piece.first + piece.count
        chunk = self.network.steps_per_call(size)
        for first in range(max(at.batches, piece.first), stop, chunk):
            steps = min(chunk, stop - first)
            parts = np.empty((steps, len(at.terms)))
            begin = (first - piece.first) * size
            order = piece.order[begin:] if first + steps == stop else piece.order[begin : begin + steps * size]
            losses = self.network.train_steps(
                piece.x,
                piece.targets,
                piece.weights,
                order,  # the batches of this call alone: the others cost nothing
                batch_size=size,
                first=0,
                count=steps,
                before=first,
                optimizer=at.optimizer,
                epoch=epoch,
                seed=self._seed,
                parts=parts,
            )
            at.total += float(np.dot(losses, sizes[first : first + steps]))
            at.terms = at.terms + sizes[first : first + steps] @ parts
            self.companion.steps(self._steps + 1, parts)
            self._steps += steps
            at.batches = first + steps
            if not math.isfinite(at.total):
                bad = int(np.argmin(np.isfinite(losses)))
                self._fail(
                    float(losses[bad]),
                    at.number,
                    at.phase,
                    f"in epoch {epoch}, batch {first + bad + 1} of {count}",
                    at.optimizer.learning_rate,
                )
            self.progress.batches(at.epoch, at.batches / count)
            self._look_up(at)

    def _look_up(self, at: _Position) -> None:
        """Write a checkpoint where one is due."""
        if self.checkpointing is not None and self.checkpointing.due():
            self.checkpointing.write(self._state(at))

    # ------------------------------------------------------------------------------------------- states

    def _state(self, at: _Position) -> TrainingState:
        """Where the training is now."""
        states = optimizer_states(at.optimizer)
        return TrainingState(
            at.number,
            at.epoch,
            at.batches,
            at.total,
            at.terms,
            self._steps,
            at.first_step,
            at.minimum,
            at.reference,
            at.stale,
            at.validated,
            at.rate.reductions,
            at.rate.waited,
            self.network.parameters.snapshot(),
            self.kept,
            tuple(moment.copy() for state in states for moment in state.moments),
            tuple(state.steps for state in states),
            self.network.run_time_numbers(),
            self.history.state(),
            self.companion.state(),
        )

    def _go_on_from(self, begin: TrainingState, at: _Position) -> None:
        at.epoch, at.batches, at.total, at.terms = begin.epoch, begin.batches, begin.total, np.array(begin.terms)
        at.first_step, at.minimum, at.reference = begin.first_step, begin.minimum, begin.reference
        at.stale, at.validated = begin.stale, begin.validated
        at.rate.reductions, at.rate.waited = begin.reductions, begin.waited
        self.kept, self._steps = begin.kept, begin.steps
        self.history.restore(begin.history)
        self.companion.begin_epoch(self.network, len(self.history.epochs) + 1, begin.first_step)
        self.companion.restore(begin.companion)
        self.network.parameters.restore(begin.parameters)
        self.network.restore_run_time_numbers(begin.run_time)
        states, moments = optimizer_states(at.optimizer), iter(begin.moments)
        for state, steps in zip(states, begin.optimizer_steps, strict=True):
            state.steps = steps
            for moment in state.moments:
                moment[:] = next(moments)

    def _validate(self, phase: PhaseSettings) -> float:
        self.companion.begin_validation(self.network)
        loss = self.valid.loss(self.network, seed=self._seed, parts=self._valid_terms)
        return loss + self.companion.constant() + self.network.penalty(phase.regularization, phase.weight_decay)

    def _restore(self) -> None:
        self.network.parameters.restore(self._start if self.kept is None else self.kept)

    def _keep(self) -> None:
        snapshot = self.network.result()
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

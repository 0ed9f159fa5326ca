"""The training: from a Booking, a Blueprint and events to what was learnt. One function of values, here or in another process."""

from __future__ import annotations

import dataclasses
import os
import platform
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.streaming.streamed_events import StreamedEvents
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, OptionError, TmvaliteWarning
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking
from tmvalite.models.checkpoint import check_facts, facts_of, read_checkpoint, write_checkpoint
from tmvalite.models.events import check_classes, split_events, target_matrix, usable_events, with_ranges
from tmvalite.models.file import INTERRUPTED, describe
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.judgement import judged
from tmvalite.models.reconstruction import check_targets
from tmvalite.models.streamed_samples import streamed_samples
from tmvalite.models.trained import Trained
from tmvalite.models.weighting import mean_one
from tmvalite.training import streams
from tmvalite.training.checkpointing import Checkpointing
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.history import History
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Companion, Training
from tmvalite.training.progress import Progress

# What may end a training early and leaves what was learnt so far: Ctrl-C, a loss that is no number, a table that nobody reads.
STOPS = (KeyboardInterrupt, OSError, RuntimeError, ValueError, MemoryError)


@dataclass(frozen=True)
class Fitted:
    """What a training came to.

    trained : None if not even one epoch was finished
    history : its epochs
    trace : means of the terms of the loss over optimisation steps, if they were asked for
    remarks : what the user should know about the outcome
    stopped : what ended the training early
    """

    trained: Trained | None
    history: History
    trace: dict[str, list] = field(default_factory=dict)
    remarks: tuple[TmvaliteWarning, ...] = ()
    stopped: BaseException | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the user ended it."""
        return self.history.interrupted or isinstance(self.stopped, KeyboardInterrupt)


def fit(
    booking: Booking,
    blueprint: Blueprint,
    events: Events | StreamedEvents,
    info: DataSetInfo,
    *,
    seed: int = 0,
    split: Any = "drawn",
    labels: tuple = (),
    flat: bool = False,
    progress: Progress | None = None,
    trace: int = 0,
    diagnostics: Diagnostics | None = None,
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: str | None = None,
    resume: str | os.PathLike | None = None,
    start: np.ndarray | None = None,
) -> Fitted:
    """Train a network on events.

    Parameters
    ----------
    events : Events or StreamedEvents
        With normalised weights; they are scaled to mean 1 here. Those of a stream are normalised here, too.
    seed : int
        Of all random numbers; 0 takes RandomSeed, and where that is 0 too another one each time.
    split : "drawn", "last" or (training, validation)
        Which events validate: drawn ones, the last ones as in TMVA, or positions.
    labels : tuple
        What y calls the classes; their names by default.
    flat : bool
        Whether `predict` gives the one target of a regression as (N,).
    trace : int
        The number of optimisation steps over which `Fitted.trace` has means; 0 for none.
    diagnostics : Diagnostics, optional
        Takes the warnings about transformations, which are issued at once.

    checkpoint, checkpoint_every : optional
        The file that keeps where the training is, and how often: "20 epochs", "10 min"; by default what the
        options Checkpoint and CheckpointEvery say.
    resume : optional
        A checkpoint to go on from, with the same bits as if nothing had happened.
    start : (P,), optional
        Parameters to begin with, in place of random ones.

    Returns
    -------
    Fitted
        Also after Ctrl-C, or a loss that became infinite: `stopped` has the error, `trained` what was learnt before.

    Raises
    ------
    DataError, OptionError, ShapeError
        Something in the data or the options cannot be used.
    """
    began, form, values = time.perf_counter(), booking.form, booking.values
    diagnostics = Diagnostics(booking.bound.source, booking.bound.diagnostics.strict) if diagnostics is None else diagnostics
    progress = Progress() if progress is None else progress
    chain = TransformChain.build(booking.transforms, info, diagnostics)
    diagnostics.issue()
    resumed = read_checkpoint(resume) if resume is not None else None
    seed = resumed.seed if resumed is not None else seed or values.RandomSeed or streams.drawn_seed()
    if isinstance(events, StreamedEvents):
        trees = events.trees
        progress.message(f"First pass over {trees.n_entries} entries of {len(trees.trees)} trees")
    n_events, info, train, valid = _taken(booking, blueprint, chain, events, info, seed, split)

    network = blueprint.network(precision=values.Precision, threads=values.Threads or None)
    initialise(network, form.initialisation(values), seed)
    learner = form.learner(booking, blueprint, network)
    companion = form.companion(booking, blueprint, learner, train, trace) or Companion()
    description = describe(booking, blueprint, info, n_events=n_events, seed=seed, labels=labels or info.classes)

    checkpoint = (values.Checkpoint if checkpoint is None else checkpoint) or None
    checkpoint_every = values.CheckpointEvery if checkpoint_every is None else checkpoint_every
    facts = facts_of(booking, train, valid) if resumed is not None or checkpoint is not None else {}
    if facts and not (getattr(learner, "resumable", True) and not companion.keeps_last):
        message = f"trainings of Method{form.name} with these options have no checkpoints yet"
        raise OptionError(message, code="checkpoint-method", hint="leave checkpoint and resume out")
    if resumed is not None:
        check_facts(resume, resumed.facts, facts)
    checkpointing = None
    if checkpoint is not None:
        checkpointing = Checkpointing(partial(write_checkpoint, checkpoint, facts=facts), checkpoint_every, progress.message)

    training, stopped = None, None
    try:
        if start is not None:
            network.parameters.restore(start)
        elif resumed is None:
            form.prepare(booking, network, train, valid, seed=seed, progress=progress)
        training = Training(
            learner,
            train,
            valid,
            booking.phases,
            dropout=blueprint.dropout,
            seed=seed,
            progress=progress,
            source=booking.bound.place("TrainingStrategy")[0],
            companion=companion,
            checkpointing=checkpointing,
            state=None if resumed is None else resumed.state,
        )
        training.run()
    except STOPS as error:
        stopped = error
    finally:
        train.close()
    history = training.history if training is not None else History(seed=seed)
    if training is None or training.kept is None:
        return Fitted(None, history, dict(companion.traced), stopped=stopped)
    trained = Trained(
        form,
        dict(blueprint.blocks),
        network,
        blueprint.objectives,
        chain,
        info,
        booking.analysis_type,
        labels or info.classes,
        flat,
        blueprint.class_width,
        blueprint.latent,
        blueprint.prior,
        description=dataclasses.replace(
            description, facts=description.facts | _done(history, time.perf_counter() - began - progress.compile_seconds)
        ),
        **companion.learnt(network, train, seed),
    )
    remarks = () if stopped is not None or history.interrupted else tuple(judged(trained, train.some(), valid.some(), history))
    valid.close()
    return Fitted(trained, history, dict(companion.traced), remarks, stopped)


def _taken(booking, blueprint, chain, events, info: DataSetInfo, seed: int, split) -> tuple:
    """The number of events, their names with ranges, and the samples that train and validate; the chain is fitted."""
    if isinstance(events, StreamedEvents):
        made = streamed_samples(booking, blueprint, chain, events, info, seed)
        return made.n_events, made.info, made.train, made.valid
    events, train, valid = _samples(booking, blueprint, chain, events, info, seed, split)
    return len(events), with_ranges(info, events), train, valid


def _samples(
    booking: Booking, blueprint: Blueprint, chain: TransformChain, events: Events, info: DataSetInfo, seed: int, split
) -> tuple[Events, Sample, Sample]:
    """The events that can be used, and of these the training and the validation sample; the chain is fitted on all of them."""
    values, form = booking.values, booking.form
    dtype, learns = np.dtype(values.Precision), booking.analysis_type if form.role(TRUTH) in blueprint.blocks else None
    events = usable_events(events, info, dtype, learns=learns, ignore_negative=values.IgnoreNegWeightsInTraining)
    chosen = form.chosen(booking, events, info)
    train_at, valid_at = (at if chosen is None else at[chosen[at]] for at in split_events(booking, events, split, seed))
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    x = np.ascontiguousarray(chain.apply_variables(events.x), dtype) if chain.transforms_variables else events.x
    targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
    if form.role(VARIABLES) in blueprint.blocks:
        outputs = blueprint.blocks[form.role(VARIABLES)].outputs
        check_targets(outputs, blueprint.objectives[: len(outputs)], x, info, transformed=chain.transforms_variables)
    y = target_matrix(booking, blueprint, x, events, targets, info)
    x, y = form.extended(blueprint, x, y, events, info)
    if learns in ("classification", "multiclass"):
        check_classes(events, info, train_at, valid_at)

    def sample(positions, what):
        at = _as_slice(positions)
        weight = mean_one(events.weight[at], what).astype(dtype)
        rows = np.ascontiguousarray(x[at])
        return Sample(rows, rows if y is x else np.ascontiguousarray(y[at]), weight)

    return events, sample(train_at, "training"), sample(valid_at, "validation")


def _as_slice(positions: np.ndarray):
    """Positions that follow each other as a slice, which copies nothing."""
    n = len(positions)
    if n and positions[-1] - positions[0] == n - 1 and (np.diff(positions) == 1).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def _done(history: History, seconds: float) -> dict[str, str]:
    """What only the end of a training knows of the file's facts; where the user ended it, that."""
    facts = {"Date": time.asctime(), "Host": platform.system(), "TrainingTime": f"{seconds:.8e}"}
    if history.interrupted:
        n = len(history.epochs)
        weights = "the last ones" if history.best_epoch is None else f"those of epoch {history.best_epoch}"
        facts[INTERRUPTED] = f"after {n} epoch{'s' * (n != 1)}; the weights are {weights}"
    return facts

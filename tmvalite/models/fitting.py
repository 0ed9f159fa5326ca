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
from tmvalite.errors import Diagnostics, TmvaliteWarning
from tmvalite.io.atomic import check_writable
from tmvalite.io.run_lock import RunLock
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking, check_streamed
from tmvalite.models.checkpoint import check_facts, facts_of, read_checkpoint, write_checkpoint
from tmvalite.models.file import INTERRUPTED, describe
from tmvalite.models.judgement import judged
from tmvalite.models.prepared import Prepared, Replica, prepare, samples
from tmvalite.models.streamed_samples import streamed_samples
from tmvalite.models.trained import Trained
from tmvalite.training import streams
from tmvalite.training.average import Averaged
from tmvalite.training.by_workers import by_workers
from tmvalite.training.checkpointing import Checkpointing
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
    workers=None,
    prepared: Prepared | None = None,
    replica: Replica | None = None,
    threads: int | None = None,
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
        The file that keeps where the training is, and how often: "20 epochs", "10 min", "auto"; by default what the
        options Checkpoint and CheckpointEvery say.
    resume : optional
        A checkpoint to go on from, with the same bits as if nothing had happened.
    start : (P,), optional
        Parameters to begin with, in place of random ones.
    workers : None, int or executor
        Who does the shares of a training step, see training.by_workers; with the bits of a training without workers, unless
        the option Shares says another number of them.
    prepared : Prepared, optional
        What `prepare` makes of the events, where it was made before.
    replica : Replica, optional
        Which of several trainings this is: then the seed is its own, and a bootstrap or a fold is drawn for it.
    threads : int, optional
        In place of the option Threads; the bits are the same.

    Returns
    -------
    Fitted
        Also after Ctrl-C, or a loss that became infinite: `stopped` has the error, `trained` what was learnt before.

    Raises
    ------
    DataError, OptionError, ShapeError
        Something in the data or the options cannot be used.
    FileError
        The checkpoint cannot be written, or another process is writing it.
    """
    began, form, values = time.perf_counter(), booking.form, booking.values
    diagnostics = Diagnostics(booking.bound.source, booking.bound.diagnostics.strict) if diagnostics is None else diagnostics
    progress = Progress() if progress is None else progress
    resumed = read_checkpoint(resume) if resume is not None else None
    seed = resumed.seed if resumed is not None else seed or values.RandomSeed or streams.drawn_seed()
    seed = seed if replica is None else replica.seed
    if isinstance(events, StreamedEvents):
        trees = events.trees
        progress.message(f"First pass over {trees.n_entries} entries of {len(trees.trees)} trees")
    chain, info, n_events, train, valid = _taken(
        booking, blueprint, events, info, diagnostics, seed, split, prepared=prepared, replica=replica, workers=workers
    )

    network = blueprint.network(precision=values.Precision, threads=threads or values.Threads or None)
    initialise(network, form.initialisation(values), seed)
    learner = form.learner(booking, blueprint, network)
    if form.average(values):
        learner = Averaged(learner, form.average(values))
    companion = form.companion(booking, blueprint, learner, train, trace) or Companion()
    description = describe(booking, blueprint, info, n_events=n_events, seed=seed, labels=labels or info.classes)

    checkpoint = (values.Checkpoint if checkpoint is None else checkpoint) or None
    checkpoint_every = values.CheckpointEvery if checkpoint_every is None else checkpoint_every
    facts = facts_of(booking, train, valid) if resumed is not None or checkpoint is not None else {}
    if resumed is not None:
        check_facts(resume, resumed.facts, facts)
    checkpointing = None
    if checkpoint is not None:
        check_writable(checkpoint)
        save, lock = partial(write_checkpoint, checkpoint, facts=facts), RunLock(checkpoint, f"the checkpoint '{checkpoint}' is")
        checkpointing = Checkpointing(save, checkpoint_every, progress.message, lock.held())

    training, stopped = None, None
    try:
        if start is not None:
            network.parameters.restore(start)
        elif resumed is None:
            form.prepare(booking, network, train, valid, seed=seed, progress=progress)
        with by_workers(learner, workers, values.Shares, len(train), booking.phases) as working:
            training = Training(
                working,
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


def _taken(booking, blueprint, events, info, diagnostics, seed, split, *, prepared, replica, workers) -> tuple:
    """The chain, fitted; names with ranges; the number of all events; and the samples that train and validate."""
    if isinstance(events, StreamedEvents):
        check_streamed(booking, workers)
        chain = TransformChain.build(booking.transforms, info, diagnostics)
        diagnostics.issue()
        made = streamed_samples(booking, blueprint, chain, events, info, seed)
        return chain, made.info, made.n_events, made.train, made.valid
    prepared = prepare(booking, blueprint, events, info, diagnostics) if prepared is None else prepared
    return prepared.chain, prepared.info, len(prepared.events), *samples(booking, prepared, split, seed, replica)


def _done(history: History, seconds: float) -> dict[str, str]:
    """What only the end of a training knows of the file's facts; where the user ended it, that."""
    facts = {"Date": time.asctime(), "Host": platform.system(), "TrainingTime": f"{seconds:.8e}"}
    if history.interrupted:
        n = len(history.epochs)
        weights = "the last ones" if history.best_epoch is None else f"those of epoch {history.best_epoch}"
        facts[INTERRUPTED] = f"after {n} epoch{'s' * (n != 1)}; the weights are {weights}"
    return facts

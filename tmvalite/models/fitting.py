"""The training: from a Booking, a Blueprint and events to what was learnt. One function of values, here or in another process."""

from __future__ import annotations

import dataclasses
import platform
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, TmvaliteWarning
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking
from tmvalite.models.events import check_classes, split_events, target_matrix, usable_events, with_ranges
from tmvalite.models.file import INTERRUPTED, describe
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.judgement import judged
from tmvalite.models.reconstruction import check_targets
from tmvalite.models.trained import Trained
from tmvalite.models.weighting import mean_one
from tmvalite.training import streams
from tmvalite.training.history import History
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Companion, Sample, Training
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
    events: Events,
    info: DataSetInfo,
    *,
    seed: int = 0,
    split: Any = "drawn",
    labels: tuple = (),
    flat: bool = False,
    progress: Progress | None = None,
    trace: int = 0,
    diagnostics: Diagnostics | None = None,
) -> Fitted:
    """Train a network on events.

    Parameters
    ----------
    events : Events
        With normalised weights; they are scaled to mean 1 here.
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
    seed = seed or values.RandomSeed or streams.drawn_seed()
    events, train, valid = _samples(booking, blueprint, chain, events, info, seed, split)
    info = with_ranges(info, events)

    network = blueprint.network(precision=values.Precision, threads=values.Threads or None)
    initialise(network, values.WeightInitialization, seed)
    learner = form.learner(booking, blueprint, network)
    companion = form.companion(booking, blueprint, learner, train, trace) or Companion()
    description = describe(booking, blueprint, info, n_events=len(events), seed=seed, labels=labels or info.classes)

    training, stopped = None, None
    try:
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
        )
        training.run()
    except STOPS as error:
        stopped = error
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
    remarks = () if stopped is not None or history.interrupted else tuple(judged(trained, train, valid, history))
    return Fitted(trained, history, dict(companion.traced), remarks, stopped)


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
        weight = mean_one(events.weight[positions], what).astype(dtype)
        rows = np.ascontiguousarray(x[positions])
        return Sample(rows, rows if y is x else np.ascontiguousarray(y[positions]), weight)

    return events, sample(train_at, "training"), sample(valid_at, "validation")


def _done(history: History, seconds: float) -> dict[str, str]:
    """What only the end of a training knows of the file's facts; where the user ended it, that."""
    facts = {"Date": time.asctime(), "Host": platform.system(), "TrainingTime": f"{seconds:.8e}"}
    if history.interrupted:
        n = len(history.epochs)
        weights = "the last ones" if history.best_epoch is None else f"those of epoch {history.best_epoch}"
        facts[INTERRUPTED] = f"after {n} epoch{'s' * (n != 1)}; the weights are {weights}"
    return facts

"""Events as the networks of a booking read them, before they are split: what several trainings on them have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking
from tmvalite.models.events import check_classes, split_events, target_matrix, usable_events, with_ranges
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.reconstruction import check_targets
from tmvalite.models.weighting import mean_one
from tmvalite.string_utils.replica_option import BOOTSTRAP, FOLDS
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.replica_draws import drawn_multiplicities, fold_numbers, replica_seed


@dataclass(frozen=True)
class Replica:
    """Which of several trainings of one network this is: number `number`, from 0, of `count`.

    first : the seed of number 0, from which those of the others follow
    """

    kind: str
    number: int
    count: int
    first: int

    @property
    def seed(self) -> int:
        """Its RandomSeed."""
        return replica_seed(self.first, self.number)


@dataclass(frozen=True)
class Prepared:
    """Events that can be used, with what a network makes of them.

    chain : fitted on all of them
    x (N, inputs), y (N, outputs) : transformed variables, and what is learnt
    chosen : (N,) bool, which of them train or validate; None for all
    learns : the analysis type whose classes or targets are learnt; None where the variables alone are
    """

    events: Events
    info: DataSetInfo
    chain: TransformChain
    x: np.ndarray
    y: np.ndarray
    chosen: np.ndarray | None
    learns: str | None


def prepare(booking: Booking, blueprint: Blueprint, events: Events, info: DataSetInfo, diagnostics: Diagnostics) -> Prepared:
    """Check and transform events. Raises DataError and OptionError where they cannot be trained."""
    values, form = booking.values, booking.form
    chain = TransformChain.build(booking.transforms, info, diagnostics)
    diagnostics.issue()
    dtype, learns = np.dtype(values.Precision), booking.analysis_type if form.role(TRUTH) in blueprint.blocks else None
    events = usable_events(events, info, dtype, learns=learns, ignore_negative=values.IgnoreNegWeightsInTraining)
    chosen = form.chosen(booking, events, info)
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    x = np.ascontiguousarray(chain.apply_variables(events.x), dtype) if chain.transforms_variables else events.x
    targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
    if form.role(VARIABLES) in blueprint.blocks:
        outputs = blueprint.blocks[form.role(VARIABLES)].outputs
        check_targets(outputs, blueprint.objectives[: len(outputs)], x, info, transformed=chain.transforms_variables)
    y = target_matrix(booking, blueprint, x, events, targets, info)
    x, y = form.extended(blueprint, x, y, events, info)
    return Prepared(events, with_ranges(info, events), chain, x, y, chosen, learns)


def samples(booking: Booking, prepared: Prepared, split, seed: int, replica: Replica | None = None) -> tuple[Sample, Sample]:
    """The training and the validation sample; see `fitting.fit`. Raises DataError and OptionError."""
    events, dtype = prepared.events, np.dtype(booking.values.Precision)
    classes = None if prepared.learns in ("regression", None) else events.class_index
    if replica is not None and replica.kind == FOLDS:
        split = _fold(prepared, classes, split, replica)
    positions = split_events(booking, events, split, seed)
    train_at, valid_at = (at if prepared.chosen is None else at[prepared.chosen[at]] for at in positions)
    weight = events.weight
    if replica is not None and replica.kind == BOOTSTRAP:
        drawn = drawn_multiplicities(None if classes is None else classes[train_at], len(train_at), seed)
        weight = weight.copy()
        weight[train_at] *= drawn
        train_at = train_at[drawn > 0]
    if prepared.learns in ("classification", "multiclass"):
        check_classes(events, prepared.info, train_at, valid_at)

    def sample(positions, what):
        at = _as_slice(positions)
        rows = np.ascontiguousarray(prepared.x[at])
        y = rows if prepared.y is prepared.x else np.ascontiguousarray(prepared.y[at])
        return Sample(rows, y, mean_one(weight[at], what).astype(dtype))

    return sample(train_at, "training"), sample(valid_at, "validation")


def _fold(prepared: Prepared, classes, split, replica: Replica) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the events that train and that validate: those of the fold of this replica. Raises OptionError."""
    if not isinstance(split, str):
        message, hint = "the events that validate are given, so that there are no folds", "write Replicas=100|bootstrap or seeds"
        raise OptionError(message, code="replicas", hint=hint)
    n = len(prepared.events)
    if n < replica.count:
        raise OptionError(f"{n} events are no {replica.count} folds", code="replicas", hint="give more events, or fewer folds")
    validates = fold_numbers(classes, n, replica.count, replica.first) == replica.number
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def _as_slice(positions: np.ndarray):
    """Positions that follow each other as a slice, which copies nothing."""
    n = len(positions)
    if n and positions[-1] - positions[0] == n - 1 and (np.diff(positions) == 1).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions

"""Events as a training takes them: from what a user gave, checked, split, and the matrix of what the network learns."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from tmvalite.data.checks import sample_remarks
from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.tables import (
    SIGNAL_NAMES,
    check_finite,
    class_labels,
    event_matrix,
    finite_matrix,
    scored_events,
    weight_vector,
)
from tmvalite.data.tables import target_matrix as given_targets
from tmvalite.data.truth_columns import with_columns_of_names
from tmvalite.errors import DataError, OptionError, TmvaliteWarning, quoted, warn_user
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.weighting import NORM_MODES, normalised
from tmvalite.training.validation_split import drawn_events, last_events, validation_count


@dataclass(frozen=True)
class Declared:
    """Arrays as events, and how their classes and targets were given.

    labels : what y calls the classes, in the order of info.classes
    flat : whether y had one dimension
    split : "drawn", or the positions of the training and of the validation events
    """

    events: Events
    info: DataSetInfo
    labels: tuple
    flat: bool
    split: str | tuple[np.ndarray, np.ndarray] = "drawn"


def declared(booking: Booking, X, y=None, sample_weight=None, targets=None, *, norm=None, signal=None, eval_set=None) -> Declared:
    """What `Method.fit` was given; `eval_set` are further events, which validate. Raises DataError and OptionError."""
    given = _declared(booking, X, y, sample_weight, targets, norm, signal)
    for remark in sample_remarks(given.events.x, [v.label for v in given.info.variables], given.events.original_weight):
        warn_user(remark)
    return given if eval_set is None else _with_validation(booking, given, _parts_of(eval_set), norm)


def _declared(booking: Booking, X, y, sample_weight, targets, norm, signal) -> Declared:
    dtype, analysis = np.dtype(booking.values.Precision), booking.analysis_type
    several = (analysis == "regression", False, True)
    X, y, sample_weight, targets = with_columns_of_names(X, y, sample_weight, targets, several=several)
    x, names = event_matrix(X, dtype)
    n = len(x)
    weight = weight_vector(sample_weight, n)
    target_names: tuple[str, ...] = ()
    target = np.empty((n, 0), dtype)
    flat, labels = True, ()
    if norm not in NORM_MODES:
        raise OptionError(f"norm {norm!r} is not known", code="argument", expected=tuple(map(repr, NORM_MODES)))
    if y is None and booking.needs_truth:
        what = "targets of every event" if analysis == "regression" else "class of every event"
        raise DataError(
            "this method requires y to be passed, but the target y is None", code="data-shape", expected=f"the {what}"
        )
    if y is not None and analysis == "regression":
        if targets is not None:
            raise DataError("a regression has its targets in y", code="data-targets", hint="leave targets out")
        target, target_names, flat = given_targets(y, n, dtype)
    elif targets is not None:
        target, target_names, _ = given_targets(targets, n, dtype)
    if analysis != "regression" and not booking.needs_truth:
        y = _groups(y)
    if y is None or analysis == "regression":
        index, classes = np.zeros(n, np.int64), ("Data",) if y is None else ("Regression",)
    else:
        several = analysis == "multiclass" or not booking.needs_truth and signal is None and not _names_a_signal(y)
        found = class_labels(y, n, multiclass=several, signal=signal)
        index, classes, labels = found.index, found.names, found.values
    info = DataSetInfo.from_names(names, target_names, classes=classes)
    events = Events(x, target, {}, normalised(weight, index, info.classes, norm), index, weight)
    return Declared(events, info, labels or info.classes, flat)


def _groups(y) -> np.ndarray | None:
    """Where nobody learns classes: those of y, which only group the events; None for numbers that are no classes."""
    if y is None:
        return None
    y = np.asarray(y)
    y = y.astype(str) if y.dtype.kind == "O" else y
    if (y.dtype.kind == "f" and not (y == np.trunc(y)).all()) or len(np.unique(y)) < 2:
        return None
    return y


def _names_a_signal(y: np.ndarray) -> bool:
    """Whether y has two classes, one of them called Signal or 1."""
    names = [str(value).lower() for value in np.unique(y).tolist()]
    return len(names) == 2 and any(name in (*SIGNAL_NAMES, "1", "1.0", "true") for name in names)


def _parts_of(eval_set) -> tuple:
    """(X, y, sample_weight, targets) of what stands for them: a tuple of the first ones, or a list of one such tuple."""
    given = eval_set[0] if isinstance(eval_set, list) and len(eval_set) == 1 else eval_set
    if not isinstance(given, tuple) or not 1 <= len(given) <= 4:
        expected = "(X, y), (X, y, sample_weight) or (X, y, sample_weight, targets)"
        hint = "one sample validates" if isinstance(eval_set, list) and len(eval_set) > 1 else None
        raise DataError(f"eval_set cannot be this {type(eval_set).__name__}", code="argument", expected=expected, hint=hint)
    return (*given, *(None,) * (4 - len(given)))


def _with_validation(booking: Booking, train: Declared, sample: tuple, norm) -> Declared:
    """The events of both samples, of which the last ones validate. Raises DataError, which names eval_set."""
    if booking.bound.is_set("ValidationSize"):
        message, hint = "ValidationSize has no effect: eval_set validates", "remove one of them"
        warn_user(TmvaliteWarning(message, code="option-without-effect", hint=hint))
    several = (booking.analysis_type == "regression", False, True)
    X, y, weight, targets = with_columns_of_names(*sample, several=several)
    classes = train.info.n_classes > 1
    try:
        x, _ = scored_events(X, train.info.variables, np.dtype(booking.values.Precision))
        signal = train.labels[train.info.signal_class] if classes and booking.analysis_type == "classification" else None
        valid = _declared(booking, x, y, weight, targets, norm, signal)
        unknown = [label for label in valid.labels if label not in train.labels] if classes else []
        if unknown:
            expected = tuple(map(repr, train.labels))
            raise DataError(f"y has the class {unknown[0]!r}, which does not train", code="data-classes", expected=expected)
        if valid.info.n_targets != train.info.n_targets:
            message = f"there are {valid.info.n_targets} targets, but {train.info.n_targets} train"
            raise DataError(message, code="data-targets")
    except DataError as error:
        error.where = error.where or "eval_set"
        raise
    index = valid.events.class_index
    if classes:
        index = np.array([train.labels.index(label) for label in valid.labels])[index]
    joined = Events.concatenate([train.events, dataclasses.replace(valid.events, class_index=index)])
    positions = np.arange(len(joined))
    n = len(train.events)
    return dataclasses.replace(train, events=joined, split=(positions[:n], positions[n:]))


def usable_events(events: Events, info: DataSetInfo, dtype, *, learns: str | None, ignore_negative: bool) -> Events:
    """The events in the network's precision. Raises DataError where they cannot be trained.

    Parameters
    ----------
    learns : str or None
        The analysis type whose classes or targets are learnt; None where the variables alone are.
    """
    n = len(events)
    if n < 2:
        there = "is 1 sample" if n == 1 else f"are {n}"
        raise DataError(f"a training needs at least 2 events, there {there}", code="data-too-few-events")
    if events.x.shape != (n, info.n_variables) or events.targets.shape != (n, info.n_targets):
        raise DataError(
            f"variables of shape {events.x.shape} and targets of shape {events.targets.shape} do not fit {n} events",
            code="data-shape",
            expected=f"({n}, {info.n_variables}) and ({n}, {info.n_targets})",
        )
    if learns == "regression" and not info.n_targets:
        raise DataError("a regression needs a target", code="data-targets")
    if learns == "classification" and info.n_classes != 2:
        message, expected = f"a classification has two classes, the data have {info.n_classes}", "signal and background"
        raise DataError(message, code="data-classes", expected=expected, hint='analysis_type="multiclass" takes more')
    x = finite_matrix(events.x, dtype, [v.label for v in info.variables])
    targets = finite_matrix(events.targets, dtype, [t.label for t in info.targets], "target")
    weight = np.asarray(events.weight, np.float64)
    check_finite(weight, "the weight")
    if ignore_negative:
        weight = np.maximum(weight, 0.0)
    return Events(x, targets, {}, weight, np.asarray(events.class_index), events.original_weight)


def split_events(booking: Booking, events: Events, split, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the training and the validation events.

    Parameters
    ----------
    split : "drawn", "last" or (training, validation)
        Drawn with their share of every class, or the last events, as many as ValidationSize says; or positions.
    """
    if not isinstance(split, str):
        train_at, valid_at = (np.asarray(positions, np.int64) for positions in split)
        return train_at, valid_at
    n, source = len(events), booking.bound.place("ValidationSize")[0]
    count = validation_count(booking.validation_size, n, source=source)
    if split == "last":
        return last_events(n, count)
    return drawn_events(events.class_index if booking.analysis_type != "regression" else None, n, count, seed)


def check_classes(events: Events, info: DataSetInfo, train_at, valid_at) -> None:
    """A class must train; one that does not validate is worth a warning."""
    for name, trains, validates in zip(
        info.classes, *(np.bincount(events.class_index[at], minlength=info.n_classes) for at in (train_at, valid_at))
    ):
        if trains == 0:
            message = f"none of the {len(train_at)} training events is of class {quoted(name)}; {validates} of it validate"
            raise DataError(message, code="data-class-missing", hint="mix the classes (SplitMode=Random), or give more events")
        if validates == 0:
            message = f"no event of class {quoted(name)} is among the {len(valid_at)} validation events"
            hint = "mix the classes (SplitMode=Random), or choose a larger ValidationSize"
            warn_user(TmvaliteWarning(message, code="validation-class-missing", hint=hint))


def target_matrix(
    booking: Booking, blueprint: Blueprint, x: np.ndarray, events: Events, targets: np.ndarray, info: DataSetInfo
) -> np.ndarray:
    """What the network learns, (N, outputs), block by block: variables, classes and targets, or 1 for the real thing.

    Parameters
    ----------
    x : (N, V), targets : (N, T)
        After the transformations.
    """
    columns = []
    for role in booking.form.roles:
        if role.learns == VARIABLES and role.name in blueprint.blocks:
            columns.append(x)
        elif role.learns and role.name in blueprint.blocks:
            width = sum(output.value.size for output in blueprint.blocks[role.name].outputs)
            made = np.zeros((len(x), width), x.dtype) if role.learns == TRUTH else np.ones((len(x), width), x.dtype)
            if role.learns == TRUTH:
                _fill_truth(made, booking.analysis_type, blueprint.class_width, events, targets, info)
            columns.append(made)
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def _fill_truth(y: np.ndarray, analysis: str, width: int, events: Events, targets: np.ndarray, info: DataSetInfo) -> None:
    """Put 1 for signal, or a column per class, then the targets, into zeros (N, outputs); `width` outputs belong to classes."""
    if analysis == "classification":  # with several outputs TMVA's columns: signal, background, nothing
        is_signal = events.class_index == info.signal_class
        y[:, 0] = is_signal
        if width > 1:
            y[:, 1] = ~is_signal
    elif analysis == "multiclass":
        y[np.arange(len(y)), events.class_index] = 1
    y[:, width:] = targets[:, : y.shape[1] - width]


def with_ranges(info: DataSetInfo, events: Events) -> DataSetInfo:
    """The ranges of variables and targets, where nobody filled them before."""

    def filled(infos: tuple[VariableInfo, ...], values: np.ndarray):
        return tuple(v if v.has_range else v.with_range(values[:, i].min(), values[:, i].max()) for i, v in enumerate(infos))

    return dataclasses.replace(info, variables=filled(info.variables, events.x), targets=filled(info.targets, events.targets))

"""EvaluateImportance: a method is trained on subsets of the variables, and what each variable adds to the ROC area is summed."""

from __future__ import annotations

import contextlib
from enum import IntEnum
from functools import partial

import numpy as np

from tmvalite.cluster import executor_of
from tmvalite.data.folds import drawn
from tmvalite.data.info import DataSet, Events
from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation.importance import Importance, permutation_importance, subset_importance
from tmvalite.evaluation.paired import Measured, measured_area, measured_areas, measured_rms
from tmvalite.workflow.building import check_in_memory
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.method_booking import BookingCall
from tmvalite.workflow.part_training import TrainingPart, train_parts
from tmvalite.workflow.results import MethodRecord

MOST_VARIABLES = 12  # of which all subsets are trained: 4095


class VIType(IntEnum):
    """Which subsets of the variables are trained."""

    kShort = 0
    kAll = 1
    kRandom = 2


kShort, kAll, kRandom = VIType

MOST_NUMBERS = 200_000_000  # that are read for a picture of importances


def measure(record: MethodRecord, values: np.ndarray, sample: str = "test") -> Measured:
    """What a method is worth on a sample: its ROC area, the mean of the areas of several classes, or the RMS of a regression."""
    events = record.sample(sample)
    if record.kind == "regression":
        return measured_rms(values, record.method.truth(events), events.weight)
    if record.kind == "multiclass":
        return measured_areas(values, events.class_index, events.weight)
    return measured_area(values, record.is_class(sample, record.data.info.signal_class), events.weight)


def evaluate_importance(
    call: BookingCall, data: DataSet, kind, *, choices: int = 10, seed: int = 1, executor=None
) -> ImportanceHistogram:
    """Train a method on subsets of the variables and compare it on the test sample.

    Parameters
    ----------
    kind : VIType
        kShort: all variables, and all but one. kAll: every subset. kRandom: `choices` drawn ones, and those less one variable.
    seed : int
        Of the draw; 0 draws one.
    executor : None, int or executor
        Where the trainings run, see cluster.

    Raises
    ------
    DataError
        There is no test sample, or one variable only.
    OptionError
        Too many subsets, or a string that does not go with fewer variables (InputLayout).
    """
    check_in_memory(data, "the importance by trainings on fewer variables")
    kind, n = VIType(kind), data.info.n_variables
    if n < 2 or not len(data.test):
        what = "at least two variables" if n < 2 else "events of a test sample"
        raise DataError(f"the importance of variables needs {what}", code="data-empty")
    if kind is VIType.kAll and n > MOST_VARIABLES:
        hint = "VIType.kRandom takes some of them, VIType.kShort leaves one variable out at a time"
        raise OptionError(f"{n} variables have {2**n - 1} subsets", code="range", expected=f"at most {MOST_VARIABLES}", hint=hint)
    terms = _terms(kind, n, choices, drawn(seed))
    subsets = sorted({s for of_one in terms for _, s in of_one if s} | {2**n - 1})
    everything = DataSet(Events.concatenate([data.train, data.test]), data.test, data.info)
    positions = np.arange(len(everything.train))
    train, test = positions[: len(data.train)], positions[len(data.train) :]
    parts, method = [], call.make()  # what is worth a warning is said here
    if method.lacking:
        message = f"'{call.title}' cannot be trained with subsets of its variables: {method.lacking}"
        raise OptionError(message, code="category-empty", hint="ask for the importance of the method of a category")
    for s in subsets:
        columns = tuple(v for v in range(n) if s >> v & 1)
        name = f"{call.title} with {', '.join(data.info.variables[v].label for v in columns)}"
        parts.append(TrainingPart(name, call.again(), train, test, columns=columns))
    found: dict[int, Measured] = {}
    with executor_of(executor) as running:
        with contextlib.closing(train_parts(running, parts, everything.train, data.info, tell=False)) as outcomes:
            for s, part, outcome in zip(subsets, parts, outcomes):
                record = outcome.record(part, call.analysis_type, everything)
                found[s] = measure(record, outcome.output)
    found[0] = _of_nothing(record, found[subsets[-1]])
    names = [v.label if v.index is None else v.internal for v in data.info.variables]
    return ImportanceHistogram(call.title, subset_importance(found, terms, names))


def _terms(kind: VIType, n: int, choices: int, seed: int) -> list[list[tuple[float, int]]]:
    """For every variable which subsets count, and how: +S, and -(S without it)."""
    if kind is VIType.kShort:
        chosen = [2**n - 1]
    elif kind is VIType.kAll:
        chosen = range(1, 2**n)
    else:
        bits = np.random.default_rng(seed).integers(0, 2, (max(1, choices), n))
        bits[~bits.any(axis=1), 0] = 1  # an empty set says nothing
        chosen = [int(sum(1 << v for v in range(n) if row[v])) for row in bits]
    return [
        [(c, s) for whole in chosen if whole >> v & 1 for c, s in ((1.0, whole), (-1.0, whole & ~(1 << v)))] for v in range(n)
    ]


def _of_nothing(record: MethodRecord, whole: Measured) -> Measured:
    """What no variable is worth: 1/2, or the spread of the targets."""
    if record.kind != "regression":
        return Measured(0.5, np.zeros_like(whole.parts), whole.label)
    events = record.sample("test")
    truth = record.method.truth(events)
    return measured_rms(np.broadcast_to(np.average(truth, axis=0, weights=events.weight), truth.shape), truth, events.weight)


def importance_of(record: MethodRecord, sample: str, n_repeats: int, seed: int, executor=None) -> Importance:
    """Permutation importance of a trained method on a sample of its Factory."""
    names = [v.label if v.index is None else v.internal for v in record.data.info.variables]
    x, sent = record.inputs(sample), record.with_one_sample(sample)
    return permutation_importance(
        partial(_measure_shuffled, sent, sample), x, names, n_repeats=n_repeats, seed=seed, executor=executor
    )


def _measure_shuffled(record: MethodRecord, sample: str, x: np.ndarray) -> Measured:
    return measure(record, record.values_on(sample, x), sample)


def importance_picture(record: MethodRecord):
    """(figure, caption) of the permutation importance on the test sample; None where that would take long, or says nothing."""
    x = record.sample("test").x
    if len(x) * x.shape[1] ** 2 > MOST_NUMBERS or x.shape[1] < 2 or record.kind != record.analysis_type:
        return None
    return importance_of(record, "test", 3, 1).figure(), "Permutation importance, test"

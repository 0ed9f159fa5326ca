"""What every training does to its events before the network sees them, and what it notes for the weight file."""

from __future__ import annotations

import dataclasses
import platform
import time

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.tables import check_finite, finite_matrix
from tmvalite.errors import DataError, OptionError, TmvaliteWarning, quoted, warn_user
from tmvalite.methods.file_facts import RELEASES, own_facts
from tmvalite.training.progress import Progress, make_progress
from tmvalite.training.split import drawn_events, last_events, validation_count

ON_INTERRUPT = ("raise", "keep")


def check_call(progress, write, on_interrupt: str) -> Progress:
    """The progress that a call of `fit` or `train` means. Raises OptionError for a word that is not known."""
    if on_interrupt not in ON_INTERRUPT:
        raise OptionError(f"on_interrupt={on_interrupt!r} is not known", code="on-interrupt", expected=ON_INTERRUPT)
    return progress if isinstance(progress, Progress) else make_progress(progress, write)


def usable_events(events: Events, info: DataSetInfo, dtype, *, learns: str | None, ignore_negative: bool) -> Events:
    """The events in the network's precision. Raises DataError where they cannot be trained.

    Parameters
    ----------
    learns : str or None
        The analysis type whose classes or targets are learnt; None where the variables alone are.
    """
    n = len(events)
    if n < 2:
        raise DataError(f"a training needs at least 2 events, there {'is' if n == 1 else 'are'} {n}", code="data-few")
    if events.x.shape != (n, info.n_variables) or events.targets.shape != (n, info.n_targets):
        raise DataError(
            f"variables of shape {events.x.shape} and targets of shape {events.targets.shape} do not fit {n} events",
            code="data-shape",
            expected=f"({n}, {info.n_variables}) and ({n}, {info.n_targets})",
        )
    if learns == "regression" and not info.n_targets:
        raise DataError("a regression needs a target", code="data-targets")
    if learns == "classification" and info.n_classes != 2:
        raise DataError(
            f"a classification has two classes, the data have {info.n_classes}",
            code="data-classes",
            expected="signal and background",
            hint='analysis_type="multiclass" takes more',
        )
    x = finite_matrix(events.x, dtype, [v.label for v in info.variables])
    targets = finite_matrix(events.targets, dtype, [t.label for t in info.targets], "target")
    weight = np.asarray(events.weight, np.float64)
    check_finite(weight, "the weight")
    if ignore_negative:
        weight = np.maximum(weight, 0.0)
    return Events(x, targets, {}, weight, np.asarray(events.class_index), events.original_weight)


def split_events(method, events: Events, seed: int, *, drawn: bool, by_class: bool) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the training and the validation events; drawn ones have their share of every class if `by_class`."""
    source, _ = method.bound.place("ValidationSize")
    count = validation_count(method.validation_size, len(events), source=source)
    if not drawn:
        return last_events(len(events), count)
    return drawn_events(events.class_index if by_class else None, len(events), count, seed)


def check_classes(events: Events, info: DataSetInfo, train_at, valid_at) -> None:
    """A class must train; one that does not validate is worth a warning."""
    for name, trains, validates in zip(
        info.classes, *(np.bincount(events.class_index[at], minlength=info.n_classes) for at in (train_at, valid_at))
    ):
        if trains == 0:
            raise DataError(
                f"none of the {len(train_at)} training events is of class {quoted(name)}; {validates} of it validate",
                code="data-class-missing",
                hint="mix the classes (SplitMode=Random), or give more events",
            )
        if validates == 0:
            warn_of_data(
                f"no event of class {quoted(name)} is among the {len(valid_at)} validation events",
                "validation-class-missing",
                "mix the classes (SplitMode=Random), or choose a larger ValidationSize",
            )


def with_ranges(info: DataSetInfo, events: Events) -> DataSetInfo:
    """The ranges of variables and targets, where nobody filled them before."""

    def filled(infos: tuple[VariableInfo, ...], values: np.ndarray):
        return tuple(v if v.has_range else v.with_range(values[:, i].min(), values[:, i].max()) for i, v in enumerate(infos))

    return dataclasses.replace(info, variables=filled(info.variables, events.x), targets=filled(info.targets, events.targets))


def general_info(analysis: str, n_events: int, seconds: float, seed: int, info: DataSetInfo, labels: tuple) -> dict[str, str]:
    """GeneralInfo of the weight file, in TMVA's order, then our own entries."""
    return {
        **RELEASES,
        "Creator": "tmvalite",
        "Date": time.asctime(),
        "Host": platform.system(),
        "Dir": "",
        "Training events": str(n_events),
        "TrainingTime": f"{seconds:.8e}",
        "AnalysisType": analysis.capitalize(),
        **own_facts(seed, info, labels),
    }


def remark_outcome(method, training) -> None:
    """Warn where no epoch improved on the start."""
    if method.is_trained and training.history.best_epoch is None and not training.history.interrupted:
        warn_of_data(
            "no epoch had a smaller validation error than the start; the weights of the last epoch are kept",
            "no-improvement",
            "try a smaller LearningRate, or more epochs",
        )


def pass_on_interrupt(method, training, on_interrupt: str) -> None:
    """Raise KeyboardInterrupt after Ctrl-C, where the caller wants that or nothing was learnt."""
    if training.history.interrupted and (on_interrupt == "raise" or not method.is_trained):
        raise KeyboardInterrupt


def warn_of_data(message: str, code: str, hint: str) -> None:
    """A warning about data or outcome, which Strict does not turn into an error."""
    warn_user(TmvaliteWarning(message, code=code, hint=hint))

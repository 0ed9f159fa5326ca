"""OptimizeAllMethods: the ranges of an option string are scanned, and the method is booked with the best choice.

Every choice is trained on the same part of the training sample and compared on the rest: on folds, or on a quarter that is held
out. What trains stops early by its own validation events (ValidationSize), which are never those that compare.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.cluster import executor_of
from tmvalite.data.folds import SEED, check_folds, drawn, random_folds, stratified_folds
from tmvalite.data.info import DataSet
from tmvalite.errors import OptionError, TrainingError
from tmvalite.evaluation.result_tables import RULE, general, shortened
from tmvalite.string_utils.option_ranges import MOST, combinations, count
from tmvalite.workflow.building import check_in_memory
from tmvalite.workflow.figure_of_merit import ROC_INTEGRAL, FigureOfMerit, figure_of_merit
from tmvalite.workflow.method_booking import BookingCall, check_fits_data
from tmvalite.workflow.part_training import TrainingPart, train_parts
from tmvalite.workflow.results import MethodRecord

FITTERS = ("Scan", "FitGA", "Minuit", "Random")  # TMVA's and, with a number of choices, ours
HELD_OUT = 4  # one event in so many compares, where there are no folds


@dataclass(frozen=True)
class Trial:
    """One choice: a text for every range, the number that each fold gave, and the seconds of all trainings."""

    choice: tuple[str, ...]
    numbers: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean over the folds; NaN where a training failed."""
        return float(np.mean(self.numbers))

    @property
    def error(self) -> float:
        """Its error, from the spread of the folds; NaN for fewer than two."""
        n = len(self.numbers)
        return float(np.std(self.numbers, ddof=1) / np.sqrt(n)) if n > 1 else float("nan")


class Scan:
    """What a scan came to.

    Attributes
    ----------
    title : str
    names : tuple of str
        What varies.
    trials : tuple of Trial
        In the order of the ranges.
    figure : FigureOfMerit
    """

    def __init__(self, title: str, names: Sequence[str], trials: Sequence[Trial], figure: FigureOfMerit):
        self.title, self.names, self.trials, self.figure = title, tuple(names), tuple(trials), figure

    @property
    def best(self) -> Trial:
        """The best trial; of equal ones the first."""
        return max(self.trials, key=lambda trial: self.figure.worth(trial.mean))

    @property
    def parameters(self) -> dict[str, str]:
        """What varies, and the text that was best."""
        return dict(zip(self.names, self.best.choice, strict=True))

    @property
    def fFoldParameters(self) -> list[dict[str, str]]:
        """What was best on each fold, as TMVA's HyperParameterOptimisationResult has it."""
        folds = range(len(self.trials[0].numbers))
        best = [max(self.trials, key=lambda trial, fold=fold: self.figure.worth(trial.numbers[fold])) for fold in folds]
        return [dict(zip(self.names, trial.choice, strict=True)) for trial in best]

    def lines(self) -> list[str]:
        """A row for each trial, the best one marked; texts are shortened, so that five ranges go into a terminal."""
        room = max(6, (80 - 36) // max(1, len(self.names)) - 2)
        widths = [min(room, max(len(name), *(len(t.choice[i]) for t in self.trials))) for i, name in enumerate(self.names)]
        head = "  ".join(f"{shortened(name, w):<{w}s}" for name, w in zip(self.names, widths))
        lines = [f"Optimisation of {self.title}: {len(self.trials)} choices", RULE]
        lines.append(f"  {head}  {self.figure.label:>11s} {'error':>9s} {'seconds':>8s}")
        for trial in self.trials:
            row = "  ".join(f"{shortened(text, w):<{w}s}" for text, w in zip(trial.choice, widths))
            mark = "*" if trial is self.best else " "
            error = general(trial.error, 9, 2) if np.isfinite(trial.error) else f"{'-':>9s}"
            value = general(trial.mean, 11, 4) if np.isfinite(trial.mean) else f"{'failed':>11s}"
            lines.append(f"{mark} {row}  {value} {error} {trial.seconds:>8.2f}")
        best = ", ".join(f"{name}={text}" for name, text in self.parameters.items())
        return [*lines, RULE, f"Best: {best}"]

    def Print(self) -> None:
        """Print the table."""
        print("\n".join(self.lines()))

    def __str__(self):
        return "\n".join(self.lines())

    def __repr__(self):
        return f"Scan('{self.title}', {len(self.trials)} choices, best {self.parameters})"


def scan(
    call: BookingCall | None,
    data: DataSet,
    *,
    fom: str = ROC_INTEGRAL,
    fit: str = "Scan",
    n_folds: int = 0,
    choices: int = 0,
    seed: int = SEED,
    executor=None,
) -> Scan:
    """Train the choices that the ranges of a booking leave.

    Parameters
    ----------
    fom : str
        A figure of merit, see figure_of_merit.
    fit : str
        How the choices are visited. TMVA's words all mean every one of them; "Random" some that are drawn.
    n_folds : int
        Folds of the training sample; 0 holds a quarter out.
    choices : int
        How many are drawn, without repetition; 0 for all.
    seed : int
        Of folds and choices; 0 draws one.
    executor : None, int or executor
        Where the trainings run, see cluster.

    Raises
    ------
    OptionError
        Nothing to choose from, unknown words, or a choice that cannot be booked.
    TrainingError
        Every choice failed.
    """
    if call is None or not call.ranges:
        title = f"'{call.title}'" if call is not None else "this method"
        hint = "write several values in braces, such as Layout=TANH|{16,32},LINEAR"
        raise OptionError(f"{title} has no ranges to choose from", code="range-of-options", hint=hint)
    if fit.lower() not in [word.lower() for word in FITTERS]:
        raise OptionError(f"there is no fitter '{fit}'", code="argument", expected=FITTERS)
    if fit.lower() == "random" and choices < 1:
        raise OptionError("fitType='Random' does not say how many choices are drawn", code="argument", hint="choices=20")
    if n_folds == 1 or n_folds < 0:
        raise OptionError(f"{n_folds} folds are too few", code="range", where="NumFolds", expected="at least 2, or 0 for none")
    check_in_memory(data, "a scan")
    seed = drawn(seed)
    chosen = _chosen(call, choices, seed)
    calls = [call.chosen(choice) for choice in chosen]
    for one in calls:
        check_fits_data(one.make(), data.info)
    figure = figure_of_merit(str(fom), calls[0].again().value_kind)
    names = [found.name for found in call.ranges]
    parts = [list(_parts(one, dict(zip(names, choice)), data, n_folds, seed)) for one, choice in zip(calls, chosen)]
    trials = []
    with executor_of(executor) as running:
        outcomes = train_parts(running, sum(parts, []), data.train, data.info, tell=False)
        with contextlib.closing(outcomes):
            for choice, of_choice in zip(chosen, parts):
                numbers, seconds = [], 0.0
                for part in of_choice:
                    outcome = next(outcomes)
                    seconds += outcome.seconds
                    failed = outcome.error is not None
                    numbers.append(np.nan if failed else figure(outcome.record(part, call.analysis_type, data)))
                trials.append(Trial(choice, tuple(numbers), seconds))
    if not any(np.isfinite(trial.mean) for trial in trials):
        raise TrainingError(
            f"all {len(trials)} choices of '{call.title}' failed", code="loss-not-finite", hint="try smaller learning rates"
        )
    return Scan(call.title, names, trials, figure)


def tune(record: MethodRecord, face, fom: str, fit: str, *, NumFolds=0, NumWorkerProcs=1, executor=None, **more) -> Scan:
    """Scan a booked method and let its record and `face` have the best choice, not trained. Arguments as for `scan`."""
    more |= {"n_folds": int(NumFolds), "executor": int(NumWorkerProcs) if executor is None else executor}
    found = scan(record.call, record.data, fom=fom, fit=fit, **more)
    record.call = record.call.chosen(found.best.choice)
    record.method = face.method = record.call.again()
    record.outputs.clear()
    record.trained = False
    return found


def _chosen(call: BookingCall, choices: int, seed: int) -> list[tuple[str, ...]]:
    """All choices, or so many drawn ones in their order."""
    total = count(call.ranges)
    if 0 < choices < total <= MOST:
        wanted = set(np.random.default_rng(seed).choice(total, choices, replace=False).tolist())
        return [choice for i, choice in enumerate(combinations(call.ranges)) if i in wanted]
    if total > MOST:
        message = f"the ranges of '{call.title}' leave {total} choices"
        raise OptionError(message, code="range-of-options", expected=f"at most {MOST}", hint="leave some values out")
    return list(combinations(call.ranges))


def _parts(call: BookingCall, choice: Mapping[str, str], data: DataSet, n_folds: int, seed: int):
    """The trainings of one choice."""
    events, k = data.train, n_folds or HELD_OUT
    if call.analysis_type == "regression":
        fold = random_folds(len(events), k, seed)
    else:
        fold = stratified_folds(events.class_index, k, seed)
    check_folds(fold, k)
    name = f"{call.title} ({', '.join(f'{what}={text}' for what, text in choice.items())})"
    for i in range(n_folds or 1):
        yield TrainingPart(name, call.again(), np.flatnonzero(fold != i), np.flatnonzero(fold == i), may_fail=True)

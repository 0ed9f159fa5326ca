"""One training on a part of the events, as a task: cross-validation, scans and importances send many of them to an executor."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.cluster import Executor, Here, SharedArrays, in_order
from tmvalite.cluster.executor import shares_files
from tmvalite.data.info import DataSet, DataSetInfo, Events
from tmvalite.data.shared_events import events_of, shared
from tmvalite.errors import TmvaliteError, TmvaliteWarning, TrainingError, collecting, warn_user
from tmvalite.training.progress import make_progress
from tmvalite.workflow.results import GETTERS, MethodRecord


@dataclass(frozen=True)
class TrainingPart:
    """A method that is not trained, and which events train it and are scored by it.

    name : what an error calls it, "fold 2 of 'DNN'"
    columns : the variables that it reads, by position; None for all
    train, scored : (M,) positions
    progress : what the training shows, a mode of training.progress
    may_fail : whether a training whose loss becomes infinite is an outcome, not an error
    """

    name: str
    method: object
    train: np.ndarray
    scored: np.ndarray
    progress: str = "silent"
    columns: tuple[int, ...] | None = None
    may_fail: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a part came to.

    method : trained
    output : (M,) or (M, outputs), the values of the scored events
    train_output : the same of the events that trained
    lines : what its training printed, where it was not printed at once
    warnings : what the user should know
    seconds : of the training, without compiling
    error : why there is no method and no output
    """

    method: object
    output: np.ndarray
    train_output: np.ndarray
    lines: tuple[str, ...] = ()
    warnings: tuple[TmvaliteWarning, ...] = ()
    seconds: float = 0.0
    error: TrainingError | None = None

    def record(self, part: TrainingPart, analysis_type: str, data: DataSet, path: str = "") -> MethodRecord:
        """The scored events of the part as test sample, with what was found."""
        samples = DataSet(data.train.take(part.train), data.train.take(part.scored), data.info, data.report)
        outputs = {"train": self.train_output, "test": self.output}
        known = {"trained": True, "train_seconds": self.seconds, "outputs": outputs}
        return MethodRecord(part.name, self.method, analysis_type, samples, path, **known)


@dataclass(frozen=True)
class _Task:
    part: TrainingPart
    events: SharedArrays
    info: DataSetInfo
    write: Callable[[str], None] | None = field(default=None)


def train_parts(
    executor: Executor,
    parts: Sequence[TrainingPart],
    events: Events,
    info: DataSetInfo,
    write: Callable[[str], None] | None = None,
    announce: Callable[[TrainingPart], None] | None = None,
    tell: bool = True,
) -> Iterator[Outcome]:
    """Train every part and score its events, wherever the executor does it; outcomes in the order of the parts.

    Warnings are issued here, each text once. `write` takes the lines of the trainings: as they come where the work is done
    in this process, else when a part is done. `announce` is called before. Without `tell` nobody hears what is remarkable about a
    training, as in a scan, where many are bad.
    """
    here = isinstance(executor, Here)
    told: set[str] = set()
    with shared(events, shares_files(executor)) as arrays:
        tasks = [_Task(part, arrays, info, write if here else None) for part in parts]
        with contextlib.closing(in_order(executor, train_part, tasks, lambda task: task.part.name)) as results:
            for part in parts:
                if announce is not None:
                    announce(part)
                outcome = next(results)
                for line in outcome.lines if write is not None else ():
                    write(line)
                for warning in outcome.warnings if tell else ():
                    if warning.message not in told:
                        told.add(warning.message)
                        warn_user(warning)
                yield outcome


def train_part(task: _Task) -> Outcome:
    """Train one part; runs in any process."""
    part, events, info = task.part, events_of(task.events), task.info
    method = copy.deepcopy(part.method)  # here as elsewhere: what was handed in stays as it is
    if part.columns is not None:
        columns = list(part.columns)
        events = dataclasses.replace(events, x=events.x[:, columns])
        info = dataclasses.replace(info, variables=tuple(info.variables[i] for i in columns))
    train, lines = events.take(part.train), []
    progress = make_progress(part.progress, task.write or lines.append)
    begin = time.perf_counter()
    try:
        with collecting() as found:
            method.train(train, info, progress=progress, write=task.write or lines.append, **_without_checkpoint(method))
    except TmvaliteError as error:
        if part.may_fail and isinstance(error, TrainingError):
            return Outcome(None, np.empty(0), np.empty(0), tuple(lines), seconds=time.perf_counter() - begin, error=error)
        error.where = error.where or part.name
        raise
    seconds = time.perf_counter() - begin - progress.compile_seconds
    getter = getattr(method, GETTERS[method.value_kind])
    output = np.asarray(getter(np.ascontiguousarray(events.x[part.scored])))
    for warning in found:
        warning.where = warning.where or part.name
    return Outcome(method, output, np.asarray(getter(train.x)), tuple(lines), tuple(found), seconds)


def _without_checkpoint(method) -> dict[str, str]:
    """Arguments of a training that leave the Checkpoint of the options to the training of all events."""
    return {"checkpoint": ""} if getattr(method.bound.values, "Checkpoint", "") else {}

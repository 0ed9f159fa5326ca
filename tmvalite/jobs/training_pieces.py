"""The work of a job file in pieces: every training is a task, and a piece does some of them.

A piece does some of the tasks that the work would give to an executor, and writes what comes of them. Putting together is doing
the work with an executor that finds the results in the files: so it gives the same bits, and prints and writes the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tmvalite.errors import FileError, OptionError
from tmvalite.jobs.job import Job, understood
from tmvalite.jobs.job_text import JobText
from tmvalite.jobs.outcome_file import read_outcomes, write_outcomes
from tmvalite.jobs.work import Work, do, stages, without_files
from tmvalite.training.array_digest import arrays_digest
from tmvalite.workflow.part_training import train_part

FORMAT, RESULTS = "trainings", "results"


class AllSubmitted(Exception):
    """Raised inside a work by the first result that is asked for: all tasks are known, and none is done."""


@dataclass(frozen=True)
class TrainingPlan:
    """What is cut into pieces.

    folder : where the paths of the job begin; job : the text of the job file, and its name
    tasks : what errors call the tasks, in order
    pieces : into how many the tasks are cut
    """

    folder: str
    name: str
    job: str
    work: Work
    tasks: tuple[str, ...]
    pieces: int

    def content(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "format": FORMAT,
            "folder": self.folder,
            "name": self.name,
            "job": self.job,
            "work": vars(self.work),
            "tasks": list(self.tasks),
            "pieces": self.pieces,
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> TrainingPlan:
        """That of `content`."""
        work, names = Work(**content["work"]), tuple(map(str, content["tasks"]))
        return cls(content["folder"], content["name"], content["job"], work, names, int(content["pieces"]))

    def names_of(self, piece: int) -> str:
        """What a piece does, in words."""
        return ", ".join(self.tasks[i] for i in self._mine(piece))

    def is_done(self, folder: str, piece: int) -> bool:
        """Whether a piece has its file."""
        return self.path_of(folder, piece).exists()

    def path_of(self, folder: str, piece: int) -> Path:
        """The file of a piece."""
        return Path(folder) / RESULTS / f"{piece}.safetensors"

    def run(self, folder: str, piece: int, digest: str, write: Callable[[str], None]) -> tuple[str, bool]:
        """Do a piece, unless its file is there and whole, and write its file; returns its path, and whether it was there."""
        job, mine, path = self._understood(), self._mine(piece), self.path_of(folder, piece)
        tasks = [task for stage in stages(job, self.work) for task in tasks_of(stage, self.work)]
        events = _events([tasks[i] for i in mine], mine)
        if path.exists():
            try:
                read_outcomes(path, digest, {i: tasks[i].part for i in mine}, events)
                return str(path), True
            except FileError as problem:
                write(f"{problem.message}; the piece is done again")
        outcomes = {}
        for i in mine:
            write(f"task {i + 1} of {len(tasks)}: {tasks[i].part.name}")
            outcomes[i] = train_part(tasks[i])
            for line in outcomes[i].lines:
                write(line)
        write_outcomes(path, digest, outcomes, events)
        return str(path), False

    def together(self, folder: str, digest: str, page: str | None):
        """What the work gives, prints and writes in one process. Raises FileError for a file that does not fit."""
        return do(self._understood(), self.work, _Files(folder, self, digest), page)

    def _understood(self) -> Job:
        return understood(JobText(self.job, self.name))

    def _mine(self, piece: int) -> range:
        """The tasks of a piece, by number; as many as in any other piece, or one more."""
        return range(len(self.tasks) * piece // self.pieces, len(self.tasks) * (piece + 1) // self.pieces)


def plan_of_trainings(job: Job, job_text: str, work: Work, pieces: int | None) -> TrainingPlan:
    """Read the data, and cut the work into pieces, by default one for each task.

    Raises what the work raises before its first training, and OptionError where nothing is to be trained.
    """
    names = []
    for stage in stages(job, work):
        names += [task.part.name for task in tasks_of(stage, work)]
    if not names:
        hint = "write several values in braces, such as Layout=TANH|{16,32},LINEAR"
        raise OptionError("no method has ranges to choose from", code="range-of-options", hint=hint)
    return TrainingPlan(os.getcwd(), job.text.name, job_text, work, tuple(names), min(pieces or len(names), len(names)))


def tasks_of(job: Job, work: Work) -> list:
    """The tasks that a work gives to an executor, of which none is done."""
    collector = _Collector()
    try:
        do(without_files(job), work, collector)
    except AllSubmitted:
        pass
    return collector.tasks


def _events(tasks: Sequence, numbers: range) -> dict[int, str]:
    """A digest of the events of every task, by its number; tasks of one stage have the same."""
    found = {id(task.events): arrays_digest(task.events) for task in {id(task.events): task for task in tasks}.values()}
    return {number: found[id(task.events)] for number, task in zip(numbers, tasks)}


class _Asked:
    """The future of an executor that does nothing by itself."""

    def __init__(self, result: Callable[[], Any]):
        self.result = result

    def cancel(self) -> bool:
        return True


class _Collector:
    """An executor that keeps the tasks which it is given."""

    same_machine = True

    def __init__(self):
        self.tasks: list = []

    def submit(self, function: Callable, task) -> _Asked:
        self.tasks.append(task)
        return _Asked(self._stop)

    def _stop(self):
        raise AllSubmitted


class _Files:
    """An executor whose tasks were done in pieces: results come from the files, in order."""

    same_machine = True

    def __init__(self, folder: str, plan: TrainingPlan, digest: str):
        self._folder, self._plan, self._plan_digest, self._count = folder, plan, digest, 0
        self._events, self._digest = None, ""
        self._piece_of = {i: piece for piece in range(plan.pieces) for i in plan._mine(piece)}

    def submit(self, function: Callable, task) -> _Asked:
        number, self._count = self._count, self._count + 1
        return _Asked(lambda: self._read(number, task))

    def _read(self, number: int, task):
        path = self._plan.path_of(self._folder, self._piece_of[number])
        if task.events is not self._events:
            self._events, self._digest = task.events, arrays_digest(task.events)
        return read_outcomes(path, self._plan_digest, {number: task.part}, {number: self._digest})[number]

"""What can be done with a job file, by tasks that an executor runs: train, cross-validate, choose among ranges."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.jobs import running
from tmvalite.jobs.job import Job
from tmvalite.jobs.running import Results, booking_of, plain_number, told
from tmvalite.workflow.cross_validation import CrossValidation
from tmvalite.workflow.cv_result import CrossValidationResult
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.tuning import Scan

METHODS, FOLDS, CHOICES = KINDS = ("methods", "folds", "choices")


@dataclass(frozen=True)
class Work:
    """kind : one of KINDS

    folds : of a cross-validation, or those that compare choices; 0 holds a quarter out
    seed : RandomSeed of methods that state none
    seeds : trainings of each method, whose RandomSeed is seed, seed + 1, ...; 0 for one with the seed that it states
    """

    kind: str = METHODS
    folds: int = 0
    seed: int | None = None
    seeds: int = 0


@dataclass(frozen=True)
class FoldResults:
    """The folds of every method by title: the number of each fold, their mean and spread, the weight file."""

    job: str
    figures: dict[str, dict]

    def as_json(self) -> dict:
        return {"job": self.job, "methods": self.figures}

    def __str__(self):
        return "\n".join(map(_of_folds, self.figures.items()))


@dataclass(frozen=True)
class Choices:
    """The scans by title."""

    job: str
    scans: Mapping[str, Scan]

    def as_json(self) -> dict:
        return {"job": self.job, "methods": {title: _scan(scan) for title, scan in self.scans.items()}}

    def __str__(self):
        return "\n".join("\n".join(scan.lines()) for scan in self.scans.values())


def _of_folds(item: tuple[str, dict]) -> str:
    title, found = item
    spread = f"{found['mean']:.4f} +- {found['spread']:.4f} of {len(found['folds'])} folds"
    return f"{title}: {found['label']} {spread}; {found['weights']}"


def do(job: Job, work: Work, executor=None, page: str | None = None, **more) -> Results | FoldResults | Choices:
    """Do the work. What comes of it does not depend on the executor. `more` goes to `running.train`.

    Raises OptionError, DataError, FileError and TrainingError, those of the job file with its line.
    """
    if page is not None and work.kind != METHODS:
        raise OptionError("there is a report of trained methods only", code="argument", hint="leave --report out")
    if any(more.get(name) for name in ("checkpoint", "resume")) and work.kind != METHODS:
        message = "there are checkpoints of trained methods only"
        raise OptionError(message, code="argument", hint="leave --checkpoint and --resume out")
    if work.kind == FOLDS:
        return cross_validate(job, work, executor)
    if work.kind == CHOICES:
        return choose(job, work, executor)
    return running.train(several_seeds(job, work), seed=work.seed, page=page, executor=executor, **more)


def stages(job: Job, work: Work) -> list[Job]:
    """Jobs whose tasks are known without the results of others; together they are the whole job, task for task."""
    if work.kind != CHOICES:
        return [job]
    return [dataclasses.replace(job, methods=(method,)) for method in job.methods]


def without_files(job: Job) -> Job:
    """The job as one that writes no file, so that many of them may begin side by side in one folder."""
    options = job.job.get("options", "")
    if "modelpersistence" not in options.lower():
        options = ":".join(filter(None, (options, "!ModelPersistence")))
    return dataclasses.replace(job, job={**{key: job.job[key] for key in job.job if key != "output"}, "options": options})


def several_seeds(job: Job, work: Work) -> Job:
    """The job with each of its methods once for every seed, called TITLE_seedN."""
    if not work.seeds:
        return job
    methods = []
    for at, method in enumerate(job.methods):
        if "RandomSeed" in method or "randomseed" in method.get("options", "").lower():
            message = f"'{method['title']}' states its RandomSeed, so that every training would be the same"
            raise job.text.error(
                message, code="job-seed", place=("method", at, "title"), hint="--seed N says the first of the seeds"
            )
        first = work.seed or 1
        methods += [
            {**method, "title": f"{method['title']}_seed{seed}", "RandomSeed": seed} for seed in range(first, first + work.seeds)
        ]
    return dataclasses.replace(job, methods=tuple(methods))


def cross_validate(job: Job, work: Work, executor=None) -> FoldResults:
    """Cross-validate all methods of a job."""
    options = ":".join(filter(None, (f"AnalysisType={job.analysis}", f"NumFolds={work.folds}", job.job.get("options", ""))))
    loader = job.loader()
    at = ("job", "options")
    cv = told(job, at, CrossValidation, job.title, loader, job.job.get("output"), options, executor=executor)
    for number, method in enumerate(job.methods):
        kind, title, text, keywords = booking_of(method, work.seed)
        told(job, ("method", number), cv.book_method, kind, title, text, **keywords)
    cv.Evaluate()
    return FoldResults(job.title, {result.title: _folds(cv, loader.name, result) for result in cv.GetResults()})


def _folds(cv: CrossValidation, dataset: str, result: CrossValidationResult) -> dict[str, Any]:
    numbers = result.numbers
    spread = float(np.std(numbers, ddof=1))
    return {
        "label": "RMS" if result.is_regression else "ROC area",
        "folds": [plain_number(number) for number in numbers],
        "mean": float(np.mean(numbers)),
        "spread": spread,
        "weights": cv.GetFactory().record(dataset, result.title).weight_file,
    }


def choose(job: Job, work: Work, executor=None) -> Choices:
    """Train the choices that the ranges of all methods leave."""
    options = ":".join(filter(None, (f"AnalysisType={job.analysis}", job.job.get("options", ""))))
    factory = told(job, ("job", "options"), Factory, job.title, None, options)
    loader = job.loader()
    for number, method in enumerate(job.methods):
        kind, title, text, keywords = booking_of(method, work.seed)
        told(job, ("method", number), factory.book_method, loader, kind, title, text, **keywords)
    scans = factory.optimize_all("ROCIntegral", "Scan", NumFolds=work.folds, executor=executor)
    return Choices(job.title, scans)


def _scan(scan: Scan) -> dict[str, Any]:
    trials: Sequence = scan.trials
    return {
        "best": scan.parameters,
        "figure": scan.figure.label,
        "choices": [
            {
                **dict(zip(scan.names, trial.choice)),
                "numbers": [plain_number(n) for n in trial.numbers],
                "mean": plain_number(trial.mean),
            }
            for trial in trials
        ],
    }


def check_work(work: Work) -> None:
    """Raises OptionError for a work that cannot be."""
    if work.kind == FOLDS and work.folds < 2:
        raise OptionError(f"{work.folds} folds are too few", code="range", expected="at least 2")

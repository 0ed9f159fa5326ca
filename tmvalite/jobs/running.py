"""What is done with a job: check it, train its methods, or test what an earlier training wrote."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
from dataclasses import dataclass

import numpy as np

from tmvalite.application.varied_table import evaluated
from tmvalite.data.portions import Portion
from tmvalite.data.sources import open_table
from tmvalite.errors import OptionError, TmvaliteError
from tmvalite.evaluation import REFERENCE_BACKGROUNDS, RocCurve
from tmvalite.evaluation.systematics import ShapeVariation
from tmvalite.jobs.job import Job
from tmvalite.methods import load
from tmvalite.methods.understood import Understood, understand
from tmvalite.workflow import result_report
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.html_report import write_report
from tmvalite.workflow.importance_of_subsets import importance_picture
from tmvalite.workflow.log import Log, LogSettings
from tmvalite.workflow.method_booking import resolve_analysis_type, weight_file_path
from tmvalite.workflow.results import MethodRecord
from tmvalite.workflow.types import method_type
from tmvalite.workflow.variations import score_variations

OF_METHOD = ("title", "type", "options")  # other keys of a method are options


@dataclass(frozen=True)
class Results:
    """What a training or a test came to.

    figures : by title: weight file, areas, efficiencies or deviations
    tables : the tables of results as text
    """

    job: str
    analysis: str
    figures: dict[str, dict]
    tables: str = ""

    def as_json(self) -> dict:
        return {"job": self.job, "analysis": self.analysis, "methods": self.figures}

    def __str__(self):
        return "\n".join([*([self.tables] if self.tables else []), *map(_line, self.figures.items())])


@dataclass(frozen=True)
class Checked:
    """What a job file means. trees : (file, class, entries)"""

    job: str
    analysis: str
    variables: tuple[str, ...]
    trees: tuple[tuple[str, str, int], ...]
    methods: dict[str, Understood]

    def as_json(self) -> dict:
        trees = [{"file": file, "class": name, "entries": n} for file, name, n in self.trees]
        methods = {title: report.as_json() for title, report in self.methods.items()}
        return {"job": self.job, "analysis": self.analysis, "variables": list(self.variables), "trees": trees, "methods": methods}

    def __str__(self):
        lines = [f"job {self.job}: {self.analysis}", f"variables: {', '.join(self.variables)}"]
        lines += [f"{name}: {file}, {n} entries" for file, name, n in self.trees]
        for title, report in self.methods.items():
            lines += ["", f"{title}:", *(f"  {line}".rstrip() for line in report.as_text().splitlines())]
        return "\n".join(lines)


def train(
    job: Job,
    *,
    seed: int | None = None,
    page: str | None = None,
    executor=None,
    checkpoint: str | None = None,
    resume: bool = False,
) -> Results:
    """Train, test and evaluate all methods; weight files and the output file are written as a Factory writes them.

    seed : RandomSeed of methods that state none
    page : the HTML report to write, if one is wanted
    executor : where the networks are trained, each as one task
    checkpoint : the file that keeps where the training of a method is; of several methods each has its title in the name
    resume : whether methods go on from their checkpoints, where there are any

    Raises OptionError, DataError, FileError and TrainingError, those of the file with its line; KeyboardInterrupt after a signal.
    """
    loader = job.loader()
    options = ":".join(filter(None, (f"AnalysisType={job.analysis}", job.job.get("options", ""), "Resume" * resume)))
    factory = told(job, ("job", "options"), Factory, job.title, job.job.get("output"), options)
    for at, method in enumerate(job.methods):
        kind, title, text, keywords = booking_of(method, seed)
        if checkpoint is not None and "Checkpoint" not in keywords and "checkpoint=" not in text.lower():
            keywords |= _kept(checkpoint, kind, title if len(job.methods) > 1 else "")
        told(job, ("method", at), factory.book_method, loader, kind, title, text, **keywords)
    factory.TrainAllMethods(executor=executor)
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    if page is not None:
        factory.report(page)
    records = [factory.record(loader.name, method["title"]) for method in job.methods]
    return Results(job.title, records[0].analysis_type, {record.title: figures(record, loader) for record in records})


def trained(job: Job) -> tuple[DataLoader, list[MethodRecord]]:
    """The methods of a job that was trained, read from their weight files, with their outputs on the same events.

    Raises
    ------
    OptionError
        SplitSeed=0: the split cannot be repeated.
    FileError
        A weight file that is missing or cannot be read.
    """
    if "splitseed=0" in "".join(job.data.get("split", "").lower().split()):
        raise job.text.error(
            "the events of the test sample are not known: SplitSeed=0 draws another split every time",
            code="job-split",
            place=("data", "split"),
            value=True,
            hint="SplitSeed=100 is the default",
        )
    loader = job.loader()
    analysis = resolve_analysis_type(job.analysis, list(loader.GetDataSetInfo().classes), len(job.data.get("targets", ())))
    paths = {method["title"]: weight_file_path(loader.name, job.title, method["title"]) for method in job.methods}
    for at, path in enumerate(paths.values()):
        if not os.path.exists(path):
            raise job.text.error(
                f"there is no weight file '{path}'",
                code="file-missing",
                place=("method", at, "title"),
                hint="tmvalite train writes it",
            )
    with contextlib.redirect_stdout(io.StringIO()):
        data = loader.dataset(LogSettings(silent=True))
    records = []
    for title, path in paths.items():
        record = MethodRecord(title, load(path), analysis, data, path, trained=True)
        for sample in ("train", "test"):
            record.evaluate(sample)
        records.append(record)
    return loader, records


def test(job: Job) -> Results:
    """The tables of results of methods that were trained before. Raises what `trained` raises."""
    loader, records = trained(job)
    analysis = records[0].analysis_type
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result_report.PRINTERS[analysis](Log("Test"), loader.name, records)
    tables = "\n".join(line for line in printed.getvalue().splitlines() if line.strip(" :"))
    return Results(job.title, analysis, {record.title: figures(record, loader) for record in records}, tables)


def report(job: Job, path: str) -> str:
    """Write the HTML report of methods that were trained before; returns the path. Raises what `trained` raises."""
    loader, records = trained(job)
    write_report(path, job.title, {loader.name: records}, {}, importance_picture)
    return path


def check(job: Job) -> Checked:
    """What a job means, with nothing trained: the trees are opened, the expressions looked up in them, the strings understood."""
    loader = job.loader()
    info = loader.declared().info
    kinds = (("variables", info.variables), ("targets", info.targets), ("spectators", info.spectators))
    expressions = [(("data", key), one.expression, f"{key[:-1]} '{one.label}'") for key, group in kinds for one in group]
    trees = []
    for at, tree in enumerate(job.trees):
        table = told(job, ("tree", at, "file"), open_table, tree["file"])
        name = tree.get("class", "")
        said = job.classes.get(name, {})
        own = [
            (("data", "cut"), job.data.get("cut", ""), "the cut"),
            (("tree", at, "cut"), tree.get("cut", ""), "the cut of the tree"),
            (("class", name, "cut"), said.get("cut", ""), f"the cut of {name}"),
            (("data", "weight"), "" if "weight" in said else job.data.get("weight", ""), "the weight"),
            (("class", name, "weight"), said.get("weight", ""), f"the weight of {name}"),
        ]
        first = Portion(table, 0, 0)
        for place, text, what in [*expressions, *own]:
            if text.strip():
                told(job, place, evaluated, first, text, what)
        trees.append((tree["file"], name, table.n_entries))
    n = {"n_variables": len(info.variables)}
    if job.analysis == "Multiclass":
        n["n_classes"] = len(info.classes)
    if job.analysis == "Regression":
        n["n_targets"] = len(info.targets)
    methods = {}
    for at, method in enumerate(job.methods):
        kind, title, text, keywords = booking_of(method, None)
        text = told(job, ("method", at), _as_string, kind, text, keywords, job.analysis.lower())
        methods[title] = told(job, ("method", at), understand, text, method=method_type(kind).name[1:], **n)
    return Checked(job.title, job.analysis.lower(), tuple(v.label for v in info.variables), tuple(trees), methods)


def figures(record: MethodRecord, loader) -> dict:
    """The numbers of a method on both samples, and the variations of its score, as JSON has them."""
    found: dict = {"weights": record.weight_file}
    for sample in ("test", "train"):
        if not len(record.sample(sample)):
            continue
        try:
            found[sample] = _numbers(record, sample)
        except TmvaliteError as error:  # a class without events
            found[sample] = {"error": error.message}
    if loader.systematics:
        found["systematics"] = {
            name: {of: {way: _variation(one) for way, one in ways.items()} for of, ways in classes.items()}
            for name, classes in score_variations(record, loader).items()
        }
    return found


def _variation(one: ShapeVariation) -> dict:
    """The rate of a variation, and its ratios to the nominal score."""
    numbers = {"edges": one.edges, "ratio": one.ratio, "error": one.error}
    return {"rate": plain_number(one.rate), **{key: [plain_number(value) for value in values] for key, values in numbers.items()}}


def _numbers(record: MethodRecord, sample: str) -> dict:
    if record.analysis_type == "regression":
        names = record.method.value_names(record.data.info)
        rows = {name: dataclasses.asdict(record.deviation(sample, t)) for t, name in enumerate(names)}
        return {name: {key: plain_number(value) for key, value in row.items()} for name, row in rows.items()}
    if record.analysis_type == "multiclass" and record.kind == "multiclass":
        return {
            name: {"area": plain_number(e.area)} for name, e in zip(record.data.info.classes, record.class_efficiencies(sample))
        }
    curve = record.roc(sample)
    return {"area": plain_number(curve.area), "cuts": [_cut(curve, b) for b in REFERENCE_BACKGROUNDS]}


def _cut(curve: RocCurve, background: float) -> dict:
    """The loosest cut that keeps at most this background, what it keeps, and the errors of that."""
    point = curve.at(b_eff=background)
    found = {"asked": background, "cut": plain_number(point.cut)}
    for name, rate in (("background", point.background), ("signal", point.signal)):
        found |= {name: plain_number(rate.value), f"{name}_error": plain_number(rate.error)}
        found[f"{name}_limits"] = [plain_number(rate.low), plain_number(rate.high)]
    return found


def plain_number(value) -> float | None:
    """A number as JSON has it: NaN and infinity are null."""
    return float(value) if np.isfinite(value) else None


def _line(item: tuple[str, dict]) -> str:
    title, found = item
    said = [f"{sample}: {_words(found[sample])}" for sample in ("test", "train") if sample in found]
    lines = [f"{title}: {'; '.join(said)}; {found['weights']}"]
    for cut in found.get("test", {}).get("cuts", ()):
        kept = [f"{name} {100 * cut[name]:.2f} +- {100 * cut[f'{name}_error']:.2f} %" for name in ("background", "signal")]
        lines.append(f"  {title} >= {cut['cut'] if cut['cut'] is not None else float('inf'):.7g} keeps {', '.join(kept)}")
    for name, classes in found.get("systematics", {}).items():
        rates = {of: [100.0 * ((ways[way]["rate"] or float("nan")) - 1.0) for way in ways] for of, ways in classes.items()}
        lines.append(f"  {name}: " + ", ".join(f"{of} {up:+.1f} % {down:+.1f} %" for of, (up, down) in rates.items()))
    return "\n".join(lines)


def _words(numbers: dict) -> str:
    if "error" in numbers:
        return numbers["error"]
    if "area" in numbers:
        return f"ROC area {numbers['area']:.4f}" if numbers["area"] is not None else "no ROC area"
    return ", ".join(
        f"{name} {'area' if 'area' in row else 'RMS'} {row.get('area', row.get('rms')) or float('nan'):.4g}"
        for name, row in numbers.items()
    )


def booking_of(method: dict, seed: int | None) -> tuple[str, str, str, dict]:
    """(type, title, option string, keywords) of a [[method]]."""
    keywords = {key: value for key, value in method.items() if key not in OF_METHOD}
    text = method.get("options", "")
    if seed is not None and "RandomSeed" not in keywords and "randomseed" not in text.lower():
        keywords["RandomSeed"] = seed
    return method.get("type", "DL"), method["title"], text, keywords


def _kept(checkpoint: str, kind: str, title: str) -> dict[str, str]:
    """The option Checkpoint of a method that has it: run.ckpt, or run_TITLE.ckpt."""
    from tmvalite.methods import METHODS

    if method_type(kind).name[1:] not in METHODS:
        return {}
    stem, ending = os.path.splitext(checkpoint)
    return {"Checkpoint": f"{stem}_{title}{ending}" if title else checkpoint}


def _as_string(kind: str, text: str, keywords: dict, analysis: str) -> str:
    """The string and the keywords as one string. Raises OptionError where a keyword cannot be one."""
    from tmvalite.methods import METHODS

    return METHODS[method_type(kind).name[1:]](text, analysis_type=analysis, Strict=False, **keywords).bound.source.text


def told(job: Job, place: tuple, call, *arguments, **keywords):
    """What a call gives; an error gets the line of the job file."""
    try:
        return call(*arguments, **keywords)
    except OptionError as error:
        raise job.text.located(error, _nearest(job, place, error)) from None
    except TmvaliteError as error:
        raise job.text.located(error, place) from None


def _nearest(job: Job, place: tuple, error: TmvaliteError) -> tuple:
    """Of a method: the key that the error is about, where it stands on a line of its own."""
    if place[:1] != ("method",):
        return place
    about = (error.where or "").partition(",")[0]
    keys = job.methods[place[1]]
    return (*place, about if about in keys else "options" if "options" in keys else "title")

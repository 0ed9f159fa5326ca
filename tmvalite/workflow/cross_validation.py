"""TMVA's CrossValidation: a method is trained once for each fold, on the events of the others, and scores those of the fold."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field

import numpy as np

from tmvalite.cluster import executor_of
from tmvalite.data.folds import check_folds
from tmvalite.data.info import DataSet, Events
from tmvalite.errors import FileError, OptionError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import make_folder
from tmvalite.io.weight_file import FoldsRecord
from tmvalite.methods.fold_methods import MethodCrossValidation
from tmvalite.workflow.arguments import renamed
from tmvalite.workflow.building import check_in_memory
from tmvalite.workflow.configurable import Configurable
from tmvalite.workflow.cv_options import read_cv_options, split_of
from tmvalite.workflow.cv_result import CrossValidationResult, fold_result
from tmvalite.workflow.cv_split import CvSplitKFolds
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.interrupt import interrupted, watching
from tmvalite.workflow.log import Log, LogSettings
from tmvalite.workflow.members import ENVELOPE
from tmvalite.workflow.method_booking import (
    BookingCall,
    check_files,
    check_fits_data,
    check_title,
    class_of,
    fits_analysis,
    resolve_analysis_type,
    weight_file_path,
)
from tmvalite.workflow.output_file import as_target, write_output
from tmvalite.workflow.part_training import Outcome, TrainingPart, train_parts
from tmvalite.workflow.results import GETTERS, MethodRecord
from tmvalite.workflow.run_files import RunFiles
from tmvalite.workflow.training import CHECKED_EVENTS
from tmvalite.workflow.types import method_type

CONSTRUCTOR = {"jobName": "job", "JobName": "job", "dataloader": "loader", "outputFile": "target", "theTargetFile": "target"}


@dataclass
class WholeRecord(MethodRecord):
    """All folds as one method; what it gives for the events of the job was found when they were trained."""

    known: dict[str, np.ndarray] = field(default_factory=dict)
    fold: dict[str, np.ndarray] = field(default_factory=dict)  # that answers for every event; -1 for the mean of all

    def evaluate(self, name: str) -> np.ndarray:
        """The kept outputs."""
        self.outputs[name] = self.known[name]
        return self.outputs[name]

    def values_on(self, name: str, x: np.ndarray) -> np.ndarray:
        """The values of inputs x by the folds of the sample's own events."""
        return self.method.values(GETTERS[self.kind], x, self.fold[name])

    def values_of_events(self, events: Events) -> np.ndarray:
        """Raises OptionError: the sample of a cross-validation is all events, other events have other samples."""
        raise OptionError(
            f"'{self.title}' is a cross-validation, whose scores of varied events are not compared here",
            code="call",
            hint="tmvalite.apply(weight file, table, output, systematics=...) gives each event to its fold",
        )


class MethodOptions(dict):
    """An entry of `GetMethods()`: MethodName (the type), MethodTitle and MethodOptions."""

    @property
    def GetValue(self):
        """`GetValue("MethodTitle")`, and `GetValue["TString"]("MethodTitle")` as PyROOT writes it."""
        return _Getter(self)


class _Getter:
    def __init__(self, values: dict[str, str]):
        self._values = values

    def __getitem__(self, kind) -> _Getter:
        return self

    def __call__(self, key) -> str:
        return self._values[str(key)]


class CrossValidation(Configurable):
    """CrossValidation(job, loader, options) or CrossValidation(job, loader, target, options); options may be keywords instead.

    Parameters
    ----------
    job : str
        Begins the names of the weight files.
    loader : DataLoader
        Its training sample is divided into folds.
    target : str, path or None
        The output ROOT file, which describes all events by the folds that did not train on them.
    options : str
        NumFolds, SplitType=Random, RandomStratified or Deterministic, SplitExpr, SplitSeed, OutputEnsembling, FoldFileOutput,
        NumWorkerProcs, AnalysisType, Transformations, Correlations, ROC, ModelPersistence, V, Silent, DrawProgressBar, Strict.
    executor : optional
        In place of NumWorkerProcs, anything with `submit`: a pool of concurrent.futures, a client of Dask.

    Example
    -------
    cv = CrossValidation("TMVACrossValidation", loader, "cv.root", "!V:AnalysisType=Classification:NumFolds=5:SplitType=Random")
    cv.BookMethod(Types.kDL, "DNN", "!H:!V:Layout=TANH|64,LINEAR")
    cv.Evaluate()
    cv.GetResults()[0].GetROCAverage()
    """

    absent = ENVELOPE

    def __init__(self, *args, executor=None, **keywords):
        keywords = renamed(keywords, {**CONSTRUCTOR, "theOption": "options"}, "CrossValidation")
        job, loader, target, options = _constructor_arguments(args, keywords)
        if not isinstance(loader, DataLoader):
            message = f"a CrossValidation needs a DataLoader, not this {type(loader).__name__}"
            raise OptionError(message, code="call", expected="CrossValidation(job, loader, target, options)")
        self.job, self.loader, self.target = str(job), loader, as_target(target)
        if any(c in "/\\:" for c in self.job):
            message = f"'{self.job}' cannot be the name of the job, since it begins the names of files"
            raise OptionError(message, code="title", expected="a text without / \\ :")
        self.options, self.strict = read_cv_options(options, keywords)
        values = self.options.values
        if values.FoldFileOutput and self.target is None:
            message = "FoldFileOutput has no effect without an output file"
            hint = "CrossValidation(job, loader, 'cv.root', options)"
            warn_user(TmvaliteWarning(message, code="option-without-effect", hint=hint))
        self.log_settings = LogSettings(silent=values.Silent, verbose=values.V, color=values.Color)
        self.log = Log("CrossValidation", self.log_settings)
        self.executor = values.NumWorkerProcs if executor is None else executor
        self._n_folds, self._expression = values.NumFolds, values.SplitExpr
        self.split: CvSplitKFolds = split_of(self.options, self._n_folds, self._expression)
        self._methods: dict[str, BookingCall] = {}
        self._results: list[CrossValidationResult] | None = None
        self._factory: Factory | None = None

    # The work

    def book_method(self, kind, title, options="", **keywords) -> None:
        """Book a method; the data set is read at the first booking. Raises OptionError, ShapeError, DataError and FileError."""
        title, chosen = str(title), method_type(kind)
        self.log.header(f"Booking method: {title}")
        self.log.info()
        check_title(title, self._methods, self.loader.name)
        view, values = self.loader.GetDataSetInfo(), self.options.values
        analysis_type = resolve_analysis_type(values.AnalysisType, view.classes, view.GetNTargets())
        cls = class_of(chosen, title, analysis_type)
        if cls is None or not fits_analysis(chosen, analysis_type, view.classes, title):
            return
        path = weight_file_path(self.loader.name, self.job, title)
        booked = BookingCall(cls, title, str(options), keywords, analysis_type, self.strict)
        if booked.ranges:
            raise OptionError(
                "a cross-validation trains one string, not ranges of them",
                code="range-of-options",
                hint="Factory.OptimizeAllMethods(NumFolds=5) finds the best one by cross-validation",
            )
        method = booked.make()
        _check_can_fold(method)
        check_files(path if values.ModelPersistence and method.writes_file else None, self.target)
        data = self.loader.dataset(self.log_settings)
        check_fits_data(method, data.info)
        if self.split.expression is not None:
            self.split.expression.columns_of(data.info, None, None)
        self._methods[title] = booked

    def evaluate(self) -> None:
        """Train all folds of all methods, write their weight files, and print and write what they give for unseen events.

        Raises
        ------
        DataError, OptionError
            The events cannot be divided into the folds, or a method cannot be trained on them.
        FileError
            Another process is writing files of the same names; nothing is trained then.
        JobInterrupted
            A signal came; the methods that were finished before are written.
        """
        if not self._methods:
            self.log.info("nothing is evaluated: no method is booked")
            return
        data = self.loader.dataset(self.log_settings)
        check_in_memory(data, "a cross-validation")
        fold = np.asarray(self.split.assign(data.train, data.info))
        check_folds(fold, self._n_folds)
        files = RunFiles(self.job, self.target)
        files.take([self.loader.name] if self.options.values.ModelPersistence else ())
        try:
            self._evaluate(data, fold)
        finally:
            files.release()

    def _evaluate(self, data: DataSet, fold: np.ndarray) -> None:
        everything = Events.concatenate([data.train, data.test]) if len(data.test) else data.train
        self._factory, self._results = self._new_factory(), []
        parts = {title: list(self._parts(booked, fold)) for title, booked in self._methods.items()}
        with watching() as watch, executor_of(self.executor) as executor:
            try:
                outcomes = train_parts(executor, sum(parts.values(), []), data.train, data.info, self.log.plain, self._announce)
                with contextlib.closing(outcomes):
                    for title, booked in self._methods.items():
                        self._finish(booked, [(part, next(outcomes)) for part in parts[title]], data, everything, fold)
            except KeyboardInterrupt:
                raise interrupted(watch.number) from None
        self._factory.evaluate_all()
        if not self.log_settings.silent:
            for result in self._results:
                self.log.lines(result.lines())

    def _parts(self, booked: BookingCall, fold: np.ndarray):
        values = self.options.values
        progress = "auto" if values.DrawProgressBar and values.NumWorkerProcs == 1 else "table"
        progress = "silent" if self.log_settings.silent else "summary" if self._is_quiet(booked) else progress
        for i in range(self._n_folds):
            title, tests = f"{booked.title}_fold{i + 1}", np.flatnonzero(fold == i)
            yield TrainingPart(title, booked.again(title), np.flatnonzero(fold != i), tests, progress)

    def _is_quiet(self, booked: BookingCall) -> bool:
        bound = booked.again().bound
        return bound.is_set("V") and not bound.values.V

    def _announce(self, part: TrainingPart) -> None:
        self.log.header(f"Train {part.name} on {len(part.train)} events, test on {len(part.scored)}")

    def _finish(
        self, booked: BookingCall, found: list[tuple[TrainingPart, Outcome]], data: DataSet, everything: Events, fold: np.ndarray
    ) -> None:
        """Numbers of the folds, weight files, and the record of all of them together."""
        values, info, kind = self.options.values, data.info, found[0][1].method.method_type
        record = FoldsRecord(self.job, booked.title, kind, self._n_folds, self._expression, values.OutputEnsembling)
        whole = MethodCrossValidation(record, [outcome.method for _, outcome in found], info)
        first = found[0][1].output
        folds, output = [], np.empty((len(data.train), *first.shape[1:]), first.dtype)
        learnt = np.zeros(output.shape)  # the mean of the folds that trained on an event, to see overtraining
        for part, outcome in found:
            output[part.scored] = outcome.output
            learnt[part.train] += outcome.train_output / (len(found) - 1)
            path = weight_file_path(self.loader.name, self.job, part.name)
            of_fold = outcome.record(part, booked.analysis_type, data, path)
            folds.append(fold_result(of_fold))
            if values.FoldFileOutput and self.target is not None:
                target = os.path.join(os.path.dirname(self.target), f"{part.name}.root")
                write_output(target, {self.loader.name: [of_fold]}, {}, self.log_settings)
        result = CrossValidationResult(booked.title, folds, whole)
        answers = {"train": np.full(len(fold), -1), "test": fold}
        if len(data.test):
            getter, test = GETTERS[whole.value_kind], data.test
            of_test = whole.fold_of(test.x, test.spectators)
            output = np.concatenate([output, whole.values(getter, test.x, of_test)])
            answers["test"] = np.concatenate([fold, of_test])
        path = weight_file_path(self.loader.name, self.job, booked.title)
        joined = WholeRecord(
            booked.title,
            whole,
            booked.analysis_type,
            DataSet(data.train, everything, info, data.report),
            path,
            values.ModelPersistence and whole.writes_file,
            self._is_quiet(booked),
            True,
            sum(outcome.seconds for _, outcome in found),
            known={"train": learnt.astype(output.dtype), "test": output},
            fold=answers,
        )
        joined.outputs.update(joined.known)
        if joined.persistent:
            self._write(joined)
        self._factory.add_trained(self.loader, joined)
        self._results.append(result)

    def _write(self, record: MethodRecord) -> None:
        """The weight files, read back: they must give the same bits."""
        from tmvalite.methods import load

        self.log.info(f"Creating xml weight files: {record.weight_file} and one for each fold")
        make_folder(os.path.dirname(record.weight_file))
        record.method.save(record.weight_file)
        events, getter = record.data.train, GETTERS[record.kind]
        x = events.x[:CHECKED_EVENTS]
        spectators = {name: values[:CHECKED_EVENTS] for name, values in events.spectators.items()}
        again = getattr(load(record.weight_file), getter)(x, spectators)
        if not np.array_equal(again, getattr(record.method, getter)(x, spectators), equal_nan=True):
            raise FileError(
                f"the weight file '{record.weight_file}' does not give the values of the trained folds",
                code="weight-file-differs",
                hint="this is a defect of tmvalite: please report it with the option string",
            )

    def _new_factory(self) -> Factory:
        values = self.options.values
        names = ("V", "VerboseLevel", "Color", "Silent", "Correlations", "ROC", "ModelPersistence", "AnalysisType")
        options = {name: values[name] for name in names}
        if values.Transformations:
            options["Transformations"] = values.Transformations
        factory = Factory(self.job, self.target, **options)
        factory.chains = factory.chains if values.Transformations else ()
        return factory

    # TMVA's names

    def BookMethod(self, theMethodName, methodTitle, theOption="", **keywords) -> None:
        """Book a method: a member of Types or its name, a title, options as a string or as keywords."""
        self.book_method(theMethodName, methodTitle, theOption, **keywords)

    def Evaluate(self) -> None:
        """Train and score all folds of all methods; see `evaluate`."""
        self.evaluate()

    def GetResults(self) -> list[CrossValidationResult]:
        """One result for each method, in the order of booking. Raises OptionError before Evaluate."""
        if self._results is None:
            raise OptionError("there are no results yet", code="call-order", hint="call Evaluate first")
        return self._results

    def GetMethods(self) -> list[MethodOptions]:
        """MethodName (the type), MethodTitle and MethodOptions of the booked methods."""
        return [
            MethodOptions(MethodName=booked.cls.method_type, MethodTitle=booked.title, MethodOptions=booked.options)
            for booked in self._methods.values()
        ]

    def GetNumFolds(self) -> int:
        """The number of folds."""
        return self._n_folds

    def SetNumFolds(self, i) -> None:
        """Another number of folds, before Evaluate."""
        self.split, self._n_folds = split_of(self.options, int(i), self._expression), int(i)

    def GetSplitExpr(self) -> str:
        """The expression that says the folds; empty where they are drawn."""
        return self._expression

    def SetSplitExpr(self, splitExpr) -> None:
        """Another expression, before Evaluate."""
        self.split, self._expression = split_of(self.options, self._n_folds, str(splitExpr)), str(splitExpr)

    def GetFactory(self) -> Factory:
        """The Factory that has all folds of a method as one, after Evaluate."""
        self.GetResults()
        return self._factory

    def __repr__(self):
        n = len(self._methods)
        return f"CrossValidation('{self.job}': {self._n_folds} folds, {n} method{'s' * (n != 1)})"


def _check_can_fold(method) -> None:
    """Raises OptionError for a method that cannot be trained once for each fold."""
    if method.lacking:
        raise OptionError(
            f"'{method.title}' cannot be cross-validated: a {method.method_type} gets its categories after it is booked",
            code="category-empty",
            hint="cross-validate the method of each category, with its cut as that of the loader",
        )
    if method.bound.is_set("Checkpoint"):
        raise OptionError(
            "a cross-validation has no checkpoints: all folds would write one file",
            code="checkpoint-method",
            source=method.bound.source,
            span=method.bound.spans["Checkpoint"],
            hint="leave Checkpoint out",
        )


def _constructor_arguments(args, keywords):
    """(job, loader, target, options), taken out of the keywords where they are there."""
    given = list(args)
    if len(given) > 4:
        raise OptionError(f"CrossValidation takes four arguments, not {len(given)}", code="call")
    names = ("job", "loader", "target", "options")
    if len(given) == 3 and "options" not in keywords and not any(name in keywords for name in names):
        only = given[2]
        names_file = not isinstance(only, str) or bool(keywords) or only.lower().endswith(".root")
        given = [*given, ""] if names_file else [*given[:2], None, only]
    found = dict(zip(names, given))
    for name in names:
        if name in keywords:
            if name in found:
                raise OptionError(f"CrossValidation was given {name} twice", code="call")
            found[name] = keywords.pop(name)
    if "job" not in found or "loader" not in found:
        raise OptionError("a CrossValidation needs a job name and a DataLoader", code="call")
    return found["job"], found["loader"], found.get("target"), found.get("options", "")

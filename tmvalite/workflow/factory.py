"""The Factory: books methods for data sets, trains, tests and compares them, and writes what they gave."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator

from tmvalite.data.transforms import TransformChain
from tmvalite.errors import OptionError, TmvaliteWarning, did_you_mean, warn_user
from tmvalite.evaluation.importance import Importance
from tmvalite.evaluation.result_tables import elapsed
from tmvalite.models.booking import check_streamed
from tmvalite.workflow import result_report
from tmvalite.workflow.arguments import renamed
from tmvalite.workflow.building import check_in_memory
from tmvalite.workflow.category_face import face_of
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.elsewhere import Elsewhere, take_over, trained_elsewhere
from tmvalite.workflow.factory_names import FactoryNames, dataset_name
from tmvalite.workflow.html_report import write_report
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.importance_of_subsets import evaluate_importance, importance_of, importance_picture
from tmvalite.workflow.interrupt import interrupted, watching
from tmvalite.workflow.log import Log
from tmvalite.workflow.method_booking import (
    BookingCall,
    check_checkpoint,
    check_files,
    check_fits_data,
    check_title,
    class_of,
    fits_analysis,
    resolve_analysis_type,
    weight_file_path,
)
from tmvalite.workflow.method_face import BookedMethod
from tmvalite.workflow.output_file import as_target, write_output
from tmvalite.workflow.results import MethodRecord
from tmvalite.workflow.run_files import RunFiles
from tmvalite.workflow.script_options import read_chains, read_factory_options
from tmvalite.workflow.small_tables import html_table, text_table
from tmvalite.workflow.summary import METHOD_COLUMNS, method_row
from tmvalite.workflow.training import train_one
from tmvalite.workflow.tuning import Scan, tune
from tmvalite.workflow.types import method_type

MINIMUM_EVENTS = 10  # TMVA trains nothing on fewer
CONSTRUCTOR = {"theJobName": "job", "jobName": "job", "JobName": "job", "theTargetFile": "target", "TargetFile": "target"}


class Factory(FactoryNames):
    """Factory(job, target, options="") or Factory(job, options=""); options may be keywords instead.

    Parameters
    ----------
    job : str
        Begins the names of the weight files.
    target : str, path or None
        The output ROOT file; without one nothing but weight files is written.
    options : str
        V, VerboseLevel, Color, Silent, DrawProgressBar, Transformations, Correlations, ROC, ModelPersistence,
        Resume, AnalysisType, Strict.

    Example
    -------
    factory = Factory("TMVAClassification", "TMVAC.root", "!V:!Silent:AnalysisType=Classification")
    factory.BookMethod(loader, Types.kDL, "DNN_CPU", "!H:V:Layout=TANH|128,LINEAR")
    factory.TrainAllMethods(); factory.TestAllMethods(); factory.EvaluateAllMethods()
    """

    def __init__(self, *args, **keywords):
        keywords = renamed(keywords, {**CONSTRUCTOR, "theOption": "options"}, "Factory")
        args, keywords = _positional(args, keywords)
        self.job = str(args[0])
        target, options = _constructor_arguments(args[1:], keywords)
        self.options, self.log_settings, self.strict = read_factory_options(options, keywords)
        self.chains = read_chains(self.options)
        self.target = as_target(target)
        self.log = Log("Factory", self.log_settings)
        self._files = RunFiles(self.job, self.target)
        weakref.finalize(self, self._files.release)
        self._records: dict[str, dict[str, MethodRecord]] = {}
        self._faces: dict[str, dict[str, BookedMethod]] = {}
        self._loaders: dict[str, DataLoader] = {}
        self._described: dict[str, list[TransformChain]] = {}  # by data set, the chains of Transformations, fitted

    # The work

    def book_method(self, loader: DataLoader, kind, title, options="", **keywords):
        """Book a method; the data set is read at the first booking.

        Returns
        -------
        The method with TMVA's names, or None (with a warning) if tmvalite does not have it or it cannot do the analysis.

        Raises
        ------
        OptionError
            A title that is taken, an option that cannot be understood, an unknown method type.
        DataError
            Data that cannot be used, or a call that is missing before this one.
        FileError
            A folder or output file that cannot be written.
        """
        title, chosen = str(title), method_type(kind)
        if self._loaders.setdefault(loader.name, loader) is not loader:
            raise OptionError(
                f"another DataLoader is called '{loader.name}' already",
                code="dataset-repeated",
                hint="give each DataLoader its own name: it names the folder of the weight files",
            )
        records = self._records.setdefault(loader.name, {})
        self.log.header(f"Booking method: {title}")
        self.log.info()
        check_title(title, records, loader.name)
        view = loader.GetDataSetInfo()
        analysis_type = resolve_analysis_type(self.options.values.AnalysisType, view.classes, view.GetNTargets())
        cls = class_of(chosen, title, analysis_type)
        if cls is None or not fits_analysis(chosen, analysis_type, view.classes, title):
            return None
        call = BookingCall(cls, title, str(options), keywords, analysis_type, self.strict)
        method = call.make()
        check_checkpoint(method, (record for records in self._records.values() for record in records.values()))
        path = weight_file_path(loader.name, self.job, title)
        persistent = self.options.values.ModelPersistence and method.writes_file
        check_files(path if persistent else None, self.target)
        data = loader.dataset(self.log_settings)
        check_fits_data(method, data.info)
        if not getattr(method, "streams", False):
            check_in_memory(data, f"'{title}'")
        elif data.stream is not None:
            check_streamed(method.booking)
        quiet = getattr(method, "quiet", False)
        records[title] = MethodRecord(title, method, analysis_type, data, path, persistent, quiet, call=call)
        self._faces.setdefault(loader.name, {})[title] = face_of(records[title], view, self.job)
        return self._faces[loader.name][title]

    def add_trained(self, loader: DataLoader, record: MethodRecord) -> None:
        """Take over what was trained elsewhere, with its outputs: the folds of a cross-validation as one method."""
        self._loaders.setdefault(loader.name, loader)
        self._records.setdefault(loader.name, {})[record.title] = record
        face = BookedMethod(record, loader.GetDataSetInfo(), self.job)
        self._faces.setdefault(loader.name, {})[record.title] = face
        if loader.name not in self._described:
            self._described[loader.name] = self._print_inputs(record)

    def optimize_all(self, fom: str, fit: str, **settings) -> dict[str, Scan]:
        """Scan every booked method that has ranges; see `OptimizeAllMethods` and `tuning.scan`. The scans by title."""
        scans = {}
        for dataset, records in self._records.items():
            for title, record in records.items():
                if record.call is None or not record.call.ranges:
                    continue
                self.log.header(f"Optimize method: {title} for {record.analysis_type.capitalize()}")
                scans[title] = tune(record, self._faces[dataset][title], fom, fit, **settings)
                if not self.log_settings.silent:
                    self.log.lines(scans[title].lines())
        if not scans:
            self.log.info("nothing is optimized: no booked string has ranges such as {16,32,64}")
        return scans

    def evaluate_importance(
        self, loader: DataLoader, vitype, kind, title, options="", *, NumWorkerProcs=1, executor=None, **settings
    ) -> ImportanceHistogram | None:
        """See `EvaluateImportance`; no file is written. None, with a warning, for a method that is not here."""
        chosen, view = method_type(kind), loader.GetDataSetInfo()
        self.log.header(f"Importance of the variables for {title}")
        analysis_type = resolve_analysis_type(self.options.values.AnalysisType, view.classes, view.GetNTargets())
        cls = class_of(chosen, str(title), analysis_type)
        if cls is None or not fits_analysis(chosen, analysis_type, view.classes, str(title)):
            return None
        call = BookingCall(cls, str(title), str(options), {}, analysis_type, self.strict)
        executor = int(NumWorkerProcs) if executor is None else executor
        found = evaluate_importance(call, loader.dataset(self.log_settings), vitype, executor=executor, **settings)
        if not self.log_settings.silent:
            self.log.lines(found.importance.lines())
        return found

    def permutation_importance(self, loader, title, sample="test", *, n_repeats=5, seed=1, executor=None) -> Importance:
        """How much worse a trained method is on a sample where one variable is shuffled, with errors; "test" or "train".

        executor : where the variables are shuffled, a number of processes or anything with `submit`
        """
        record = self.record(loader, title)
        record.output(sample)
        return importance_of(record, sample, int(n_repeats), int(seed), executor)

    def train_all(self, workers=None, executor=None) -> None:
        """Train every booked method, evaluate it on its training sample, and write its weight file.

        After Ctrl-C or SIGTERM the best weights so far are written and the other methods are left out.

        workers : None, int or executor
            Who does the training steps of networks, see `MethodDL.fit`; with the same bits.
        executor : None, int or executor
            Where whole networks are trained, each as one task; with the same bits. Other methods, and networks
            with a Checkpoint, are trained here.

        Raises
        ------
        JobInterrupted
            A signal came; it is a KeyboardInterrupt, and a script that does not catch it exits with 130 or 143.
        FileError
            Another process is writing files of the same names; nothing is trained then.
        """
        if not self._nothing_booked("trained"):
            self.log.header("Train all methods")
        waiting = []
        for name, records in self._records.items():
            if records and name not in self._described:
                self._described[name] = self._print_inputs(next(iter(records.values())))
            for record in records.values():
                waiting += [record] if self._can_train(record) else []
        self._files.take({record.data.info.name for record in waiting if record.persistent})
        try:
            self._train_waiting(waiting, workers, executor)
        finally:
            if self.target is None:  # else the output file is still to come, of the same trainings
                self._files.release()

    def _train_waiting(self, waiting: list[MethodRecord], workers, executor) -> None:
        with watching() as watch, trained_elsewhere(executor, waiting, self._progress) as outcomes:
            while waiting:
                try:
                    self._train(waiting.pop(0), workers, outcomes)
                except KeyboardInterrupt:
                    if waiting:
                        self.log.info(f"Not trained: {', '.join(record.title for record in waiting)}")
                    raise interrupted(watch.number) from None

    def _can_train(self, record: MethodRecord) -> bool:
        """Whether there is something to train, and to train it on; otherwise one warning says why it is left out."""
        n_events, left_out, warning = len(record.data.train), f"'{record.title}' is not trained:", None
        if n_events < MINIMUM_EVENTS:
            few = f"{n_events} training events are too few, {MINIMUM_EVENTS} are needed"
            warning = TmvaliteWarning(f"{left_out} {few}", code="few-events")
        elif record.method.lacking:
            warning = TmvaliteWarning(f"{left_out} {record.method.lacking}", code="category-empty")
        if warning is not None:
            self.log.warning(warning.message)
            warn_user(warning)
        elif record.call is not None and record.call.ranges:
            message = f"'{record.title}' is trained with the first text of each range in its string"
            hint = "call OptimizeAllMethods first, which finds the best one"
            warn_user(TmvaliteWarning(message, code="range-first", hint=hint))
        return warning is None

    def _train(self, record: MethodRecord, workers, outcomes: Elsewhere) -> None:
        values, progress = self.options.values, self._progress(record)
        if record in outcomes:
            take_over(self.log, record, outcomes.next(), persist=values.ModelPersistence)
        else:
            train_one(self.log, record, persist=values.ModelPersistence, progress=progress, resume=values.Resume, workers=workers)
        self.log.header("Training finished")
        self.log.info()

    def _progress(self, record: MethodRecord) -> str:
        if self.log_settings.silent:
            return "silent"
        if record.quiet:
            return "summary"
        return "auto" if self.options.values.DrawProgressBar and gConfig().progress_bar else "table"

    def _print_inputs(self, record: MethodRecord) -> list[TransformChain]:
        chains = [result_report.print_transformed(self.log, record.data, items) for items in self.chains]
        if any(len(chain) == 0 for chain in chains):
            result_report.print_ranking(self.log, record.data, record.analysis_type)
        return chains

    def test_all(self) -> None:
        """Run every trained method over the test sample."""
        if not self._nothing_booked("tested"):
            self.log.header("Test all methods")
        for name, record in self._trained("TestAllMethods"):
            self.log.header(f"Test method: {record.title} for {record.analysis_type.capitalize()} performance")
            self.log.info()
            n_events, begin = len(record.data.test), time.perf_counter()
            record.evaluate("test")
            record.test_seconds = time.perf_counter() - begin
            Log(record.title, self.log_settings, name).header(
                f"Evaluation of {record.title} on testing sample ({n_events} events)"
            )
            self.log.info(f"Elapsed time for evaluation of {n_events} events: {elapsed(record.test_seconds)}")

    def evaluate_all(self) -> None:
        """Print the result tables of every data set, and write TestTree and TrainTree into the output file.

        Raises
        ------
        OptionError
            TestAllMethods was not called.
        """
        if not self._nothing_booked("evaluated"):
            self.log.header("Evaluate all methods")
        by_dataset: dict[str, list[MethodRecord]] = {}
        for name, record in self._trained("EvaluateAllMethods"):
            record.output("test")
            by_dataset.setdefault(name, []).append(record)
        silent = self.log_settings.silent
        for name, records in by_dataset.items():
            kind = records[0].analysis_type
            compared = [record for record in records if record.kind == kind or kind != "multiclass"]
            for title in (record.title for record in records if record.kind != kind == "multiclass"):
                self.log.info(f"{title} gives no values of classes: the output file has its anomaly scores")
            if self.options.values.Correlations and kind == "classification":
                result_report.print_correlations(self.log, records)
            if self.options.values.ROC and compared:
                self.log_settings.silent = False  # the tables are what a silent job is run for, as in TMVA
                try:
                    result_report.PRINTERS[kind](self.log, name, compared)
                    result_report.print_replicas(self.log, compared)
                    self.log.lines([record.method.note for record in compared if record.method.note])
                finally:
                    self.log_settings.silent = silent
        if self.target is not None and by_dataset:
            self._files.take()
            write_output(self.target, by_dataset, self._described, self.log_settings)
            self._files.release()
        if by_dataset:
            self.log.header("Thank you for using TMVA!")

    def report(self, path: str = "report.html") -> None:
        """Write one HTML page about all tested methods: inputs, correlations, outputs, cuts, ROC curves, trainings, networks.

        Raises
        ------
        OptionError
            Nothing was tested. FileError. MissingExtraError: matplotlib is not installed.
        """
        tested = {
            name: [record for record in records.values() if "test" in record.outputs] for name, records in self._records.items()
        }
        tested = {name: records for name, records in tested.items() if records}
        write_report(path, self.job, tested, self._described, importance_picture)

    def roc_curve(self, loader, title, class_index=0, sample="test"):
        """The exact RocCurve of a tested method; `sample` is "test" or "train"."""
        return self.record(loader, title).roc(sample, int(class_index))

    def record(self, loader, title) -> MethodRecord:
        """Everything kept of a booked method: outputs on both samples and the numbers made of them.

        Raises
        ------
        OptionError
            Unknown data set or title; the message names the known ones.
        """
        dataset, title = dataset_name(loader), str(title)
        for given, known, what in ((dataset, self._records, "data set"), (title, self._records.get(dataset, {}), "method")):
            if given not in known:
                raise OptionError(
                    f"no {what} called '{given}' is booked",
                    code="method-unknown" if what == "method" else "dataset-unknown",
                    expected=tuple(known) or "a BookMethod call first",
                    hint=did_you_mean(given, known),
                )
        return self._records[dataset][title]

    def _nothing_booked(self, verb: str) -> bool:
        if any(self._records.values()):
            return False
        self.log.info(f"nothing is {verb}: no method is booked")
        return True

    def _trained(self, call: str) -> Iterator[tuple[str, MethodRecord]]:
        """(data set, record) of every trained method; an error if methods are booked and none is trained."""
        everything = [(name, r) for name, records in self._records.items() for r in records.values()]
        trained = [(name, r) for name, r in everything if r.trained]
        if everything and not trained:
            hint = "call TrainAllMethods first"
            if all(len(r.data.train) < MINIMUM_EVENTS for _, r in everything):
                hint = f"TrainAllMethods needs at least {MINIMUM_EVENTS} training events"
            raise OptionError(f"{call} was called before anything was trained", code="call-order", hint=hint)
        for name, record in everything:
            if not record.trained:
                self.log.warning(f"'{record.title}' of data set {name} was not trained and is left out")
        yield from trained

    def text(self) -> str:
        """The booked methods as a table."""
        rows = [method_row(name, record) for name, records in self._records.items() for record in records.values()]
        return "\n".join([repr(self), *(text_table(METHOD_COLUMNS, rows) if rows else ())])

    def __repr__(self):
        n = sum(map(len, self._records.values()))
        return f"Factory('{self.job}': {n} method{'s' * (n != 1)}{', output ' + self.target if self.target else ''})"

    __str__ = text

    def _repr_html_(self) -> str:
        rows = [method_row(name, record) for name, records in self._records.items() for record in records.values()]
        return html_table(repr(self), METHOD_COLUMNS, rows)


def _positional(args, keywords):
    """(job, target, options as far as they are given; the other keywords) of a constructor with named arguments."""
    names = ("job", "target", "options")
    named = {name: keywords[name] for name in names if name in keywords}
    if not args and "job" not in named:
        raise OptionError("a Factory needs a job name, which begins the names of the weight files", code="call")
    if "options" in named and len(args) < 2:
        named.setdefault("target", None)
    others = {name: value for name, value in keywords.items() if name not in names}
    return (*args, *(named[name] for name in names if name in named)), others


def _constructor_arguments(args, keywords):
    """(target, options) of Factory(job, target, options), Factory(job, options) and Factory(job, target, **keywords)."""
    if len(args) > 2:
        raise OptionError(f"Factory takes a job name, a target and options, not {len(args) + 1} arguments", code="call")
    if len(args) == 2:
        return args[0], args[1]
    if not args:
        return None, ""
    only = args[0]
    names_file = not isinstance(only, str) or bool(keywords) or only.lower().endswith(".root")
    return (only, "") if names_file else (None, only)

"""What all methods share: booking, `fit` and `predict` from arrays, TMVA's getters, saving.

A method keeps a Booking and, once it is trained, a `models.trained.Trained`; what happens between is done in models/.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.streaming.event_stream import EventStream
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import (
    PYTHON,
    Diagnostics,
    FileError,
    NotFittedError,
    OptionError,
    TmvaliteError,
    also_of_sklearn,
    quoted,
    warn_user,
)
from tmvalite.estimators import signature
from tmvalite.estimators.copies import restored, state_of
from tmvalite.estimators.getters import Getters
from tmvalite.estimators.protocol import Estimator
from tmvalite.graph import Graph, describe_all, require_lowering
from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods.described import DescribedOutput
from tmvalite.methods.replicated import Replicated
from tmvalite.models.blueprint import Blueprint, blueprint, first_look
from tmvalite.models.booking import Booking, book, silent
from tmvalite.models.events import declared
from tmvalite.models.form import FORMS, Form
from tmvalite.models.strategy_keywords import with_keys
from tmvalite.models.stream_declared import stream_declared
from tmvalite.string_utils import BoundOptions, PhaseSettings
from tmvalite.training.history import COLUMNS, History
from tmvalite.training.progress import MODES
from tmvalite.wrapping import wrapped

if TYPE_CHECKING:
    from tmvalite.models.fitting import Fitted
    from tmvalite.models.trained import Trained

METHODS: dict[str, type[Method]] = {}  # by what weight files call them; TMVA's come first
FLOAT64 = np.dtype(np.float64)
NUMBERS = frozenset((float, int, np.float32, np.float64))
ON_INTERRUPT = ("raise", "keep")


class Method(Replicated, Getters, DescribedOutput, Estimator):
    """A method with its options; the base of MethodDL.

    Parameters
    ----------
    options : str
        TMVA's option string.
    analysis_type : str
        "classification", "regression" or "multiclass".
    title : str, optional
        Name of the method in files and tables.
    norm : "EqualNumEvents", "NumEvents" or None
        As TMVA's NormMode, for `fit`: every class weighs the same; every class weighs as many events as it has; weights as
        they are, so that the values are probabilities with the sample's own shares of the classes. A regression has one class.
    progress : "auto", "live", "table", "summary" or "silent"
        What `fit` shows.
    verbose : bool, optional
        False is progress="silent", and so is !V in the option string, where neither `progress` nor `verbose` is given.
    Strict : bool, optional
        Keys and values of the training that cannot be read are errors; True makes every warning about a string an error,
        False makes all of them warnings, as in a Factory.
    LearningRate, BatchSize, MaxEpochs, Optimizer, ... : optional
        Keys of TrainingStrategy, for all its phases; what the strategy says of them is replaced, with one warning. Without a
        strategy they replace parts of the default one.
    **keywords
        The options as Python arguments. Lists, tuples and dicts are joined as the option has it:
        Layout=["TANH|5", "LINEAR"], TrainingStrategy=[{"LearningRate": 1e-2}, {"LearningRate": 1e-3}].
    """

    form: ClassVar[Form]
    writes_file, note, lacking = True, "", ""  # see `plain.PlainMethod`
    file_types: ClassVar[tuple[str, ...]] = ()  # of the weight files that it reads, beside those of its form

    def __init_subclass__(cls):
        """A class with a form is a method that can be booked and read."""
        cls.method_type, cls.table = cls.form.name, cls.form.table
        cls._defaults = signature.defaults(cls.table)
        if "form" in vars(cls) and "__init__" not in vars(cls):
            cls.__init__ = signature.constructor(cls.table)
        cls.file_types = (cls.method_type, *cls.file_types)
        METHODS[cls.method_type] = cls
        for name in sorted(METHODS, key=lambda name: not METHODS[name].form.in_tmva):
            METHODS[name] = METHODS.pop(name)

    def _construct(self, arguments: dict[str, Any]) -> None:
        """What every constructor does, see `signature.constructor`."""
        self._start(arguments, Diagnostics(manner=PYTHON))
        self.diagnostics.issue()

    def _start(self, arguments: dict[str, Any], diagnostics: Diagnostics) -> None:
        given = signature.spelt(arguments, self._defaults)
        signature.check_known(given, self._defaults)
        self.__dict__.update({**self._defaults, **{name: given[name] for name in given if name in self._defaults}})
        self._diagnostics = diagnostics
        self._model: Trained | None = None
        self._history, self._trace = History(), {}
        signature.check_own(self._parameters, MODES)
        options, keys = signature.split(given)
        with diagnostics.telling():
            text, options = with_keys(self.table, self.__dict__[signature.OPTIONS], options, keys, diagnostics)
            self._booking = book(self.form, text, options, analysis_type=self.__dict__["analysis_type"], diagnostics=diagnostics)
            self._first_look()

    def __reduce__(self):
        return _again, (type(self), self._parameters, state_of(self._model, self._history, self._trace))

    def trained_state(self) -> dict[str, Any]:
        """What the last training left behind, as texts, numbers and lists, but for "numbers": (parameters,) an array."""
        return state_of(self._model, self._history, self._trace)

    def take_training_of(self, other: Method) -> None:
        """Become what another method of the same options is, trained."""
        self._model, self._history, self._trace = other._model, other._history, other._trace

    def with_state(self, state: dict[str, Any]) -> Method:
        """A method of the same options that was trained as `trained_state` says. Raises FileError."""
        return _again(type(self), self._parameters, state)

    def _first_look(self) -> Blueprint | None:
        looked = first_look(self.booking, self.diagnostics)
        return looked if looked is None else _with_kernels(looked)

    @property
    def booking(self) -> Booking:
        """The options, understood."""
        return self._booking

    @property
    def diagnostics(self) -> Diagnostics:
        """What collects the warnings about them."""
        return self._diagnostics

    @property
    def title(self) -> str:
        """The name under which it was booked; without one, the type of the method."""
        given = self.__dict__["title"]
        return given if given is not None else self.method_type

    @property
    def analysis_type(self) -> str:
        """ "classification", "regression" or "multiclass"."""
        return self._booking.analysis_type

    @property
    def bound(self) -> BoundOptions:
        """The options."""
        return self.booking.bound

    @property
    def phases(self) -> tuple[PhaseSettings, ...]:
        """The phases of the training."""
        return self.booking.phases

    @property
    def quiet(self) -> bool:
        """Whether its options say !V."""
        return self.bound.is_set("V") and not self.bound.values.V

    @property
    def streams(self) -> bool:
        """Whether it can train on events that stay in their files."""
        return self.booking.form.streamed

    @property
    def needs_truth(self) -> bool:
        """Whether a training needs classes or targets."""
        return self.booking.needs_truth

    def blueprint(self, info: DataSetInfo) -> Blueprint:
        """The network for these variables, classes and targets, not made yet. Raises OptionError and ShapeError."""
        return _with_kernels(blueprint(self.booking, info, self.diagnostics))

    # ------------------------------------------------------------------------------------- training

    def fit(
        self,
        X,
        y=None,
        sample_weight=None,
        *,
        targets=None,
        norm: str | None = ...,
        signal=None,
        eval_set=None,
        progress: str | None = None,
        on_interrupt: str = "raise",
        checkpoint: str | os.PathLike | None = None,
        checkpoint_every: str | None = None,
        resume: str | os.PathLike | None = None,
        warm_start: bool = False,
        workers=None,
    ):
        """Train on arrays. The validation events are drawn, with their share of every class, or given.

        Parameters
        ----------
        X : (N, V) array, or a table with named columns, or an EventStream
            A stream has everything else in it: y, sample_weight, targets and eval_set must be left out.
        y : (N,) classes, by name or number; (N,) or (N, T) targets of a regression
            Of two classes the signal is the number 1, True, or what is called Signal.
        sample_weight : (N,) array, optional
            Event weights. After `norm` they are scaled to mean 1 over the events that train.
        targets : (N,) or (N, T) array, optional
            Regression targets beside the classes, for networks with several outputs.
        norm, progress : optional
            In place of what the constructor was given. By default the events weigh as `sample_weight` says.
        signal : optional
            What y calls the signal, where that cannot be guessed.
        eval_set : (X, y), (X, y, sample_weight) or (X, y, sample_weight, targets), optional
            The validation events, normalised by themselves; all of X then trains.
        on_interrupt : "raise" or "keep"
            After Ctrl-C the method always keeps the best weights so far and can be used; "raise" then lets the
            KeyboardInterrupt go on, "keep" returns.
        checkpoint, checkpoint_every : optional
            A file that keeps where the training is, and how often it is written: "20 epochs", "10 min", or "auto" (the default);
            in place of the options of these names. Ctrl-C, SIGTERM and SIGUSR1 write it too.
        resume : optional
            A checkpoint of the same method and events: the training goes on from there, with the same bits as if it had never
            been stopped.
        warm_start : bool
            Begin with the weights of the last training, which must have had the same layers.
        workers : None, int or executor
            Who does the shares of a training step: so many processes, or anything with `submit`, such as a client of Dask. The
            bits are those of a training without workers, unless the option Shares says another number of shares.

        Returns
        -------
        self

        Raises
        ------
        DataError
            Something in the data cannot be used.
        OptionError, ShapeError
            The network does not fit the data.
        TrainingError
            The loss became infinite or no number.
        """
        more = dict(
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
            resume=resume,
            start=self._first_weights(warm_start),
            workers=workers,
        )
        self._fit((X, y, sample_weight, targets), norm, signal, eval_set, progress, on_interrupt, **more)
        return self

    def _first_weights(self, warm_start: bool) -> np.ndarray | None:
        """What a training begins with: None for random numbers."""
        return self._trained().network.parameters.snapshot() if warm_start else None

    def _fit(self, sample: tuple, norm, signal, eval_set, progress, on_interrupt: str, **more) -> None:
        norm = self.__dict__["norm"] if norm is ... else norm
        progress = signature.progress_of(self._parameters, self.quiet) if progress is None else progress
        if isinstance(sample[0], EventStream):
            events, info = stream_declared(self.booking, sample, norm=norm, signal=signal, eval_set=eval_set)
            self._train(events, info, "drawn", progress, print, on_interrupt, flat=info.n_targets == 1, **more)
            return
        given = declared(self.booking, *sample, norm=norm, signal=signal, eval_set=eval_set)
        self._train(
            given.events, given.info, given.split, progress, print, on_interrupt, labels=given.labels, flat=given.flat, **more
        )

    def train(
        self,
        events: Events,
        info: DataSetInfo,
        *,
        progress="auto",
        write=print,
        on_interrupt: str = "raise",
        checkpoint=None,
        resume=None,
        workers=None,
    ) -> None:
        """Train on the training sample of a data set, whose last events validate, as in TMVA.

        Parameters
        ----------
        events : Events or StreamedEvents
            With their weights normalised (NormMode). Of a stream, drawn events validate.
        progress, on_interrupt
            As for `fit`; progress may also be a `training.progress.Progress`.
        write : callable(str)
            Takes the lines of the epoch table.
        checkpoint, resume, workers : optional
            As for `fit`; with checkpoint="" none is written, whatever the options say.
        """
        more = dict(checkpoint=checkpoint, resume=resume, workers=workers)
        self._train(events, info, "last", progress, write, on_interrupt, **more)

    def _train(self, events: Events, info: DataSetInfo, split: str, progress, write, on_interrupt: str, **more) -> None:
        """Train, and keep what comes of it; `more` goes to `models.fitting.fit`, once or for every replica."""
        from tmvalite.models.replica_training import fit_booked  # brings the engine with it
        from tmvalite.training.compiling import announced
        from tmvalite.training.progress import Progress, make_progress

        if on_interrupt not in ON_INTERRUPT:
            raise OptionError(f"on_interrupt={on_interrupt!r} is not known", code="argument", expected=ON_INTERRUPT)
        progress = progress if isinstance(progress, Progress) else make_progress(progress, write)
        made = self.blueprint(info)
        with announced(progress):
            more |= {"split": split, "progress": progress, "diagnostics": self.diagnostics}
            fitted = fit_booked(self.booking, made, events, info, **more)
        self._keep(fitted, events, on_interrupt)

    def _keep(self, fitted: Fitted, events: Events, on_interrupt: str) -> None:
        """Take over what a training on events came to, say what it has to say, and raise what stopped it."""
        model = self._model if fitted.trained is None else fitted.trained  # the old one serves until there is a new one
        self._model, self._history, self._trace = model, fitted.history, fitted.trace
        if fitted.trained is not None and self.bound.values.CreateMVAPdfs and self.analysis_type == "classification":
            self._describe_output(events)
        for remark in fitted.remarks:
            warn_user(remark)
        if fitted.stopped is not None:
            raise fitted.stopped
        if fitted.interrupted and (on_interrupt == "raise" or fitted.trained is None):
            raise KeyboardInterrupt

    # ------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write the weight file, whole or not at all. Raises NotFittedError, FileError."""
        self._save(path)

    def _save(self, path: str | os.PathLike, blocks: Sequence[str] | None = None) -> None:
        write_weights(path, self.weight_file(blocks))

    def weight_file(self, blocks: Sequence[str] | None = None) -> WeightFile:
        """What the weight file says, of all networks or of those that are named. Raises NotFittedError, OptionError."""
        from tmvalite.models.file import weight_file

        return weight_file(self.title, self._trained(), blocks)

    def to_onnx(
        self,
        path: str | os.PathLike,
        *,
        opset: int | None = None,
        target: str = "onnxruntime",
        part: str | None = None,
        inputs: str = "matrix",
    ) -> None:
        """Write the model with its transformations as an ONNX file, after it gave the method's own values; or write nothing.

        Parameters
        ----------
        opset : int, optional
            Version of the operators; 18 by default.
        target : "onnxruntime" or "sofie"
            What runs the file: operators that it lacks are refused.
        part : str, optional
            "Encoder" or "Decoder" of an autoencoder, "Generator" or "Discriminator" of a GAN, alone.
        inputs : "matrix" or "layout"
            One input `events` (N, V), or those of InputLayout under their names.

        Raises
        ------
        NotFittedError, MissingExtraError (the extra `onnx`)
        OptionError
            An argument, or a layer or transformation that has no form in ONNX or that the target does not run.
        FileError
            The file cannot be written, or its values are not those of the method.
        """
        from tmvalite.models.onnx_export import export

        export(self._trained(), self.mva_values, self.title, path, opset=opset, target=target, part=part, inputs=inputs)

    def MakeClass(self, path: str | os.PathLike = "") -> None:
        """Write the model as a C++17 header that needs nothing but the standard library; or write nothing.

        The class `Read<title>` is what TMVA's own MakeClass would have given: `GetMvaValue(const std::vector<double>&)` of the
        variables. Beside it: GetMvaValues, GetMulticlassValues, GetRegressionValues of one event or of n events row by row, what
        gives the variables from branches (`Variables`), `encode` and `decode` of an autoencoder. docs/cpp.md shows its use.

        Parameters
        ----------
        path : optional
            <title>.class.hpp by default.

        Raises
        ------
        NotFittedError
        OptionError
            An expression, layer or transformation that has no form in C++.
        FileError
            The file cannot be written.
        """
        from tmvalite.models.cpp_export import export_class

        export_class(self._trained(), self.title, path or f"{self.title}.class.hpp")

    @classmethod
    def load(cls, path: str | os.PathLike):
        """The method of a weight file. Raises FileError, which names the file."""
        return cls.from_read(read_weights(path, method_types=tuple(FORMS)), path)

    @classmethod
    def from_read(cls, file: WeightFile, path: str | os.PathLike):
        """The method of a weight file that was read from `path`. Raises FileError, which names the file."""
        try:
            if file.method_type not in cls.file_types:
                message = f"the weight file is for the method {quoted(file.method_type)}"
                raise FileError(message, code="method-unknown", expected=cls.file_types)
            return cls.from_weight_file(file)
        except TmvaliteError as error:  # also what a transformation or a layer says of a record that cannot be
            where = f"{error.where or 'the weight file'} '{os.fspath(path)}'"
            raise FileError(error.message, code=error.code, where=where, expected=error.expected, hint=error.hint) from error

    @classmethod
    def from_weight_file(cls, file: WeightFile):
        """The method that a WeightFile states. Raises FileError, DataError and OptionError.

        Its options serve a further `fit` only, so nothing is said about them, and defaults replace what cannot be booked.
        """
        from tmvalite.models.file import analysis_type_of, option_text, trained_of

        analysis_type = analysis_type_of(file)
        method = cls.__new__(cls)
        quiet = silent(None)
        text = option_text(file, cls.table)
        try:
            method._start({signature.OPTIONS: text, "analysis_type": analysis_type, "title": file.title}, quiet)
        except OptionError:
            method._start({"analysis_type": analysis_type, "title": file.title}, quiet)
        method._diagnostics = Diagnostics(method.bound.source)
        method._model = trained_of(file, cls.form, analysis_type)
        return method

    # ------------------------------------------------------------------------------------- values, Python's names

    def mva_values(self, X):
        """The value of every event, (N,), or a float for one event (V,).

        Classification: the signal output, between 0 and 1. Multiclass: the first class. Regression: target 0.
        """
        model = self._model
        if model is not None and model.quick:  # the short ways, same bits
            kind = type(X)
            if kind is np.ndarray and X.dtype is model.dtype and X.shape[-1:] == model.event_shape:
                if X.ndim == 2 and model.fast:
                    return model.network.first_values(X)
                if X.ndim == 1:
                    x, score = model.one_event()
                    if X.dtype is x.dtype:
                        x[:] = X
                        return score()
            elif X[0].__class__ in NUMBERS if kind is list and X else kind is np.ndarray and X.dtype is FLOAT64 and X.ndim == 1:
                x, score = model.one_event()
                try:
                    model.pack(x, 0, *(X if kind is list else X.tolist()))
                    return score()
                except (struct.error, OverflowError, TypeError):
                    pass  # several events, or something to be explained
        return self._trained().mva(X)

    def one_event(self):
        """(x, score): memory (V,) for one event, and a call that gives the value of what is there; both of this thread.

        None where a value takes more than the transformations and the network.
        """
        model = self._model
        return None if model is None else model.one_event()

    def regression_values(self, X) -> np.ndarray:
        """All targets in their original units, (N, T), or (T,) for one event."""
        model = self._trained()
        if not model.info.targets:
            hint = "GetMvaValues and GetMulticlassValues give the values of classes"
            raise OptionError(f"this {self.analysis_type} has no regression targets", code="analysis-type", hint=hint)
        return model.targets(X)

    def multiclass_values(self, X) -> np.ndarray:
        """The values of all classes in declared order, (N, C), or (C,) for one event."""
        model = self._trained()
        if self.analysis_type != "multiclass":
            hint = "use GetRegressionValues" if self.analysis_type == "regression" else "use GetMvaValues"
            raise OptionError(f"this method is a {self.analysis_type}, not multiclass", code="analysis-type", hint=hint)
        return model.classes(X)

    # ------------------------------------------------------------------------------------- for the workflow

    @property
    def value_kind(self) -> str:
        """Which getter gives the method's values; that of a classification, a regression or a multiclass analysis."""
        return self.analysis_type

    def truth(self, events: Events) -> np.ndarray:
        """What regression values (N, T) are compared with."""
        return events.targets

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values."""
        return list(info.classes) if self.value_kind == "multiclass" else [v.internal for v in info.targets]

    @property
    def columns(self) -> tuple[VariableInfo, ...]:
        """What an event has to give, in this order; the variables."""
        return self.info.variables

    def GetMethodName(self) -> str:
        """TMVA's name of `title`."""
        return self.title

    # ------------------------------------------------------------------------------------- state

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the networks that are there, or written; "" for one without a name."""
        if self._model is not None:
            return tuple(self._model.blocks)
        return tuple(block.name.text if block.name is not None else "" for block in self.booking.layout.parts)

    @property
    def is_trained(self) -> bool:
        """Whether it was trained or read from a file, and can be asked for values."""
        return self._model is not None

    @property
    def info(self) -> DataSetInfo:
        """The variables, targets, spectators and classes of the training."""
        return self._trained().info

    def networks(self) -> list[tuple[str, Method]]:
        """What was trained, each with a name where there are several: itself."""
        return [("", self)]

    @property
    def network(self):
        """The trained network."""
        return self._trained().network

    @property
    def chain(self) -> TransformChain:
        """The transformations of variables and targets, fitted."""
        return self._trained().chain

    @property
    def graph(self) -> Graph:
        """The layers of the trained network, all blocks as one."""
        return self._trained().network.graph

    @property
    def graphs(self) -> dict[str, Graph]:
        """The layers of each trained network by its name; "" for one without a name."""
        return dict(self._trained().blocks)

    @property
    def plan(self) -> Any:
        """The steps of the whole network; prints as a table."""
        return self._trained().network.plan

    @property
    def history(self) -> dict[str, list]:
        """One list per column of `training.history.Epoch`, one entry per epoch; empty for a method read from a file."""
        return self._history.columns() if self._history.epochs else {name: [] for name in COLUMNS}

    @property
    def random_seed(self) -> int:
        """The seed of the last training, also where RandomSeed=0 drew one; 0 if there was none."""
        return self._history.seed

    def __str__(self):
        lines = [f"{type(self).__name__} '{self.title}', {self.analysis_type}, {'' if self.is_trained else 'not '}trained"]
        shown = self._model
        if shown is not None:
            names = ", ".join(v.label for v in self.info.variables[:8]) + (", ..." if self.info.n_variables > 8 else "")
            lines += wrapped(f"variables: {names}")
        elif self.booking.known_by_itself:
            shown = self._first_look()
        else:
            return f"{lines[0]}\nLayout={self.bound.values.Layout}"
        return "\n".join([*lines, *self._remarkable(shown), describe_all(shown.blocks)])

    def _remarkable(self, shown: Blueprint | Trained) -> list[str]:
        """Lines about the network beside its layers."""
        replicas = getattr(shown, "replicas", None)
        return [] if replicas is None else [f"mean of {len(replicas)} replicas ({replicas.kind})"]

    def _trained(self) -> Trained:
        if self._model is None:
            error = also_of_sklearn(NotFittedError, "NotFittedError")
            raise error(f"this {type(self).__name__} is not trained", hint="call fit, or tmvalite.load a weight file")
        return self._model


def _again(cls: type[Method], arguments: dict[str, Any], state: dict[str, Any]) -> Method:
    """A method from its constructor's arguments and what its training left behind."""
    method = cls.__new__(cls)
    method._start(arguments, silent(None))
    method._diagnostics = Diagnostics(method.bound.source)
    threads = method.bound.values.Threads
    method._model, method._history, method._trace = restored(state, method.analysis_type, threads)
    return method


def _with_kernels(made: Blueprint) -> Blueprint:
    """The same, if all its layers can be trained; raises OptionError at the first that cannot."""
    for graph in made.blocks.values():
        require_lowering(graph)
    return made

"""What all methods share: booking, `fit` and `predict` from arrays, TMVA's getters, saving."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import numpy as np

from tmvalite.data.checks import events_without_value, sample_remarks
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.tables import class_labels, event_matrix, target_matrix, weight_vector
from tmvalite.errors import (
    DataError,
    Diagnostics,
    FileError,
    NotFittedError,
    OptionError,
    TmvaliteError,
    did_you_mean,
    quoted,
    warn_user,
)
from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_xml import read_weights
from tmvalite.methods.booking import silent
from tmvalite.methods.file_facts import analysis_type_of, option_text
from tmvalite.methods.model import Model
from tmvalite.methods.weighting import NORM_MODES, normalised
from tmvalite.string_utils import OptionTable
from tmvalite.training.history import COLUMNS, History
from tmvalite.training.losses import ANALYSIS_TYPES


class Method:
    """A method with its options; the base of MethodDL.

    Parameters
    ----------
    options : str
        TMVA's option string.
    analysis_type : str
        "classification", "regression" or "multiclass".
    title : str, optional
        Name of the method in files and tables.
    **keywords
        The same options as Python arguments.

    Attributes
    ----------
    classes_ : (C,) array
        What y called the classes, sorted; `predict_proba` has a column for each.
    signal_class
        What y called the signal, in a classification.
    """

    method_type: ClassVar[str] = ""
    file_types: ClassVar[tuple[str, ...]] = ()  # of the weight files that it reads
    table: ClassVar[OptionTable]
    needs_truth = True  # whether a training needs classes or targets

    def __init__(self, options: str = "", *, analysis_type: str = "classification", title: str | None = None, **keywords: Any):
        self._start(options, analysis_type, title, keywords, Diagnostics())
        self.diagnostics.issue()

    def _start(self, options: str, analysis_type: str, title: str | None, keywords: dict, diagnostics: Diagnostics) -> None:
        self._parameters = {"options": options, "analysis_type": analysis_type, "title": title, **keywords}
        self.analysis_type = _analysis_type(analysis_type)
        self.title = title if title is not None else self.method_type
        self.diagnostics = diagnostics
        self.bound = self.table.bind(options, keywords, diagnostics)
        self._model: Model | None = None
        self._history = History()
        self._book()

    def _book(self) -> None:
        """Check all that the options say. Raises OptionError."""
        raise NotImplementedError

    def _train(
        self, events: Events, info: DataSetInfo, *, drawn: bool, labels: tuple, flat: bool, progress, write, on_interrupt: str
    ) -> None:
        """Train and set `_model` and `_history`. `drawn`: whether the validation events are drawn, or the last ones."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------- training

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        targets=None,
        norm: str | None = "EqualNumEvents",
        signal=None,
        progress: str = "auto",
        on_interrupt: str = "raise",
    ):
        """Train on arrays. The validation events are drawn, with their share of every class.

        Parameters
        ----------
        X : (N, V) array, or a table with named columns
        y : (N,) classes, by name or number; (N,) or (N, T) targets of a regression
            Of two classes the signal is the number 1, True, or what is called Signal.
        sample_weight : (N,) array, optional
            Event weights. After `norm` they are scaled to mean 1 over the events that train.
        targets : (N,) or (N, T) array, optional
            Regression targets beside the classes, for networks with several outputs.
        norm : "EqualNumEvents", "NumEvents" or None
            As TMVA's NormMode: every class weighs the same; every class weighs as many events as it has; weights as they
            are. A regression has one class.
        signal : optional
            What y calls the signal, where that cannot be guessed.
        progress : "auto", "live", "table" or "silent"
        on_interrupt : "raise" or "keep"
            After Ctrl-C the method always keeps the best weights so far and can be used; "raise" then lets the
            KeyboardInterrupt go on, "keep" returns.

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
        events, info, labels, flat = self._declared(X, y, sample_weight, targets, norm, signal)
        self._train(events, info, drawn=True, labels=labels, flat=flat, progress=progress, write=print, on_interrupt=on_interrupt)
        return self

    def _declared(self, X, y, sample_weight, targets, norm, signal) -> tuple[Events, DataSetInfo, tuple, bool]:
        """What `fit` was given as events and their names, what y calls the classes, and whether y was one-dimensional."""
        dtype = np.dtype(self.bound.values.Precision)
        x, names = event_matrix(X, dtype)
        n = len(x)
        weight = weight_vector(sample_weight, n)
        target_names: tuple[str, ...] = ()
        target = np.empty((n, 0), dtype)
        flat, labels = True, ()
        if norm not in NORM_MODES:
            raise OptionError(f"norm {norm!r} is not known", code="norm", expected=tuple(map(repr, NORM_MODES)))
        if y is None and self.needs_truth:
            what = "targets of every event" if self.analysis_type == "regression" else "class of every event"
            raise DataError(f"a training of this method needs y, the {what}", code="data-shape")
        if y is None:
            index, classes = np.zeros(n, np.int64), ("Data",)
            if targets is not None:
                target, target_names, _ = target_matrix(targets, n, dtype)
        elif self.analysis_type == "regression":
            if targets is not None:
                raise DataError("a regression has its targets in y", code="data-targets", hint="leave targets out")
            target, target_names, flat = target_matrix(y, n, dtype)
            index, classes = np.zeros(n, np.int64), ("Regression",)
        else:
            found = class_labels(y, n, multiclass=self.analysis_type == "multiclass", signal=signal)
            index, classes, labels = found.index, found.names, found.values
            if targets is not None:
                target, target_names, _ = target_matrix(targets, n, dtype)
        info = DataSetInfo.from_names(names, target_names, classes=classes)
        events = Events(x, target, {}, normalised(weight, index, info.classes, norm), index, weight)
        for remark in sample_remarks(x, names, weight):
            warn_user(remark)
        return events, info, labels or info.classes, flat

    def train(self, events: Events, info: DataSetInfo, *, progress="auto", write=print, on_interrupt: str = "raise") -> None:
        """Train on the training sample of a data set, whose last events validate, as in TMVA.

        Parameters
        ----------
        events : Events
            With their weights normalised (NormMode).
        progress, on_interrupt
            As for `fit`; progress may also be a `training.progress.Progress`.
        write : callable(str)
            Takes the lines of the epoch table.
        """
        self._train(
            events, info, drawn=False, labels=info.classes, flat=False, progress=progress, write=write, on_interrupt=on_interrupt
        )

    # ------------------------------------------------------------------------------------- files

    @classmethod
    def load(cls, path: str | os.PathLike):
        """The method of a weight file. Raises FileError, which names the file."""
        return cls.from_read(read_weights(path), path)

    @classmethod
    def from_read(cls, file: WeightFile, path: str | os.PathLike):
        """The method of a weight file that was read from `path`. Raises FileError, which names the file."""
        try:
            if file.method_type not in cls.file_types:
                raise FileError(
                    f"the weight file is for the method {quoted(file.method_type)}",
                    code="method-unknown",
                    expected=cls.file_types,
                )
            return cls.from_weight_file(file)
        except TmvaliteError as error:  # also what a transformation or a layer says of a record that cannot be
            where = f"{error.where or 'the weight file'} '{os.fspath(path)}'"
            raise FileError(error.message, code=error.code, where=where, expected=error.expected, hint=error.hint) from error

    @classmethod
    def from_weight_file(cls, file: WeightFile):
        """The method that a WeightFile states. Raises FileError, DataError and OptionError.

        Its options serve a further `fit` only, so nothing is said about them, and defaults replace what cannot be booked.
        """
        analysis_type = analysis_type_of(file)
        method = cls.__new__(cls)
        quiet = silent(None)
        text = option_text(file, cls.table)
        try:
            method._start(text, analysis_type, file.title, {}, quiet)
        except OptionError:
            method._start("", analysis_type, file.title, {}, quiet)
        method.diagnostics = Diagnostics(method.bound.source)
        method._model = cls._model_of(file, analysis_type)
        return method

    @classmethod
    def _model_of(cls, file: WeightFile, analysis_type: str):
        """The trained model that a weight file states."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------- values, Python's names

    def mva_values(self, X):
        """The value of every event, (N,), or a float for one event (V,).

        Classification: the signal output, between 0 and 1. Multiclass: the first class. Regression: target 0.
        """
        model = self._model
        if (
            model is not None
            and model.fast
            and type(X) is np.ndarray
            and X.dtype is model.dtype
            and X.shape[-1:] == model.event_shape
        ):
            if X.ndim == 2:  # the short way, same bits
                return model.network.values(X)[:, 0]
            if X.ndim == 1:
                return float(model.network.values(X[None])[0, 0])
        return self._trained().mva(X)

    def regression_values(self, X) -> np.ndarray:
        """All targets in their original units, (N, T), or (T,) for one event."""
        model = self._trained()
        if not model.info.targets:
            raise OptionError(
                f"this {self.analysis_type} has no regression targets",
                code="analysis-type",
                hint="GetMvaValues and GetMulticlassValues give the values of classes",
            )
        return model.targets(X)

    def multiclass_values(self, X) -> np.ndarray:
        """The values of all classes in declared order, (N, C), or (C,) for one event."""
        model = self._trained()
        if self.analysis_type != "multiclass":
            raise OptionError(
                f"this method is a {self.analysis_type}, not multiclass",
                code="analysis-type",
                hint="use GetRegressionValues" if self.analysis_type == "regression" else "use GetMvaValues",
            )
        return model.classes(X)

    def predict(self, X, *, not_finite: str = "raise") -> np.ndarray:
        """The class of every event as y called it (a value of 0.5 or more is signal), or the targets of a regression.

        Parameters
        ----------
        not_finite : "raise" or "mark"
            What an event with a NaN or an infinity gives: a DataError, or the class -1 (an empty text where classes have
            names) and NaN for targets.
        """
        model = self._trained()
        if self.analysis_type == "regression":
            values = model.targets(X)
            events_without_value(values, not_finite)
            return values[..., 0] if model.flat and values.shape[-1] == 1 else values
        values = np.array(model.labels)
        if self.analysis_type == "multiclass":
            scores = model.classes(X)
            found = values[np.argmax(scores, axis=-1)]
        else:
            scores = np.asarray(model.mva(X))[..., None]
            signal = model.info.signal_class
            found = np.where(scores[..., 0] >= 0.5, values[signal], values[1 - signal])
        bad = events_without_value(scores, not_finite)
        return np.where(bad, "" if values.dtype.kind == "U" else -1, found) if bad.any() else found

    def predict_proba(self, X) -> np.ndarray:
        """The values of the classes, (N, C); columns in the order of `classes_`."""
        model = self._trained()
        if self.analysis_type == "regression":
            raise OptionError("a regression has no probabilities of classes", code="analysis-type", hint="use predict")
        if self.analysis_type == "multiclass":
            values = np.atleast_2d(model.classes(X))
        else:
            signal = np.atleast_1d(model.mva(X))
            values = np.stack([signal, 1.0 - signal], axis=1)
            if model.info.signal_class == 1:
                values = values[:, ::-1]
        order = [model.labels.index(label) for label in self.classes_.tolist()]
        return values[:, order]

    def score(self, X, y, sample_weight=None) -> float:
        """Weighted part of the events in the right class; of a regression R^2 = 1 - sum w (y - p)^2 / sum w (y - <y>)^2."""
        predicted = self.predict(X)
        w = weight_vector(sample_weight, len(predicted))
        y = np.asarray(y)
        if y.shape != predicted.shape:
            y = y.reshape(predicted.shape) if y.size == predicted.size else y
        if y.shape != predicted.shape:
            raise DataError(f"y has shape {y.shape}, the predictions have {predicted.shape}", code="data-shape")
        if self.analysis_type != "regression":
            return float(np.average(predicted == y, weights=w))
        y, predicted = y.reshape(len(y), -1).astype(np.float64), predicted.reshape(len(y), -1).astype(np.float64)
        residual = np.average((y - predicted) ** 2, axis=0, weights=w)
        spread = np.average((y - np.average(y, axis=0, weights=w)) ** 2, axis=0, weights=w)
        return float(np.mean(1.0 - residual / np.where(spread > 0, spread, 1.0)))

    # ------------------------------------------------------------------------------------- values, TMVA's names

    def GetMvaValue(self, X):
        """TMVA's name of `mva_values`."""
        return self.mva_values(X)

    def GetMvaValues(self, X):
        """TMVA's name of `mva_values`."""
        return self.mva_values(X)

    def GetRegressionValues(self, X):
        """TMVA's name of `regression_values`."""
        return self.regression_values(X)

    def GetMulticlassValues(self, X):
        """TMVA's name of `multiclass_values`."""
        return self.multiclass_values(X)

    # ------------------------------------------------------------------------------------- for the workflow

    @property
    def value_kind(self) -> str:
        """Which getter gives the method's values: that of a classification, a regression or a multiclass analysis."""
        return self.analysis_type

    def truth(self, events: Events) -> np.ndarray:
        """What regression values (N, T) are compared with."""
        return events.targets

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values."""
        return list(info.classes) if self.value_kind == "multiclass" else [v.internal for v in info.targets]

    def GetMethodName(self) -> str:
        """TMVA's name of `title`."""
        return self.title

    # ------------------------------------------------------------------------------------- state

    @property
    def is_trained(self) -> bool:
        return self._model is not None

    @property
    def info(self) -> DataSetInfo:
        """The variables, targets, spectators and classes of the training."""
        return self._trained().info

    @property
    def network(self):
        """The trained network."""
        return self._trained().network

    @property
    def history(self) -> dict[str, list]:
        """One list per column of `training.history.Epoch`, one entry per epoch; empty for a method read from a file."""
        return self._history.columns() if self._history.epochs else {name: [] for name in COLUMNS}

    @property
    def random_seed(self) -> int:
        """The seed of the last training, also where RandomSeed=0 drew one; 0 if there was none."""
        return self._history.seed

    @property
    def classes_(self) -> np.ndarray:
        if self.analysis_type == "regression":
            raise AttributeError("a regression has no classes")
        return np.array(sorted(self._trained().labels))

    @property
    def signal_class(self):
        model = self._trained()
        if self.analysis_type != "classification":
            raise AttributeError(f"a {self.analysis_type} has no signal class")
        return model.labels[model.info.signal_class]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(self._parameters)

    def set_params(self, **parameters):
        """Book anew with some arguments changed; what was trained is forgotten. Returns self."""
        if parameters:
            self.__dict__ = type(self)(**{**self._parameters, **parameters}).__dict__
        return self

    def __sklearn_tags__(self):
        """What scikit-learn asks an estimator for; only it calls this."""
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        regression = self.analysis_type == "regression"
        return Tags(
            estimator_type="regressor" if regression else "classifier",
            target_tags=TargetTags(required=True, multi_output=regression),
            classifier_tags=None if regression else ClassifierTags(multi_class=self.analysis_type == "multiclass"),
            regressor_tags=RegressorTags() if regression else None,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return self.is_trained

    def __repr__(self):
        given = ", ".join(
            repr(value) if name == "options" else f"{name}={value!r}"
            for name, value in self._parameters.items()
            if value is not None and value != ""
        )
        return f"{type(self).__name__}({given})"

    def _trained(self) -> Model:
        if self._model is None:
            raise NotFittedError(f"this {type(self).__name__} is not trained", hint="call fit, or tmvalite.load a weight file")
        return self._model


def _analysis_type(text: str) -> str:
    if str(text).lower() in ANALYSIS_TYPES:
        return str(text).lower()
    raise OptionError(
        f"the analysis type {str(text)!r} is not known",
        code="analysis-type",
        expected=ANALYSIS_TYPES,
        hint=did_you_mean(str(text), ANALYSIS_TYPES),
    )

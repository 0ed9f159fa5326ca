"""MethodCrossValidation: the methods of all folds as one, which answers for an event with the fold that did not train on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tmvalite.data.fold_expression import FoldExpression, position
from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.scoring import variable_columns
from tmvalite.data.sources import is_table, open_table
from tmvalite.data.tables import scored_events
from tmvalite.errors import DataError, FileError, TmvaliteError
from tmvalite.io.folds_xml import CROSS_VALIDATION, fold_file_name
from tmvalite.io.weight_file import FoldsRecord, OptionRecord, WeightFile
from tmvalite.io.weights_xml import write_weights
from tmvalite.methods.no_model import NoModel
from tmvalite.training.history import COLUMNS

AVERAGE = "Avg"
FILE_OPTIONS = ("V", "VerbosityLevel", "H", "CreateMVAPdfs", "IgnoreNegWeightsInTraining")  # of every method


class MethodCrossValidation(NoModel):
    """The methods of the folds, under the getters of one.

    With a SplitExpr an event is answered for by the fold that the expression says, as in TMVA; without one, or with
    OutputEnsembling=Avg, by the mean of all folds. (TMVA has no answer for new events of a random split.)

    Parameters
    ----------
    record : FoldsRecord
        Job, title, SplitExpr and ensembling.
    folds : sequence of methods
        One for each fold, trained.
    """

    method_type = CROSS_VALIDATION
    is_trained = True
    note = lacking = ""
    instead = "its folds have one each: method.folds[0], or the weight file of a fold"

    def __init__(self, record: FoldsRecord, folds: Sequence, info: DataSetInfo | None = None):
        self.record, self.folds = record, tuple(folds)
        self.info = self.folds[0].info if info is None else info
        self.title, self.analysis_type = record.title, self.folds[0].analysis_type
        self.expression = FoldExpression(record.split) if record.split.strip() else None
        if self.expression is not None:
            self.expression.columns_of(self.info, None, None)  # are its names known?

    # ------------------------------------------------------------------------------------- values

    @property
    def writes_file(self) -> bool:
        """Whether there are weight files of the folds."""
        return all(fold.writes_file for fold in self.folds)

    @property
    def needs_spectators(self) -> bool:
        """Whether the fold of an event follows from its spectators."""
        return self._splits and self.expression.reads_spectators(self.info)

    @property
    def _splits(self) -> bool:
        return self.expression is not None and self.record.ensembling != AVERAGE

    def fold_of(self, x: np.ndarray, spectators: Mapping[str, np.ndarray] | None) -> np.ndarray:
        """(N,) int64, the fold that answers for every event, from 0; -1 where the mean of all does.

        Raises
        ------
        DataError
            Spectators are needed and not there, or SplitExpr gives an event no fold.
        """
        if not self._splits:
            return np.full(len(x), -1)
        if self.needs_spectators and spectators is None:
            names = ", ".join(name for name in self.expression.names)
            raise DataError(
                f"the fold of an event follows from {names}, which is not given",
                code="fold-spectators",
                where=f"SplitExpr={self.expression.text}",
                hint="give a table with this column, spectators={'name': values}, or an array to Reader.AddSpectator",
            )
        folds = self.expression.folds(self.expression.columns_of(self.info, spectators, x), len(self.folds))
        return np.broadcast_to(folds, (len(x),))

    def values(self, getter: str, x: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """What `getter` of the folds gives: (N,) or (N, outputs).

        x : (N, V)
        fold : (N,) as `fold_of` gives it
        """
        out: np.ndarray | None = None
        for i in (-1, *range(len(self.folds))):
            at = np.flatnonzero(fold == i)
            if not len(at):
                continue
            found = self._mean(getter, x[at]) if i < 0 else np.asarray(getattr(self.folds[i], getter)(x[at]))
            out = np.empty((len(x), *found.shape[1:]), found.dtype) if out is None else out
            out[at] = found
        return np.asarray(getattr(self.folds[0], getter)(x)) if out is None else out

    def _mean(self, getter: str, x: np.ndarray) -> np.ndarray:
        each = [np.asarray(getattr(fold, getter)(x)) for fold in self.folds]
        total = np.zeros(each[0].shape)
        for one in each:
            total += one
        return (total / len(each)).astype(each[0].dtype)

    def _asked(self, getter: str, X, spectators):
        if is_table(X) and spectators is None and self.needs_spectators:
            spectators = spectators_of(X, self.info, self.expression)
        x, single = scored_events(X, self.info.variables)
        if spectators is not None:
            spectators = {name: np.atleast_1d(values) for name, values in spectators.items()}
        values = self.values(getter, x, self.fold_of(x, spectators))
        if not single:
            return values
        return values[0] if values.ndim > 1 else float(values[0])

    def mva_values(self, X, spectators=None):
        """The value of every event, (N,), or a float for one event.

        spectators : mapping of str to (N,) array, optional
            By internal name, where SplitExpr reads any and X is no table that has them.
        """
        return self._asked("GetMvaValues", X, spectators)

    def regression_values(self, X, spectators=None) -> np.ndarray:
        """All targets in their original units, (N, T), or (T,) for one event; arguments as for `mva_values`."""
        return self._asked("GetRegressionValues", X, spectators)

    def multiclass_values(self, X, spectators=None) -> np.ndarray:
        """The values of all classes in declared order, (N, C), or (C,) for one event; arguments as for `mva_values`."""
        return self._asked("GetMulticlassValues", X, spectators)

    GetMvaValue = GetMvaValues = mva_values
    GetRegressionValues = regression_values
    GetMulticlassValues = multiclass_values

    def of_events(self, spectators: Mapping[str, np.ndarray]) -> OfEvents:
        """The same getters for events with these spectators."""
        return OfEvents(self, spectators)

    # ------------------------------------------------------------------------------------- what a method of a Factory has

    @property
    def value_kind(self) -> str:
        """Which getter gives its values."""
        return self.folds[0].value_kind

    def truth(self, events: Events) -> np.ndarray:
        """What regression values (N, T) are compared with."""
        return self.folds[0].truth(events)

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values."""
        return self.folds[0].value_names(info)

    @property
    def columns(self) -> tuple[VariableInfo, ...]:
        """What an event has to give, in this order; the variables."""
        return self.info.variables

    def one_event(self) -> None:
        """None: which network gives the value of an event is not known before."""

    def networks(self) -> list[tuple[str, object]]:
        """The trained methods with layers that it is made of, each with its name."""
        return [(f"fold {i}", method) for i, fold in enumerate(self.folds, start=1) for _, method in fold.networks()]

    @property
    def bound(self):
        """The options that every fold was booked with."""
        return self.folds[0].bound

    @property
    def history(self) -> dict[str, list]:
        """Empty: every fold has its own."""
        return {name: [] for name in COLUMNS}

    def GetMethodName(self) -> str:
        """The title under which it was booked."""
        return self.title

    def __str__(self):
        which = f"SplitExpr={self.expression.text}" if self._splits else "mean of all folds"
        return f"MethodCrossValidation '{self.title}', {len(self.folds)} folds, {which}\nfold 1: {self.folds[0]}"

    # ------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write a weight file for every fold, `<job>_<title>_fold<i>.weights.xml`, and then this one. Raises FileError."""
        folder = os.path.dirname(os.fspath(path))
        for i, fold in enumerate(self.folds):
            fold.save(os.path.join(folder, fold_file_name(self.record, i)))
        write_weights(path, self._file())

    def _file(self) -> WeightFile:
        record, info = self.record, self.info
        settings = {
            "EncapsulatedMethodName": record.title,
            "EncapsulatedMethodTypeName": record.method_type,
            "NumFolds": str(record.n_folds),
            "OutputEnsembling": record.ensembling,
            "SplitExpr": record.split,
        }
        model = getattr(self.folds[0], "_model", None)
        said = model.description if model is not None else None
        options = [option for option in (said.options if said else ()) if option.name in FILE_OPTIONS]
        options += [OptionRecord(name, "".join(text.split()), True) for name, text in settings.items()]
        facts = {name: text for name, text in (said.facts if said else {}).items() if name != "Random seed"}
        facts.setdefault("AnalysisType", self.analysis_type.capitalize())
        names = [list(group) for group in (info.variables, info.spectators, info.targets, info.classes)]
        return WeightFile(CROSS_VALIDATION, record.title, facts, options, *names, folds=record)

    @classmethod
    def from_read(cls, file: WeightFile, path, load: Callable) -> MethodCrossValidation:
        """The method of a weight file that was read from `path`; `load` reads those of the folds. Raises FileError."""
        record, name = file.folds, os.fspath(path)
        info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
        folds = []
        for i in range(record.n_folds):
            part = os.path.join(os.path.dirname(name), fold_file_name(record, i))
            if not os.path.exists(part):
                hint = "copy the files of the folds into the folder of this one"
                raise FileError(f"'{name}' needs the file '{part}' of fold {i + 1}", code="file-missing", hint=hint)
            folds.append(load(part))
            if folds[-1].info.n_variables != info.n_variables or folds[-1].analysis_type != folds[0].analysis_type:
                raise FileError(f"'{part}' is of another training than '{name}'", code="fold-file")
        try:
            return cls(record, folds, info)
        except FileError:
            raise
        except TmvaliteError as error:
            where = f"the weight file '{name}'"
            raise FileError(error.message, code=error.code, where=where, expected=error.expected, hint=error.hint) from error


class OfEvents:
    """A cross-validation with the spectators of the events that it is asked about."""

    def __init__(self, method: MethodCrossValidation, spectators: Mapping[str, np.ndarray]):
        self.method, self.spectators = method, spectators
        self.info, self.columns, self.one_event = method.info, method.columns, method.one_event

    def GetMvaValues(self, X):
        """As of the method."""
        return self.method.mva_values(X, self.spectators)

    def GetRegressionValues(self, X):
        """As of the method."""
        return self.method.regression_values(X, self.spectators)

    def GetMulticlassValues(self, X):
        """As of the method."""
        return self.method.multiclass_values(X, self.spectators)


def spectators_of(table, info: DataSetInfo, expression: FoldExpression) -> dict[str, np.ndarray]:
    """The columns of a table that say the folds, by the internal names of the spectators; whole numbers stay what they are.

    Raises DataError.
    """
    if isinstance(table, Mapping):
        table = {name: np.atleast_1d(values) for name, values in table.items()}
    read = [
        info.spectators[at]
        for at in dict.fromkeys(position(name, info.spectators) for name in expression.names)
        if at is not None
    ]
    return {v.internal: column for v, column in zip(read, variable_columns(open_table(table), read), strict=True)}

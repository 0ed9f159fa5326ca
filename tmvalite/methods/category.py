"""MethodCategory: a method for each region of the events, which a cut selects; the file of TMVA holds all of them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import ArrayTable, Column
from tmvalite.data.expression import Context, Expression, evaluate, parse_expression
from tmvalite.data.formulas import bind
from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.errors import (
    DataError,
    FileError,
    OptionError,
    Source,
    TmvaliteError,
    TmvaliteWarning,
    did_you_mean,
    quoted,
    warn_user,
)
from tmvalite.io.weight_file import OptionRecord, PartRecord, WeightFile
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods.base import METHODS
from tmvalite.methods.plain import PlainMethod
from tmvalite.models.weighting import normalised

OUTSIDE = 0.0  # TMVA's value of an event that no category takes
MINIMUM_EVENTS = 10
PASSES = 0.5


@dataclass(frozen=True)
class CategoryPart:
    """One category.

    cut : TTreeFormula's, over variables and spectators
    labels : of the variables (or spectators) that the method reads
    method : not trained, or with what it learnt
    """

    cut: str
    labels: tuple[str, ...]
    method: object

    @property
    def title(self) -> str:
        return self.method.title


class MethodCategory(PlainMethod):
    """TMVA's MethodCategory. A Factory books it, and `AddMethod` of what it gives adds the categories.

    An event has the value of the one category whose cut it passes; 0 where none takes it, with a warning. Cuts that
    overlap are an error. Each method is trained on the training events of its category, weighted anew as NormMode says.
    """

    method_type = "Category"

    def __init__(self, options: str = "", *, analysis_type: str, title: str, **keywords):
        super().__init__(options, analysis_type=analysis_type, title=title, **keywords)
        if self.bound.is_set("VarTransform") and self.bound.values.VarTransform != "None":
            raise OptionError(
                "the categories have transformations of their own",
                code="category-transform",
                source=self.bound.source,
                span=self.bound.spans["VarTransform"],
                hint="write VarTransform=... in the options of AddMethod",
            )
        self.parts: list[CategoryPart] = []
        self._facts: dict[str, str] = {}
        self.norm: str | None = None

    # Categories

    def add(self, cut: str, variables: str, method, info: DataSetInfo) -> DataSetInfo:
        """Add a category before the training; gives the variables of its method.

        Parameters
        ----------
        cut : str
        variables : str
            Labels of variables or spectators joined by ':'; all variables if it is empty.
        method
            Not trained.
        info : DataSetInfo
            Of the whole.

        Raises
        ------
        OptionError
            A title that is taken, an unknown label.
        ExpressionError
            A cut that cannot be read, or reads something else than variables and spectators.
        """
        if any(part.title == method.title for part in self.parts):
            raise OptionError(f"'{self.title}' has a category '{method.title}' already", code="title-repeated")
        labels = tuple(piece.strip() for piece in variables.split(":") if piece.strip())
        part = CategoryPart(str(cut), labels, method)
        own = self._info_of(part, info)
        self._cut(part, info)
        method.blueprint(own)
        self.parts.append(part)
        return own

    def _info_of(self, part: CategoryPart, info: DataSetInfo) -> DataSetInfo:
        """The data set of a category: its variables, all else as it is."""
        chosen = [
            info.variables[i] if i < info.n_variables else info.spectators[i - info.n_variables] for i in _places(part, info)
        ]
        return DataSetInfo(tuple(chosen), info.targets, info.spectators, info.classes, f"{part.title}_dsi")

    def _cut(self, part: CategoryPart, info: DataSetInfo) -> Expression:
        """The cut over the columns of `_table`. Raises ExpressionError."""
        where = f"the cut of category '{part.title}'"
        table = _table(np.empty((0, info.n_variables + info.n_spectators)), (*info.variables, *info.spectators))
        try:
            return bind(parse_expression(Source(part.cut), where=where), table, table.keys(), where)
        except DataError as error:
            if error.code == "expression-unknown":
                error.hint = error.hint or "a cut reads variables and spectators: call AddSpectator('name') for others"
            raise

    @property
    def lacking(self) -> str:
        return "" if self.parts else "it has no categories"

    @property
    def writes_file(self) -> bool:
        return all(part.method.writes_file for part in self.parts)

    @property
    def note(self) -> str:
        notes = [part.method.note for part in self.parts if part.method.note]
        return "; ".join(f"{self.title}, {note}" for note in notes)

    # Events

    @property
    def columns(self) -> tuple[VariableInfo, ...]:
        """The variables, then the spectators that cuts or methods read."""
        return (*self.info.variables, *_spectators_read(self.parts, self.info, self._cut))

    def _shares(self, x: np.ndarray, columns, parts, info: DataSetInfo) -> list[np.ndarray]:
        """For each category the events (N,) that pass its cut. Raises DataError where two of them take an event."""
        table, shares = _table(x, columns), []
        taken = np.full(len(x), -1)
        for number, part in enumerate(parts):
            cut = self._cut(part, info)
            names = [name for name, _ in cut.mentions()]
            found = evaluate(cut, table.read(names), Context(len(x)))
            passes = np.broadcast_to(found.values, len(x)) > PASSES
            both = passes & (taken >= 0)
            if both.any():
                other = parts[int(taken[both][0])]
                raise DataError(
                    f"{int(both.sum())} of {len(x)} events pass the cuts of two categories, '{other.title}' and '{part.title}'",
                    code="category-overlap",
                    where=f"method '{self.title}'",
                    expected=f"'{other.cut}' and '{part.cut}' have no event in common",
                )
            taken[passes] = number
            shares.append(passes)
        return shares

    def _each(self, x: np.ndarray, width: int, values) -> np.ndarray:
        """(N, width): the values of every event by the method of its category."""
        columns, info = self.columns, self.info
        out, inside = np.full((len(x), width), OUTSIDE), np.zeros(len(x), bool)
        for part, passes in zip(self.parts, self._shares(x, columns, self.parts, info), strict=True):
            inside |= passes
            if passes.any():
                places = [_place(columns, one) for one in part.method.info.variables]
                found = values(part.method, np.ascontiguousarray(x[passes][:, places], np.float32))
                out[passes] = np.reshape(found, (-1, width))
        if not inside.all():
            n, what = int((~inside).sum()), f"the cut of no category of '{self.title}': the value is 0"
            message = f"{n} of {len(x)} event{'s' * (len(x) != 1)} pass{'es' * (n == 1)} {what}"
            warn_user(TmvaliteWarning(message, code="category-none", hint="add a category for them"))
        return out

    def _mva(self, x) -> np.ndarray:
        return self._each(x, 1, lambda method, x: method.GetMvaValues(x))[:, 0]

    def _classes(self, x) -> np.ndarray:
        return self._each(x, self.info.n_classes, lambda method, x: method.GetMulticlassValues(x))

    def _targets(self, x) -> np.ndarray:
        return self._each(x, self.info.n_targets, lambda method, x: method.GetRegressionValues(x))

    # Training

    def train(self, events: Events, info: DataSetInfo, *, progress="auto", write=print) -> None:
        """Train the method of every category on its events.

        Raises
        ------
        DataError
            Cuts that overlap, fewer than 10 events of a category, or none of a class.
        """
        began, self._info = time.perf_counter(), None
        columns = (*info.variables, *_spectators_read(self.parts, info, self._cut))
        x = inputs_of(events, columns)
        shares = self._shares(x, columns, self.parts, info)
        for part, passes in zip(self.parts, shares, strict=True):
            self._check_events(part, events.class_index[passes], info)
        for part, passes in zip(self.parts, shares, strict=True):
            own, taken = self._info_of(part, info), events.take(passes)
            taken.x = np.ascontiguousarray(x[passes][:, [_place(columns, one) for one in own.variables]], np.float32)
            taken.weight = normalised(taken.original_weight, taken.class_index, info.classes, self.norm)
            write(f"Train method: {part.title} for the {len(taken)} events with {part.cut}")
            part.method.train(taken, own, progress=progress, write=write)
        self._info = info
        from tmvalite.models.file import RELEASES  # brings the engine with it, as the training did

        facts = RELEASES | {
            "Creator": "tmvalite",
            "Date": time.asctime(),
            "Host": "",
            "Dir": "",
            "Training events": str(len(events)),
        }
        seconds = {"TrainingTime": f"{time.perf_counter() - began:.8e}"}
        self._facts = facts | seconds | {"AnalysisType": self.analysis_type.capitalize()}

    def _check_events(self, part: CategoryPart, class_index: np.ndarray, info: DataSetInfo) -> None:
        counts = np.bincount(class_index, minlength=info.n_classes)
        empty = [name for name, n in zip(info.classes, counts, strict=True) if n == 0]
        if len(class_index) < MINIMUM_EVENTS or empty:
            what = f"no training events of {', '.join(empty)}" if empty else f"{len(class_index)} training events"
            raise DataError(
                f"category '{part.title}' of '{self.title}' has {what}",
                code="category-events",
                expected=f"at least {MINIMUM_EVENTS} events, and some of every class",
                hint=f"look at its cut '{part.cut}'",
            )

    # Files

    def weight_file(self) -> WeightFile:
        """What its file says. Raises NotFittedError."""
        info = self.info
        names = [list(group) for group in (info.variables, info.spectators, info.targets, info.classes)]
        options = [OptionRecord(name, text, given) for name, text, given in self.bound.items()]
        file = WeightFile(self.method_type, self.title, dict(self._facts), options, *names)
        file.parts = [PartRecord(part.cut, ":".join(part.labels), part.method.weight_file()) for part in self.parts]
        return file

    def save(self, path: str | os.PathLike) -> None:
        """Write the weight file. Raises NotFittedError, FileError."""
        if not self.writes_file:
            titles = ", ".join(part.title for part in self.parts if not part.method.writes_file)
            message = f"there is no weight file for '{self.title}', since there is none for its categories {titles}"
            raise FileError(message, code="file-none", hint="book deep learning (Types.kDL) for every category")
        write_weights(path, self.weight_file())

    @classmethod
    def load(cls, path: str | os.PathLike) -> MethodCategory:
        """The method of a weight file. Raises FileError, which names the file."""
        return cls.from_read(read_weights(path, method_types=(cls.method_type,)), path)

    @classmethod
    def from_read(cls, file: WeightFile, path: str | os.PathLike) -> MethodCategory:
        """The method of a weight file that was read from `path`. Raises FileError, which names the file."""
        from tmvalite.models.file import analysis_type_of

        analysis = analysis_type_of(file)
        method = cls(analysis_type=analysis, title=file.title)
        info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
        for record in file.parts:
            try:
                made = _class_of(record.file).from_read(record.file, path)
                part = CategoryPart(record.cut, tuple(filter(None, record.variables.split(":"))), made)
                method._cut(part, info)
                wanted = [v.expression for v in method._info_of(part, info).variables]
                if [v.expression for v in made.info.variables] != wanted:
                    raise FileError(
                        f"the variables are not {record.variables or 'those of the whole'}", code="category-variables"
                    )
            except TmvaliteError as error:
                where = f"category {quoted(record.file.title)} of {quoted(file.title)}, weight file '{os.fspath(path)}'"
                raise FileError(error.message, code=error.code, where=where, expected=error.expected, hint=error.hint) from error
            method.parts.append(part)
        method._info, method._facts = info, dict(file.info)
        return method

    def __str__(self):
        lines = [super().__str__()]
        for part in self.parts:
            lines += [f"  {part.cut}", *(f"    {line}" for line in str(part.method).splitlines())]
        return "\n".join(lines)


def _class_of(file: WeightFile):
    """The class that reads a category."""
    if file.method_type not in METHODS:
        message = f"the category is for the method {quoted(file.method_type)}"
        raise FileError(message, code="method-unknown", expected=tuple(METHODS))
    return METHODS[file.method_type]


def inputs_of(events: Events, columns: tuple[VariableInfo, ...]) -> np.ndarray:
    """(N, columns) of events: their variables, then spectators."""
    extra = [events.spectators[v.internal] for v in columns[events.x.shape[1] :]]
    return np.column_stack([events.x, *extra]) if extra else events.x


def _names(v: VariableInfo) -> tuple[str, ...]:
    """What a cut may call a variable."""
    return (v.internal,) if v.index is not None else (v.expression, v.label, v.internal)


def _table(x: np.ndarray, infos) -> ArrayTable:
    """Events as columns under every name that they have, in single precision as a Reader has them; integers stay whole."""
    columns: dict[str, Column] = {}
    for j, v in enumerate(infos):
        values = np.ascontiguousarray(x[:, j])
        values = values if np.array_equal(values, np.trunc(values)) else values.astype(np.float32)
        for name in _names(v):
            columns.setdefault(name, Column(values))
    return ArrayTable(columns, len(x), "the variables and spectators")


def _place(columns, wanted: VariableInfo) -> int:
    """Where a column stands."""
    found = (
        i
        for i, v in enumerate(columns)
        if (v.expression, v.label, v.internal) == (wanted.expression, wanted.label, wanted.internal)
    )
    return next(found)


def _places(part: CategoryPart, info: DataSetInfo) -> list[int]:
    """The positions of a category's variables among all variables and spectators. Raises OptionError at an unknown label."""
    if not part.labels:
        return list(range(info.n_variables))
    labels, places = [v.label for v in (*info.variables, *info.spectators)], []
    for label in part.labels:
        found = [i for i, known in enumerate(labels) if known == label]
        if not found:
            raise OptionError(
                f"category '{part.title}' reads '{label}', which is neither a variable nor a spectator",
                code="category-variables",
                expected=tuple(labels),
                hint=did_you_mean(label, labels),
            )
        places += found
    return places


def _spectators_read(parts, info: DataSetInfo, cut) -> tuple[VariableInfo, ...]:
    """The spectators that cuts or methods read, in declared order."""
    wanted = {name for part in parts for name, _ in cut(part, info).mentions()}
    of_variables = {name for v in info.variables for name in _names(v)}
    wanted -= of_variables
    labels = {label for part in parts for label in part.labels} - {v.label for v in info.variables}
    return tuple(v for v in info.spectators if v.label in labels or wanted & set(_names(v)))

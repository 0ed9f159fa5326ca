"""MethodCategory: a method for each region of the events, which a cut selects; the file of TMVA holds all of them."""

from __future__ import annotations

import os
import time

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.errors import DataError, FileError, OptionError, TmvaliteError, TmvaliteWarning, quoted, warn_user
from tmvalite.io.weight_file import OptionRecord, PartRecord, WeightFile
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods.base import METHODS
from tmvalite.methods.category_events import CategoryPart, columns_read, info_of, infos_at, inputs_of, part_of, shares
from tmvalite.methods.plain import PlainMethod
from tmvalite.models.weighting import normalised

OUTSIDE = 0.0  # TMVA's value of an event that no category takes
MINIMUM_EVENTS = 10


class MethodCategory(PlainMethod):
    """TMVA's MethodCategory. A Factory books it, and `AddMethod` of what it gives adds the categories.

    An event has the value of the one category whose cut it passes; 0 where none takes it, with a warning. Cuts that
    overlap are an error. Each method is trained on the training events of its category, weighted anew as NormMode says.
    """

    method_type = "Category"
    instead = "its categories have one each: method.parts[0].method"

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
        self.norm: str | None = None
        self._facts: dict[str, str] = {}

    # Categories

    def add(self, cut: str, variables: str, method, info: DataSetInfo) -> DataSetInfo:
        """Add a category before the training; gives the data set of its method.

        Parameters
        ----------
        cut : str
            Which events it takes.
        variables : str
            Labels of variables or spectators joined by ':'; all variables if it is empty.
        method
            Not trained.
        info : DataSetInfo
            Of the whole.

        Raises
        ------
        OptionError, ShapeError
            A title that is taken, an unknown label, a network that does not fit the variables.
        ExpressionError
            A cut that cannot be read, or reads something else than variables and spectators.
        """
        if any(part.title == method.title for part in self.parts):
            raise OptionError(f"'{self.title}' has a category '{method.title}' already", code="title-repeated")
        part = part_of(cut, variables, method, info)
        own = info_of(part, info)
        method.blueprint(own)
        self.parts.append(part)
        return own

    @property
    def lacking(self) -> str:
        return "" if self.parts else "it has no categories"

    def networks(self) -> list[tuple[str, object]]:
        return [(part.title, method) for part in self.parts for _, method in part.method.networks()]

    @property
    def writes_file(self) -> bool:
        return all(part.method.writes_file for part in self.parts)

    @property
    def note(self) -> str:
        notes = [part.method.note for part in self.parts if part.method.note]
        return "; ".join(f"{self.title}, {note}" for note in notes)

    # Values

    @property
    def columns(self) -> tuple[VariableInfo, ...]:
        """The variables, then the spectators that cuts or methods read."""
        return infos_at(columns_read(self.parts, self.info), self.info)

    def _each(self, x: np.ndarray, width: int, values) -> np.ndarray:
        """(N, width): the values of every event by the method of its category."""
        positions = columns_read(self.parts, self.info)
        out, inside = np.full((len(x), width), OUTSIDE), np.zeros(len(x), bool)
        for part, passes in zip(self.parts, shares(x, self.columns, self.parts, self.title), strict=True):
            inside |= passes
            if passes.any():
                found = values(part.method, _own_columns(x[passes], part, positions))
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
        from tmvalite.models.file import RELEASES  # brings the engine with it, as the training does

        began, self._info = time.perf_counter(), None
        positions = columns_read(self.parts, info)
        columns = infos_at(positions, info)
        x = inputs_of(events, columns)
        taken = shares(x, columns, self.parts, self.title)
        for part, passes in zip(self.parts, taken, strict=True):
            self._check_events(part, events.class_index[passes], info)
        for part, passes in zip(self.parts, taken, strict=True):
            sample = events.take(passes)
            sample.x = _own_columns(x[passes], part, positions)
            sample.weight = normalised(sample.original_weight, sample.class_index, info.classes, self.norm)
            write(f"Train method: {part.title} for the {len(sample)} events with {part.cut}")
            part.method.train(sample, info_of(part, info), progress=progress, write=write)
        self._info = info
        said = {"Creator": "tmvalite", "Date": time.asctime(), "Host": "", "Dir": "", "Training events": str(len(events))}
        seconds = {"TrainingTime": f"{time.perf_counter() - began:.8e}"}
        self._facts = RELEASES | said | seconds | {"AnalysisType": self.analysis_type.capitalize()}

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
        return cls.from_read(read_weights(path, method_types=(cls.method_type, *METHODS)), path)

    @classmethod
    def from_read(cls, file: WeightFile, path: str | os.PathLike) -> MethodCategory:
        """The method of a weight file that was read from `path`. Raises FileError, which names the file."""
        from tmvalite.models.file import analysis_type_of

        if file.method_type != cls.method_type:
            message = f"the weight file '{os.fspath(path)}' is for the method {quoted(file.method_type)}"
            raise FileError(message, code="method-unknown", expected=cls.method_type)
        method = cls(analysis_type=analysis_type_of(file), title=file.title)
        info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
        for record in file.parts:
            try:
                part = part_of(record.cut, record.variables, _class_of(record.file).from_read(record.file, path), info)
                wanted = [v.expression for v in info_of(part, info).variables]
                if [v.expression for v in part.method.info.variables] != wanted:
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


def _own_columns(x: np.ndarray, part: CategoryPart, positions: tuple[int, ...]) -> np.ndarray:
    """What the method of a category reads of events whose columns stand at these positions, (N, V) float32."""
    return np.ascontiguousarray(x[:, [positions.index(i) for i in part.at]], np.float32)


def _class_of(file: WeightFile):
    """The class that reads a category. Raises FileError."""
    if file.method_type not in METHODS:
        message = f"the category is for the method {quoted(file.method_type)}"
        raise FileError(message, code="method-unknown", expected=tuple(METHODS))
    return METHODS[file.method_type]

"""What a Factory and a Reader ask of a method, for methods that are no networks of their own: options, values, names."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.tables import scored_events
from tmvalite.errors import Diagnostics, NotFittedError, OptionError
from tmvalite.estimators.getters import Getters
from tmvalite.methods.no_model import NoModel
from tmvalite.models.options import BASE_OPTIONS
from tmvalite.string_utils import OptionTable
from tmvalite.training.history import COLUMNS


class PlainMethod(Getters, NoModel):
    """A method with TMVA's getters over three functions of events (N, columns): `_mva`, `_targets` and `_classes`.

    Parameters
    ----------
    options : str
        TMVA's option string; further options by keyword.
    analysis_type, title : str
        As for MethodDL.

    Attributes
    ----------
    writes_file : bool
        Whether there is a weight file of TMVA for it.
    note : str
        One line for logs, where a reader of tables should know more than the title.
    lacking : str
        Why it cannot be trained, or "".
    """

    method_type: ClassVar[str] = ""
    table: ClassVar[OptionTable] = BASE_OPTIONS
    writes_file = True
    note = ""
    lacking = ""

    def one_event(self) -> None:
        """There is no short way for one event, as networks have it."""

    def __init__(self, options: str = "", *, analysis_type: str, title: str, Strict: bool = False, **keywords):
        self.title, self.analysis_type = title, analysis_type
        self.diagnostics = Diagnostics(strict=Strict)
        self.bound = self.table.bind(options, keywords, self.diagnostics)
        self._info: DataSetInfo | None = None

    # What the Factory asks

    @property
    def is_trained(self) -> bool:
        """Whether it can be asked for values."""
        return self._info is not None

    @property
    def info(self) -> DataSetInfo:
        """The variables, targets, spectators and classes of the training."""
        if self._info is None:
            raise NotFittedError(f"'{self.title}' is not trained", hint="call TrainAllMethods")
        return self._info

    @property
    def columns(self) -> tuple[VariableInfo, ...]:
        """What an event has to give, in order."""
        return self.info.variables

    @property
    def history(self) -> dict[str, list]:
        """Empty: it has no epochs."""
        return {name: [] for name in COLUMNS}

    def networks(self) -> list[tuple[str, object]]:
        """The trained methods with layers that it is made of, each with its name."""
        return []

    @property
    def value_kind(self) -> str:
        """Which getter gives the method's values."""
        return self.analysis_type

    def truth(self, events: Events) -> np.ndarray:
        """What regression values (N, T) are compared with."""
        return events.targets

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values."""
        return list(info.classes) if self.value_kind == "multiclass" else [v.internal for v in info.targets]

    def blueprint(self, info: DataSetInfo) -> None:
        """Raise what does not fit these variables, targets and classes."""

    # Values

    def mva_values(self, X):
        """The value of every event, (N,), or a float for one event; of a regression target 0, of several classes the first."""
        if self.analysis_type == "classification":
            return self._of(X, lambda x: self._mva(x)[:, None], 0)
        return self._of(X, self._targets if self.analysis_type == "regression" else self._classes, 0)

    def regression_values(self, X) -> np.ndarray:
        """All targets, (N, T), or (T,) for one event."""
        if self.analysis_type != "regression":
            raise OptionError(f"this {self.analysis_type} has no regression targets", code="analysis-type")
        return self._of(X, self._targets)

    def multiclass_values(self, X) -> np.ndarray:
        """The values of all classes in declared order, (N, C), or (C,) for one event."""
        if self.analysis_type != "multiclass":
            raise OptionError(f"this method is a {self.analysis_type}, not multiclass", code="analysis-type")
        return self._of(X, self._classes)

    def _of(self, X, values, column: int | None = None):
        """Values of the events that are finite, NaN for the others."""
        x, single = scored_events(X, self.columns)
        good = np.isfinite(x).all(axis=1)
        found = np.asarray(values(x[good]), np.float64)
        out = np.full((len(x), found.shape[1]), np.nan)
        out[good] = found
        if column is not None:
            return float(out[0, column]) if single else out[:, column]
        return out[0] if single else out

    def GetMethodName(self) -> str:
        """TMVA's name of `title`."""
        return self.title

    def __str__(self):
        return f"{type(self).__name__} '{self.title}', {self.analysis_type}, {'' if self.is_trained else 'not '}trained"

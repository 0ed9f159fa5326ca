"""A stand-in: the name and the options of a method of TMVA, and an estimator of scikit-learn behind them."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import TmvaliteWarning, warn_user
from tmvalite.methods.python_estimator import PythonEstimator, takes_weights
from tmvalite.models.options import BASE_OPTIONS
from tmvalite.string_utils import DeclaredOption, OptionTable

SEED = 1  # of estimators that draw random numbers: the same job gives the same row
STANDINS: dict[str, type[StandIn]] = {}  # by TMVA's name
_EVERY = "classification", "multiclass", "regression"


def has_sklearn() -> bool:
    """Whether scikit-learn is installed."""
    return importlib.util.find_spec("sklearn") is not None


@dataclass(frozen=True)
class Mapped:
    """An option of TMVA that scikit-learn has too.

    name, type : as TMVA declares it
    parameter : of the estimator
    convert : from TMVA's value and the numbers of training events and variables to that of the parameter
    """

    name: str
    type: type
    parameter: str
    convert: Callable[[Any, int, int], Any] = lambda value, n_events, n_variables: value


class StandIn(PythonEstimator):
    """One of TMVA's methods, by an estimator of scikit-learn.

    Attributes
    ----------
    names : tuple of str
        TMVA's names.
    estimators : dict of str to str
        By analysis type, the class as "module:Class" inside sklearn; no other analysis can be done.
    mapped : tuple of Mapped
    fixed : dict
        Parameters of the estimator that are not scikit-learn's defaults.
    scaled : bool
        Whether the variables get mean 0 and standard deviation 1 first.
    """

    names: ClassVar[tuple[str, ...]] = ()
    estimators: ClassVar[dict[str, str]] = {}
    mapped: ClassVar[tuple[Mapped, ...]] = ()
    fixed: ClassVar[dict[str, Any]] = {}
    scaled: ClassVar[bool] = False

    def __init__(self, options: str = "", *, analysis_type: str, title: str, **keywords):
        self.ignored: list[str] = []
        self._mean = self._scale = 0.0
        given = {name: value for name, value in keywords.items() if name == "Strict" or self._knows(name)}
        known = self._known_options(options)
        self.ignored += [name for name in keywords if name not in given]
        super().__init__(known, analysis_type=analysis_type, title=title, **given)
        label = self.estimators[analysis_type].partition(":")[2]
        self.note = f"{title}: stand-in, scikit-learn's {label}"
        warn_user(TmvaliteWarning(self._remark(label), code="stand-in"))

    def _known_options(self, text: str) -> str:
        kept = []
        for piece in text.split(":"):
            name = piece.strip().lstrip("!~").partition("=")[0]
            if self._knows(name):
                kept.append(piece.strip())
            elif name:
                self.ignored.append(name)
        return ":".join(kept)

    def _knows(self, name: str) -> bool:
        return name.partition("[")[0] in self.table

    def _remark(self, label: str) -> str:
        names = dict.fromkeys(self.ignored)
        text = f"'{self.title}' is scikit-learn's {label}, a stand-in for TMVA's {self.method_type}"
        ignored = f"; {', '.join(names)} of its options ha{'s' if len(names) == 1 else 've'} no counterpart"
        return text + (ignored if names else "") + ", and there is no weight file"

    def parameters(self, n_events: int, n_variables: int) -> dict[str, Any]:
        """The parameters of the estimator: the fixed ones, and those of options that were given."""
        values = self.bound.values
        given = {m.parameter: m.convert(values[m.name], n_events, n_variables) for m in self.mapped if self.bound.is_set(m.name)}
        return {**self.fixed, **{name: value for name, value in given.items() if value is not None}}

    def _fit(self, x, y, weight, info: DataSetInfo) -> None:
        module, _, name = self.estimators[self.analysis_type].partition(":")
        made = getattr(importlib.import_module(f"sklearn.{module}"), name)
        parameters = self.parameters(*x.shape)
        if "random_state" in made().get_params():
            parameters["random_state"] = SEED
        estimator = made(**parameters)
        weighted = takes_weights(estimator)
        if self.analysis_type == "regression" and y.ndim == 2:
            from sklearn.multioutput import MultiOutputRegressor

            estimator = MultiOutputRegressor(estimator)
        if self.scaled:
            self._mean = np.average(x, axis=0)
            spread = np.std(x, axis=0)
            self._scale = np.where(spread > 0, spread, 1.0)
            x = (x - self._mean) / self._scale
        self.estimator, weight = estimator, np.maximum(weight, 0.0)  # few estimators take negative weights
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what scikit-learn says of its own convergence is nobody's concern in a stand-in
            if weighted:
                estimator.fit(x, y, sample_weight=weight)
            else:
                estimator.fit(x, y)

    def _transformed(self, x) -> np.ndarray:
        x = super()._transformed(x)
        return (x - self._mean) / self._scale if self.scaled and self.is_trained else x


def register(cls: type[StandIn]) -> type[StandIn]:
    """Class decorator: a class for each of the names, with its options."""
    for name in cls.names:
        table = BASE_OPTIONS + OptionTable(*(DeclaredOption(m.name, m.type, m.type(), m.parameter) for m in cls.mapped))
        STANDINS[name] = type(f"StandIn{name}", (cls,), {"method_type": name, "table": table, "__doc__": cls.__doc__})
    return cls

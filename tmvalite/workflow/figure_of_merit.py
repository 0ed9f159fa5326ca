"""What trainings are compared by, under TMVA's names of figures of merit; larger is always better."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.workflow.results import MethodRecord

ROC_INTEGRAL = "ROCIntegral"
_AT = re.compile(r"SigEffAtBkgEff(0\d*)", re.IGNORECASE)


@dataclass(frozen=True)
class FigureOfMerit:
    """A number of the test sample of a record.

    label : for tables
    sign : 1, or -1 where the number itself is better when it is smaller
    """

    label: str
    number: Callable[[MethodRecord], float]
    sign: float = 1.0

    def __call__(self, record: MethodRecord) -> float:
        """The number."""
        return float(self.number(record))

    def worth(self, value: float) -> float:
        """Larger is better; a number that is none is the worst."""
        return self.sign * value if np.isfinite(value) else -np.inf


def figure_of_merit(name: str, kind: str) -> FigureOfMerit:
    """ROCIntegral, Separation or SigEffAtBkgEff01 (0.1), ...001 (0.01); of a regression always the RMS of all targets.

    Parameters
    ----------
    kind : str
        "classification", "multiclass" (the mean of all classes against the rest) or "regression".

    Raises
    ------
    OptionError
        Another name.
    """
    if kind == "regression":
        return FigureOfMerit("RMS", _rms, -1.0)
    if name.lower() == ROC_INTEGRAL.lower():
        return FigureOfMerit("ROC-integ", _mean_area if kind == "multiclass" else lambda record: record.roc("test").area)
    at = _AT.fullmatch(name)
    if kind == "classification" and name.lower() == "separation":
        return FigureOfMerit("Separation", lambda record: record.separation())
    if kind == "classification" and at and float(f"0.{at[1][1:] or '0'}") > 0:
        background = float(f"0.{at[1][1:]}")
        return FigureOfMerit(f"Eff@B={background:g}", lambda record: record.efficiency_at("test", background)[0])
    expected = (ROC_INTEGRAL,) if kind == "multiclass" else (ROC_INTEGRAL, "Separation", "SigEffAtBkgEff01", "SigEffAtBkgEff001")
    raise OptionError(f"there is no figure of merit '{name}'", code="figure-of-merit", expected=expected)


def _mean_area(record: MethodRecord) -> float:
    return float(np.mean([record.roc("test", i).area for i in range(record.data.info.n_classes)]))


def _rms(record: MethodRecord) -> float:
    found, events = record.output("test").astype(np.float64), record.sample("test")
    squares = np.mean((found - record.method.truth(events)) ** 2, axis=1)
    return float(np.sqrt(np.average(squares, weights=events.weight)))

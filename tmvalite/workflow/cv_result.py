"""TMVA's CrossValidationResult: what every fold of one method came to on the events that it did not train on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.evaluation import Deviation, Efficiencies, RocCurve
from tmvalite.evaluation.result_tables import RULE, fixed, general
from tmvalite.workflow.curves import RocCanvas, RocGraph
from tmvalite.workflow.members import CV_RESULT, TmvaNames
from tmvalite.workflow.results import MethodRecord


@dataclass(frozen=True)
class FoldResult:
    """The numbers of one fold; those of another kind of analysis are None.

    n_train, n_test : events
    seconds : of its training
    roc : of the test events; in a multiclass analysis the first class against the rest
    test, train : efficiencies of a classification
    class_areas : area of every class against the rest, of a multiclass analysis
    deviations : of every target of a regression
    """

    n_train: int
    n_test: int
    seconds: float = 0.0
    roc: RocCurve | None = None
    test: Efficiencies | None = None
    train: Efficiencies | None = None
    separation: float = float("nan")
    significance: float = float("nan")
    class_areas: tuple[float, ...] = ()
    deviations: tuple[Deviation, ...] = ()


def fold_result(record: MethodRecord) -> FoldResult:
    """The numbers of a record whose test sample is the fold."""
    sizes = len(record.data.train), len(record.data.test), record.train_seconds
    if record.kind == "regression":
        targets = record.output("test").shape[1]
        return FoldResult(*sizes, deviations=tuple(record.deviation("test", i) for i in range(targets)))
    if record.analysis_type == "multiclass":
        areas = tuple(record.roc("test", i).area for i in range(record.data.info.n_classes))
        return FoldResult(*sizes, record.roc("test", 0), class_areas=areas)
    efficiencies = record.efficiencies("test"), record.efficiencies("train")
    return FoldResult(*sizes, record.roc("test"), *efficiencies, record.separation(), record.significance())


class CrossValidationResult(TmvaNames):
    """The folds of one method.

    Attributes
    ----------
    title : str
    folds : tuple of FoldResult
    method : MethodCrossValidation
        All folds as one method.
    """

    absent = CV_RESULT

    def __init__(self, title: str, folds: Sequence[FoldResult], method=None):
        self.title, self.folds, self.method = title, tuple(folds), method

    @property
    def is_regression(self) -> bool:
        """Whether the folds have deviations in place of curves."""
        return bool(self.folds[0].deviations)

    @property
    def numbers(self) -> np.ndarray:
        """(folds,) what the folds are compared by, the area of the ROC curve or the RMS of the first target."""
        return np.array([fold.deviations[0].rms if self.is_regression else fold.roc.area for fold in self.folds])

    def _areas(self) -> np.ndarray:
        if self.is_regression:
            raise OptionError("a regression has no ROC curve", code="analysis-type", hint="the attribute `numbers` has the RMS")
        return self.numbers

    def _of_classes(self, read) -> list[float]:
        return [read(fold) if fold.test is not None else float("nan") for fold in self.folds]

    def GetROCValues(self) -> dict[int, float]:
        """The area of every fold, by its number from 0; of several classes that of the first one against the rest."""
        return {i: float(area) for i, area in enumerate(self._areas())}

    def GetROCAverage(self) -> float:
        """Their mean."""
        return float(np.mean(self._areas()))

    def GetROCStandardDeviation(self) -> float:
        """Their standard deviation, with n - 1."""
        return float(np.std(self._areas(), ddof=1))

    def GetEff01Values(self) -> list[float]:
        """The signal efficiency at a background efficiency of 0.01, of every fold."""
        return self._of_classes(lambda fold: fold.test.at[0])

    def GetEff10Values(self) -> list[float]:
        """The same at 0.1."""
        return self._of_classes(lambda fold: fold.test.at[1])

    def GetEff30Values(self) -> list[float]:
        """The same at 0.3."""
        return self._of_classes(lambda fold: fold.test.at[2])

    def GetEffAreaValues(self) -> list[float]:
        """The area of every fold, as a list."""
        return self._of_classes(lambda fold: fold.test.area)

    def GetTrainEff01Values(self) -> list[float]:
        """The signal efficiency at 0.01 for the events that trained, of every fold."""
        return self._of_classes(lambda fold: fold.train.at[0])

    def GetTrainEff10Values(self) -> list[float]:
        """The same at 0.1."""
        return self._of_classes(lambda fold: fold.train.at[1])

    def GetTrainEff30Values(self) -> list[float]:
        """The same at 0.3."""
        return self._of_classes(lambda fold: fold.train.at[2])

    def GetSepValues(self) -> list[float]:
        """The separation of every fold."""
        return [fold.separation for fold in self.folds]

    def GetSigValues(self) -> list[float]:
        """The significance of every fold."""
        return [fold.significance for fold in self.folds]

    def GetROCCurves(self, fLegend=True) -> RocCanvas:
        """The curves of all folds."""
        self._areas()
        return RocCanvas(self.title, [RocGraph(f"{self.title}_fold{i}", fold.roc) for i, fold in enumerate(self.folds, start=1)])

    def GetAvgROCCurve(self, numSamples=100) -> RocGraph:
        """The mean background rejection of the folds at `numSamples` signal efficiencies from 0 to 1."""
        x = np.linspace(0.0, 1.0, max(2, int(numSamples)))
        y = np.mean([[graph.evaluate(point) for point in x] for graph in self.GetROCCurves().graphs], axis=0)
        return RocGraph(f"{self.title} average", RocCurve(np.full(len(x), np.nan), x, 1.0 - y, self.GetROCAverage()))

    def DrawAvgROCCurve(self, drawFolds=False, title="") -> RocCanvas:
        """The mean curve, with `drawFolds` the folds beside it; SaveAs writes it."""
        graphs = [self.GetAvgROCCurve(), *(self.GetROCCurves().graphs if drawFolds else ())]
        canvas = RocCanvas(self.title, graphs)
        canvas.title = str(title) or self.title
        return canvas

    def Draw(self, name="CrossValidation") -> RocCanvas:
        """The curves of all folds under another title."""
        canvas = self.GetROCCurves()
        canvas.name = canvas.title = str(name)
        return canvas

    def lines(self) -> list[str]:
        """Fold by fold, then mean and standard deviation."""
        what = "RMS" if self.is_regression else "ROC-integ"
        show = (lambda value: general(value, 10, 4)) if self.is_regression else (lambda value: f"{fixed(value, 4):>10s}")
        lines = [f"Cross-validation of {self.title}: {len(self.folds)} folds", RULE]
        lines.append(f"{'Fold':>6s} {'training':>10s} {'test':>10s} {what:>10s} {'seconds':>9s}")
        for i, (fold, value) in enumerate(zip(self.folds, self.numbers), start=1):
            lines.append(f"{i:>6d} {fold.n_train:>10d} {fold.n_test:>10d} {show(value)} {fold.seconds:>9.2f}")
        spread = float(np.std(self.numbers, ddof=1)) if len(self.folds) > 1 else float("nan")
        lines += [RULE, f"Average {what}: {show(float(np.mean(self.numbers))).strip()}"]
        return [*lines, f"Std-Dev {what}: {show(spread).strip()}", RULE]

    def Print(self) -> None:
        """Print the table of the folds."""
        print("\n".join(self.lines()))

    def __str__(self):
        return "\n".join(self.lines())

    def __repr__(self):
        return f"CrossValidationResult('{self.title}', {len(self.folds)} folds, mean {np.mean(self.numbers):.4g})"

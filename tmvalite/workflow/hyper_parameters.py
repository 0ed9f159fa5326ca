"""TMVA's HyperParameterOptimisation: the ranges of booked strings are scanned on folds, without training the best choice."""

from __future__ import annotations

from tmvalite.errors import OptionError
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.figure_of_merit import ROC_INTEGRAL
from tmvalite.workflow.members import ENVELOPE, TmvaNames
from tmvalite.workflow.tuning import Scan


class HyperParameterOptimisation(TmvaNames):
    """HyperParameterOptimisation(loader, options=""): book strings with ranges, Evaluate, GetResults.

    `options` are those of a Factory, such as AnalysisType=Regression.

    Example
    -------
    scan = HyperParameterOptimisation(loader)
    scan.SetNumFolds(3)
    scan.BookMethod(Types.kDL, "DNN", "!V:Layout=TANH|{16,32},LINEAR")
    scan.Evaluate()
    scan.GetResults()[0].Print()
    """

    absent = ENVELOPE

    def __init__(self, dataloader: DataLoader, options: str = ""):
        self.loader, self.n_folds, self.fom, self.fitter = dataloader, 5, ROC_INTEGRAL, "Scan"
        self.factory = Factory("HyperParameterOptimisation", None, f"!V:Silent:!ROC:!ModelPersistence:{options}")
        self._results: list[Scan] | None = None

    def BookMethod(self, theMethodName, methodTitle, theOption="", **keywords) -> None:
        """Book a method whose string has ranges."""
        self.factory.book_method(self.loader, theMethodName, methodTitle, theOption, **keywords)

    def SetNumFolds(self, folds) -> None:
        """Compare on so many folds; 0 holds a quarter of the training sample out."""
        self.n_folds = int(folds)

    def GetNumFolds(self) -> int:
        """The number of folds; 5 at first."""
        return self.n_folds

    def SetFOMType(self, fomType) -> None:
        """Compare by another number, see `Factory.OptimizeAllMethods`."""
        self.fom = str(fomType)

    def GetFOMType(self) -> str:
        """What is compared."""
        return self.fom

    def SetFitter(self, fitType) -> None:
        """How choices are visited, see `Factory.OptimizeAllMethods`."""
        self.fitter = str(fitType)

    def GetFiterType(self) -> str:
        """How choices are visited, under the name that TMVA spells so."""
        return self.fitter

    def Evaluate(self, **settings) -> None:
        """Scan all booked methods; `settings` as for `Factory.OptimizeAllMethods`."""
        settings = {"NumFolds": self.n_folds, **settings}
        self._results = list(self.factory.optimize_all(self.fom, self.fitter, **settings).values())

    def GetResults(self) -> list[Scan]:
        """A scan for each method. Raises OptionError before Evaluate."""
        if self._results is None:
            raise OptionError("there are no results yet", code="call-order", hint="call Evaluate first")
        return self._results

    def __repr__(self):
        return f"HyperParameterOptimisation({self.n_folds} folds, {self.fom})"

"""TMVA's names of a booked or read method, MethodBase; whatever else is asked goes to the method itself."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.estimators.getters import NO_ERROR, give
from tmvalite.evaluation import confusion, maximum_significance
from tmvalite.workflow.info_views import DataSetInfoView, described
from tmvalite.workflow.members import METHOD, TmvaNames, missing
from tmvalite.workflow.results import MethodRecord
from tmvalite.workflow.tuning import tune
from tmvalite.workflow.types import EAnalysisType, ESBType, ETreeType, method_type, sample_name

NO_PDF = -1.0  # TMVA's probability of a method without PDFs (CreateMVAPdfs)


class MethodFace(TmvaNames):
    """A method with TMVA's getters. The method itself, with `fit`, `history`, `save` and the rest, is `method`."""

    absent = METHOD

    def __init__(self, method, view: DataSetInfoView, weight_file: str, job: str = ""):
        self.method, self._view, self._file, self._job = method, view, weight_file, job
        self._reference_cut: float | None = None
        self._orientation = 1.0

    def __getattr__(self, name: str):
        if name in ("method", "__setstate__"):  # while a copy is made
            raise AttributeError(name)
        try:
            return getattr(self.method, name)
        except AttributeError:
            if hasattr(type(self.method), name):
                raise  # it says itself why it is not there
            raise missing(self, name, dir(type(self.method))) from None

    def __str__(self):
        return str(self.method)

    def __repr__(self):
        state = "trained" if self.method.is_trained else "not trained"
        return f"<{self.method.method_type} '{self.GetName()}', {self.method.analysis_type}, {state}>"

    # Names and files

    def GetName(self) -> str:
        """The title under which it was booked."""
        return self.method.title

    GetMethodName = GetTitle = GetName

    def GetJobName(self) -> str:
        """The name of the Factory's job; empty in a Reader."""
        return self._job

    def GetMethodTypeName(self) -> str:
        """The type as a word, "DL" or "AE"."""
        return self.method.method_type

    def GetMethodType(self):
        """The type as a member of Types."""
        return method_type(self.method.method_type)

    def GetTestvarName(self) -> str:
        """The title behind `MVA_`."""
        return f"MVA_{self.GetName()}"

    def GetProbaName(self) -> str:
        """The title between `MVA_` and `_Proba`."""
        return f"{self.GetTestvarName()}_Proba"

    def GetWeightFileName(self) -> str:
        """The path of the weight file."""
        return self._file

    def GetWeightFileDir(self) -> str:
        """The folder of the weight file."""
        return os.path.dirname(self._file)

    def MakeClass(self, theClassFileName="") -> None:
        """Write the C++ class; beside the weight file, with .class.hpp for .weights.xml, where no name is given."""
        stem = (self._file or self.GetName()).removesuffix(".gz").removesuffix(".weights.xml")
        self.method.MakeClass(theClassFileName or f"{stem}.class.hpp")

    def GetOptions(self) -> str:
        """The option string and the keywords, joined by ':'."""
        return self.method.bound.source.text

    def PrintOptions(self) -> None:
        """Every option with its value; what was not given is marked as default."""
        for name, text, given in self.method.bound.items():
            print(f'{name}: "{text}"{"" if given else " [default]"}')

    def Print(self, option="") -> None:
        """Print the layers with their shapes and numbers of parameters."""
        print(self.method)

    # What it learns

    def GetAnalysisType(self) -> EAnalysisType:
        """What it learns, as a member of Types."""
        return EAnalysisType[f"k{self.method.analysis_type.capitalize()}"]

    def DoRegression(self) -> bool:
        """Whether it learns targets."""
        return self.method.analysis_type == "regression"

    def DoMulticlass(self) -> bool:
        """Whether it learns several classes, each with an output."""
        return self.method.analysis_type == "multiclass"

    def HasAnalysisType(self, type, numberClasses, numberTargets) -> bool:
        """Whether deep learning can do an analysis: two classes, several classes, or any number of targets."""
        kind = EAnalysisType(type)
        needs = {EAnalysisType.kClassification: numberClasses == 2, EAnalysisType.kMulticlass: numberClasses >= 2}
        return needs.get(kind, kind is EAnalysisType.kRegression)

    def HasMVAPdfs(self) -> bool:
        """Whether there are PDFs of the output (CreateMVAPdfs)."""
        return self._ask("HasMVAPdfs", False)

    def IsConstructedFromWeightFile(self) -> bool:
        """Whether it was read from a file."""
        return False

    # Variables

    def DataInfo(self) -> DataSetInfoView:
        """The declarations of its data."""
        return self._view

    def GetNvar(self) -> int:
        """The number of variables."""
        return self._view.GetNVariables()

    GetNVariables = GetNvar

    def GetNTargets(self) -> int:
        """The number of targets."""
        return self._view.GetNTargets()

    def GetInputVar(self, i) -> str:
        """The internal name of variable i, an identifier."""
        return self._view.GetVariableInfo(i).GetInternalName()

    def GetInputLabel(self, i) -> str:
        """The label of variable i, what stands before `:=`."""
        return self._view.GetVariableInfo(i).GetLabel()

    def GetInputTitle(self, i) -> str:
        """The title of variable i."""
        return self._view.GetVariableInfo(i).GetTitle()

    def GetMean(self, ivar) -> float:
        """The weighted mean of a variable over the training events; 0 in a Reader."""
        return self._view.GetVariableInfo(ivar).GetMean()

    def GetRMS(self, ivar) -> float:
        """The weighted standard deviation of a variable over the training events; 0 in a Reader."""
        return self._view.GetVariableInfo(ivar).GetRMS()

    def GetXmin(self, ivar) -> float:
        """The smallest value of a variable in the data."""
        return self._view.GetVariableInfo(ivar).GetMin()

    def GetXmax(self, ivar) -> float:
        """The largest value of a variable in the data."""
        return self._view.GetVariableInfo(ivar).GetMax()

    # The cut that tells signal from background

    def GetSignalReferenceCut(self) -> float:
        """0.5, or what SetSignalReferenceCut said."""
        return 0.5 if self._reference_cut is None else self._reference_cut

    def SetSignalReferenceCut(self, cut) -> None:
        """Where `IsSignalLike` cuts."""
        self._reference_cut = float(cut)

    def GetSignalReferenceCutOrientation(self) -> float:
        """1 where signal is above the cut; what SetSignalReferenceCutOrientation said."""
        return self._orientation

    def SetSignalReferenceCutOrientation(self, cutOrientation) -> None:
        """1: signal is above the cut; -1: below."""
        self._orientation = float(cutOrientation)

    def IsSignalLike(self, mvaVal=None) -> bool:
        """Whether an output, or that of the registered variables, is beyond the reference cut."""
        value = self.GetMvaValue() if mvaVal is None else mvaVal
        above = value * self._orientation > self.GetSignalReferenceCut() * self._orientation
        return above if np.ndim(above) else bool(above)

    # What the PDFs of the output make of it

    def GetProba(self, mvaVal, ap_sig=0.5):
        """The probability that an event with this output, or events (N,), are signal, of which there is the share `ap_sig`.

        -1 for a method without PDFs (CreateMVAPdfs).
        """
        return self._ask("GetProba", NO_PDF, mvaVal, ap_sig)

    def GetRarity(self, mvaVal, reftype=ESBType.kBackground):
        """The part of the background (or signal) with smaller outputs than this one, or these (N,); 0 without PDFs."""
        return self._ask("GetRarity", 0.0, mvaVal, reftype)

    def _ask(self, name: str, otherwise, *arguments):
        """What the method answers, or TMVA's answer for one that does not know."""
        asked = getattr(self.method, name, None)
        return otherwise if asked is None else asked(*arguments)


class BookedMethod(MethodFace):
    """A method of a Factory, with what its tests came to: the test sample unless a call says otherwise."""

    def __init__(self, record: MethodRecord, view: DataSetInfoView, job: str):
        super().__init__(record.method, view, record.weight_file, job)
        self._record = record

    def GetMvaValue(self, X=None, err=None, errUpper=None):
        """The value of one event or of events; a Factory has no current event. See `Method.GetMvaValue` for errors."""
        if X is None:
            hint = "GetMvaValues(X); the methods of a Reader read its registered variables"
            raise OptionError("GetMvaValue of a booked method needs events: a Factory has no current one", code="call", hint=hint)
        errors = {name: place for name, place in (("err", err), ("errUpper", errUpper)) if place is not None}
        return self.method.GetMvaValue(X, **errors)

    def GetSignalReferenceCut(self) -> float:
        """Where signal efficiency and background rejection of the test sample are equal; 0.5 before TestAllMethods."""
        if self._reference_cut is None and self.method.analysis_type == "classification" and "test" in self._record.outputs:
            return self._record.roc("test").signal_equals_rejection()[0]
        return super().GetSignalReferenceCut()

    def GetROCIntegral(self, *histograms) -> float:
        """The exact area on the test sample."""
        if histograms:
            raise OptionError(
                "GetROCIntegral of a method takes no histograms here",
                code="call",
                hint="tmvalite.ROCCurve(signal, background).GetROCIntegral() takes arrays of outputs",
            )
        return self._record.roc("test").area

    def roc_band(self, sample="test", class_index=0):
        """The ROC curves of the replicas on a sample, mean and spread; of one class against the rest where there are several.

        Raises OptionError for a method without replicas.
        """
        several = self.method.analysis_type == "multiclass"
        return self._record.replica_bands(sample)[int(class_index) if several else 0]

    def GetEfficiency(self, theString="", type=ETreeType.kTesting, err=None) -> float:
        """The signal efficiency at a background efficiency, "Efficiency:0.1"; the area of the curve for "".

        `err`, a ctypes number or an array, gets the error of the efficiency.
        """
        sample, background = sample_name(type), _background(theString)
        curve = self._record.roc(sample)
        if background is None:
            return curve.area
        found = self._record.efficiency_at(sample, background)
        give(err, found[1])
        return found[0]

    def GetTrainingEfficiency(self, theString="") -> float:
        """As GetEfficiency, of the training sample."""
        return self.GetEfficiency(theString, ETreeType.kTraining)

    def GetSeparation(self, *histograms) -> float:
        """Separation of the outputs of signal and background in the test sample, from 0 to 1."""
        return self._record.separation("test")

    def GetSignificance(self) -> float:
        """Distance of the means of signal and background in the test sample, in units of both spreads."""
        return self._record.significance("test")

    def GetMaximumSignificance(self, SignalEvents, BackgroundEvents, optimal_significance_value=None) -> float:
        """The cut with the largest S/sqrt(S+B); the third argument, a ctypes number or an array, gets that significance."""
        best, cut = maximum_significance(self._record.roc("test"), float(SignalEvents), float(BackgroundEvents))
        give(optimal_significance_value, best)
        return cut

    def GetKSTrainingVsTest(self, SorB, opt="X") -> float:
        """Probability that the outputs of training and test events of one class, 'S' or 'B', are of one distribution."""
        signal = self._record.data.info.signal_class
        index = signal if str(SorB).upper().startswith("S") else 1 - signal
        return self._record.kolmogorov_smirnov(index, binned=True)[1]

    def GetRegressionDeviation(self, tgtNum, type=ETreeType.kTesting, stddev=None, stddev90Percent=None) -> tuple[float, float]:
        """Root mean square deviation of a target, over all events and over the 90 percent nearest to the truth."""
        found = self._record.deviation(sample_name(type), int(tgtNum))
        give(stddev, found.dev)
        give(stddev90Percent, found.dev90)
        return found.dev, found.dev90

    def GetMulticlassConfusionMatrix(self, effB, type=ETreeType.kTesting) -> np.ndarray:
        """(C, C): efficiency of the class of the row where that of the column has the efficiency effB."""
        sample = sample_name(type)
        events = self._record.sample(sample)
        return confusion(self._record.output(sample), events.class_index, float(effB), events.weight)

    def GetTrainTime(self) -> float:
        """Seconds, without those that went into compiling kernels; -1 before."""
        return self._record.train_seconds

    def GetTestTime(self) -> float:
        """Seconds; -1 before."""
        return self._record.test_seconds

    def GetNEvents(self) -> int:
        """Events of the test sample."""
        return len(self._record.data.test)

    def IsSilentFile(self) -> bool:
        """Whether no weight file is written."""
        return not self._record.persistent

    def IsModelPersistence(self) -> bool:
        """Whether a weight file is written."""
        return self._record.persistent

    def WriteStateToFile(self) -> None:
        """Write the weight file anew."""
        self.method.save(self._file)

    def OptimizeTuningParameters(self, fomType="ROCIntegral", fitType="Scan", **settings) -> dict[str, str]:
        """Scan the ranges of the option string and book the method with the best choice, which is returned.

        `settings`: NumFolds, NumWorkerProcs, choices, seed, executor; see `Factory.OptimizeAllMethods`.
        """
        return tune(self._record, self, str(fomType), str(fitType), **settings).parameters


class ReadMethod(MethodFace):
    """A method of a Reader. Its getters read the registered variables, or take events as those of the method do."""

    def __init__(self, method, reader, tag: str | None, weight_file: str):
        super().__init__(method, described(method.info), weight_file)
        self._reader, self._tag = reader, tag

    def IsConstructedFromWeightFile(self) -> bool:
        """True."""
        return True

    def GetMvaValue(self, X=None, *errors):
        """The value of the registered variables, of one event or of events.

        Error arguments of C++ get the spread of the replicas, or -1 for a method without them.
        """
        value, error = self._reader.evaluate_mva(self, X), NO_ERROR
        if errors:
            error = self._reader.last_error()
        for place in errors:
            give(place, error)
        return value

    GetMvaValues = GetMvaValue

    def GetRegressionValues(self, X=None):
        """The values of the registered variables, of one event (T,) or of events (N, T)."""
        return self._reader.evaluate_regression(self, X)

    def GetMulticlassValues(self, X=None):
        """The values of the registered variables, of one event (C,) or of events (N, C)."""
        return self._reader.evaluate_multiclass(self, X)


def _background(text) -> float | None:
    """The number of "Efficiency:0.1"; None for an empty text."""
    name, colon, number = str(text).partition(":")
    if not name.strip() and not colon:
        return None
    try:
        return float(number if colon else name)
    except ValueError:
        raise OptionError(f"'{text}' names no background efficiency", code="call", expected="'Efficiency:0.1', or ''") from None

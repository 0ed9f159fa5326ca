"""What tmvalite does not have of TMVA's classes: for each name one sentence that says what to use instead.

`docs/tmva-members.md` is the table of all members, made by `docs/make_members_table.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from tmvalite.errors import NotProvidedError, did_you_mean


def _each(names: str, sentence: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), sentence)


_RANGES = "write ranges into the option string, {16,32,64}, and call Factory.OptimizeAllMethods"
_NO_JSMVA = "the drawings of JsMVA are gone, as from ROOT 6.42: GetROCCurve(loader) shows its curves in a notebook"
_NO_STREAMS = "options and weights are in the weight file: tmvalite.load(file) reads it, method.save(file) writes it"
_NO_DIRECTORIES = "ROOT directories do not exist here: EvaluateAllMethods writes the output file in one go"
_AT_BOOKING = "BookMethod does all of this itself"
_IN_OPTIONS = "options are given when the object is made, as a string or as keywords"

CONFIGURABLE = {
    **_each("ParseOptions DeclareOptionRef AddPreDefVal CheckForUnusedOptions SetOptions", _IN_OPTIONS),
    **_each("SetConfigName SetConfigDescription GetConfigDescription", _IN_OPTIONS),
    **_each("WriteOptionsToStream ReadOptionsFromStream AddOptionsXMLTo ReadOptionsFromXML", _NO_STREAMS),
    "SetMsgType": "the options V, !V and Silent say how much is printed",
}

FACTORY = {
    **CONFIGURABLE,
    "BookMethodWeightfile": "Reader.BookMVA(tag, file) and tmvalite.load(file) read a trained method",
    "MakeClass": "a method writes its C++ class: factory.GetMethod(data set, title).MakeClass()",
    "PrintHelpMessage": "`tmvalite check` explains an option string, and print(method) shows the network",
    "EvaluateAllVariables": "the ranking of input variables is printed by TrainAllMethods with Transformations=I",
    "CrossValidate": "CrossValidation(job, loader, options) does it",
    "RootBaseDir": _NO_DIRECTORIES,
    "WriteDataInformation": _NO_DIRECTORIES,
    "SetSilentFile": "Factory(job, options) without a target writes no output file",
    "SetModelPersistence": "write !ModelPersistence in the options of the Factory",
    "fMethodsMap": "GetMethod(data set, title) gives a method, and print(factory) lists all of them",
    **_each("DrawROCCurve DrawOutputDistribution DrawProbabilityDistribution DrawCutEfficiencies", _NO_JSMVA),
    **_each("DrawDecisionTree DrawNeuralNetwork DrawDeepNeuralNetwork", "print(method) shows the layers of a network"),
    "BookDNN": "write the layers as Layout=... in the options of BookMethod",
}

DATALOADER = {
    **CONFIGURABLE,
    **_each("GetOptions PrintOptions", "the options of PrepareTrainingAndTestTree are GetDataSetInfo().GetSplitOptions()"),
    **_each("UserAssignEvents CreateEventAssignTrees", "AddTrainingEvent and AddTestEvent keep single events by themselves"),
    "AddDataSet": "every data set has a DataLoader of its own: one Factory takes several",
    "VarTransform": "write VarTransform=... in the options of BookMethod",
    "SplitSets": "MakeKFoldDataSet(CvSplitKFolds(n)) divides the samples",
    "DataInput": "trees are read when the data are needed: loader.dataset() has the events as arrays",
    **_each("DrawInputVariable DrawCorrelationMatrix", _NO_JSMVA),
}

READER = {**CONFIGURABLE, "FindCutsMVA": "rectangular cuts are not part of tmvalite: FindMVA(tag) finds a booked method"}

METHOD = {
    **CONFIGURABLE,
    **_each("SetupMethod ProcessSetup CheckSetup Init DeclareOptions ProcessOptions DeclareCompatibilityOptions", _AT_BOOKING),
    **_each("Reset SetAnalysisType SetJobName", _AT_BOOKING),
    **_each("TrainMethod Train", "Factory.TrainAllMethods trains, and so does method.fit(X, y)"),
    **_each("AddOutput TestClassification TestMulticlass", "Factory.TestAllMethods runs the method over the test sample"),
    "TestRegression": "factory.record(data set, title).deviation(sample, target) has all numbers of a target",
    "SetTuneParameters": _RANGES,
    **_each("SetTrainTime SetTestTime", "times are measured: GetTrainTime() and GetTestTime()"),
    "CreateRanking": "method.permutation_importance(X, y) and Factory.EvaluateImportance rank the variables",
    "PrintHelpMessage": FACTORY["PrintHelpMessage"],
    **_each("ReadStateFromFile ReadStateFromStream", "tmvalite.load(file) and Reader.BookMVA(tag, file) read a weight file"),
    "ReadStateFromXMLString": "Reader.BookMVA(type, text) reads a weight file given as text",
    **_each("WriteEvaluationHistosToFile WriteMonitoringHistosToFile", _NO_DIRECTORIES),
    **_each(
        "GetMulticlassEfficiency GetMulticlassTrainingEfficiency",
        "factory.record(data set, title).class_efficiencies(sample) has those of every class",
    ),
    **_each("BaseDir MethodBaseDir SetMethodDir SetBaseDir SetMethodBaseDir SetFile", _NO_DIRECTORIES),
    "SetSilentFile": FACTORY["SetSilentFile"],
    "SetModelPersistence": FACTORY["SetModelPersistence"],
    "DisableWriting": FACTORY["SetModelPersistence"],
    **_each("SetWeightFileName SetWeightFileDir", "gConfig().GetIONames() names the folder and the ending of weight files"),
    **_each(
        "GetTrainingTMVAVersionCode GetTrainingROOTVersionCode GetTrainingTMVAVersionString GetTrainingROOTVersionString",
        "the section GeneralInfo of the weight file has the versions",
    ),
    **_each(
        "GetTransformationHandler RerouteTransformationHandler", "the transformations are part of the method and of its file"
    ),
    **_each(
        "Data GetEvent GetTrainingEvent GetTestingEvent GetEventCollection fTmpEvent",
        "factory.record(data set, title).sample('train') or ('test') has the events as arrays",
    ),
    "fSetupCompleted": _AT_BOOKING,
    **_each(
        "InitIPythonInteractive GetInteractiveTrainingError ExitFromTraining TrainingEnded GetMaxIter GetCurrentIter",
        "interactive training is gone, as from ROOT 6.42: Ctrl-C ends a training, and method.history has its epochs",
    ),
    "SetTestvarName": "the branch of the output file has the title of the method",
    "AddMethod": "a category is booked with Types.kCategory; what BookMethod gives for it has AddMethod",
}

DATASETINFO = {
    **_each("ClearDataSet GetDataSet", "loader.dataset() has the events as arrays"),
    **_each("IsSignal GetTargetsForMulticlass", "loader.dataset().train.class_index has the class of every event"),
    "SetNormalization": "write NormMode=... in PrepareTrainingAndTestTree",
    **_each(
        "SetTrainingSumSignalWeights SetTrainingSumBackgrWeights SetTestingSumSignalWeights SetTestingSumBackgrWeights",
        "sums of weights are computed: the four getters of the same names give them",
    ),
    **_each("SetCorrelationMatrix CreateCorrelationMatrixHist", "CorrelationMatrix(class) gives the matrix as an array"),
    "SetSplitOptions": "DataLoader.PrepareTrainingAndTestTree takes the options of the split",
    **_each("SetRootDir GetRootDir", _NO_DIRECTORIES),
    "SetMsgType": CONFIGURABLE["SetMsgType"],
    "GetDataSetManager": "one DataLoader is one data set: loader.dataset() has its events",
}

READ_NAMES = _each(  # of a DataSetInfo that only has names
    "AddVariable AddTarget AddSpectator AddClass GetClassInfo PrintClasses GetWeightExpression SetWeightExpression GetCut SetCut "
    "AddCut HasCuts GetSplitOptions GetNormalization GetTrainingSumSignalWeights GetTrainingSumBackgrWeights "
    "GetTestingSumSignalWeights GetTestingSumBackgrWeights CorrelationMatrix PrintCorrelationMatrix",
    "a Reader and a weight file have names only: DataLoader.GetDataSetInfo() knows the data",
)

VARIABLE = {
    **_each(
        "SetMin SetMax SetMean SetRMS SetVariance ResetMinMax",
        "ranges and means are those of the training events; AddVariable takes a range too",
    ),
    **_each("SetInternalName", "write AddVariable('name := expression') for a name of your own"),
    **_each("SetExternalLink GetExternalLink", "Reader.AddVariable(expression, array) binds an array"),
    **_each("WriteToStream ReadFromStream ReadFromXML AddToXML", _NO_STREAMS),
}

CURVE = {
    **_each(
        "Divide SetCanvasSize SetTopMargin SetBottomMargin SetLeftMargin SetRightMargin GetHistogram Fit SetMarkerStyle "
        "SetMarkerColor SetMarkerSize SetFillColor SetFillStyle AddPoint SetPoint RemovePoint Sort Add",
        "curve.figure() gives the matplotlib figure, where everything can be changed",
    )
}

ROC: dict[str, str] = {}

ENVELOPE = {
    **CONFIGURABLE,
    "GetDataLoader": "the attribute `loader` is the DataLoader",
    "SetDataLoader": "the DataLoader is given to the constructor",
    "HasMethod": "GetMethods() lists the booked methods",
    "SetVerbose": "the options V and Silent say how much is printed",
    "IsSilentFile": "the attribute `target` is the output file, or None",
    **_each("SetFile SetModelPersistence IsModelPersistence", "the constructor takes the output file and the options"),
}
CV_RESULT: dict[str, str] = {}
HISTOGRAM = _each(
    "Fill Integral Scale Fit SetLineColor SetFillColor GetMaximum GetMinimum GetEntries Write",
    "the attribute `importance` has names, values and errors as arrays, and `figure()` draws them",
)

CONFIG = {
    **_each(
        "EnableMT DisableMT IsMTEnabled SetNumWorkers GetNumWorkers GetThreadExecutor",
        "the option Threads of a method, or TMVALITE_THREADS in the environment, says how many threads it uses",
    ),
    **_each("WriteOptionsReference SetWriteOptionsReference", "`tmvalite check` lists the options of an option string"),
}

TYPES = {"AddTypeMapping": "methods cannot be added to the enumeration: deep learning is Types.kDL"}

_NUMPY = "this is an inner tool of TMVA: numpy does it"
TOOLS = {
    **_each("Mean RMS ComputeStat ComputeVariance NormVariable MVADiff Scale", _NUMPY),
    **_each("UsefulSortDescending UsefulSortAscending GetIndexMaxElement GetIndexMinElement", _NUMPY),
    **_each("GetSQRootMatrix CalcCovarianceMatrices GetCorrelationMatrix", _NUMPY),
    **_each("projNormTH1F NormHist CheckSplines GetCumulativeDist TransposeHist HistoHasEquidistantBins", _NUMPY),
    "GetSeparation": "tmvalite.evaluation.separation(scores, is_signal, weights) computes it",
    "GetMutualInformation": "tmvalite.evaluation.regression.mutual_information(x, y, weights) computes it",
    "GetCorrelationRatio": "tmvalite.evaluation.ranking.correlation_ratio(x, y, weights) computes it",
    **_each("ParseFormatLine ParseANNOptionString", "`tmvalite check` shows how an option string is understood"),
    **_each("ContainsRegularExpression ReplaceRegularExpressions GetYTitleWithUnit Color", "this is an inner tool of TMVA"),
    **_each("FormattedOutput WriteFloatArbitraryPrecision ReadFloatArbitraryPrecision", "this is an inner tool of TMVA"),
    **_each("ROOTVersionMessage", "ROOT is not used: tmvalite.__version__ is the version of tmvalite"),
    **_each(
        "WriteTMatrixDToXML WriteTVectorDToXML ReadTMatrixDFromXML ReadTVectorDFromXML HasAttr ReadAttr AddAttr AddChild "
        "AddRawLine AddComment GetParent GetChild GetNextChild GetContent GetName xmlengine xmlenginebuffersize "
        "SetXMLEngineBufferSize fXMLEngine",
        "tmvalite.load(file) reads a weight file of any size; docs/weights-file.md describes it",
    ),
}

RREADER: dict[str, str] = {}

EXPERIMENTAL = {
    **_each("RTensor AsTensor AsRTensor", "numpy arrays take the place of tensors: RReader.Compute(array) gives an array"),
    "RBDT": "trees are not part of tmvalite: it has deep learning, Types.kDL",
    **_each(
        "RStandardScaler Classification ClassificationResult RMergedVectorOfObjects", "VarTransform=N,P,... scales variables"
    ),
    **_each(
        "SOFIE RSofieReader SofieFunctor", "tmvalite runs its networks itself; method.to_onnx(file, target='sofie') writes a file"
    ),
    "Compute": "RReader.Compute(X) takes whole arrays and tables",
    "SaveXGBoost": "gone, as from ROOT 6.42",
}

NAMESPACE = {
    **_each("CvSplitKFoldsExpr", "CvSplitKFolds(n, expression) and the option SplitExpr take the expression"),
    **_each("Envelope", "it is the base of CrossValidation and does nothing by itself"),
    **_each(
        "TMVAGui TMVARegGui TMVAMultiClassGui",
        "there is no GUI here: that of a ROOT with TMVA opens the output file (docs/output-file.md)",
    ),
    "MethodCategory": "book Types.kCategory with Factory.BookMethod, and call AddMethod of what it gives",
    **_each("VariableInfo DataSetInfo Event", "loader.GetDataSetInfo() and loader.dataset() have variables, classes and events"),
    "RMethodBase": "methods written in R are gone, as from ROOT 6.42: deep learning is Types.kDL",
}

NAMESPACE |= _each(
    "MethodANNBase MethodBDT MethodBayesClassifier MethodBoost MethodCFMlpANN MethodCompositeBase MethodCrossValidation "
    "MethodCuts MethodDT MethodFDA MethodFisher MethodHMatrix MethodKNN MethodLD MethodLikelihood MethodMLP "
    "MethodPDEFoam MethodPDERS MethodPlugins MethodPyAdaBoost MethodPyGTB MethodPyKeras MethodPyRandomForest MethodPyTorch "
    "MethodRuleFit MethodRSNNS MethodRSVM MethodRXGB MethodSVM MethodTMlpANN BDT MLP",
    "book it by its Types in a Factory, where scikit-learn stands in; deep learning from Python is MethodDL",
)
NAMESPACE |= _each("MethodBase IMethod", "MethodDL is the class of deep learning, and BookMethod returns a method")
NAMESPACE |= _each(
    "RReader RBDT RTensor RStandardScaler SOFIE RModelParser_ONNX",
    "tmvalite.Experimental.RReader reads weight files of tmvalite and TMVA",
)
NAMESPACE["VariableImportance"] = "Factory.EvaluateImportance and method.permutation_importance have it"
NAMESPACE |= _each("PDF TSpline1 TSpline2 Volume BinarySearchTree KDEKernel RootFinder", "this is an inner tool of TMVA")


class TmvaNames:
    """Base of the classes with TMVA's names: what is not there says so, and what to use."""

    absent: ClassVar[Mapping[str, str]] = {}

    def ClassName(self) -> str:
        """The name of the class, as every object of ROOT has it."""
        return type(self).__name__

    def __getattr__(self, name: str):
        raise missing(self, name)


def missing(owner, name: str, also: Iterable[str] = ()) -> AttributeError:
    """The error for a name that `owner` lacks: TMVA's ones say what to use, others name the nearest one; `also` are further
    names that it answers to.
    """
    what, absent = type(owner).__name__, type(owner).absent
    if name in absent:
        return NotProvidedError(f"{what}.{name} is not part of tmvalite: {absent[name]}")
    known = [] if name.startswith("_") else [one for one in {*dir(type(owner)), *also, *absent} if not one.startswith("_")]
    return _unknown(f"'{what}' object has no attribute '{name}'", name, sorted(known))


def missing_in_namespace(name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that `tmvalite` lacks and TMVA's namespace may have."""
    if name in NAMESPACE:
        return NotProvidedError(f"{name} is not part of tmvalite: {NAMESPACE[name]}")
    if re.fullmatch(r"k[A-Z]\w*", name):
        return NotProvidedError(f"{name} is not part of tmvalite: methods, analysis types and samples are members of Types")
    return _unknown(f"module 'tmvalite' has no attribute '{name}'", name, [*known, *NAMESPACE])


def _unknown(sentence: str, name: str, known: Iterable[str]) -> AttributeError:
    """Python's own sentence; with the nearest name, where there is one, it is an error of ours, which notebooks show shortly."""
    hint = None if name.startswith("_") else did_you_mean(name, known)
    return NotProvidedError(f"{sentence}; {hint}") if hint else AttributeError(sentence)

"""Write docs/tmva-members.md: what happens here with every public member of TMVA's classes.

    python docs/make_members_table.py

The names are those of TMVA's class reference (ROOT 6.14 to 6.40). What a member does is the first line of its docstring; what is
not provided, and what to use instead, stands in tmvalite/workflow/members.py. A test compares the file with the classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tmvalite
from tmvalite.workflow import members
from tmvalite.workflow.config import Config, IONames, VariablePlotting
from tmvalite.workflow.cross_validation import CrossValidation
from tmvalite.workflow.curves import RocCanvas, RocGraph
from tmvalite.workflow.cv_result import CrossValidationResult
from tmvalite.workflow.cv_split import CvSplitKFolds
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.hyper_parameters import HyperParameterOptimisation
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.info_views import VariableView
from tmvalite.workflow.loader_info import ClassView, LoaderInfo
from tmvalite.workflow.method_face import BookedMethod, ReadMethod
from tmvalite.workflow.reader import Reader
from tmvalite.workflow.rreader import RReader
from tmvalite.workflow.tools import Tools
from tmvalite.workflow.types import Types

OUTPUT = Path(__file__).parent / "tmva-members.md"


@dataclass(frozen=True)
class Group:
    """One class of TMVA: our classes with its names, the members that are there, and those that are not."""

    title: str
    remark: str
    classes: tuple
    names: str
    absent: Mapping[str, str]

    @property
    def provided(self) -> list[str]:
        return self.names.split()


CONFIGURABLE = "GetName GetOptions PrintOptions GetConfigName"
METHOD = """
GetName GetOptions PrintOptions GetTitle Print GetMethodName GetMethodTypeName GetMethodType GetJobName GetTestvarName
GetProbaName
GetWeightFileName GetWeightFileDir GetMvaValue GetRegressionValues GetMulticlassValues GetProba GetRarity HasMVAPdfs
IsSignalLike
GetSignalReferenceCut SetSignalReferenceCut GetSignalReferenceCutOrientation SetSignalReferenceCutOrientation GetAnalysisType
DoRegression DoMulticlass HasAnalysisType DataInfo GetNvar GetNVariables GetNTargets GetInputVar GetInputLabel
GetInputTitle GetMean
GetRMS GetXmin GetXmax IsConstructedFromWeightFile
"""
BOOKED = """
GetEfficiency GetTrainingEfficiency GetSeparation GetSignificance GetMaximumSignificance GetROCIntegral GetKSTrainingVsTest
GetRegressionDeviation GetMulticlassConfusionMatrix GetTrainTime GetTestTime GetNEvents IsSilentFile IsModelPersistence
WriteStateToFile OptimizeTuningParameters
"""
GROUPS = (
    Group(
        "Factory",
        "",
        (Factory,),
        f"""{CONFIGURABLE} Print BookMethod TrainAllMethods TrainAllMethodsForClassification TrainAllMethodsForRegression
        TestAllMethods EvaluateAllMethods GetROCIntegral GetROCCurve GetROCCurveAsMultiGraph GetMethod HasMethod
        DeleteAllMethods
        SetVerbose Verbose IsSilentFile IsModelPersistence OptimizeAllMethods OptimizeAllMethodsForClassification
        OptimizeAllMethodsForRegression EvaluateImportance""",
        members.FACTORY,
    ),
    Group(
        "DataLoader",
        "",
        (DataLoader,),
        """GetName Print AddVariable AddVariablesArray AddTarget AddRegressionTarget AddSpectator SetInputVariables
        AddTree SetTree
        AddSignalTree AddBackgroundTree SetSignalTree SetBackgroundTree AddRegressionTree SetRegressionTree
        SetInputTrees AddEvent
        AddTrainingEvent AddTestEvent AddSignalTrainingEvent AddSignalTestEvent AddBackgroundTrainingEvent
        AddBackgroundTestEvent
        SetWeightExpression SetSignalWeightExpression SetBackgroundWeightExpression SetCut AddCut PrepareTrainingAndTestTree
        GetDataSetInfo GetDefaultDataSetInfo DataSetInfo GetCorrelationMatrix MakeCopy Clone MakeKFoldDataSet PrepareFoldDataSet
        RecombineKFoldDataSet""",
        members.DATALOADER,
    ),
    Group(
        "Reader",
        "",
        (Reader,),
        f"""{CONFIGURABLE} Print AddVariable AddVariablesArray AddSpectator BookMVA FindMVA FindMethod EvaluateMVA
        EvaluateRegression
        EvaluateMulticlass GetMVAError GetMVAErrorLower GetMVAErrorUpper GetProba GetRarity DataInfo Verbose SetVerbose""",
        members.READER,
    ),
    Group(
        "Experimental::RReader",
        "`tmvalite.Experimental.RReader`.",
        (RReader,),
        "GetVariableNames GetVariables GetSpectatorNames Compute",
        members.RREADER,
    ),
    Group("Experimental", "`tmvalite.Experimental`.", (type(tmvalite.Experimental),), "RReader", members.EXPERIMENTAL),
    Group(
        "MethodBase",
        "What `Factory.BookMethod`, `Factory.GetMethod` and `Reader.BookMVA` return. Whatever else a `MethodDL` or "
        "`MethodAE` has (`fit`, `history`, `save`, ...) works on them too.",
        (BookedMethod, ReadMethod),
        METHOD,
        members.METHOD,
    ),
    Group(
        "MethodBase, of a Factory",
        "Numbers of the test sample, unless a call says otherwise; they are there after `TestAllMethods`.",
        (BookedMethod,),
        BOOKED,
        {},
    ),
    Group(
        "DataSetInfo",
        "What `DataLoader.GetDataSetInfo()` returns; `Reader.DataInfo()` and `DataInfo()` of a read method have the names only. "
        "A call that needs events reads the data.",
        (LoaderInfo,),
        """GetName AddVariable AddVariablesArray AddTarget AddSpectator AddClass GetVariableInfos GetVariableInfo
        GetVarArraySize
        IsVariableFromArray GetTargetInfos GetTargetInfo GetSpectatorInfos GetSpectatorInfo GetNVariables GetNTargets
        GetNSpectators
        GetNClasses GetNormalization GetTrainingSumSignalWeights GetTrainingSumBackgrWeights GetTestingSumSignalWeights
        GetTestingSumBackgrWeights GetClassNameMaxLength GetVariableNameMaxLength GetTargetNameMaxLength GetClassInfo
        PrintClasses
        GetSignalClassIndex FindVarIndex GetWeightExpression SetWeightExpression GetCut SetCut AddCut HasCuts
        GetListOfVariables
        CorrelationMatrix PrintCorrelationMatrix GetSplitOptions""",
        members.DATASETINFO,
    ),
    Group("ClassInfo", "What `DataSetInfo.GetClassInfo` returns.", (ClassView,), "GetName GetNumber GetWeight GetCut", {}),
    Group(
        "VariableInfo",
        "What `DataSetInfo.GetVariableInfo`, `GetTargetInfo` and `GetSpectatorInfo` return.",
        (VariableView,),
        """GetName GetExpression GetInternalName GetLabel GetTitle GetUnit GetVarType GetMin GetMax GetMean GetRMS GetVariance""",
        members.VARIABLE,
    ),
    Group(
        "CrossValidation and Envelope",
        "",
        (CrossValidation,),
        """GetOptions PrintOptions GetConfigName BookMethod Evaluate GetResults GetMethods GetNumFolds SetNumFolds GetSplitExpr
        SetSplitExpr GetFactory""",
        members.ENVELOPE,
    ),
    Group(
        "CrossValidationResult",
        "What `CrossValidation.GetResults()` has for each method.",
        (CrossValidationResult,),
        """GetROCValues GetROCAverage GetROCStandardDeviation GetROCCurves GetAvgROCCurve DrawAvgROCCurve Draw Print GetSigValues
        GetSepValues GetEff01Values GetEff10Values GetEff30Values GetEffAreaValues GetTrainEff01Values GetTrainEff10Values
        GetTrainEff30Values""",
        {},
    ),
    Group(
        "HyperParameterOptimisation",
        "",
        (HyperParameterOptimisation,),
        "BookMethod Evaluate GetResults GetNumFolds SetNumFolds GetFOMType SetFOMType GetFiterType SetFitter",
        {},
    ),
    Group(
        "TH1F of ROOT",
        "What `Factory.EvaluateImportance` returns.",
        (ImportanceHistogram,),
        "GetName GetTitle GetNbinsX GetBinContent GetBinError GetXaxis GetBinLabel Draw SaveAs Print",
        members.HISTOGRAM,
    ),
    Group(
        "CvSplitKFolds",
        "",
        (CvSplitKFolds,),
        "GetNumFolds NeedsRebuild MakeKFoldDataSet PrepareFoldDataSet RecombineKFoldDataSet",
        {},
    ),
    Group(
        "ROCCurve",
        "",
        (tmvalite.ROCCurve,),
        "GetROCIntegral GetROCCurve GetEffSForEffB ComputeSensitivity ComputeSpecificity",
        members.ROC,
    ),
    Group(
        "TGraph, TMultiGraph and TCanvas of ROOT",
        "What `Factory.GetROCCurve` and its relatives return.",
        (RocGraph, RocCanvas),
        """Draw SaveAs Print Update Modified Close Clear BuildLegend GetName SetName GetTitle SetTitle cd SetLogx
        SetLogy SetGrid
        SetGridx SetGridy GetXaxis GetYaxis""",
        members.CURVE,
    ),
    Group(
        "TGraph of ROOT",
        "",
        (RocGraph,),
        "GetN GetX GetY GetPointX GetPointY Eval Integral SetLineColor SetLineWidth SetLineStyle",
        {},
    ),
    Group("TCanvas and TMultiGraph of ROOT", "", (RocCanvas,), "GetListOfGraphs GetListOfPrimitives", {}),
    Group(
        "Config",
        "What `gConfig()` returns.",
        (Config,),
        """Instance DestroyInstance UseColor SetUseColor IsSilent SetSilent DrawProgressBar SetDrawProgressBar
        GetVariablePlotting
        fVariablePlotting GetIONames fIONames GetNCpu""",
        members.CONFIG,
    ),
    Group(
        "Config::IONames",
        "Read when a method is booked.",
        (IONames,),
        "fWeightFileDirPrefix fWeightFileDir fWeightFileExtension fOptionsReferenceFileDir",
        {},
    ),
    Group(
        "Config::VariablePlotting",
        "Read when the output file is written; fUsePaperStyle is kept only.",
        (VariablePlotting,),
        """fTimesRMS fNbins1D fNbins2D fMaxNumOfAllowedVariablesForScatterPlots fNbinsMVAoutput fNbinsXOfROCCurve
        fUsePaperStyle""",
        {},
    ),
    Group(
        "Types",
        "Also all members of the enumerations `EMVA`, `EAnalysisType`, `ETreeType`, `ESBType` and `EVariableTransform`.",
        (Types,),
        "Instance DestroyInstance GetMethodType GetMethodName",
        members.TYPES,
    ),
    Group(
        "Tools",
        "What `gTools()` returns.",
        (Tools,),
        """Instance DestroyInstance TMVAWelcomeMessage TMVAVersionMessage TMVACitation SplitString GetXTitleWithUnit
        StringFromInt
        StringFromDouble CheckForSilentOption CheckForVerboseOption""",
        members.TOOLS,
    ),
    Group(
        "The namespace TMVA",
        "",
        (tmvalite,),
        "Factory DataLoader Reader MethodDL Types Config gConfig Tools gTools ROCCurve PyMethodBase CrossValidation CvSplit "
        "CvSplitKFolds CrossValidationResult HyperParameterOptimisation "
        "VIType kShort kAll kRandom",
        members.NAMESPACE,
    ),
)

HEAD = """# Members of TMVA's classes

Every public member that TMVA's class reference lists, and what happens here: **{provided}** are there, **{absent}** are
not and say so in one sentence, which names what to use. Arguments may be given by the names of the C++ declarations
(`theMethodName=`, `iClass=`, `methodTag=`, ...) and by those of JsMVA (`DataLoader=`, `Method=`, `MethodTitle=`, `SigCut=`,
...). Written by [make_members_table.py](make_members_table.py).
"""


def note(owner, name: str) -> str:
    """The first line of a member's docstring; inherited texts of plain values are none."""
    member = getattr(owner, name) if inspect.ismodule(owner) else inspect.getattr_static(owner, name, None)
    member = getattr(member, "__func__", getattr(member, "fget", member))
    text = (inspect.getdoc(member) or "").split("\n\n")[0] if callable(member) else ""
    return " ".join(text.split()).replace("|", "\\|") or "as in TMVA"


def counts() -> tuple[int, int]:
    """How many members are provided, and how many are not."""
    return sum(len(g.provided) for g in GROUPS), sum(len(g.absent) for g in GROUPS)


def render() -> str:
    """The whole page."""
    provided, absent = counts()
    parts = [HEAD.format(provided=provided, absent=absent)]
    for group in GROUPS:
        lines = [f"## {group.title}", ""]
        lines += [group.remark, ""] if group.remark else []
        lines += ["| Member | Here | What happens |", "|---|---|---|"]
        lines += [f"| `{name}` | yes | {note(group.classes[0], name)} |" for name in sorted(group.provided, key=str.lower)]
        lines += [f"| `{name}` | no | {group.absent[name]} |" for name in sorted(group.absent, key=str.lower)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    OUTPUT.write_text(render(), encoding="utf-8")
    print(*counts())

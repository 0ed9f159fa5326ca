"""TMVA's names of what a DataLoader does, with the arguments that C++ and JsMVA scripts give them."""

from __future__ import annotations

from collections.abc import Mapping

from tmvalite.workflow.arguments import also_named, renamed
from tmvalite.workflow.declarations import BACKGROUND, REGRESSION, SIGNAL
from tmvalite.workflow.loader_info import LoaderInfo
from tmvalite.workflow.members import DATALOADER, TmvaNames
from tmvalite.workflow.types import ETreeType

TREE = {"tt": "treeType", "treetype": "treeType"}
ENDS = {"min": "minimum", "max": "maximum"}
# the arguments of PrepareTrainingAndTestTree by name, in their order
PREPARE = {
    **dict.fromkeys(("cut", "Cut", "sigcut", "SigCut"), "first cut"),
    **dict.fromkeys(("bkgcut", "BkgCut"), "second cut"),
    **{name: name for name in ("Ntrain", "Ntest", "NsigTrain", "NbkgTrain", "NsigTest", "NbkgTest")},
    **dict.fromkeys(("splitOpt", "otherOpt"), "options"),
}


class LoaderNames(TmvaNames):
    """The CamelCase half of DataLoader."""

    absent = DATALOADER

    def GetName(self) -> str:
        """The name of the data set, in whose folder the weight files go."""
        return self.name

    def Print(self, option="") -> None:
        """Print what was declared, in a line."""
        print(repr(self))

    def GetCorrelationMatrix(self, className):
        """Correlations (V, V) of the variables over the training events of a class, in percent as in TMVA."""
        return 100.0 * self._info.correlations(className)

    @also_named(**ENDS)
    def AddVariable(self, expression, *args, **keywords):
        """AddVariable(expression, title, unit, type='F', min=0, max=0) or AddVariable(expression, type='F', min=0, max=0)."""
        if len(args) in (1, 2, 3) and _is_type(args[0]) and not any(isinstance(a, str) for a in args[1:]):
            self.add_variable(expression, "", "", *args, **keywords)
        else:
            self.add_variable(expression, *args, **keywords)

    def AddVariablesArray(self, expression, size, type="F", min=0.0, max=0.0):
        """Declare `size` variables, the elements of one array branch."""
        self.add_variables_array(expression, size, type, min, max)

    def AddTarget(self, expression, title="", unit="", min=0.0, max=0.0):
        """Declare a target of a regression, an expression."""
        self.add_target(expression, title, unit, min, max)

    AddRegressionTarget = AddTarget

    def AddSpectator(self, expression, title="", unit="", min=0.0, max=0.0):
        """Declare an expression that is carried along into the output file and is no input."""
        self.add_spectator(expression, title, unit, min, max)

    def SetInputVariables(self, names):
        """Declare a variable for every expression of a list."""
        for name in names:
            self.add_variable(name)

    @also_named(**TREE)
    def AddTree(self, tree, className, weight=1.0, cut="", treeType=ETreeType.kMaxTreeType):
        """Add a tree of one class. `tree` is a table, an uproot tree or "file.root:tree"; `weight` multiplies the weight of each
        event; `treeType` sends its events to the training or to the test sample. Raises DataError.
        """
        self.add_tree(tree, className, weight, cut, treeType)

    SetTree = AddTree

    @also_named(**TREE, signal="tree", datFileS="tree")
    def AddSignalTree(self, tree, weight=1.0, treeType=ETreeType.kMaxTreeType):
        """Add a tree of the class Signal; otherwise as AddTree."""
        self.add_tree(tree, SIGNAL, weight, "", treeType)

    @also_named(**TREE, background="tree", datFileB="tree")
    def AddBackgroundTree(self, tree, weight=1.0, treeType=ETreeType.kMaxTreeType):
        """Add a tree of the class Background; otherwise as AddTree."""
        self.add_tree(tree, BACKGROUND, weight, "", treeType)

    SetSignalTree, SetBackgroundTree = AddSignalTree, AddBackgroundTree

    @also_named(**TREE)
    def AddRegressionTree(self, tree, weight=1.0, treeType=ETreeType.kMaxTreeType):
        """Add a tree of events with targets; otherwise as AddTree."""
        self.add_tree(tree, REGRESSION, weight, "", treeType)

    SetRegressionTree = AddRegressionTree

    @also_named(
        signal="first",
        background="second",
        signalWeight="third",
        backgroundWeight="fourth",
        inputTree="first",
        SigCut="second",
        BgCut="third",
        signalFileName="first",
        backgroundFileName="second",
    )
    def SetInputTrees(self, first, second, third=1.0, fourth=1.0):
        """SetInputTrees(signal, background, wS=1, wB=1) or SetInputTrees(tree, signal cut, background cut)."""
        if _is_cut(third):
            self.add_tree(first, SIGNAL, 1.0, second)
            self.add_tree(first, BACKGROUND, 1.0, third)
        else:
            self.add_tree(first, SIGNAL, third)
            self.add_tree(second, BACKGROUND, fourth)

    @also_named(tt="treeType")
    def AddEvent(self, className, treeType, event, weight=1.0):
        """Add one event: the values of the variables, then targets, then spectators. Raises DataError and OptionError."""
        self.add_event(className, treeType, event, weight)

    def AddTrainingEvent(self, className, event, weight=1.0):
        """Add one event of a class to the training sample; otherwise as AddEvent."""
        self.add_event(className, ETreeType.kTraining, event, weight)

    def AddTestEvent(self, className, event, weight=1.0):
        """Add one event of a class to the test sample; otherwise as AddEvent."""
        self.add_event(className, ETreeType.kTesting, event, weight)

    def AddSignalTrainingEvent(self, event, weight=1.0):
        """Add one event of Signal to the training sample; otherwise as AddEvent."""
        self.add_event(SIGNAL, ETreeType.kTraining, event, weight)

    def AddSignalTestEvent(self, event, weight=1.0):
        """Add one event of Signal to the test sample; otherwise as AddEvent."""
        self.add_event(SIGNAL, ETreeType.kTesting, event, weight)

    def AddBackgroundTrainingEvent(self, event, weight=1.0):
        """Add one event of Background to the training sample; otherwise as AddEvent."""
        self.add_event(BACKGROUND, ETreeType.kTraining, event, weight)

    def AddBackgroundTestEvent(self, event, weight=1.0):
        """Add one event of Background to the test sample; otherwise as AddEvent."""
        self.add_event(BACKGROUND, ETreeType.kTesting, event, weight)

    def SetWeightExpression(self, variable, className=""):
        """Set the event weight of a class, an expression; without a class, of Signal and Background."""
        self.set_weight_expression(variable, className)

    def SetSignalWeightExpression(self, variable):
        """Set the event weight of Signal, an expression."""
        self.set_weight_expression(variable, SIGNAL)

    def SetBackgroundWeightExpression(self, variable):
        """Set the event weight of Background, an expression."""
        self.set_weight_expression(variable, BACKGROUND)

    def SetCut(self, cut, className=""):
        """Replace the cut of a class; without a class, of all classes known so far. Raises DataError where there is none."""
        self.set_cut(cut, className)

    def AddCut(self, cut, className=""):
        """Join a cut to that of a class as (old)&&(new); without a class, to those of all classes known so far."""
        self.add_cut(cut, className)

    def AddSystematic(self, name, up, down, className=""):
        """Add a systematic uncertainty: two weight expressions, for a class or for all, or two tables in place of a class's."""
        self.add_systematic(name, up, down, className)

    def PrepareTrainingAndTestTree(self, *args, **keywords):
        """(cut, options), (signal cut, background cut, options), (cut, nTrain, nTest=-1), or cuts and keywords."""
        named = renamed(keywords, PREPARE, "PrepareTrainingAndTestTree")
        args = (*args, *(named.pop(name) for name in dict.fromkeys(PREPARE.values()) if name in named))
        self.prepare(*args, **named)

    def MakeKFoldDataSet(self, s) -> None:
        """Divide the samples into folds as a CvSplit says."""
        s.MakeKFoldDataSet(self)

    def PrepareFoldDataSet(self, s, foldNumber, tt=ETreeType.kTraining) -> None:
        """Let one fold of a CvSplit test, and the others train."""
        s.PrepareFoldDataSet(self, foldNumber, tt)

    def RecombineKFoldDataSet(self, s, tt=ETreeType.kTraining) -> None:
        """The samples as they were before the folds of a CvSplit."""
        s.RecombineKFoldDataSet(self, tt)

    def GetDataSetInfo(self) -> LoaderInfo:
        """The declarations, and after the first booking the numbers of events, with TMVA's names."""
        return self._info

    GetDefaultDataSetInfo = DataSetInfo = GetDataSetInfo

    def MakeCopy(self, name):
        """A loader with the same declarations and another name, whose data are read anew."""
        return self.copy(name)

    Clone = MakeCopy


def _is_type(value) -> bool:
    """Whether an argument is a variable type ('F', 'I', 'D', C++'s character) and no title."""
    return isinstance(value, str) and len(value) == 1 and value in "FID"


def _is_cut(value) -> bool:
    return isinstance(value, str) or (not isinstance(value, (int, float, Mapping)) and hasattr(value, "GetTitle"))

"""DataSetInfo of a DataLoader: the declarations, and what is known of the data once they are read."""

from __future__ import annotations

import numpy as np

from tmvalite.data.info import Events
from tmvalite.errors import DataError, did_you_mean
from tmvalite.evaluation import correlation_matrix, result_tables
from tmvalite.evaluation.samples import mean_and_rms
from tmvalite.workflow.declarations import BACKGROUND, SIGNAL
from tmvalite.workflow.info_views import DataSetInfoView, VariableView
from tmvalite.workflow.members import DATASETINFO


class ClassView:
    """One class with TMVA's getters of ClassInfo."""

    def __init__(self, name: str, number: int, weight: str, cut: str):
        self.name, self.number, self.weight, self.cut = name, number, weight, cut

    def __repr__(self):
        return f"<class {self.number} '{self.name}'>"

    def GetName(self) -> str:
        """The name of the class."""
        return self.name

    def GetNumber(self) -> int:
        """Its number, in the order in which the classes were declared."""
        return self.number

    def GetWeight(self) -> str:
        """The expression of its event weights; empty where there is none."""
        return self.weight

    def GetCut(self) -> str:
        """Its cut; empty where there is none."""
        return self.cut


class LoaderInfo(DataSetInfoView):
    """What DataLoader.GetDataSetInfo() gives. Numbers of the events need the data, which are then read."""

    absent = DATASETINFO

    def __init__(self, loader):
        super().__init__(loader.name)
        self._loader = self.loader = loader

    def _column(self, i: int, group: str):
        """(values, weights) of variable, target or spectator i on the training sample."""
        train = self._loader.dataset().train
        if group == "spectators":
            return np.asarray(list(train.spectators.values())[i], dtype=np.float64), train.weight
        return np.asarray((train.x if group == "variables" else train.targets)[:, i], dtype=np.float64), train.weight

    def view(self, i: int, group: str) -> VariableView:
        """Entry i of "variables", "targets" or "spectators", which reads the data when it is asked for moments."""
        return VariableView(getattr(self, group)[i], lambda: mean_and_rms(*self._column(i, group)))

    def class_view(self, which) -> ClassView:
        """The class of a number or name. Raises DataError for a name that no class has."""
        name = self.classes[which] if isinstance(which, (int, np.integer)) else str(which)
        if name not in self.classes:
            raise DataError(
                f"there is no class '{name}'",
                code="class-unknown",
                expected=tuple(self.classes),
                hint=did_you_mean(name, self.classes),
            )
        loader = self._loader
        weight = loader.weights.get(name, loader.common_weight if name in (SIGNAL, BACKGROUND) else "")
        return ClassView(name, self.classes.index(name), weight, loader.cuts.get(name, ""))

    def sum_of_weights(self, sample: str, signal: bool) -> float:
        """Sum of the weights of the signal, or of everything else, in one sample, as the methods see them."""
        events: Events = getattr(self._loader.dataset(), sample)
        chosen = (events.class_index == self.GetSignalClassIndex()) == signal
        return float(events.weight[chosen].sum())

    def correlations(self, class_name) -> np.ndarray:
        """Correlation matrix (V, V) of the variables over the training events of a class; 1 on the diagonal."""
        number, train = self.class_view(class_name).number, self._loader.dataset().train
        chosen = train.class_index == number
        return np.asarray(correlation_matrix(train.x[chosen], train.weight[chosen]))

    # TMVA's names

    def AddTarget(self, expression, title="", unit="", min=0.0, max=0.0, normalized=True, external=None):
        """As DataLoader.AddTarget, in the argument order of DataSetInfo."""
        self._loader.add_target(expression, title, unit, min, max)

    def AddVariable(self, expression, title="", unit="", min=0.0, max=0.0, varType="F", normalized=True, external=None):
        """As DataLoader.AddVariable, in the argument order of DataSetInfo."""
        self._loader.add_variable(expression, title, unit, varType, min, max)

    def AddVariablesArray(self, expression, size, title="", unit="", min=0.0, max=0.0, type="F", normalized=True, external=None):
        """As DataLoader.AddVariablesArray, in the argument order of DataSetInfo."""
        self._loader.add_variables_array(expression, size, type, min, max)

    def AddSpectator(self, expression, title="", unit="", min=0.0, max=0.0, type="F", normalized=True, external=None):
        """As DataLoader.AddSpectator, in the argument order of DataSetInfo."""
        self._loader.add_spectator(expression, title, unit, min, max)

    def AddClass(self, className) -> ClassView:
        """Declare a class, unless it is known, and give it."""
        self.add_class(str(className))
        return self.class_view(className)

    def GetClassInfo(self, which) -> ClassView:
        """The class of a number or name. Raises DataError for a name that no class has."""
        return self.class_view(which)

    def PrintClasses(self) -> None:
        """Print the classes, one a line."""
        for i, name in enumerate(self.classes):
            print(f"class {i}: {name}")

    def GetWeightExpression(self, i) -> str:
        """The expression of the event weights of a class; empty where there is none."""
        return self.class_view(i).weight

    def SetWeightExpression(self, exp, className="") -> None:
        """As DataLoader.SetWeightExpression."""
        self._loader.set_weight_expression(exp, className)

    def GetCut(self, which) -> str:
        """The cut of a class; empty where there is none."""
        return self.class_view(which).cut

    def SetCut(self, cut, className="") -> None:
        """As DataLoader.SetCut."""
        self._loader.set_cut(cut, className)

    def AddCut(self, cut, className="") -> None:
        """As DataLoader.AddCut."""
        self._loader.add_cut(cut, className)

    def HasCuts(self) -> bool:
        """Whether any class has a cut."""
        return any(cut.strip() for cut in self._loader.cuts.values())

    def GetSplitOptions(self) -> str:
        """The options that PrepareTrainingAndTestTree was given."""
        return self._loader.split_options

    def GetNormalization(self) -> str:
        """NormMode as the data were normalised."""
        return self._loader.dataset().report.norm_mode

    def GetTrainingSumSignalWeights(self) -> float:
        """Sum of the weights of the signal in the training sample."""
        return self.sum_of_weights("train", True)

    def GetTrainingSumBackgrWeights(self) -> float:
        """Sum of the weights of all other events in the training sample."""
        return self.sum_of_weights("train", False)

    def GetTestingSumSignalWeights(self) -> float:
        """Sum of the weights of the signal in the test sample."""
        return self.sum_of_weights("test", True)

    def GetTestingSumBackgrWeights(self) -> float:
        """Sum of the weights of all other events in the test sample."""
        return self.sum_of_weights("test", False)

    def CorrelationMatrix(self, className) -> np.ndarray:
        """Correlations (V, V) of the variables over the training events of a class; 1 on the diagonal."""
        return self.correlations(className)

    def PrintCorrelationMatrix(self, className) -> None:
        """Print the correlations of the variables over the training events of a class."""
        names = [v.label if v.index is None else v.internal for v in self.variables]
        print("\n".join(result_tables.matrix_table(names, self.correlations(className))))

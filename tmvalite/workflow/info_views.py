"""DataSetInfo as TMVA scripts see it: names and counts of what a DataLoader or a Reader has declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tmvalite.data.info import DataSetInfo, VariableInfo, declare, declare_array
from tmvalite.workflow.members import DATASETINFO, READ_NAMES, VARIABLE, TmvaNames
from tmvalite.workflow.small_tables import html_table

VARIABLE_COLUMNS = ("", "label", "expression", "unit", "type")


class NameVector(list):
    """A list of names that also answers `.size()`, as std::vector does."""

    def size(self) -> int:
        """The number of names."""
        return len(self)


class VariableView(TmvaNames):
    """One variable, target or spectator with TMVA's getters; `moments` gives weighted mean and RMS of the training events."""

    absent = VARIABLE

    def __init__(self, info: VariableInfo, moments: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)):
        self.info, self._moments = info, moments

    def __repr__(self):
        named = f"{self.info.label} := " if self.info.label != self.info.expression else ""
        return f"<{named}{self.info.expression}, type {self.info.type}>"

    def GetName(self) -> str:
        """The expression."""
        return self.info.expression

    def GetExpression(self) -> str:
        """The expression."""
        return self.info.expression

    def GetLabel(self) -> str:
        """What stands before `:=`, or the expression."""
        return self.info.label

    def GetTitle(self) -> str:
        """The title for tables and pictures."""
        return self.info.title

    def GetUnit(self) -> str:
        """The unit; empty where none was given."""
        return self.info.unit

    def GetInternalName(self) -> str:
        """The name as an identifier, which histograms and branches have."""
        return self.info.internal

    def GetVarType(self) -> str:
        """'F', 'D' or 'I'; 'F[]' for an element of an array."""
        return self.info.type

    def GetMin(self) -> float:
        """The smallest value, as declared or as found in the data."""
        return self.info.minimum

    def GetMax(self) -> float:
        """The largest value, as declared or as found in the data."""
        return self.info.maximum

    def GetMean(self) -> float:
        """Weighted mean over the training events; 0 where there are none, as in a Reader."""
        return self._moments()[0]

    def GetRMS(self) -> float:
        """Weighted standard deviation over the training events; 0 where there are none."""
        return self._moments()[1]

    def GetVariance(self) -> float:
        """The square of `GetRMS()`."""
        return self._moments()[1] ** 2


class DataSetInfoView(TmvaNames):
    """The declarations of one DataLoader, Reader or file, live: what is declared later is seen.

    `variables`, `targets` and `spectators` are lists of VariableInfo, `classes` a list of names.
    """

    absent = {**DATASETINFO, **READ_NAMES}

    def __init__(self, name: str = "dataset"):
        self.name = name
        self.variables: list[VariableInfo] = []
        self.targets: list[VariableInfo] = []
        self.spectators: list[VariableInfo] = []
        self.classes: list[str] = []

    def add_variable(self, expression, title="", unit="", type="F", minimum=0.0, maximum=0.0) -> VariableInfo:
        """Declare a variable, `label := expression` or `expression`."""
        self.variables.append(declare(str(expression), str(title), str(unit), str(type), minimum, maximum))
        return self.variables[-1]

    def add_variables_array(self, expression, size, type="F", minimum=0.0, maximum=0.0) -> tuple[VariableInfo, ...]:
        """Declare `size` variables, the elements of one array."""
        added = declare_array(str(expression), int(size), str(type), minimum, maximum)
        self.variables.extend(added)
        return added

    def add_target(self, expression, title="", unit="", minimum=0.0, maximum=0.0) -> VariableInfo:
        """Declare a target."""
        self.targets.append(declare(str(expression), str(title), str(unit), "F", minimum, maximum))
        return self.targets[-1]

    def add_spectator(self, expression, title="", unit="", type="F", minimum=0.0, maximum=0.0) -> VariableInfo:
        """Declare an expression that is carried along only."""
        self.spectators.append(declare(str(expression), str(title), str(unit), str(type), minimum, maximum))
        return self.spectators[-1]

    def add_class(self, name: str) -> bool:
        """Declare a class; False if it was known."""
        if name in self.classes:
            return False
        self.classes.append(name)
        return True

    def adopt(
        self, variables: Sequence[VariableInfo], targets: Sequence[VariableInfo], spectators: Sequence[VariableInfo]
    ) -> None:
        """Take over the ranges found while reading the data."""
        self.variables, self.targets, self.spectators = list(variables), list(targets), list(spectators)

    def GetName(self) -> str:
        """The name of the data set."""
        return self.name

    def GetListOfVariables(self) -> NameVector:
        """The internal names of all variables."""
        return NameVector(v.internal for v in self.variables)

    def GetNVariables(self) -> int:
        """The number of variables, each element of an array counted."""
        return len(self.variables)

    def GetNTargets(self) -> int:
        """The number of targets."""
        return len(self.targets)

    def GetNSpectators(self, all: bool = True) -> int:
        """The number of spectators."""
        return len(self.spectators)

    def GetNClasses(self) -> int:
        """The number of classes."""
        return len(self.classes)

    def view(self, i: int, group: str) -> VariableView:
        """Entry i of "variables", "targets" or "spectators"."""
        return VariableView(getattr(self, group)[i])

    def GetVariableInfo(self, i: int) -> VariableView:
        """Variable i."""
        return self.view(i, "variables")

    def GetTargetInfo(self, i: int) -> VariableView:
        """Target i."""
        return self.view(i, "targets")

    def GetSpectatorInfo(self, i: int) -> VariableView:
        """Spectator i."""
        return self.view(i, "spectators")

    def GetVariableInfos(self) -> NameVector:
        """All variables."""
        return NameVector(self.view(i, "variables") for i in range(len(self.variables)))

    def GetTargetInfos(self) -> NameVector:
        """All targets."""
        return NameVector(self.view(i, "targets") for i in range(len(self.targets)))

    def GetSpectatorInfos(self) -> NameVector:
        """All spectators."""
        return NameVector(self.view(i, "spectators") for i in range(len(self.spectators)))

    def GetVarArraySize(self, expression) -> int:
        """How many variables an array of this expression has; -1 if there is none."""
        return sum(v.index is not None and str(expression) in (v.expression, v.label) for v in self.variables) or -1

    def IsVariableFromArray(self, i: int) -> bool:
        """Whether variable i is an element of an array."""
        return self.variables[i].index is not None

    def FindVarIndex(self, name) -> int:
        """The number of the variable with this internal name or label; -1 if there is none."""
        found = (i for i, v in enumerate(self.variables) if str(name) in (v.internal, v.label))
        return next(found, -1)

    def GetClassName(self, i: int) -> str:
        """The name of class i."""
        return self.classes[i]

    def GetClassNameMaxLength(self) -> int:
        """Letters of the longest name of a class; 0 without classes."""
        return max(map(len, self.classes), default=0)

    def GetVariableNameMaxLength(self) -> int:
        """Letters of the longest internal name of a variable; 0 without variables."""
        return max((len(v.internal) for v in self.variables), default=0)

    def GetTargetNameMaxLength(self) -> int:
        """Letters of the longest internal name of a target; 0 without targets."""
        return max((len(v.internal) for v in self.targets), default=0)

    def GetSignalClassIndex(self) -> int:
        """The number of the class Signal; 0 where no class is called so."""
        return self.classes.index("Signal") if "Signal" in self.classes else 0

    def __repr__(self):
        return f"<data set '{self.name}': {counts_text(self)}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self)[1:-1], VARIABLE_COLUMNS, variable_rows(self))


def described(info: DataSetInfo) -> DataSetInfoView:
    """The names of a data set that is read, or of a file."""
    view = DataSetInfoView(info.name)
    view.adopt(info.variables, info.targets, info.spectators)
    view.classes = list(info.classes)
    return view


def counts_text(view: DataSetInfoView) -> str:
    """How many variables, targets, spectators and classes there are; what is not there is left out."""
    groups = {"variable": view.variables, "target": view.targets, "spectator": view.spectators}
    parts = [f"{len(of)} {what}{'s' * (len(of) != 1)}" for what, of in groups.items() if of or what == "variable"]
    return ", ".join([*parts, f"classes {', '.join(view.classes)}" if view.classes else "no classes"])


def variable_rows(view: DataSetInfoView) -> list[tuple[str, ...]]:
    """Rows of VARIABLE_COLUMNS for variables, targets and spectators."""
    groups = {"variable": view.variables, "target": view.targets, "spectator": view.spectators}
    return [(what, v.label, v.expression, v.unit, v.type) for what, of in groups.items() for v in of]

"""DataSetInfo as TMVA scripts see it: names and counts of what a DataLoader or a Reader has declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tmvalite.data.info import DataSetInfo, VariableInfo, declare, declare_array
from tmvalite.workflow.members import DATASETINFO, READ_NAMES, VARIABLE, TmvaNames


class NameVector(list):
    """A list of names that also answers `.size()`, as std::vector does."""

    def size(self) -> int:
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
        return self.info.expression

    def GetExpression(self) -> str:
        return self.info.expression

    def GetLabel(self) -> str:
        return self.info.label

    def GetTitle(self) -> str:
        return self.info.title

    def GetUnit(self) -> str:
        return self.info.unit

    def GetInternalName(self) -> str:
        return self.info.internal

    def GetVarType(self) -> str:
        return self.info.type

    def GetMin(self) -> float:
        return self.info.minimum

    def GetMax(self) -> float:
        return self.info.maximum

    def GetMean(self) -> float:
        """Weighted mean over the training events; 0 where there are none, as in a Reader."""
        return self._moments()[0]

    def GetRMS(self) -> float:
        """Weighted standard deviation over the training events; 0 where there are none."""
        return self._moments()[1]

    def GetVariance(self) -> float:
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
        self.variables.append(declare(str(expression), str(title), str(unit), str(type), minimum, maximum))
        return self.variables[-1]

    def add_variables_array(self, expression, size, type="F", minimum=0.0, maximum=0.0) -> tuple[VariableInfo, ...]:
        added = declare_array(str(expression), int(size), str(type), minimum, maximum)
        self.variables.extend(added)
        return added

    def add_target(self, expression, title="", unit="", minimum=0.0, maximum=0.0) -> VariableInfo:
        self.targets.append(declare(str(expression), str(title), str(unit), "F", minimum, maximum))
        return self.targets[-1]

    def add_spectator(self, expression, title="", unit="", type="F", minimum=0.0, maximum=0.0) -> VariableInfo:
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
        return self.name

    def GetListOfVariables(self) -> NameVector:
        return NameVector(v.internal for v in self.variables)

    def GetNVariables(self) -> int:
        return len(self.variables)

    def GetNTargets(self) -> int:
        return len(self.targets)

    def GetNSpectators(self, all: bool = True) -> int:
        return len(self.spectators)

    def GetNClasses(self) -> int:
        return len(self.classes)

    def view(self, i: int, group: str) -> VariableView:
        """Entry i of "variables", "targets" or "spectators"."""
        return VariableView(getattr(self, group)[i])

    def GetVariableInfo(self, i: int) -> VariableView:
        return self.view(i, "variables")

    def GetTargetInfo(self, i: int) -> VariableView:
        return self.view(i, "targets")

    def GetSpectatorInfo(self, i: int) -> VariableView:
        return self.view(i, "spectators")

    def GetVariableInfos(self) -> NameVector:
        return NameVector(self.view(i, "variables") for i in range(len(self.variables)))

    def GetTargetInfos(self) -> NameVector:
        return NameVector(self.view(i, "targets") for i in range(len(self.targets)))

    def GetSpectatorInfos(self) -> NameVector:
        return NameVector(self.view(i, "spectators") for i in range(len(self.spectators)))

    def GetVarArraySize(self, expression) -> int:
        """How many variables an array of this expression has; -1 if there is none."""
        return sum(v.index is not None and str(expression) in (v.expression, v.label) for v in self.variables) or -1

    def IsVariableFromArray(self, i: int) -> bool:
        return self.variables[i].index is not None

    def FindVarIndex(self, name) -> int:
        """The number of the variable with this internal name or label; -1 if there is none."""
        found = (i for i, v in enumerate(self.variables) if str(name) in (v.internal, v.label))
        return next(found, -1)

    def GetClassName(self, i: int) -> str:
        return self.classes[i]

    def GetClassNameMaxLength(self) -> int:
        return max(map(len, self.classes), default=0)

    def GetVariableNameMaxLength(self) -> int:
        return max((len(v.internal) for v in self.variables), default=0)

    def GetTargetNameMaxLength(self) -> int:
        return max((len(v.internal) for v in self.targets), default=0)

    def GetSignalClassIndex(self) -> int:
        return self.classes.index("Signal") if "Signal" in self.classes else 0

    def __repr__(self):
        return f"<data set '{self.name}': {counts_text(self)}>"


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

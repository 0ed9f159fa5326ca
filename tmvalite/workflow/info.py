"""DataSetInfo as TMVA scripts see it: names and counts of what a DataLoader or a Reader has declared."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.data.info import VariableInfo, declare, declare_array


class NameVector(list):
    """A list of names that also answers `.size()`, as std::vector does."""

    def size(self) -> int:
        return len(self)


class VariableView:
    """One variable, target or spectator with TMVA's getters."""

    def __init__(self, info: VariableInfo):
        self.info = info

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


class DataSetInfoView:
    """The declarations of one DataLoader or Reader, live: what is declared later is seen.

    `variables`, `targets` and `spectators` are lists of VariableInfo, `classes` a list of names.
    """

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

    def GetVariableInfo(self, i: int) -> VariableView:
        return VariableView(self.variables[i])

    def GetTargetInfo(self, i: int) -> VariableView:
        return VariableView(self.targets[i])

    def GetSpectatorInfo(self, i: int) -> VariableView:
        return VariableView(self.spectators[i])

    def GetClassName(self, i: int) -> str:
        return self.classes[i]

    def GetSignalClassIndex(self) -> int:
        return self.classes.index("Signal") if "Signal" in self.classes else 0

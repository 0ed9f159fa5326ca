"""TMVA's settings for all objects, as `gConfig()` gives them: names of the weight folder and file, numbers of bins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tmvalite.workflow.members import CONFIG, TmvaNames


@dataclass
class IONames:
    """Where weight files go: `<prefix>/<dataset>/<fWeightFileDir>/<job>_<title>.<fWeightFileExtension>.xml`."""

    fWeightFileDirPrefix: str = ""
    fWeightFileDir: str = "weights"
    fWeightFileExtension: str = "weights"
    fOptionsReferenceFileDir: str = "optionInfo"


@dataclass
class VariablePlotting:
    """Numbers of bins of the histograms in the output file."""

    fTimesRMS: float = 8.0
    fNbins1D: int = 40
    fNbins2D: int = 300
    fMaxNumOfAllowedVariablesForScatterPlots: int = 20
    fNbinsMVAoutput: int = 40
    fNbinsXOfROCCurve: int = 100
    fUsePaperStyle: bool = False


@dataclass
class Config(TmvaNames):
    """The one object behind `gConfig()`; the two groups can be changed in place.

    silent, color, progress_bar : bool
        What every Factory, DataLoader and Reader may at most: nothing at all, without colours, without a moving line.
    """

    absent: ClassVar[Mapping[str, str]] = CONFIG

    silent: bool = False
    color: bool = True
    progress_bar: bool = True
    io_names: IONames = field(default_factory=IONames)
    variable_plotting: VariablePlotting = field(default_factory=VariablePlotting)

    def GetIONames(self) -> IONames:
        """The names of the weight folder and file, which may be changed in place."""
        return self.io_names

    def GetVariablePlotting(self) -> VariablePlotting:
        """The numbers of bins of the output file, which may be changed in place."""
        return self.variable_plotting

    @property
    def fVariablePlotting(self) -> VariablePlotting:
        """The same as `GetVariablePlotting()`."""
        return self.variable_plotting

    @property
    def fIONames(self) -> IONames:
        """The same as `GetIONames()`."""
        return self.io_names

    def IsSilent(self) -> bool:
        """Whether nothing is printed at all."""
        return self.silent

    def SetSilent(self, s=True) -> None:
        """Print nothing at all, or as much as the options of each object say."""
        self.silent = bool(s)

    def UseColor(self) -> bool:
        """Whether there may be colours."""
        return self.color

    def SetUseColor(self, uc=True) -> None:
        """Allow colours, or print without them."""
        self.color = bool(uc)

    def DrawProgressBar(self) -> bool:
        """Whether a training may show a moving line."""
        return self.progress_bar

    def SetDrawProgressBar(self, d=True) -> None:
        """Allow a moving line while a method is trained, or do without."""
        self.progress_bar = bool(d)

    def GetNCpu(self) -> int:
        """Processors that this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @staticmethod
    def Instance() -> Config:
        """The same object as `gConfig()`."""
        return gConfig()

    @staticmethod
    def DestroyInstance() -> None:
        """Nothing: Python keeps it."""


_CONFIG = Config()


def gConfig() -> Config:
    """The settings that every Factory and Reader of this process reads when it needs them."""
    return _CONFIG

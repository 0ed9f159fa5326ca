"""TMVA's settings for all objects, as `gConfig()` gives them: names of the weight folder and file, numbers of bins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class IONames:
    """Where weight files go: `<prefix>/<dataset>/<fWeightFileDir>/<job>_<title>.<fWeightFileExtension>.xml`."""

    fWeightFileDirPrefix: str = ""
    fWeightFileDir: str = "weights"
    fWeightFileExtension: str = "weights"


@dataclass
class VariablePlotting:
    """Numbers of bins of the histograms in the output file."""

    fTimesRMS: float = 8.0
    fNbins1D: int = 40
    fNbins2D: int = 300
    fMaxNumOfAllowedVariablesForScatterPlots: int = 20
    fNbinsMVAoutput: int = 40
    fNbinsXOfROCCurve: int = 100


@dataclass
class Config:
    """The one object behind `gConfig()`; the two groups can be changed in place."""

    io_names: IONames = field(default_factory=IONames)
    variable_plotting: VariablePlotting = field(default_factory=VariablePlotting)

    def GetIONames(self) -> IONames:
        return self.io_names

    def GetVariablePlotting(self) -> VariablePlotting:
        return self.variable_plotting

    @property
    def fVariablePlotting(self) -> VariablePlotting:
        return self.variable_plotting

    @staticmethod
    def Instance() -> Config:
        return gConfig()


_CONFIG = Config()


def gConfig() -> Config:
    """The settings that every Factory and Reader of this process reads when it needs them."""
    return _CONFIG


class Tools:
    """TMVA's toolbox; scripts only call `Tools.Instance()` to load the library, which Python has done by importing."""

    _instance = None

    @classmethod
    def Instance(cls) -> Tools:
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance


class PyMethodBase:
    """TMVA's link to Python, whose `PyInitialize()` has nothing left to do in Python."""

    @staticmethod
    def PyInitialize() -> None:
        return None

"""TMVA's toolbox: what scripts call of it. They mostly call `Tools.Instance()` to load the library, which Python has done."""

from __future__ import annotations

import tmvalite
from tmvalite.workflow.members import TOOLS, TmvaNames


class Tools(TmvaNames):
    """The one object behind `gTools()`."""

    absent = TOOLS
    _instance = None

    @classmethod
    def Instance(cls) -> Tools:
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    @staticmethod
    def DestroyInstance() -> None:
        """Nothing: Python keeps it."""

    def TMVAWelcomeMessage(self, *which) -> None:
        print(f"tmvalite {tmvalite.__version__}: TMVA's deep learning without ROOT")

    def TMVAVersionMessage(self, *logger) -> None:
        print(f"tmvalite {tmvalite.__version__}")

    def TMVACitation(self, *which) -> None:
        print("CITATION.cff in the source of tmvalite says how to cite; TMVA: A. Hoecker et al., arXiv:physics/0703039")

    def SplitString(self, theOpt, separator) -> list[str]:
        return str(theOpt).split(str(separator))

    def GetXTitleWithUnit(self, title, unit) -> str:
        return f"{title} [{unit}]" if unit else str(title)

    def StringFromInt(self, i) -> str:
        return str(int(i))

    def StringFromDouble(self, d) -> str:
        return f"{float(d):.16e}"

    def CheckForSilentOption(self, cs) -> bool:
        return _word("silent", cs)

    def CheckForVerboseOption(self, cs) -> bool:
        return _word("v", cs) or _word("verbose", cs)


def _word(word: str, options) -> bool:
    """Whether an option string sets this truth value."""
    return any(part.strip().lower() in (word, f"{word}=true", f"{word}=t", f"{word}=1") for part in str(options).split(":"))


def gTools() -> Tools:
    return Tools.Instance()


class PyMethodBase:
    """TMVA's link to Python, whose `PyInitialize()` has nothing left to do in Python."""

    @staticmethod
    def PyInitialize() -> None:
        return None

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
        """The one object of the class, the same as `gTools()`."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    @staticmethod
    def DestroyInstance() -> None:
        """Nothing: Python keeps it."""

    def TMVAWelcomeMessage(self, *which) -> None:
        """Print what this is, and its version; the kind of greeting does not matter."""
        print(f"tmvalite {tmvalite.__version__}: TMVA's deep learning without ROOT")

    def TMVAVersionMessage(self, *logger) -> None:
        """Print the version."""
        print(f"tmvalite {tmvalite.__version__}")

    def TMVACitation(self, *which) -> None:
        """Print where it is said how to cite."""
        print("CITATION.cff in the source of tmvalite says how to cite; TMVA: A. Hoecker et al., arXiv:physics/0703039")

    def SplitString(self, theOpt, separator) -> list[str]:
        """The parts of a text between separators."""
        return str(theOpt).split(str(separator))

    def GetXTitleWithUnit(self, title, unit) -> str:
        """A title with its unit in brackets, "mass [GeV]"; the title alone where there is no unit."""
        return f"{title} [{unit}]" if unit else str(title)

    def StringFromInt(self, i) -> str:
        """A whole number as text."""
        return str(int(i))

    def StringFromDouble(self, d) -> str:
        """A number as text, with 17 digits: enough to give the same float64 back."""
        return f"{float(d):.16e}"

    def CheckForSilentOption(self, cs) -> bool:
        """Whether an option string sets Silent."""
        return _word("silent", cs)

    def CheckForVerboseOption(self, cs) -> bool:
        """Whether an option string sets V or Verbose."""
        return _word("v", cs) or _word("verbose", cs)


def _word(word: str, options) -> bool:
    """Whether an option string sets this truth value."""
    return any(part.strip().lower() in (word, f"{word}=true", f"{word}=t", f"{word}=1") for part in str(options).split(":"))


def gTools() -> Tools:
    """The one object of Tools."""
    return Tools.Instance()


class PyMethodBase:
    """TMVA's link to Python, whose `PyInitialize()` has nothing left to do in Python."""

    @staticmethod
    def PyInitialize() -> None:
        """Nothing: Python runs already."""
        return None

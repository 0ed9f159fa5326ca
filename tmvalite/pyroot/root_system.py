"""gROOT, gSystem and what else says where a script runs."""

from __future__ import annotations

import glob
import os
import sys
import time

from tmvalite.pyroot.current import CURRENT
from tmvalite.pyroot.messages import skipped
from tmvalite.pyroot.root_strings import TString
from tmvalite.training.thread_count import available_threads

VERSION = "6.40.00"  # whose calls are followed
FEATURES = "tmva tmva-cpu imt dataset pyroot"


def _tutorials() -> str:
    """$ROOTSYS/tutorials, or a folder `tutorials` below the working folder."""
    base = os.environ.get("ROOTSYS", "")
    return os.path.join(base, "tutorials") if base else "tutorials"


class TROOT:
    """What scripts ask gROOT for."""

    def GetTutorialDir(self) -> TString:
        """The folder of ROOT's tutorials: $ROOTSYS/tutorials, or `tutorials` below the working folder."""
        return TString(_tutorials())

    GetTutorialsDir = GetTutorialDir

    def GetConfigFeatures(self) -> str:
        """What a script may ask for by name: "tmva-cpu" and "imt" are there, "tmva-gpu" and "tmva-pymva" are not."""
        return FEATURES

    def IsBatch(self) -> bool:
        """True: there is no screen."""
        return True

    def SetBatch(self, batch=True) -> None:
        """Nothing: there is no screen in any case."""

    def GetVersion(self) -> str:
        """The version of ROOT whose calls are followed."""
        return VERSION

    def GetVersionInt(self) -> int:
        """The version of ROOT whose calls are followed, as a number."""
        major, minor, patch = map(int, VERSION.split("."))
        return 10000 * major + 100 * minor + patch

    def SetStyle(self, name="") -> None:
        """Nothing: pictures have the style of tmvalite.plots."""

    def ForceStyle(self, force=True) -> None:
        """Nothing, as SetStyle."""

    def cd(self, path="") -> bool:
        """Leave the current file."""
        CURRENT.directory = None
        return True

    def FindObject(self, name) -> None:
        """None: nothing is registered by name."""

    def ProcessLine(self, line, *errors) -> int:
        """Nothing: C++ is not run. One line says so."""
        skipped(f"gROOT.ProcessLine({str(line)!r})", hint="tmvalite migrate translates a macro's TMVA calls into Python")
        return 0

    def LoadMacro(self, path, *errors) -> int:
        """-1: C++ is not run. One line says so."""
        skipped(f"gROOT.LoadMacro({str(path)!r})", hint="tmvalite migrate translates a macro's TMVA calls into Python")
        return -1

    Macro = LoadMacro


class TSystem:
    """What scripts ask gSystem for."""

    def __init__(self):
        self._environment: dict[str, str] = {}

    def AccessPathName(self, path, mode=0) -> bool:
        """True where there is no such file: ROOT's answer has this sense."""
        return not os.path.exists(self.ExpandPathName(path))

    def ExpandPathName(self, path) -> str:
        """A path with ~ and $NAME replaced."""
        return os.path.expandvars(os.path.expanduser(str(path)))

    def GetFromPipe(self, command) -> TString:
        """Nothing is run. root-config answers "no" to `--has-...`, and its version; everything else is empty."""
        words = str(command).split()
        if words[:1] == ["root-config"]:
            return TString(VERSION if words[1:] == ["--version"] else "no" if words[1:2] and "--has-" in words[1] else "")
        skipped(f"gSystem.GetFromPipe({str(command)!r})", hint="the module subprocess runs commands")
        return TString()

    def Exec(self, command) -> int:
        """Nothing is run, and the answer is that of a failure; `mkdir FOLDER` alone is done."""
        words = str(command).split()
        if words[:1] == ["mkdir"] and (folders := [word for word in words[1:] if not word.startswith("-")]):
            for folder in folders:
                os.makedirs(self.ExpandPathName(folder), exist_ok=True)
            return 0
        skipped(f"gSystem.Exec({str(command)!r})", hint="the module subprocess runs commands")
        return 1

    def mkdir(self, path, recursive=False) -> int:
        """Make a folder; 0, or -1 where it is there or cannot be made."""
        try:
            (os.makedirs if recursive else os.mkdir)(self.ExpandPathName(path))
        except OSError:
            return -1
        return 0

    MakeDirectory = mkdir

    def Unlink(self, path) -> int:
        """Remove a file; 0, or -1 where that cannot be."""
        try:
            os.unlink(self.ExpandPathName(path))
        except OSError:
            return -1
        return 0

    def Setenv(self, name, value) -> None:
        """Set a variable for Getenv and for programs that are started, but not for Python, as ROOT does."""
        self._environment[str(name)] = str(value)
        os.putenv(str(name), str(value))

    def Getenv(self, name) -> str | None:
        """A variable of the environment, or None."""
        return self._environment.get(str(name), os.environ.get(str(name)))

    def BaseName(self, path) -> str:
        """The last part of a path."""
        return os.path.basename(str(path))

    def DirName(self, path) -> str:
        """A path without its last part."""
        return os.path.dirname(str(path)) or "."

    GetDirName = DirName

    def pwd(self) -> str:
        """The working folder."""
        return os.getcwd()

    WorkingDirectory = pwd

    def ChangeDirectory(self, path) -> bool:
        """Change the working folder; whether it could be done."""
        try:
            os.chdir(self.ExpandPathName(path))
        except OSError:
            return False
        return True

    cd = ChangeDirectory

    def Load(self, library, *others) -> int:
        """0: nothing needs to be loaded."""
        return 0

    def ProcessEvents(self) -> bool:
        """False: there is no screen."""
        return False

    def Sleep(self, milliseconds) -> None:
        """Wait."""
        time.sleep(float(milliseconds) / 1000.0)

    def Exit(self, code=0) -> None:
        """End the program."""
        sys.exit(int(code))


gROOT, gSystem = TROOT(), TSystem()
_threads = {"enabled": False, "n": 0}


def EnableImplicitMT(n=0) -> None:
    """Let tmvalite use n threads, as TMVALITE_THREADS does; 0: all that there are."""
    _threads.update(enabled=True, n=int(n))
    if int(n) > 0:
        os.environ.setdefault("TMVALITE_THREADS", str(int(n)))


def DisableImplicitMT() -> None:
    """Use one thread."""
    _threads.update(enabled=False, n=0)
    os.environ["TMVALITE_THREADS"] = "1"


def IsImplicitMTEnabled() -> bool:
    """Whether EnableImplicitMT was called."""
    return _threads["enabled"]


def GetThreadPoolSize() -> int:
    """The number of threads that tmvalite uses, 0 before EnableImplicitMT."""
    return available_threads() if _threads["enabled"] else 0


def matching(pattern) -> list[str]:
    """The files of a pattern in order; the pattern itself where there is nothing to match."""
    text = gSystem.ExpandPathName(pattern)
    return sorted(glob.glob(text)) if glob.has_magic(text) and "://" not in text else [text]

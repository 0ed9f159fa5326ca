"""The Reader of scripts that book every method of a training, also those that were skipped there."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.errors import TmvaliteWarning, did_you_mean, warn_user
from tmvalite.workflow.reader import NOT_A_NUMBER, Reader


class SkippedMethod:
    """What stands for a method without a weight file: it is false, and answers -999."""

    def __init__(self, reader: Reader):
        self.info = reader._info  # its variables are those that the script declares

    def __bool__(self):
        return False

    @property
    def columns(self):
        """What an event gives: the variables that the script declares."""
        return self.info.variables

    def one_event(self) -> None:
        """There is no short way to -999."""

    def GetMvaValues(self, x):
        """-999 for every event."""
        return NOT_A_NUMBER if np.ndim(x) == 1 else np.full(len(x), NOT_A_NUMBER)

    GetMvaValue = GetMvaValues

    def GetRegressionValues(self, x):
        """-999 for every event, as one target."""
        return np.full((*np.shape(x)[:-1], 1), NOT_A_NUMBER)

    GetMulticlassValues = GetRegressionValues

    def GetProba(self, *ignored) -> float:
        """-1, as TMVA of a method that has no PDFs."""
        return -1.0

    def GetRarity(self, *ignored) -> float:
        """0, as TMVA of a method that has no PDFs."""
        return 0.0


class ScriptReader(Reader):
    """A Reader that skips, with one line, a weight file that is not there beside others of the same training."""

    def book(self, tag, path):
        """As Reader.book; without a file, where the folder has others, the method is skipped and gives -999."""
        text = str(path)
        folder, name = os.path.split(text)
        job = name.partition("_")[0]
        found = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
        others = sorted(one for one in found if one.startswith(f"{job}_") and one.endswith(".xml"))
        if os.path.exists(text) or not others:
            return super().book(tag, path)
        message = f"there is no weight file '{text}', skipped: '{tag}' gives {NOT_A_NUMBER:.0f} for every event"
        warn_user(TmvaliteWarning(message, code="weight-file-skipped", hint=did_you_mean(name, others)))
        self._methods[str(tag)] = method = SkippedMethod(self)
        return method

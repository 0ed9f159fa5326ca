"""What EvaluateImportance returns, with the names of ROOT's TH1: a bin for every variable, in percent of the sum."""

from __future__ import annotations

import os

from tmvalite.evaluation.importance import Importance
from tmvalite.io.atomic import make_folder
from tmvalite.workflow.members import HISTOGRAM, TmvaNames


class ImportanceHistogram(TmvaNames):
    """The importances of the variables.

    Attributes
    ----------
    importance : Importance
        Names, values, errors; `str` of it is a table, `figure()` a picture.
    """

    absent = HISTOGRAM

    def __init__(self, title: str, importance: Importance):
        self.title, self.importance = title, importance

    def GetName(self) -> str:
        """The title of the method."""
        return self.title

    GetTitle = GetName

    def GetNbinsX(self) -> int:
        """The number of variables."""
        return len(self.importance.names)

    def GetBinContent(self, i) -> float:
        """The importance of variable i, counted from 1, in percent of the sum of all."""
        return float(self.importance.percent[int(i) - 1])

    def GetBinError(self, i) -> float:
        """Its error in the same unit, without that of the sum."""
        value, total = self.importance.errors[int(i) - 1], self.importance.values.sum()
        return float(100.0 * value / abs(total)) if total else float("nan")

    def GetXaxis(self) -> ImportanceHistogram:
        """The axis, which has the labels."""
        return self

    def GetBinLabel(self, i) -> str:
        """The name of variable i, counted from 1."""
        return self.importance.names[int(i) - 1]

    def Draw(self, option="") -> None:
        """Nothing: a notebook shows the object, `SaveAs` writes it."""

    def SaveAs(self, filename, option="") -> None:
        """Write the bars as a picture. Raises MissingExtraError without matplotlib."""
        if os.path.dirname(str(filename)):
            make_folder(os.path.dirname(str(filename)))
        self.importance.figure().savefig(str(filename))

    Print = SaveAs

    def _repr_png_(self) -> bytes:
        return self.importance._repr_png_()

    def __str__(self):
        return str(self.importance)

    def __repr__(self):
        best = self.importance.ranked()[0][0]
        return f"ImportanceHistogram('{self.title}', {len(self.importance.names)} variables, {best} first)"

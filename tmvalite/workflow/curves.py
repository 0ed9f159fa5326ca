"""What GetROCCurve returns: points with TMVA's names, and the pictures Draw and SaveAs make of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.evaluation.plots import X_TITLE, Y_TITLE, roc_figure
from tmvalite.evaluation.roc import RocCurve


class Drawable:
    """Draw and SaveAs for anything that has curves. Nothing is shown: a batch job has no screen."""

    name = title = ""

    def curves(self) -> Sequence[tuple[str, RocCurve]]:
        raise TypeError(f"{type(self).__name__} has no curves")

    def figure(self):
        """A new matplotlib Figure. Raises MissingExtraError without matplotlib."""
        return roc_figure(self.curves(), self.title)

    def Draw(self, option: str = "") -> None:
        """Draw into a figure, which `figure()` returns and SaveAs writes."""
        self.figure()

    def SaveAs(self, path, option: str = "") -> None:
        """Write a picture; the ending of `path` says which kind.

        Raises
        ------
        OptionError
            matplotlib cannot write such a file (TMVA's .C and .root among them).
        MissingExtraError
            matplotlib is not installed.
        """
        figure, path = self.figure(), str(path)
        ending = path.rsplit(".", 1)[-1].lower()
        known = figure.canvas.get_supported_filetypes()
        if ending not in known:
            raise OptionError(f"a picture cannot be written as '{path}'", code="picture", expected=tuple(sorted(known)))
        figure.savefig(path)

    Print = SaveAs

    def Update(self) -> None:
        return None

    Close = Modified = Update

    def GetName(self) -> str:
        return self.name

    def GetTitle(self) -> str:
        return self.title

    def SetTitle(self, title) -> None:
        self.title = str(title)


class RocGraph(Drawable):
    """The curve of one method.

    Attributes
    ----------
    x, y : (K,) float64
        Signal efficiency, rising from 0 to 1, and background rejection.
    curve : RocCurve
        With thresholds and the area.
    """

    def __init__(self, label: str, curve: RocCurve, titled: bool = True):
        self.name, self.label, self.curve = label, label, curve
        self.title = label if titled else ""
        self.x, self.y = curve.signal_efficiency, curve.background_rejection
        self.x_title, self.y_title = (X_TITLE, Y_TITLE) if titled else ("", "")

    def curves(self):
        return [(self.label, self.curve)]

    def GetN(self) -> int:
        return len(self.x)

    def GetX(self) -> np.ndarray:
        return self.x

    def GetY(self) -> np.ndarray:
        return self.y


class RocCanvas(Drawable):
    """The curves of all methods of one data set, in `graphs`."""

    def __init__(self, name: str, graphs: Sequence[RocGraph]):
        self.name, self.title, self.graphs = name, name, list(graphs)

    def curves(self):
        return [(graph.label, graph.curve) for graph in self.graphs]

    def GetListOfGraphs(self) -> list[RocGraph]:
        return self.graphs

"""What GetROCCurve returns, with the names of ROOT's TGraph and TCanvas, and TMVA's ROCCurve of plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.roc import RocCurve, roc_curve
from tmvalite.evaluation.working_points import BestCut, WorkingPoint
from tmvalite.workflow.drawable import Drawable
from tmvalite.workflow.members import ROC, TmvaNames

ROOT_COLOURS = dict(enumerate(("white", "black", "red", "lime", "blue", "gold", "magenta", "cyan", "green", "slateblue")))
ROOT_LINES = {1: "-", 2: "--", 3: ":", 4: "-."}


class RocGraph(Drawable):
    """The curve of one method.

    Attributes
    ----------
    x, y : (K,) float64
        Signal efficiency, rising from 0 to 1, and background rejection.
    curve : RocCurve
        With thresholds and the area.
    style : dict
        Arguments of matplotlib's plot.
    """

    def __init__(self, label: str, curve: RocCurve, titled: bool = True):
        super().__init__(label, label if titled else "")
        self.label, self.curve, self.style = label, curve, {}
        self.x, self.y = curve.signal_efficiency, curve.background_rejection
        if not titled:
            self.x_axis.title = self.y_axis.title = ""

    def graphs_drawn(self):
        """Itself alone."""
        return [self]

    def __repr__(self):
        return f"RocGraph('{self.label}', {len(self.x)} points, area {self.curve.area:.3f})"

    def evaluate(self, x) -> float:
        """The background rejection at a signal efficiency, on the straight line between two points.

        On a vertical piece of the curve its upper end counts; beyond the ends the value does not change.
        """
        order = np.argsort(self.x, kind="stable")
        xs, ys = self.x[order], self.y[order]
        k = int(np.searchsorted(xs, x))
        if k == len(xs) or k == 0 or xs[k] == x:
            return float(ys[min(k, len(xs) - 1)])
        return float(ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1]))

    def at(self, *, b_eff=None, s_eff=None, cut=None) -> WorkingPoint:
        """The working point with this background or signal efficiency, or at this cut; see `RocCurve.at`."""
        return self.curve.at(b_eff=b_eff, s_eff=s_eff, cut=cut)

    def best_cut(self, n_signal, n_background, fom="S/sqrt(S+B)", sigma_b=0.0) -> BestCut:
        """The cut with the largest figure of merit; see `RocCurve.best_cut`."""
        return self.curve.best_cut(n_signal, n_background, fom, sigma_b)

    # ROOT's names

    def GetN(self) -> int:
        """The number of points."""
        return len(self.x)

    def GetX(self) -> np.ndarray:
        """The signal efficiencies (K,), rising from 0 to 1."""
        return self.x

    def GetY(self) -> np.ndarray:
        """The background rejections (K,)."""
        return self.y

    def GetPointX(self, i) -> float:
        """The signal efficiency of point i."""
        return float(self.x[i])

    def GetPointY(self, i) -> float:
        """The background rejection of point i."""
        return float(self.y[i])

    def Eval(self, x, *ignored) -> float:
        """The background rejection at a signal efficiency, as `evaluate`."""
        return self.evaluate(x)

    def Integral(self, first=0, last=-1) -> float:
        """As TGraph::Integral: the area of the polygon that the points make, closed from the last to the first of them.

        Of a whole ROC curve that is its area minus 1/2; `curve.area` and Factory.GetROCIntegral are the area itself.
        """
        stop = len(self.x) if last < 0 else last + 1
        x, y = self.x[first:stop], self.y[first:stop]
        return float(abs(np.sum((np.roll(x, -1) - x) * (np.roll(y, -1) + y))) / 2.0) if len(x) > 2 else 0.0

    def SetLineColor(self, color) -> None:
        """ROOT's basic colours 0 to 9 by number; any colour of matplotlib by name."""
        self.style["color"] = ROOT_COLOURS.get(color, "black") if isinstance(color, (int, np.integer)) else str(color)

    def SetLineWidth(self, width) -> None:
        """The width of the line in points."""
        self.style["linewidth"] = float(width)

    def SetLineStyle(self, style) -> None:
        """ROOT's line styles 1 to 4; others are drawn as 1."""
        self.style["linestyle"] = ROOT_LINES.get(style, "-")


class RocCanvas(Drawable):
    """The curves of all methods of one data set, in `graphs`; TMVA's TCanvas and TMultiGraph."""

    def __init__(self, name: str, graphs: Sequence[RocGraph]):
        super().__init__(name, name)
        self.graphs = list(graphs)

    def graphs_drawn(self):
        """The graphs of all methods."""
        return self.graphs

    def __repr__(self):
        areas = ", ".join(f"{graph.label} {graph.curve.area:.3f}" for graph in self.graphs)
        return f"RocCanvas('{self.name}', areas: {areas})"

    def GetListOfGraphs(self) -> list[RocGraph]:
        """The graphs of all methods."""
        return self.graphs

    GetListOfPrimitives = GetListOfGraphs


class ROCCurve(TmvaNames):
    """TMVA's ROC curve of plain arrays, exact: tied outputs count half, weights may have either sign.

    ROCCurve(values, is_signal), ROCCurve(values, is_signal, weights), ROCCurve(signal, background) or
    ROCCurve(signal, background, signal weights, background weights).

    >>> curve = ROCCurve([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    >>> curve.GetROCIntegral(), curve.GetEffSForEffB(0.5)
    (0.75, 1.0)
    """

    absent = ROC

    def __init__(self, first, second, *weights):
        first, second = np.asarray(first).reshape(-1), np.asarray(second).reshape(-1)
        if len(weights) > 2:
            raise DataError(f"a ROC curve is made of 2 to 4 arrays, not {2 + len(weights)}", code="call")
        if second.dtype == bool and len(weights) < 2:
            self.curve = roc_curve(first, second, *weights)
            return
        weights = [np.ones(len(a)) if w is None else np.asarray(w) for a, w in zip((first, second), (*weights, None, None))]
        is_signal = np.arange(len(first) + len(second)) < len(first)
        self.curve = roc_curve(np.concatenate([first, second]), is_signal, np.concatenate(weights))

    def __repr__(self):
        return f"ROCCurve(area {self.curve.area:.3f})"

    def GetROCIntegral(self, points=41) -> float:
        """The exact area, whatever the number of points."""
        return self.curve.area

    def GetROCCurve(self, points=100) -> RocGraph:
        """The exact curve, with a point for every output that occurs."""
        return RocGraph("ROCCurve", self.curve)

    def GetEffSForEffB(self, effB, num_points=41) -> float:
        """The signal efficiency where the background efficiency is `effB`, both between 0 and 1, on the exact curve."""
        return self.curve.signal_efficiency_at(effB)

    def ComputeSensitivity(self, num_points=41) -> list[float]:
        """The signal efficiency at every point of the exact curve."""
        return self.curve.signal_efficiency.tolist()

    def ComputeSpecificity(self, num_points=41) -> list[float]:
        """The background rejection at every point of the exact curve."""
        return self.curve.background_rejection.tolist()

"""What curves and canvases share: names, axes, Draw and SaveAs. A picture that cannot be made never ends a job."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tmvalite.errors import MissingExtraError, OptionError, TmvaliteError
from tmvalite.evaluation.plots import X_TITLE, Y_TITLE, roc_figure
from tmvalite.evaluation.roc import RocCurve
from tmvalite.io.atomic import make_folder, write_atomic
from tmvalite.io.root_file import RootFile
from tmvalite.workflow.log import Log
from tmvalite.workflow.members import CURVE, TmvaNames


class Axis:
    """Title and range of one axis, with TMVA's (ROOT's) names."""

    def __init__(self, title: str):
        self.title = title
        self.range: tuple[float, float] | None = None

    def GetTitle(self) -> str:
        """The text at the axis."""
        return self.title

    def SetTitle(self, title) -> None:
        """Change the text at the axis."""
        self.title = str(title)

    def SetRangeUser(self, low, high) -> None:
        """Show the axis from one value to another."""
        self.range = float(low), float(high)

    SetLimits = SetRangeUser


class Drawable(TmvaNames):
    """Draw and SaveAs for anything that has curves. Nothing is shown: a batch job has no screen, and a notebook shows
    the object itself."""

    absent = CURVE
    name = title = ""

    def __init__(self, name: str, title: str):
        self.name, self.title = name, title
        self.x_axis, self.y_axis = Axis(X_TITLE), Axis(Y_TITLE)
        self.log_x = self.log_y = self.grid_x = self.grid_y = False

    def graphs_drawn(self) -> Sequence:
        """The RocGraphs that belong into a picture of it."""
        raise NotImplementedError

    def curves(self) -> Sequence[tuple[str, RocCurve]]:
        """(label, curve) of every graph in the picture."""
        return [(graph.label, graph.curve) for graph in self.graphs_drawn()]

    def figure(self):
        """A new matplotlib Figure. Raises MissingExtraError without matplotlib."""
        figure = roc_figure(self.curves(), self.title, styles=[graph.style for graph in self.graphs_drawn()])
        ax = figure.axes[0]
        ax.set(xlabel=self.x_axis.title, ylabel=self.y_axis.title)
        for which, log, grid, axis in (("x", self.log_x, self.grid_x, self.x_axis), ("y", self.log_y, self.grid_y, self.y_axis)):
            if log:
                ax.set(**{f"{which}scale": "log", f"{which}lim": (1e-3, 1.05)})
            if axis.range is not None:
                ax.set(**{f"{which}lim": axis.range})
            if grid:
                ax.grid(True, axis=which, alpha=0.4)
        return figure

    def _repr_png_(self) -> bytes | None:
        try:
            return self.figure()._repr_png_()
        except MissingExtraError:
            return None  # the notebook then shows the text

    def draw(self) -> bool:
        """Draw into a figure; False, and one line in the log, where that cannot be."""
        return self._attempt(self.figure, "the curve is not drawn")

    def save(self, path) -> bool:
        """Write a picture, or the points into a ROOT file; the ending of `path` says which. Missing folders are made.

        False, and one line in the log, where it cannot be written.
        """
        path = os.fspath(path)
        return self._attempt(lambda: self._write(path), f"'{path}' is not written")

    def _attempt(self, work, failed: str) -> bool:
        try:
            work()
        except TmvaliteError as error:
            hint = f" ({error.hint})" if error.hint else ""
            Log("").error(f"{failed}: {error.message}{hint}")
            return False
        return True

    def _write(self, path: str) -> None:
        ending = os.path.splitext(path)[1].lower().lstrip(".")
        if ending == "root":
            self._make_folder(path)
            file = RootFile(path)
            for graph in self.graphs_drawn():
                file.add_graph(graph.name.replace("/", "_"), graph.x, graph.y, graph.title)
            file.write()
            return
        figure = self.figure()
        known = figure.canvas.get_supported_filetypes()
        if ending not in known:
            raise OptionError(
                f"no picture ends in '.{ending}'", code="picture", hint=f"known are {', '.join(sorted(known))}, root"
            )
        self._make_folder(path)
        write_atomic(path, lambda file: figure.savefig(file, format=ending))

    def _make_folder(self, path: str) -> None:
        if os.path.dirname(path):
            make_folder(os.path.dirname(path))

    # TMVA's and ROOT's names

    def Draw(self, option: str = "") -> None:
        """Draw into a figure; what goes wrong is one line in the log."""
        self.draw()

    def SaveAs(self, path, option: str = "") -> None:
        """Write a picture, or the points into a ROOT file; the ending says which."""
        self.save(path)

    def Print(self, path="", option: str = "") -> None:
        """Print(file) writes a picture as SaveAs does; without a file the points are printed."""
        if path:
            self.save(path)
            return
        for graph in self.graphs_drawn():
            print(f"{graph.name}: {len(graph.x)} points, area {graph.curve.area:.6g}")

    def Update(self) -> None:
        """Nothing: a picture is made when it is asked for."""

    Close = Modified = Clear = Update

    def BuildLegend(self, *place) -> None:
        """Nothing: every picture has a legend."""

    def GetName(self) -> str:
        """The name, under which a ROOT file holds it."""
        return self.name

    def SetName(self, name) -> None:
        """Change the name."""
        self.name = str(name)

    def GetTitle(self) -> str:
        """The text above the picture."""
        return self.title

    def SetTitle(self, title) -> None:
        """Change the text above the picture."""
        self.title = str(title)

    def cd(self, subpad=0):
        """The object itself, as the place where is drawn."""
        return self

    def SetLogx(self, value=1) -> None:
        """Draw the signal efficiency on a logarithmic axis, or on a linear one again."""
        self.log_x = bool(value)

    def SetLogy(self, value=1) -> None:
        """Draw the background rejection on a logarithmic axis, or on a linear one again."""
        self.log_y = bool(value)

    def SetGrid(self, valuex=1, valuey=1) -> None:
        """Draw lines across the picture at the numbers of both axes, or none."""
        self.grid_x, self.grid_y = bool(valuex), bool(valuey)

    def SetGridx(self, value=1) -> None:
        """Draw lines at the numbers of the horizontal axis, or none."""
        self.grid_x = bool(value)

    def SetGridy(self, value=1) -> None:
        """Draw lines at the numbers of the vertical axis, or none."""
        self.grid_y = bool(value)

    def GetXaxis(self) -> Axis:
        """The horizontal axis, whose title and range may be changed."""
        return self.x_axis

    def GetYaxis(self) -> Axis:
        """The vertical axis, whose title and range may be changed."""
        return self.y_axis

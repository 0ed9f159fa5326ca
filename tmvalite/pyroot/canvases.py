"""TCanvas, gPad, TLegend: pictures by matplotlib, made when they are saved."""

from __future__ import annotations

import os

from tmvalite.errors import TmvaliteError
from tmvalite.evaluation.plots import new_figure, roc_figure
from tmvalite.io.atomic import make_folder, write_atomic
from tmvalite.pyroot.current import CURRENT
from tmvalite.pyroot.messages import Error, Info
from tmvalite.pyroot.styled import Styled

INCH = 100.0  # pixels of ROOT


class TPad(Styled):
    """A place for pictures: what is drawn while it is the current one."""

    def __init__(self, name="", title="", *place):
        self.name, self.title = str(name), str(title)
        self.things: list[tuple[object, str]] = []
        self.parts: list[TPad] = []
        self.log_x = self.log_y = False

    def GetName(self) -> str:
        """The name of the pad."""
        return self.name

    def add(self, thing, option: str = "") -> None:
        """Draw a thing, above what is there with "same", else instead of it."""
        if "same" not in option.lower() and hasattr(thing, "draw_on"):
            self.things.clear()
        self.things.append((thing, option))

    def cd(self, part=0) -> TPad:
        """Make it, or one of its parts, the current pad."""
        CURRENT.pad = self.parts[part - 1] if part else self
        return CURRENT.pad

    def Divide(self, columns=1, rows=1, *margins) -> None:
        """Cut it into parts, numbered from 1 along the rows."""
        self.parts = [TPad(f"{self.name}_{i}") for i in range(1, int(columns) * int(rows) + 1)]
        self.grid = int(rows), int(columns)

    def Draw(self, option="") -> None:
        """Nothing: there is no screen."""

    def Clear(self, option="") -> None:
        """Forget what was drawn."""
        self.things.clear()
        self.parts.clear()

    def SetLogx(self, value=1) -> None:
        """A logarithmic horizontal axis, or a linear one."""
        self.log_x = bool(value)

    def SetLogy(self, value=1) -> None:
        """A logarithmic vertical axis, or a linear one."""
        self.log_y = bool(value)

    def BuildLegend(self, *place) -> None:
        """Nothing: what has a title gets a legend."""

    def draw_things(self, ax) -> None:
        """Draw everything into axes of matplotlib."""
        for thing, option in self.things:
            if hasattr(thing, "draw_on"):
                thing.draw_on(ax, option)
            elif hasattr(thing, "curves"):
                roc_figure(thing.curves(), thing.GetTitle(), ax)
        if self.log_x:
            ax.set_xscale("log")
        if self.log_y:
            ax.set_yscale("log")
        if len(self.things) > 1 and ax.get_legend_handles_labels()[0]:
            ax.legend()


class TCanvas(TPad):
    """TCanvas(name="c1", title="", width=700, height=500): the current pad from now on."""

    def __init__(self, name="c1", title="", *size):
        super().__init__(name, title)
        numbers = [float(one) for one in size[-2:]] if len(size) >= 2 else [700.0, 500.0]
        self.size = numbers[0] / INCH, numbers[1] / INCH
        CURRENT.pad = self

    def figure(self):
        """A new matplotlib Figure. Raises MissingExtraError without matplotlib."""
        figure = new_figure(*self.size)
        if not self.parts:
            self.draw_things(figure.add_subplot())
            return figure
        for at, part in enumerate(self.parts, 1):
            part.draw_things(figure.add_subplot(*self.grid, at))
        return figure

    def _repr_png_(self) -> bytes:
        return self.figure()._repr_png_()

    def SaveAs(self, path, option="") -> None:
        """Write a picture, whose kind the ending says; what cannot be written is one line on standard error."""
        path = str(path)
        ending = os.path.splitext(path)[1].lower().lstrip(".")
        try:
            figure = self.figure()
            if ending not in figure.canvas.get_supported_filetypes():
                Error("TCanvas::SaveAs", f"'{path}' is not written: no picture ends in '.{ending}'")
                return
            if os.path.dirname(path):
                make_folder(os.path.dirname(path))
            write_atomic(path, lambda file: figure.savefig(file, format=ending))
        except TmvaliteError as problem:
            Error("TCanvas::SaveAs", f"'{path}' is not written: {problem.message}")
            return
        Info("TCanvas::SaveAs", f"file {path} has been created")

    Print = SaveAs

    def Close(self) -> None:
        """Nothing: there is no window."""

    def Update(self) -> None:
        """Nothing: a picture is made when it is saved."""


def current_pad() -> TPad:
    """The current pad; a new canvas where there is none."""
    return CURRENT.pad if CURRENT.pad is not None else TCanvas()


class TLegend(Styled):
    """A legend: every picture with several things has one."""

    def __init__(self, *place):
        """The place does not matter."""

    def AddEntry(self, thing, label="", option="") -> None:
        """Give a histogram the label of its legend."""
        if label and hasattr(thing, "legend"):
            thing.legend = str(label)

    def Draw(self, option="") -> None:
        """Nothing: every picture with several things has a legend."""


class Label(Styled):
    """TLatex, TText, TLine, TPaveText and the like: they are not part of a picture."""

    def __init__(self, *what):
        """What it says does not matter."""

    def Draw(self, option="", *more) -> None:
        """Nothing."""

    DrawLatex = DrawLatexNDC = DrawLine = DrawText = AddText = Draw

"""What an object of ROOT has for its looks: calls that change nothing here."""

from __future__ import annotations

LOOKS = ("Set", "Use", "Get", "Force", "Is")


class Styled:
    """Base of what is drawn. Calls that choose colours, fonts, sizes and places are taken and do nothing."""

    def __getattr__(self, name: str):
        if not name.startswith("Set") and name not in ("UseCurrentStyle", "Paint", "Modified", "RedrawAxis", "Update"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)
        return _nothing


def _nothing(*arguments, **keywords) -> None:
    """The look stays as it is."""


class TStyle(Styled):
    """gStyle: pictures have the style of tmvalite.plots."""

    def cd(self) -> None:
        """Nothing: there is one style."""


class AxisLabel(Styled):
    """The axis of a histogram."""

    def __init__(self, edges, title: str = ""):
        self.edges, self.title = edges, title

    def GetTitle(self) -> str:
        """The text at the axis."""
        return self.title

    def SetTitle(self, title) -> None:
        """Change the text at the axis."""
        self.title = str(title)

    def GetNbins(self) -> int:
        """The number of bins."""
        return len(self.edges) - 1

    def GetXmin(self) -> float:
        """Where the axis begins."""
        return float(self.edges[0])

    def GetXmax(self) -> float:
        """Where the axis ends."""
        return float(self.edges[-1])

    def FindBin(self, x) -> int:
        """The bin of a value, from 1; 0 below the axis, the number of bins plus 1 above it."""
        return bin_of(self.edges, x)

    def GetBinCenter(self, i) -> float:
        """The middle of bin i, from 1."""
        return float(self.edges[i - 1] + self.edges[i]) / 2.0

    def GetBinLowEdge(self, i) -> float:
        """The lower edge of bin i, from 1."""
        return float(self.edges[i - 1])

    def GetBinWidth(self, i) -> float:
        """The width of bin i, from 1."""
        return float(self.edges[i] - self.edges[i - 1])


def bin_of(edges, x) -> int:
    """ROOT's number of the bin of a value: 0 is below, len(edges) above."""
    import bisect

    return bisect.bisect_right(edges, x)

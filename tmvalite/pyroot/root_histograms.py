"""TH1 and TH2: histograms that scripts fill, draw and write."""

from __future__ import annotations

import math

import numpy as np

from tmvalite.errors import DataError
from tmvalite.io.root_file import Histogram
from tmvalite.pyroot.canvases import current_pad
from tmvalite.pyroot.current import CURRENT
from tmvalite.pyroot.messages import Error
from tmvalite.pyroot.random_numbers import gRandom
from tmvalite.pyroot.root_functions import TF1, function_called
from tmvalite.pyroot.styled import AxisLabel, Styled, bin_of

INNER = 8  # points of a bin at which FillRandom asks a function


class TH1(Styled):
    """A histogram of one or two axes: (name, title, n, low, high), or (name, title, n, edges), for each axis.

    Bins are numbered from 1 as in ROOT; 0 and n + 1 hold what is below and above.
    """

    n_axes = 1
    double = True

    def __init__(self, name="", title="", *axes):
        self._name = str(name)
        self._title, *labels = str(title).split(";")
        self.legend = self._title or self._name
        self.edges = _edges(axes, self.n_axes, type(self).__name__)
        self.axes = [AxisLabel(edges.tolist(), label) for edges, label in zip(self.edges, [*labels, "", ""])]
        self.vertical = AxisLabel([0.0, 1.0], labels[self.n_axes] if len(labels) > self.n_axes else "")
        shape = tuple(len(edges) + 1 for edges in self.edges)
        self.contents, self.squares = np.zeros(shape), np.zeros(shape)
        self.n_entries = 0
        if CURRENT.directory is not None:
            CURRENT.directory._file.attach(self)

    # Filling

    def Fill(self, *values) -> int:
        """Fill(x), Fill(x, w), for two axes Fill(x, y), Fill(x, y, w); the number of the bin, or -1 outside."""
        *at, weight = values if len(values) > self.n_axes else (*values, 1.0)
        place = tuple(bin_of(axis.edges, float(x)) for axis, x in zip(self.axes, at))
        self.contents[place] += weight
        self.squares[place] += weight * weight
        self.n_entries += 1
        return place[0] if all(0 < i < n - 1 for i, n in zip(place, self.contents.shape)) else -1

    def add_points(self, points, weights) -> None:
        """Fill many values: one (N,) array for each axis, and (N,) weights."""
        place = tuple(np.searchsorted(edges, values, side="right") for edges, values in zip(self.edges, points))
        np.add.at(self.contents, place, weights)
        np.add.at(self.squares, place, np.square(weights))
        self.n_entries += len(weights)

    def FillN(self, n, x, w=None, stride=1) -> None:
        """Fill the first n values of an array, with weights where there are any."""
        values = np.asarray(x)[: n * stride : stride]
        self.add_points([values], np.ones(len(values)) if w is None else np.asarray(w)[: n * stride : stride])

    def FillRandom(self, function, n=5000, *generator) -> None:
        """Fill n random values that follow a TF1 or TF2, given itself or by name, over the whole range of the axes."""
        function = function_called(str(function)) if not isinstance(function, TF1) else function
        inner = [_inner_points(edges) for edges in self.edges]
        density = np.maximum(function.values(*np.meshgrid(*inner, indexing="ij")), 0.0)
        shape = [size for edges in self.edges for size in (len(edges) - 1, INNER)]
        chance = density.reshape(shape).sum(axis=tuple(range(1, 2 * self.n_axes, 2)))
        for axis, edges in enumerate(self.edges):
            chance = chance * np.diff(edges).reshape([-1 if i == axis else 1 for i in range(self.n_axes)])
        counts = gRandom.generator.multinomial(int(n), (chance / chance.sum()).reshape(-1)).reshape(chance.shape)
        inside = (slice(1, -1),) * self.n_axes
        self.contents[inside] += counts
        self.squares[inside] += counts
        self.n_entries += int(n)

    def Reset(self, option="") -> None:
        """Forget all entries."""
        self.contents[...] = 0.0
        self.squares[...] = 0.0
        self.n_entries = 0

    def Sumw2(self, flag=True) -> None:
        """Nothing: the squares of weights are always summed."""

    def Add(self, other, factor=1.0) -> bool:
        """Add another histogram of the same bins, times a factor."""
        self.contents += factor * other.contents
        self.squares += factor * factor * other.squares
        self.n_entries += other.n_entries
        return True

    def Scale(self, factor=1.0, option="") -> None:
        """Multiply all contents."""
        self.contents *= factor
        self.squares *= factor * factor

    def Clone(self, name="") -> TH1:
        """A copy under another name."""
        copy = type(self)(name or self._name, self._title, *_as_arguments(self.edges))
        copy.contents, copy.squares, copy.n_entries = self.contents.copy(), self.squares.copy(), self.n_entries
        return copy

    # Asking

    def GetName(self) -> str:
        """The name of the histogram."""
        return self._name

    def SetName(self, name) -> None:
        """Change the name."""
        self._name = str(name)

    def GetTitle(self) -> str:
        """The title."""
        return self._title

    def SetTitle(self, title) -> None:
        """Change the title."""
        self._title = str(title).partition(";")[0]

    def GetBinContent(self, *bins) -> float:
        """The content of a bin, (i) or (i, j), from 1."""
        return float(self.contents[bins])

    def SetBinContent(self, *bins_and_value) -> None:
        """Set the content of a bin: (i, value) or (i, j, value)."""
        *bins, value = bins_and_value
        self.contents[tuple(bins)] = value

    def GetBinError(self, *bins) -> float:
        """The error of a bin: the root of its sum of squared weights."""
        return float(math.sqrt(self.squares[bins]))

    def SetBinError(self, *bins_and_error) -> None:
        """Set the error of a bin: (i, error) or (i, j, error)."""
        *bins, error = bins_and_error
        self.squares[tuple(bins)] = error * error

    def FindBin(self, *at) -> int:
        """The bin of a value on the first axis."""
        return bin_of(self.axes[0].edges, float(at[0]))

    def GetBinCenter(self, i) -> float:
        """The middle of bin i of the first axis."""
        return self.axes[0].GetBinCenter(i)

    def GetBinLowEdge(self, i) -> float:
        """The lower edge of bin i of the first axis."""
        return self.axes[0].GetBinLowEdge(i)

    def GetBinWidth(self, i) -> float:
        """The width of bin i of the first axis."""
        return self.axes[0].GetBinWidth(i)

    def GetNbinsX(self) -> int:
        """The number of bins of the first axis."""
        return len(self.edges[0]) - 1

    def GetNbinsY(self) -> int:
        """The number of bins of the second axis, 1 without one."""
        return len(self.edges[1]) - 1 if self.n_axes > 1 else 1

    def GetEntries(self) -> float:
        """How often Fill was called."""
        return float(self.n_entries)

    def Integral(self, first=1, last=-1) -> float:
        """The sum of all bins, or of the bins first to last of one axis."""
        inside = self.contents[(slice(1, -1),) * self.n_axes]
        return float(inside.sum() if last < 0 else self.contents[first : last + 1].sum())

    GetSumOfWeights = Integral

    def GetMaximum(self) -> float:
        """The largest content."""
        return float(self.contents[(slice(1, -1),) * self.n_axes].max())

    def GetMinimum(self) -> float:
        """The smallest content."""
        return float(self.contents[(slice(1, -1),) * self.n_axes].min())

    def GetMaximumBin(self) -> int:
        """The bin with the largest content, from 1."""
        return int(np.argmax(self.contents[1:-1])) + 1

    def GetMean(self, axis=1) -> float:
        """The mean along an axis, from the centres of bins."""
        return self._moments(axis)[0]

    def GetStdDev(self, axis=1) -> float:
        """The standard deviation along an axis, from the centres of bins."""
        return self._moments(axis)[1]

    GetRMS = GetStdDev

    def _moments(self, axis: int) -> tuple[float, float]:
        inside = self.contents[(slice(1, -1),) * self.n_axes]
        along = inside.sum(axis=tuple(i for i in range(self.n_axes) if i != axis - 1))
        edges, total = self.edges[axis - 1], along.sum()
        if total == 0.0:
            return 0.0, 0.0
        centres = (edges[1:] + edges[:-1]) / 2.0
        mean = float(along @ centres / total)
        return mean, math.sqrt(max(float(along @ (centres - mean) ** 2 / total), 0.0))

    def GetXaxis(self) -> AxisLabel:
        """The first axis."""
        return self.axes[0]

    def GetYaxis(self) -> AxisLabel:
        """The second axis, or that of the contents."""
        return self.axes[1] if self.n_axes > 1 else self.vertical

    # Keeping and drawing

    def content(self) -> Histogram:
        """What a file keeps of it: all bins without those outside the axes."""
        inside = (slice(1, -1),) * self.n_axes
        return Histogram(
            self.contents[inside], self.edges, self.squares[inside], self._title, float(self.n_entries), double=self.double
        )

    def Write(self, name="", *others) -> int:
        """Write it into the current file."""
        if CURRENT.directory is None:
            Error("TH1::Write", f"no file is open for writing: '{self._name}' is not written")
            return 0
        return CURRENT.directory.WriteObject(self, str(name or self._name))

    def SetDirectory(self, directory) -> None:
        """Let a file write it when the file is written; None for none."""
        if directory:
            directory._file.attach(self)

    def Print(self, option="") -> None:
        """Print name, number of entries and sum."""
        print(f"{type(self).__name__}.Print Name  = {self._name}, Entries= {self.n_entries}, Total sum= {self.Integral():g}")

    def Draw(self, option="") -> None:
        """Draw it into the current pad."""
        current_pad().add(self, str(option))

    def DrawClone(self, option="") -> TH1:
        """Draw a copy, which later changes do not reach; the copy."""
        copy = self.Clone()
        copy.Draw(option)
        return copy

    def draw_on(self, ax, option: str = "") -> None:
        """Draw it into axes of matplotlib: steps, or a map of two axes."""
        if self.n_axes == 1:
            ax.stairs(self.contents[1:-1], self.edges[0], label=self.legend)
        else:
            ax.pcolormesh(*self.edges, self.contents[1:-1, 1:-1].T)
        ax.set(title=self._title, xlabel=self.axes[0].title, ylabel=self.GetYaxis().title)


def _edges(axes: tuple, n_axes: int, kind: str) -> list[np.ndarray]:
    edges, rest = [], list(axes)
    while rest and len(edges) < n_axes:
        n = int(rest.pop(0))
        if rest and hasattr(rest[0], "__len__"):
            edges.append(np.array(list(rest.pop(0))[: n + 1], float))
        elif len(rest) >= 2:
            edges.append(np.linspace(float(rest.pop(0)), float(rest.pop(0)), n + 1))
        else:
            break
    if axes and (rest or len(edges) != n_axes or any(len(one) < 2 for one in edges)):
        form = "name, title" + ", n, low, high" * n_axes
        raise DataError(f"{kind} cannot be made of {len(axes)} numbers", code="call", expected=f"{kind}({form})")
    return edges or [np.array([0.0, 1.0])] * n_axes


def _as_arguments(edges) -> list:
    return [part for one in edges for part in (len(one) - 1, one.tolist())]


def _inner_points(edges: np.ndarray) -> np.ndarray:
    steps = (np.arange(INNER) + 0.5) / INNER
    return (edges[:-1, None] + np.diff(edges)[:, None] * steps).reshape(-1)


class TH1D(TH1):
    """A histogram of float64."""


class TH1F(TH1):
    """A histogram that a file keeps as float32."""

    double = False


class TH2D(TH1):
    """A histogram of two axes, of float64."""

    n_axes = 2


class TH2F(TH2D):
    """A histogram of two axes that a file keeps as float32."""

    double = False


def from_uproot(found) -> TH1:
    """A histogram of a file."""
    n_axes = len(found.axes)
    kind = {(1, "F"): TH1F, (2, "F"): TH2F, (2, "D"): TH2D}.get((n_axes, found.classname[-1]), TH2D if n_axes == 2 else TH1D)
    edges = [np.asarray(axis.edges()) for axis in found.axes]
    histogram = kind(found.name, found.title, *_as_arguments(edges))
    histogram.contents = np.asarray(found.values(flow=True), float)
    variances = found.variances(flow=True)
    histogram.squares = np.asarray(histogram.contents if variances is None else variances, float)
    histogram.n_entries = int(found.member("fEntries"))
    return histogram

"""Histograms, profiles and graphs of arrays, and the objects of ROOT that they become in a file.

Bins are ROOT's, with an under- and an overflow bin on every axis, but a value on the last edge belongs to the last bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tmvalite.errors import DataError

NO_STATS = 1 << 9  # TH1::kNoStats, a bit of TObject


@dataclass(eq=False)
class Histogram:
    """A filled histogram.

    contents : (B,) or (Bx, By) float
        Sums of weights.
    edges : tuple of one or two (B + 1,) float
        Bin edges of each axis.
    sumw2 : like contents, or None
        Sums of squared weights; None for unweighted entries, whose errors are the square roots of the contents.
    title : str
    entries : float or None
        Number of entries; None: the sum of the contents.
    labels : tuple of sequences of str
        Bin labels of each axis, or empty.
    double : bool
        TH1D or TH2D instead of TMVA's TH1F or TH2F.
    axes : tuple of str
        Titles of the axes, or empty.
    flow : (B + 2,) or (Bx + 2, By + 2) float, or None
        The contents with what is below and above the edges; None: nothing.
    moments : tuple of float, or None
        Sums over the entries inside: w, w^2, w x, w x^2 (and w y, w y^2, w x y); None: those that the centres of bins give.
    stats : bool
        Whether a picture has a box with mean and width.
    """

    contents: np.ndarray
    edges: tuple[np.ndarray, ...]
    sumw2: np.ndarray | None = None
    title: str = ""
    entries: float | None = None
    labels: tuple[Sequence[str], ...] = ()
    double: bool = False
    axes: tuple[str, ...] = ()
    flow: np.ndarray | None = None
    moments: tuple[float, ...] | None = None
    stats: bool = True

    def __post_init__(self):
        self.contents = np.asarray(self.contents, dtype=np.float64)
        self.edges = tuple(np.asarray(edges, dtype=np.float64) for edges in self.edges)
        shape = tuple(len(edges) - 1 for edges in self.edges)
        sumw2 = self.contents if self.sumw2 is None else np.asarray(self.sumw2)
        if self.contents.shape != shape or sumw2.shape != shape or len(shape) not in (1, 2):
            raise DataError(f"a histogram of {self.contents.shape} contents has {shape} bins", code="data-histogram")

    @classmethod
    def of(cls, values, weights, edges, *, title: str = "", double: bool = False, axes: tuple[str, ...] = ()) -> Histogram:
        """Values (N,) with weights (N,) in bins between edges (B + 1,)."""
        x, w, edges = (np.asarray(a, np.float64) for a in (values, weights, edges))
        at, n = bins_of(x, edges), len(edges) + 1
        flow, squares = np.bincount(at, w, n), np.bincount(at, w * w, n)
        inside = (at > 0) & (at < n - 1)
        x, w = x[inside], w[inside]
        moments = tuple(float(np.sum(a)) for a in (w, w * w, w * x, w * x * x))
        return cls(
            flow[1:-1], (edges,), squares[1:-1], title, float(len(at)), double=double, axes=axes, flow=flow, moments=moments
        )

    @classmethod
    def of_sums(cls, sums, edges, entries, *, title: str = "", double: bool = False, axes: tuple[str, ...] = ()) -> Histogram:
        """Sums (B + 2, 4) of w, w^2, w x, w x^2 over so many entries, in bins between edges (B + 1,), below and above them."""
        moments = tuple(map(float, sums[1:-1].sum(axis=0)))
        flow, squares = np.ascontiguousarray(sums[:, 0]), np.ascontiguousarray(sums[1:-1, 1])
        contents = flow[1:-1]
        return cls(contents, (edges,), squares, title, float(entries), double=double, axes=axes, flow=flow, moments=moments)

    def of_area(self, area: float = 1.0) -> Histogram:
        """The same, scaled so that its contents times its bin width sum up to an area; unchanged without a positive sum."""
        total = float(np.sum(self.contents) * (self.edges[0][-1] - self.edges[0][0]) / len(self.contents))
        if not total > 0.0:
            return self
        factor = area / total
        sumw2 = (self.contents if self.sumw2 is None else self.sumw2) * factor**2
        flow = None if self.flow is None else self.flow * factor
        moments = None
        if self.moments is not None:
            w, w2, *rest = self.moments
            moments = (w * factor, w2 * factor**2, *(m * factor for m in rest))
        entries = self.contents.sum() if self.entries is None else self.entries
        contents = self.contents * factor
        return replace(self, contents=contents, sumw2=sumw2, entries=entries, flow=flow, moments=moments)


@dataclass(eq=False)
class Profile:
    """The mean of y in bins of x, ROOT's TProfile.

    edges : (B + 1,) float
    sums : (B + 2, 4) float
        For every bin, with under- and overflow: sums of w y, w y^2, w and w^2.
    moments : tuple of float
        Sums over the entries inside: w, w^2, w x, w x^2, w y, w y^2.
    """

    edges: np.ndarray
    sums: np.ndarray
    entries: float
    moments: tuple[float, ...]
    title: str = ""
    axes: tuple[str, ...] = ()

    @classmethod
    def of_sums(cls, edges, of_y, of_x, entries, *, title: str = "", axes: tuple[str, ...] = ()) -> Profile:
        """Sums (B + 2, 4) over so many entries: of w y, w y^2, w, w^2, and of_x likewise those of w x, w x^2, w, w^2."""
        y, y2, w, w2 = (float(of_y[1:-1, k].sum()) for k in range(4))
        moments = w, w2, float(of_x[1:-1, 0].sum()), float(of_x[1:-1, 1].sum()), y, y2
        return cls(edges, of_y, float(entries), moments, title, axes)


@dataclass(eq=False)
class PointGraph:
    """Points (P,), (P,): ROOT's TGraph."""

    x: np.ndarray
    y: np.ndarray
    title: str = ""
    axes: tuple[str, ...] = ()


def bins_of(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(N,) int64 numbers of bins as ROOT counts them: 0 is below, B + 1 above (NaN too), and the last edge belongs to bin B."""
    n = len(edges) - 1
    if _uneven(edges) is None:  # a guess, at most one bin beside it: much shorter than a search
        guess = (x - edges[0]) * (n / (edges[-1] - edges[0]))
        at = np.fmin(np.fmax(guess, 0.0), n - 1.0).astype(np.int64)
        at -= x < edges[at]
        at += x >= edges[at + 1]
        at = np.where(np.isnan(x), n, at) + 1
    else:
        at = np.searchsorted(edges, x, side="right")
    return np.where(x == edges[-1], n, at)


# ---- as objects of ROOT


def root_object(name: str, content: Histogram | Profile | PointGraph):
    """What uproot writes under a name."""
    if isinstance(content, Histogram):
        return _root_histogram(name, content)
    return _root_profile(name, content) if isinstance(content, Profile) else _root_graph(content)


def _root_axis(number: int, edges: np.ndarray, titles: Sequence[str], labels=()):
    from uproot.writing.identify import to_TAxis

    title = titles[number] if number < len(titles) else ""
    name, bins = ("xaxis", "yaxis")[number], len(edges) - 1
    return to_TAxis(name, title, bins, edges[0], edges[-1], fXbins=_uneven(edges), fLabels=_labels(labels[number : number + 1]))


def _root_histogram(name: str, h: Histogram):
    """As TH1F, TH2F (or D)."""
    from uproot.writing.identify import to_TH1x, to_TH2x

    flow = _with_flow(h.contents) if h.flow is None else h.flow.ravel(order="F")
    sumw2 = np.empty(0) if h.sumw2 is None else _with_flow(np.asarray(h.sumw2, np.float64))
    axes = [_root_axis(i, edges, h.axes, h.labels) for i, edges in enumerate(h.edges)]
    moments = _moments(h) if h.moments is None else h.moments
    common = {
        "fName": name,
        "fTitle": h.title,
        "data": flow.astype(np.float64 if h.double else np.float32),
        "fEntries": float(h.contents.sum()) if h.entries is None else float(h.entries),
        **dict(zip(("fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2"), moments)),
        "fSumw2": sumw2,
        "fXaxis": axes[0],
    }
    if h.contents.ndim == 1:
        return to_TH1x(**common, fYaxis=_empty_axis(1, h.axes))
    made = to_TH2x(**common, **dict(zip(("fTsumwy", "fTsumwy2", "fTsumwxy"), moments[4:])), fYaxis=axes[1])
    return made if h.stats else _without_stats(made)


def _without_stats(made):
    """The object with the bit of TObject set that ROOT's SetStats(0) sets; uproot has no other way to write one."""
    plain = made._serialize
    made._serialize = lambda out, header, name, flags: plain(out, header, name, flags | NO_STATS)
    return made


def _root_profile(name: str, p: Profile):
    from uproot.writing.identify import to_TProfile

    values, squares, weights, weight_squares = p.sums.T
    sums = ("fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2", "fTsumwy", "fTsumwy2")
    return to_TProfile(
        fName=name,
        fTitle=p.title,
        data=values,
        fEntries=p.entries,
        **dict(zip(sums, p.moments)),
        fSumw2=squares,
        fBinEntries=weights,
        fBinSumw2=weight_squares,
        fXaxis=_root_axis(0, p.edges, p.axes),
        fYaxis=_empty_axis(1, p.axes),
    )


def _root_graph(g: PointGraph):
    import uproot

    made = uproot.as_TGraph({"x": g.x, "y": g.y}, title=g.title)
    made._bases[0]._members["fTitle"] = ";".join([g.title, *g.axes])  # uproot's own ends in ';;' even without titles of axes
    return made


def _empty_axis(number: int, titles: Sequence[str]):
    """The y axis of what has one dimension carries its title."""
    return _root_axis(number, np.array([0.0, 1.0]), titles)


def _moments(h: Histogram) -> tuple[float, ...]:
    """Those that the centres of the bins give."""
    centres = [(edges[1:] + edges[:-1]) / 2 for edges in h.edges]
    squares = float((h.contents if h.sumw2 is None else np.asarray(h.sumw2)).sum())
    along_x = h.contents if h.contents.ndim == 1 else h.contents.sum(axis=1)
    found = (float(h.contents.sum()), squares, float(along_x @ centres[0]), float(along_x @ centres[0] ** 2))
    if h.contents.ndim == 1:
        return found
    along_y = h.contents.sum(axis=0)
    of_y = float(along_y @ centres[1]), float(along_y @ centres[1] ** 2)
    return *found, *of_y, float(centres[0] @ h.contents @ centres[1])


def _with_flow(values: np.ndarray) -> np.ndarray:
    """Contents in ROOT's order, x running fastest, with empty under- and overflow bins; nothing stays nothing."""
    return np.pad(values, 1).ravel(order="F") if values.size else np.empty(0)


def _uneven(edges: np.ndarray) -> np.ndarray | None:
    """None for equal bins, as ROOT keeps them."""
    even = np.linspace(edges[0], edges[-1], len(edges))
    return None if np.abs(edges - even).max() <= 1e-9 * (edges[-1] - edges[0]) else edges


def _labels(labels: tuple[Sequence[str], ...]):
    """Bin labels as the list that ROOT expects: each TObjString carries the number of its bin."""
    if not labels or not labels[0]:
        return None
    from uproot.writing.identify import to_THashList, to_TObjString

    strings = []
    for number, label in enumerate(labels[0], 1):
        string = to_TObjString(str(label))
        string._bases[0]._members["@fUniqueID"] = number
        strings.append(string)
    return to_THashList(strings)

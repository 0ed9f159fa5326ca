"""The density of a method's output: a histogram, a curve through it, and a fine table of the curve, which is all that is read.

Source: TMVA's classes PDF and KDEKernel. A PDF element of a weight file holds the histogram and what is made of it.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tmvalite.data.transforms.base import PdfRecord
from tmvalite.data.transforms.smooth import smooth
from tmvalite.mathematics import erf
from tmvalite.models import splines
from tmvalite.models.density_options import METHODS

TABLE = 10_000  # bins of the table
LEAST = 1e-12  # of a density
PASSES = 10_000  # of smoothing; more change nothing that is seen
REACH = 6.0  # widths of a kernel beyond which erf is 1 to all digits
CURVES = dict(zip(METHODS[1:5], (splines.linear, splines.quadratic, splines.cubic, splines.quintic)))


class Density:
    """One density.

    Attributes
    ----------
    record : PdfRecord
    edges : (B + 1,) float64
        Of the histogram.
    method : str
        One of METHODS.
    """

    def __init__(self, record: PdfRecord):
        self.record, self.method = record, METHODS[int(record.attributes["InterpolMethod"])]
        bins = len(record.contents)
        self.edges = np.linspace(record.low, record.high, bins + 1) if record.edges is None else np.asarray(record.edges, float)

    @cached_property
    def smoothed(self) -> np.ndarray:
        """(B,) the contents of the histogram, smoothed."""
        least, most = (int(self.record.attributes[name]) for name in ("MinNSmooth", "MaxNSmooth"))
        contents = self.record.contents.astype(np.float32).astype(np.float64)  # a file has digits for float32 only
        return contents if self.method == "KDE" else _smoothed(contents, max(0, least), max(0, least, most))

    @cached_property
    def table_edges(self) -> np.ndarray:
        """(T + 1,) edges of the table: equal bins, or those of the histogram where nothing is drawn through it."""
        return self.edges if self.method == "Spline0" else np.linspace(self.edges[0], self.edges[-1], TABLE + 1)

    @cached_property
    def table(self) -> np.ndarray:
        """(T,) the density in the bins of the table, of area 1."""
        if self.method == "KDE":
            values = _of_kernels(self.record, self.edges, self.smoothed, self.table_edges)
        elif self.method == "Spline0":
            values = self.smoothed
        else:
            centres = _centres(self.table_edges)
            values = CURVES[self.method](_centres(self.edges), self.smoothed, centres)
            nearest = np.clip(np.searchsorted(self.edges, centres, side="right") - 1, 0, len(self.smoothed) - 1)
            values = np.where(values <= LEAST, self.smoothed[nearest], values)
        values = np.maximum(values, 0.0 if self.method == "Spline0" else LEAST)
        area = float(np.sum(values * np.diff(self.table_edges)))
        return values / area if area > 0.0 else values

    def __call__(self, outputs) -> np.ndarray:
        """The density at outputs (N,): on the line between two bins of the table, at least 1e-12."""
        x, edges = np.asarray(outputs, np.float64), self.table_edges
        i = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(self.table) - 1)
        found = self.table[i]
        if self.method != "Spline0":
            centres, last = _centres(edges), len(self.table) - 1
            other = np.where(((x > centres[i]) & (i != last)) | (i == 0), i + 1, i - 1)
            found = found + (x - centres[i]) * (found - self.table[other]) / (centres[i] - centres[other])
        return np.where(np.isnan(x), np.nan, np.maximum(found, LEAST))

    @cached_property
    def _below(self) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(self.table * np.diff(self.table_edges))])

    def below(self, outputs) -> np.ndarray:
        """The part of the density below outputs (N,), from 0 to 1.

        TMVA's sum counts the whole first bin for an output inside it, and goes on beyond the last one.
        """
        x = np.asarray(outputs, np.float64)
        return np.minimum(np.interp(x, self.table_edges, self._below), 1.0)


def _centres(edges: np.ndarray) -> np.ndarray:
    return 0.5 * (edges[1:] + edges[:-1])


def _smoothed(contents: np.ndarray, least: int, most: int) -> np.ndarray:
    """Smoothed so often; with two numbers the more often the emptier the bins are, all of them together as ROOT does it.

    Errors are the square roots of the contents, since a weight file has no others.
    """
    if len(contents) == 1:
        return contents
    if least == most:
        return _repeat(contents, least)
    counts, errors = contents, np.sqrt(np.maximum(contents, 0.0))
    good = counts > errors
    wanted = np.full(len(counts), most)
    if good.any():
        relative = errors[good] / counts[good]
        spread = float(np.sqrt(max(0.0, np.mean(relative**2) - np.mean(relative) ** 2)))
        if spread > 0.0:
            share = (relative - (np.mean(relative) - spread)) / (2.0 * spread)
            wanted[good] = np.clip((share * (most - least)).astype(int) + least, least, most)
    for n in range(min(most, PASSES), -1, -1):
        contents = _repeat(contents, 1 if n <= least else _regions(wanted >= n))
    return contents


def _regions(chosen: np.ndarray) -> int:
    """Runs of two bins and more that end before the last bin."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]])))
    begin, end = steps[::2], steps[1::2]
    return int(np.sum((end - begin > 1) & (end < len(chosen))))


def _repeat(contents: np.ndarray, times: int) -> np.ndarray:
    for _ in range(min(times, PASSES)):
        contents = smooth(contents)
    return contents


# ---- kernels


def _of_kernels(record: PdfRecord, edges: np.ndarray, contents: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(len(at) - 1,) every bin of the histogram as a Gaussian around its centre, summed over the bins between `at`.

    TMVA leaves out the last bin of both.
    """
    n, centres, total = len(contents), _centres(edges), float(np.sum(contents))
    mean = float(np.sum(contents * centres)) / total if total else 0.0
    rms = float(np.sqrt(max(0.0, np.sum(contents * (centres - mean) ** 2) / total))) if total else 0.0
    width = np.sqrt(2.0) * (4.0 / 3.0) ** 0.2 * max(rms, edges[1] - edges[0]) * max(total, LEAST) ** -0.2
    border, widths = int(record.attributes["KDE_border"]), np.full(n, width)
    if int(record.attributes["KDE_iter"]) == 2:
        first = _spread(centres, contents, widths, edges, border)
        first /= np.sum(first * np.diff(edges))
        widths = float(record.attributes["KDE_finefactor"]) * width / np.sqrt(np.maximum(first, LEAST))
    return _spread(centres, contents, widths, at, border)


def _spread(centres, contents, widths, at, border: int) -> np.ndarray:
    """The sum of Gaussians of these widths, in the bins between `at`; `border` is one of BORDERS, from 1."""
    n, low, high = len(centres), at[0], at[-1]
    sums = np.zeros(len(at) - 1)
    for i in np.flatnonzero(contents):
        weight = contents[i]
        if border == 2:
            weight = weight / max(LEAST, 0.5 * float(erf((high - centres[i]) / widths[i]) - erf((low - centres[i]) / widths[i])))
        _add_kernel(sums, centres[i], widths[i], weight, at)
        if border == 3 and i + 1 < n // 5:
            _add_kernel(sums, 2.0 * low - centres[i], widths[i], weight, at)
        if border == 3 and i + 1 > 4 * n // 5:
            _add_kernel(sums, 2.0 * high - centres[i], widths[i], weight, at)
    return sums


def _add_kernel(sums, centre: float, width: float, weight: float, at) -> None:
    first, last = np.searchsorted(at, (centre - REACH * width, centre + REACH * width))
    first, last = max(0, int(first) - 1), min(len(at) - 1, int(last))
    if first < last:
        sums[first:last] += 0.5 * weight * np.diff(erf((at[first : last + 1] - centre) / width))

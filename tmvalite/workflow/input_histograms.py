"""Histograms of variables and targets of every class after a chain of transformations, and of every two against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.data.transforms.rows import for_each
from tmvalite.evaluation import correlation_matrix
from tmvalite.evaluation.axis_sums import Axes, AxisSums, Pairs, ProfileSums
from tmvalite.evaluation.by_class import Moments, moments_of_blocks
from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram, Profile
from tmvalite.workflow.config import gConfig

Named = Iterator[tuple[str, Histogram | Profile]]
EVENTS = 1 << 16  # transformed and filled at a time
TOGETHER = 4  # pairs of columns, of threads that fill them


@dataclass(frozen=True, eq=False)
class InputColumn:
    """A variable or target after a chain, and whether it is a target."""

    info: VariableInfo
    target: bool
    chain: TransformChain

    @property
    def name(self) -> str:
        return self.info.label if self.info.index is None else self.info.internal

    @property
    def axis(self) -> str:
        """The title of an axis, with the transformation and the unit."""
        transform = f" ({self.chain.short_name})" if len(self.chain) else ""
        return f"{self.info.title}{transform}{f' [{self.info.unit}]' if self.info.unit else ''}"


class Inputs:
    """The variables, then the targets, of events after a fitted chain: described by `columns`, with values a block at a time."""

    def __init__(self, info: DataSetInfo, events: Events, chain: TransformChain):
        self.events, self.chain = events, chain
        self.columns = [InputColumn(v, of is info.targets, chain) for of in (info.variables, info.targets) for v in of]
        self.class_index = np.ascontiguousarray(events.class_index, np.int64)
        self.weight = np.ascontiguousarray(events.weight, np.float64)
        self.moments = moments_of_blocks(((x, self.weight[rows]) for rows, x in self.blocks()), len(self.columns))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """(which events, their values (n, V + T) float32)."""
        for start in range(0, len(self.events), EVENTS):
            rows = slice(start, start + EVENTS)
            parts = [self.chain.apply_variables(self.events.x[rows])]
            if self.events.targets.shape[1]:
                parts.append(self.chain.apply_targets(self.events.targets[rows]))
            yield rows, parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def input_histograms(info: DataSetInfo, events: Events, chain: TransformChain, transform: str) -> Named:
    """(name in the folder, content) of events, weighted. `transform` ends the names, as TMVA's do; "" in a method's own folder.

    Two against each other only for as many as `fMaxNumOfAllowedVariablesForScatterPlots`: 300 x 300 bins each, and a profile.
    TMVA has no plots of targets against variables.
    """
    inputs, settings, n = Inputs(info, events, chain), gConfig().GetVariablePlotting(), len(events)
    own = Axes([_edges(column, inputs.moments, v) for v, column in enumerate(inputs.columns)])
    sums = AxisSums(own, info.n_classes, n)
    scatters = None
    if len(inputs.columns) <= settings.fMaxNumOfAllowedVariablesForScatterPlots:
        scatters = Scatters(inputs, info.classes)
    filled = [sums] if scatters is None else [scatters.sums, sums, scatters.pairs]
    for rows, x in inputs.blocks():
        block = x, inputs.class_index[rows], inputs.weight[rows]
        for_each(filled, len(x), lambda one, block=block: one.add(*block))
    for v, (column, edges) in enumerate(zip(inputs.columns, own.each)):
        width = f"dN_{{ }}/^{{ }}{edges[1] - edges[0]:.3g} {column.info.unit}"
        for name, of_class, entries in zip(info.classes, sums.of(v), sums.entries):
            path = root_names.input_variable(column.name, name, transform, column.target)
            yield path, Histogram.of_sums(of_class, edges, entries, title=column.info.title, axes=(column.axis, width))
    if scatters is not None:
        for name, content in scatters.plots(transform):
            yield f"{root_names.CORRELATION_PLOTS}/{name}", content


def _edges(column: InputColumn, moments: Moments, v: int) -> np.ndarray:
    """40 bins over the range, cut at 8 RMS from the mean; an integer variable that is not transformed has a bin for each."""
    settings, (low, high) = gConfig().GetVariablePlotting(), _range(moments, v)
    if column.info.type.startswith("I") and not len(column.chain):
        first, last = int(np.rint(low)), int(np.rint(high + 1))
        return np.linspace(first, last, last - first + 1)
    mean, rms = moments.mean[v], moments.rms[v]
    if np.isfinite(rms):
        low, high = max(low, mean - settings.fTimesRMS * rms), min(high, mean + settings.fTimesRMS * rms)
    if not low < high:
        high = _above(low)
    return np.linspace(low, high + (high - low) / settings.fNbins1D, settings.fNbins1D + 1)


def _range(moments: Moments, v: int) -> tuple[float, float]:
    low, high = float(moments.low[v]), float(moments.high[v])
    return (low, high) if low <= high else (0.0, 1.0)


def _above(low: float) -> float:
    """The end of the range of a constant."""
    return low + max(0.1 * abs(low), 1.0)


class Scatters:
    """Scatter plots and profiles of every two columns and every class, over the whole ranges."""

    def __init__(self, inputs: Inputs, classes):
        settings, columns = gConfig().GetVariablePlotting(), range(len(inputs.columns))
        ends = [_range(inputs.moments, v) for v in columns]
        ends = [(low, high if low < high else _above(low)) for low, high in ends]
        fine, coarse = (Axes([np.linspace(*one, bins + 1) for one in ends]) for bins in (settings.fNbins2D, settings.fNbins1D))
        self.inputs, self.classes, n = inputs, classes, len(inputs.events)
        self.pairs, self.sums = Pairs(fine, len(classes), n), ProfileSums(coarse, len(classes), n)

    def plots(self, transform: str) -> Named:
        """(name, content), one pair of columns after the other."""
        inputs, pairs = self.inputs, list(combinations(range(len(self.inputs.columns)), 2))

        def contents(pair):
            return self.pairs.contents(*pair, inputs.class_index, inputs.weight)

        for start in range(0, len(pairs), TOGETHER):
            few = pairs[start : start + TOGETHER]
            for pair, filled in zip(few, for_each(few, len(inputs.events), contents)):
                yield from self._of_pair(*pair, filled, transform)

    def _of_pair(self, i: int, j: int, contents: np.ndarray, transform: str) -> Named:
        columns, entries = self.inputs.columns, self.sums.entries
        x, y = columns[i], columns[j]
        words, axes = f"{y.info.title} versus {x.info.title}", (x.axis, y.axis)
        edges, bins = tuple(self.pairs.axes.each[v] for v in (i, j)), self.sums.axes.each[i]
        of_y, of_x = self.sums.profile(i, j), self.sums.profile(i, i)
        for c, name in enumerate(self.classes):
            title, flow = f"{words} ({name}){transform and '_' + transform}", contents[c].T
            scatter = Histogram(flow[1:-1, 1:-1], edges, title=title, entries=float(entries[c]), axes=axes, flow=flow)
            yield root_names.scatter("scat", x.name, y.name, name, transform), scatter
            profile = Profile.of_sums(bins, of_y[c], of_x[c], entries[c], title=f"profile {title}", axes=axes)
            yield root_names.scatter("prof", x.name, y.name, name, transform), profile


def correlation_matrices(info: DataSetInfo, events: Events, analysis_type: str) -> Named:
    """(path, TH2F) of the correlations of the variables in percent, of signal and background, or of every class."""
    titles = [v.title if v.index is None else v.internal for v in info.variables]
    bins = np.arange(len(titles) + 1.0)
    for index, name in enumerate(info.classes):
        chosen = events.class_index == index
        which, words = name, f" ({name})"
        if analysis_type == "classification":
            signal = index == info.signal_class
            which, words = (root_names.SIGNAL, " (signal)") if signal else (root_names.BACKGROUND, " (background)")
        elif analysis_type == "regression":
            which, words = "", ""
        if not chosen.any():
            continue
        percent = np.rint(100.0 * correlation_matrix(events.x, events.weight, chosen))
        matrix = Histogram(
            np.nan_to_num(percent),
            (bins, bins),
            title=f"Correlation Matrix{words}",
            entries=float(percent.size),
            labels=(titles, titles),
            stats=False,
        )
        yield root_names.correlation_matrix(info.name, which), matrix

"""Histograms of variables and targets of every class after a chain of transformations, and of every two against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.evaluation import correlation_matrix
from tmvalite.evaluation.samples import mean_and_rms
from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram, Profile, bins_of
from tmvalite.workflow.config import gConfig

Named = Iterator[tuple[str, Histogram | Profile]]


@dataclass(frozen=True, eq=False)
class InputColumn:
    """A variable or target after a chain: its name, values (N,) float64 and whether it is a target."""

    info: VariableInfo
    values: np.ndarray
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


def columns(info: DataSetInfo, events: Events, chain: TransformChain) -> list[InputColumn]:
    """The variables, then the targets, of events after a fitted chain."""
    groups = ((info.variables, chain.apply_variables(events.x), False), (info.targets, chain.apply_targets(events.targets), True))
    return [
        InputColumn(v, np.asarray(column, np.float64), target, chain)
        for of, values, target in groups
        for v, column in zip(of, values.T)
    ]


def input_histograms(info: DataSetInfo, events: Events, chain: TransformChain, transform: str) -> Named:
    """(name in the folder, content) of events, weighted. `transform` ends the names, as TMVA's do; "" in a method's own folder.

    Two against each other only for as many as `fMaxNumOfAllowedVariablesForScatterPlots`: 300 x 300 bins each, and a profile.
    TMVA has no plots of targets against variables.
    """
    found = columns(info, events, chain)
    for column in found:
        edges = _edges(column, events.weight)
        width = f"dN_{{ }}/^{{ }}{edges[1] - edges[0]:.3g} {column.info.unit}"
        for index, name in enumerate(info.classes):
            chosen = events.class_index == index
            path = root_names.input_variable(column.name, name, transform, column.target)
            axes = (column.axis, width)
            yield path, Histogram.of(column.values[chosen], events.weight[chosen], edges, title=column.info.title, axes=axes)
    if len(found) <= gConfig().GetVariablePlotting().fMaxNumOfAllowedVariablesForScatterPlots:
        for name, content in _scatters(info, events, found, transform):
            yield f"{root_names.CORRELATION_PLOTS}/{name}", content


def _edges(column: InputColumn, weights: np.ndarray) -> np.ndarray:
    """40 bins over the range, cut at 8 RMS from the mean; an integer variable that is not transformed has a bin for each."""
    settings, values = gConfig().GetVariablePlotting(), column.values
    low, high = _range(values)
    if column.info.type.startswith("I") and not len(column.chain):
        first, last = int(np.rint(low)), int(np.rint(high + 1))
        return np.linspace(first, last, last - first + 1)
    mean, rms = mean_and_rms(values, weights)
    if np.isfinite(rms):
        low, high = max(low, mean - settings.fTimesRMS * rms), min(high, mean + settings.fTimesRMS * rms)
    if not low < high:
        high = low + max(0.1 * abs(low), 1.0)
    return np.linspace(low, high + (high - low) / settings.fNbins1D, settings.fNbins1D + 1)


def _range(values: np.ndarray) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _scatters(info: DataSetInfo, events: Events, found: list[InputColumn], transform: str) -> Named:
    """Scatter plots and profiles of every two columns and every class, over the whole ranges."""
    settings, ends = gConfig().GetVariablePlotting(), [_range(column.values) for column in found]
    ends = [(low, high if low < high else low + max(0.1 * abs(low), 1.0)) for low, high in ends]
    fine = [np.linspace(low, high, settings.fNbins2D + 1) for low, high in ends]
    coarse = [np.linspace(low, high, settings.fNbins1D + 1) for low, high in ends]
    side, of_class = settings.fNbins2D + 2, []
    for index in range(info.n_classes):
        chosen = events.class_index == index
        values = [column.values[chosen] for column in found]
        of_class.append((events.weight[chosen], values, *([bins_of(*of) for of in zip(values, e)] for e in (fine, coarse))))
    for i, j in combinations(range(len(found)), 2):
        x, y = found[i], found[j]
        words, axes, edges = f"{y.info.title} versus {x.info.title}", (x.axis, y.axis), (fine[i], fine[j])
        for name, (weight, values, fine_at, coarse_at) in zip(info.classes, of_class):
            flow = np.bincount(fine_at[i] * side + fine_at[j], weight, side * side).reshape(side, side)
            title = f"{words} ({name}){transform and '_' + transform}"
            scatter = Histogram(flow[1:-1, 1:-1], edges, title=title, entries=float(len(weight)), axes=axes, flow=flow)
            yield root_names.scatter("scat", x.name, y.name, name, transform), scatter
            profile = Profile.of(values[i], values[j], weight, coarse[i], coarse_at[i], title=f"profile {title}", axes=axes)
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
        percent = np.rint(100.0 * correlation_matrix(events.x[chosen], events.weight[chosen]))
        matrix = Histogram(
            np.nan_to_num(percent),
            (bins, bins),
            title=f"Correlation Matrix{words}",
            entries=float(percent.size),
            labels=(titles, titles),
            stats=False,
        )
        yield root_names.correlation_matrix(info.name, which), matrix

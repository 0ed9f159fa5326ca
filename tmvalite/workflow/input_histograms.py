"""InputVariables_<chain>: a histogram of every variable and target of every class after a chain, for the output file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tmvalite.data.info import DataSet, VariableInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.evaluation.samples import mean_and_rms
from tmvalite.io import root_names
from tmvalite.io.root_file import Histogram
from tmvalite.workflow.config import gConfig


def input_histograms(data: DataSet, chain: TransformChain) -> Iterator[tuple[str, Histogram]]:
    """(path, histogram) of the training events, weighted; `chain` is fitted. Names and ranges are TMVA's."""
    info, events = data.info, data.train
    groups = ((info.variables, chain.apply_variables(events.x), False), (info.targets, chain.apply_targets(events.targets), True))
    for variables, values, target in groups:
        for v, column in zip(variables, values.T):
            edges = _edges(v, column.astype(np.float64), events.weight, chain)
            for index, name in enumerate(info.classes):
                chosen = events.class_index == index
                of_class, weights = column[chosen].astype(np.float64), events.weight[chosen]
                contents = np.histogram(of_class, edges, weights=weights)[0]
                squares = np.histogram(of_class, edges, weights=weights**2)[0]
                label = v.label if v.index is None else v.internal
                path = root_names.input_variable(info.name, label, name, chain.short_name, target)
                yield path, Histogram(contents, (edges,), squares, v.title, float(len(of_class)))


def _edges(v: VariableInfo, column: np.ndarray, weights: np.ndarray, chain: TransformChain) -> np.ndarray:
    """40 bins over the range, cut at 8 RMS from the mean; an integer variable that is not transformed has a bin for each."""
    settings = gConfig().GetVariablePlotting()
    low, high = float(column.min()), float(column.max())
    if v.type.startswith("I") and not len(chain):
        first, last = int(np.rint(low)), int(np.rint(high + 1))
        return np.linspace(first, last, last - first + 1)
    mean, rms = mean_and_rms(column, weights)
    if np.isfinite(rms):
        low, high = max(low, mean - settings.fTimesRMS * rms), min(high, mean + settings.fTimesRMS * rms)
    if not low < high:
        high = low + max(0.1 * abs(low), 1.0)
    return np.linspace(low, high + (high - low) / settings.fNbins1D, settings.fNbins1D + 1)

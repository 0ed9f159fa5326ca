"""InputVariables_<chain>: a histogram of every variable and target of every class after a chain, for the output file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tmvalite.data.info import DataSet, VariableInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.evaluation.by_class import histograms_of_columns, moments
from tmvalite.io import root_names
from tmvalite.io.root_file import Histogram
from tmvalite.workflow.config import gConfig


def input_histograms(data: DataSet, chain: TransformChain) -> Iterator[tuple[str, Histogram]]:
    """(path, histogram) of the training events, weighted; `chain` is fitted. Names and ranges are TMVA's."""
    info, events = data.info, data.train
    counts = np.bincount(events.class_index, minlength=info.n_classes)
    x = chain.apply_variables(events.x) if chain.transforms_variables else events.x
    groups = ((info.variables, x, False), (info.targets, chain.apply_targets(events.targets), True))
    for variables, values, target in groups:
        everything = moments(values, np.zeros(len(values), np.int64), events.weight, 1)
        ranges = zip(*(part[0].tolist() for part in (everything.low, everything.high, everything.mean, everything.rms)))
        edges = [_edges(v, *of_column, chain) for v, of_column in zip(variables, ranges)]
        filled = histograms_of_columns(values, events.class_index, events.weight, edges, info.n_classes)
        for v, of_variable, (contents, squares) in zip(variables, edges, filled):
            for index, name in enumerate(info.classes):
                label = v.label if v.index is None else v.internal
                path = root_names.input_variable(info.name, label, name, chain.short_name, target)
                yield path, Histogram(contents[index], (of_variable,), squares[index], v.title, float(counts[index]))


def _edges(v: VariableInfo, low: float, high: float, mean: float, rms: float, chain: TransformChain) -> np.ndarray:
    """40 bins over the range, cut at 8 RMS from the mean; an integer variable that is not transformed has a bin for each."""
    settings = gConfig().GetVariablePlotting()
    if v.type.startswith("I") and not len(chain):
        first, last = int(np.rint(low)), int(np.rint(high + 1))
        return np.linspace(first, last, last - first + 1)
    if np.isfinite(rms):
        low, high = max(low, mean - settings.fTimesRMS * rms), min(high, mean + settings.fTimesRMS * rms)
    if not low < high:
        high = low + max(0.1 * abs(low), 1.0)
    return np.linspace(low, high + (high - low) / settings.fNbins1D, settings.fNbins1D + 1)

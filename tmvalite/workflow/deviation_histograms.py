"""What TMVA's output file has of a regression: how far every target is from the truth, against every variable and target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.results import MethodRecord

BINS, SQUARES = 50, 500
BEST = 0.9  # part of the events


def deviation_histograms(record: MethodRecord) -> Iterator[tuple[str, Histogram]]:
    """(name in the method's folder, content) for the training and the test sample.

    Deviations against variables and true values are numbers of events, as in TMVA; squared deviations are weighted. Where there
    are more targets than `fMaxNumOfAllowedVariablesForScatterPlots` (an autoencoder's), each only against its own true values.
    """
    info, title = record.data.info, record.title
    names = record.method.value_names(info)
    titles = {v.internal: v.title for v in (*info.variables, *info.targets)}
    titles = [titles.get(name, name) for name in names]
    few = len(names) <= gConfig().GetVariablePlotting().fMaxNumOfAllowedVariablesForScatterPlots
    for sample in ("train", "test"):
        train, events = sample == "train", record.sample(sample)
        truth = np.asarray(record.method.truth(events), np.float64)
        deviations = np.asarray(record.output(sample), np.float64) - truth
        against = [(f"var{i}", v.title, column) for i, (v, column) in enumerate(zip(info.variables, events.x.T))] if few else []
        against += [(f"tgt{i}", words, column) for i, (words, column) in enumerate(zip(titles, truth.T))]
        for word, words, column in against:
            for j, of in enumerate(titles):
                if few or word == f"tgt{j}":
                    name = root_names.deviation(title, j, word, train=train)
                    axes = (words, f"{of}_{{regression}} - {of}_{{true}}")
                    yield name, _against(np.asarray(column, np.float64), deviations[:, j], name, axes)
        for j in range(len(names)):
            yield from _squares(title, j, deviations[:, j] ** 2, events.weight, train)


def _against(x: np.ndarray, deviation: np.ndarray, title: str, axes: tuple[str, str]) -> Histogram:
    edges = tuple(_with_room(values) for values in (x, deviation))
    contents = np.histogram2d(x, deviation, edges)[0]
    return Histogram(contents, edges, title=title, entries=float(len(x)), axes=axes)


def _with_room(values: np.ndarray) -> np.ndarray:
    """Edges with a little more than a bin's room on either side."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = 1.01 * (high - low) / (BINS - 1) or 0.5
    return np.linspace(low - room, high + room, BINS + 1)


def _squares(title: str, target: int, squares: np.ndarray, weights: np.ndarray, train: bool):
    """All events, and those with the smallest deviations that have so large a part of the weight."""
    order = np.argsort(squares, kind="stable")
    running = np.cumsum(weights[order])
    inside = running <= BEST * running[-1] if len(order) else np.zeros(0, bool)
    kept = order[: max(1, int(np.sum(inside)))]
    for chosen, best in ((order, False), (kept, True)):
        name = root_names.squares(title, target, best=best, train=train)
        most = float(squares[chosen].max()) if len(chosen) else 0.0
        edges = np.linspace(0.0, 1.1 * most or 1.0, SQUARES + 1)
        axes = ("Quadratic Deviation", "Weighted Entries")
        yield name, Histogram.of(squares[chosen], weights[chosen], edges, title=name, axes=axes)

"""What TMVA's output file has of a method with one output: its distributions, efficiencies and curves, and its densities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation import RocCurve, roc_curve
from tmvalite.evaluation.axis_sums import Axes, AxisSums
from tmvalite.evaluation.binned import histogram_edges
from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram, PointGraph
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.results import MethodRecord

Named = Iterator[tuple[str, Histogram | PointGraph]]
FINE = 10_000  # bins of the histograms that are read with a cut
LEAST = np.finfo(np.float64).eps  # TMVA gives no inverse of a smaller background efficiency


LETTERS = (root_names.SIGNAL, root_names.BACKGROUND)


@dataclass(frozen=True, eq=False)
class Outputs:
    """The output of a method on one sample: values, weights (N,) float64, and which events are signal (N,)."""

    values: np.ndarray
    weights: np.ndarray
    is_signal: np.ndarray

    @classmethod
    def of(cls, record: MethodRecord, sample: str) -> Outputs:
        return cls(record.output(sample), record.sample(sample).weight, record.is_class(sample, record.data.info.signal_class))

    @property
    def groups(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Values and weights of signal and background."""
        return tuple((self.values[chosen], self.weights[chosen]) for chosen in (self.is_signal, ~self.is_signal))

    def falls(self) -> bool:
        """Whether signal has the smaller outputs on the average, so that a cut keeps what is below it."""
        means = [float(np.average(v, weights=w)) if len(v) and w.sum() else 0.0 for v, w in self.groups]
        return not means[0] > means[1]

    def filled(self, edges: np.ndarray, values: np.ndarray | None = None) -> dict[str, tuple[np.ndarray, np.ndarray, int]]:
        """Sums (B + 2, 4), edges (B + 1,) and entries of signal and background; of the outputs, or of other values (N,)."""
        values = self.values if values is None else values
        sums = AxisSums(Axes([edges]), 2, len(values))
        sums.add(values.reshape(-1, 1), (~self.is_signal).astype(np.int64), np.ascontiguousarray(self.weights))
        return {letter: (of, edges, n) for letter, of, n in zip(LETTERS, sums.of(0), sums.entries)}


def classifier_histograms(record: MethodRecord) -> Named:
    """(name in the method's folder, content); ranges are those of the test sample. TMVA reads the curves from histograms of
    10000 bins, here they are the exact ones."""
    title, settings = record.title, gConfig().GetVariablePlotting()
    test, train = Outputs.of(record, "test"), Outputs.of(record, "train")
    groups = test.groups
    coarse, fine = (_open(histogram_edges(groups, n_bins=bins)) for bins in (settings.fNbinsMVAoutput, FINE))
    del groups
    down = test.falls()
    yield from _areas(test.filled(coarse), partial(root_names.output, title))
    yield from _described(record, test)
    for sample in (test, train):
        of_training, cuts = {"train": sample is train}, sample.filled(fine)
        if sample is train:
            yield from _areas(train.filled(coarse), partial(root_names.output, title, train=True))
        else:
            yield from _areas(cuts, partial(root_names.output, title, fine=True))
        for letter, (sums, edges, entries) in cuts.items():
            words = f"MVA_{title} ({'signal' if letter == root_names.SIGNAL else 'background'})"
            yield root_names.efficiency(title, letter, **of_training), _efficiency(sums[:, 0], edges, entries, down, words)
        curve = curve_or_none(-sample.values if down else sample.values, sample.is_signal, sample.weights)
        if curve is not None:
            histograms = list(_curves(curve, settings.fNbinsXOfROCCurve, f"MVA_{title}"))
            del curve  # as long as many events
            for kind, histogram in histograms:
                if sample is test or kind != "invBeffvsSeff":
                    yield root_names.curve(title, kind, **of_training), histogram


def _areas(filled: dict[str, tuple], path: Callable[[str], str]) -> Named:
    """Distributions of area 1, of signal and background."""
    for letter, of_class in filled.items():
        name = path(letter)
        yield name, Histogram.of_sums(*of_class, title=name, double=True).of_area()


def _open(edges: np.ndarray) -> np.ndarray:
    """The last edge a little higher, so that the largest output is inside for who fills further."""
    edges = edges.copy()
    edges[-1] += 1e-5 * (edges[-1] - edges[0])
    return np.linspace(edges[0], edges[-1], len(edges))


def curve_or_none(values, is_signal, weights) -> RocCurve | None:
    """The curve, or None where there is none (events of one kind only), which the result tables say."""
    try:
        return roc_curve(values, is_signal, weights)
    except DataError:
        return None


def _efficiency(flow, edges, entries: int, down: bool, title: str) -> Histogram:
    """The part of the events that a cut at the lower edge of each bin keeps; flow (B + 2,) are sums of weights."""
    total = float(flow.sum())
    below = np.cumsum(flow)[:-2]
    kept = below if down else total - below
    kept = kept / total if total else np.zeros(len(edges) - 1)
    return Histogram(kept, (edges,), title=title, entries=float(entries), double=True)


def _curves(curve: RocCurve, bins: int, title: str) -> Iterator[tuple[str, Histogram]]:
    """Background efficiency, rejection and inverse efficiency in bins of signal efficiency."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    background = np.interp(
        (edges[1:] + edges[:-1]) / 2, np.maximum.accumulate(curve.signal_efficiency), curve.background_efficiency
    )
    inverse = np.where(background > LEAST, 1.0 / np.where(background > LEAST, background, 1.0), 0.0)
    for kind, contents, axis in (
        ("effBvsS", background, "Backgr eff"),
        ("rejBvsS", 1.0 - background, "Backgr rejection (1-eff)"),
        ("invBeffvsSeff", inverse, "Inverse backgr. eff (1/eff)"),
    ):
        yield kind, Histogram(contents, (edges,), title=title, entries=float(bins), double=True, axes=("Signal eff", axis))


# ---- densities (CreateMVAPdfs)


def _described(record: MethodRecord, test: Outputs) -> Named:
    """Probabilities and rarities of the test sample, and the densities themselves as TMVA's macro probas looks for them."""
    densities = record.densities
    if densities is None:
        return
    edges = np.linspace(0.0, 1.0, gConfig().GetVariablePlotting().fNbinsMVAoutput + 1)
    for kind, of in (("Proba", densities.probability), ("Rarity", densities.rarity)):
        path = partial(root_names.probability, record.title, kind=kind)
        yield from _areas(test.filled(edges, of(test.values)), path)
    for density in (densities.signal, densities.background):
        original, edges = density.record.histogram, (density.edges,)
        name = original.removesuffix("_original")
        yield name, Histogram(density.record.contents, edges, title=name, double=True)
        yield original, Histogram(density.record.contents, edges, title=original)
        yield f"{name}_smoothed", Histogram(density.smoothed, edges, title=f"{name}_smoothed")
        fine = f"{name}_smoothed_hist_from_{density.method.replace('Spline', 'spline')}"
        yield fine, Histogram(density.table, (density.table_edges,), title=fine, entries=float(len(density.table)))

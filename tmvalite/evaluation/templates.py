"""Histograms of an output for a fit: by process, with variations up and down, for pyhf, cabinetry and Combine.

A histogram follows UHI (https://uhi.readthedocs.io): hist, mplhep and uproot take it as it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmvalite.errors import DataError, MissingExtraError, OptionError
from tmvalite.evaluation.samples import as_scores, as_weights
from tmvalite.io.root_file import Histogram, RootFile

UP, DOWN = "up", "down"
DATA = "data_obs"  # Combine's name of what was observed


class BinEdges:
    """The axis of a histogram, as UHI has it: a sequence of (low, high)."""

    def __init__(self, edges: np.ndarray):
        self.edges = edges
        self.traits = _Traits()

    def __len__(self) -> int:
        return len(self.edges) - 1

    def __getitem__(self, i: int) -> tuple[float, float]:
        return float(self.edges[:-1][i]), float(self.edges[1:][i])

    def __eq__(self, other) -> bool:
        return isinstance(other, BinEdges) and np.array_equal(self.edges, other.edges)

    __hash__ = None


@dataclass(frozen=True)
class _Traits:
    circular: bool = False
    discrete: bool = False


class ScoreHistogram:
    """Sums of weights in bins, and of their squares.

    Attributes
    ----------
    edges : (K + 1,) float64
    contents, squares : (K,) float64
    """

    kind = "COUNT"

    def __init__(self, edges, contents, squares):
        self.edges, self.contents, self.squares = (np.asarray(one, np.float64) for one in (edges, contents, squares))
        self.axes = (BinEdges(self.edges),)

    @classmethod
    def of(cls, scores, weights, edges) -> ScoreHistogram:
        """Of outputs (N,) and weights (N,) or None; what lies outside the edges goes into the first and the last bin."""
        scores = as_scores(scores)
        weights, edges = as_weights(weights, len(scores)), np.asarray(edges, np.float64)
        bins = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, len(edges) - 2)
        sums = [np.bincount(bins, weights=w, minlength=len(edges) - 1) for w in (weights, weights * weights)]
        return cls(edges, *sums)

    def values(self) -> np.ndarray:
        """(K,) sums of weights."""
        return self.contents

    def variances(self) -> np.ndarray:
        """(K,) sums of squared weights."""
        return self.squares

    def counts(self) -> np.ndarray:
        """(K,) effective numbers of entries."""
        return np.divide(self.contents**2, self.squares, out=np.zeros_like(self.contents), where=self.squares > 0)

    def to_hist(self):
        """The same as hist.Hist with weighted storage. Raises MissingExtraError."""
        try:
            import hist
        except ImportError:
            message = "to_hist needs hist, which is not installed"
            raise MissingExtraError(message, code="missing-extra", hint="pip install 'tmvalite[plot]'") from None
        made = hist.Hist(hist.axis.Variable(self.edges, name="score"), storage=hist.storage.Weight())
        made.view().value[:], made.view().variance[:] = self.contents, self.squares
        return made

    def __repr__(self):
        return f"ScoreHistogram({len(self.contents)} bins, sum {self.contents.sum():g})"


class Templates:
    """The histograms of one output, by process and systematic variation.

    >>> templates = Templates([0.0, 0.5, 1.0], channel="SR")
    >>> templates.add("signal", [0.2, 0.9, 0.7]).add("signal", [0.3, 0.9, 0.6], systematic="jes", direction="up")
    Templates('SR', 2 bins: signal; jes)
    >>> templates["signal"].values(), templates.ratio("signal", "jes", "up")
    (array([1., 2.]), array([1., 1.]))

    Parameters
    ----------
    edges : (K + 1,) float
        Rising; `bin_score` gives some.
    channel : str
    """

    def __init__(self, edges, channel: str = "score"):
        self.edges = np.asarray(edges, np.float64)
        if self.edges.ndim != 1 or len(self.edges) < 2 or not (np.diff(self.edges) > 0).all():
            raise DataError("the edges of bins do not rise", code="data-histogram")
        self.channel = channel
        self.nominal: dict[str, ScoreHistogram] = {}
        self.varied: dict[tuple[str, str, str], ScoreHistogram] = {}

    def add(
        self, process: str, scores, weights=None, *, systematic: str | None = None, direction: str | None = None
    ) -> Templates:
        """Add events (N,) of a process: nominal ones, or those of a systematic variation in direction "up" or "down".

        `data_obs` is what was observed. Events of one name add up. Raises OptionError, DataError.
        """
        if (systematic is None) != (direction is None) or direction not in (None, UP, DOWN):
            message = f"systematic={systematic!r} has direction={direction!r}"
            raise OptionError(message, code="argument", expected="direction='up' or 'down' with a systematic, none without")
        store, key = (self.nominal, process) if systematic is None else (self.varied, (process, systematic, direction))
        new, old = ScoreHistogram.of(scores, weights, self.edges), store.get(key)
        if old is not None:
            new = ScoreHistogram(self.edges, old.contents + new.contents, old.squares + new.squares)
        store[key] = new
        return self

    def __getitem__(self, process: str) -> ScoreHistogram:
        if process not in self.nominal:
            raise DataError(f"there is no process '{process}'", code="data-column", expected=", ".join(self.nominal) or "some")
        return self.nominal[process]

    def variation(self, process: str, systematic: str, direction: str) -> ScoreHistogram:
        """The varied histogram; where only the other direction is there, its mirror image at the nominal one."""
        found = self.varied.get((process, systematic, direction))
        if found is not None:
            return found
        other = self.varied.get((process, systematic, DOWN if direction == UP else UP))
        if other is None:
            raise DataError(f"process '{process}' has no variation '{systematic}'", code="data-column")
        nominal = self[process]
        return ScoreHistogram(self.edges, 2 * nominal.contents - other.contents, other.squares)

    def ratio(self, process: str, systematic: str, direction: str) -> np.ndarray:
        """(K,) varied over nominal contents; 1 where both are 0, NaN where the nominal one alone is."""
        varied, nominal = self.variation(process, systematic, direction).contents, self[process].contents
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(nominal != 0, varied / nominal, np.where(varied == 0, 1.0, np.nan))

    @property
    def systematics(self) -> tuple[str, ...]:
        """Their names, in the order in which they were added."""
        return tuple(dict.fromkeys(name for _, name, _ in self.varied))

    def histograms(self) -> dict[str, ScoreHistogram]:
        """All of them under Combine's names: `process`, `process_nameUp`, `process_nameDown`."""
        found = dict(self.nominal)
        for process, name in dict.fromkeys((process, name) for process, name, _ in self.varied):
            for direction in (UP, DOWN):
                found[f"{process}_{name}{direction.capitalize()}"] = self.variation(process, name, direction)
        return found

    def write_root(self, path: str | os.PathLike) -> None:
        """A ROOT file with a folder of the channel's name, TH1D with errors in it; Combine, cabinetry and uproot read it."""
        file = RootFile(path)
        for name, h in self.histograms().items():
            file.add_histogram(f"{self.channel}/{name}", Histogram(h.contents, (h.edges,), h.squares, title=name, double=True))
        file.write()

    def pyhf(self, signal: str = "signal", poi: str = "mu") -> dict[str, Any]:
        """A workspace for pyhf.Workspace: normfactor `poi` on the signal, histosys for variations, staterror for the sample size.

        Without `data_obs` the observation is the sum of all processes (Asimov). Raises DataError without the signal.
        """
        self[signal]
        processes = [name for name in self.nominal if name != DATA]
        data = self.nominal.get(DATA)
        observed = data.contents if data is not None else sum(self.nominal[name].contents for name in processes)
        samples = [self._sample(name, poi if name == signal else None) for name in processes]
        return {
            "channels": [{"name": self.channel, "samples": samples}],
            "observations": [{"name": self.channel, "data": observed.tolist()}],
            "measurements": [{"name": "measurement", "config": {"poi": poi, "parameters": []}}],
            "version": "1.0.0",
        }

    def _sample(self, process: str, poi: str | None) -> dict[str, Any]:
        h = self.nominal[process]
        modifiers: list[dict[str, Any]] = [{"name": poi, "type": "normfactor", "data": None}] if poi else []
        for name in dict.fromkeys(name for of, name, _ in self.varied if of == process):
            up, down = (self.variation(process, name, direction).contents.tolist() for direction in (UP, DOWN))
            modifiers.append({"name": name, "type": "histosys", "data": {"hi_data": up, "lo_data": down}})
        errors = np.sqrt(h.squares).tolist()
        modifiers.append({"name": f"staterror_{self.channel}", "type": "staterror", "data": errors})
        return {"name": process, "data": h.contents.tolist(), "modifiers": modifiers}

    def __repr__(self):
        names = ", ".join(self.nominal) or "no process"
        more = f"; {', '.join(self.systematics)}" if self.varied else ""
        return f"Templates('{self.channel}', {len(self.edges) - 1} bins: {names}{more})"


def shape_ratios(templates: Templates) -> Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """By (process, systematic): the ratios (K,) up and down to the nominal histogram."""
    pairs = dict.fromkeys((process, name) for process, name, _ in templates.varied)
    return {pair: (templates.ratio(*pair, UP), templates.ratio(*pair, DOWN)) for pair in pairs}

"""The output of a classifier: its distributions in training and test, and what cuts on it keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.binned import N_BINS, histogram_edges
from tmvalite.evaluation.classification import kolmogorov_smirnov
from tmvalite.evaluation.plots import new_figure
from tmvalite.evaluation.samples import as_scores, as_weights
from tmvalite.plots.style import CYCLE, GREEN, GREY, ORANGE, PURPLE, TICK, finish

Sample = tuple  # outputs (N,), class indices (N,), weights (N,) or None


def score_figure(
    test: Sample,
    train: Sample | None = None,
    *,
    classes: Sequence[str] = ("Signal", "Background"),
    bins: int = N_BINS,
    log: bool = False,
    name: str = "output",
    title: str = "",
):
    """The output by class, scaled to 1: test events filled, training events as points, with Kolmogorov's probabilities.

    Small probabilities say that the two samples differ: overtraining. TMVA's plot, without its bins in the test.

    Parameters
    ----------
    test, train : (outputs (N,), class indices (N,), weights (N,) or None)
    log : bool
        A logarithmic axis.

    Raises
    ------
    DataError
        No events, or outputs that are NaN. MissingExtraError: matplotlib is not installed.
    """
    samples = [_split(one, len(classes)) for one in (test, train) if one is not None]
    groups = [group for one in samples for group in one]
    if not any(len(values) for values, _ in groups):
        raise DataError("there are no outputs to show", code="data-empty")
    edges = histogram_edges([(v[np.isfinite(v)], w[np.isfinite(v)]) for v, w in groups], n_bins=bins)
    centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    figure = new_figure(7.2, 4.6)
    ax = figure.add_subplot()
    top = least = 0.0
    for c, (name_of_class, colour) in enumerate(zip(classes, CYCLE)):
        density, _ = _density(*samples[0][c], edges)
        ax.stairs(density, edges, fill=True, color=colour, alpha=0.3, linewidth=0)
        ax.stairs(density, edges, color=colour, linewidth=1.4, label=f"{name_of_class}, test")
        top, least = max(top, density.max(initial=0.0)), _smallest(least, density)
        if len(samples) == 2:
            density, errors = _density(*samples[1][c], edges)
            (values, w), (others, ow) = samples[0][c], samples[1][c]
            probability = kolmogorov_smirnov(values, others, w, ow)[1] if len(values) and len(others) else float("nan")
            label = f"{name_of_class}, training (KS {probability:.3g})"
            used = density != 0
            style = dict(fmt="o", markersize=3.2, elinewidth=0.9, color=colour, label=label)
            ax.errorbar(centres[used], density[used], errors[used], widths[used] / 2, **style)
            top = max(top, density.max(initial=0.0))
    if log and least > 0:
        ax.set_yscale("log")
        ax.set_ylim(0.5 * least, 40.0 * top)
    else:
        ax.set_ylim(0.0, 1.4 * top if top > 0 else 1.0)
    ax.set_xlim(edges[0], edges[-1])
    finish(ax, x=name, y="1/N dN/dx", title=title)
    ax.legend(fontsize=TICK, frameon=False, ncols=2, loc="upper center")
    return figure


def cuts_figure(curve, n_signal: float = 1000.0, n_background: float = 1000.0, *, name: str = "output", title: str = ""):
    """Efficiencies, purity and S/sqrt(S+B) against the cut, and the best cut (TMVA's mvaeffs).

    Parameters
    ----------
    curve : RocCurve
    n_signal, n_background : float
        Expected events before the cut.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed. OptionError: numbers that are not positive.
    """
    best = curve.best_cut(n_signal, n_background)
    fine = np.isfinite(curve.threshold)
    cut, s, b = curve.threshold[fine], curve.signal_efficiency[fine], curve.background_efficiency[fine]
    kept = n_signal * s + n_background * b
    with np.errstate(divide="ignore", invalid="ignore"):
        purity = np.where(kept > 0, n_signal * s / kept, np.nan)
        significance = np.where(kept > 0, n_signal * s / np.sqrt(np.maximum(kept, 0)), np.nan)
    figure = new_figure(7.2, 4.6)
    ax = figure.add_subplot()
    lines = [
        ax.plot(cut, s, color=CYCLE[0], label="signal efficiency")[0],
        ax.plot(cut, b, color=ORANGE, label="background efficiency")[0],
        ax.plot(cut, purity, color=GREY, linestyle="--", label="signal purity")[0],
        ax.plot(cut, s * purity, color=PURPLE, linestyle=":", label="efficiency x purity")[0],
    ]
    right = ax.twinx()
    lines += right.plot(cut, significance, color=GREEN, linewidth=1.6, label=f"S/sqrt(S+B), at best {best.value:.4g}")
    ax.axvline(best.cut, color=GREEN, linewidth=0.9, linestyle="-.")
    finish(ax, x=f"cut on {name}", y="efficiency, purity", title=title)
    right.set_ylabel("significance", fontsize=ax.yaxis.label.get_size(), color=GREEN)
    right.tick_params(labelsize=TICK, colors=GREEN)
    right.spines["top"].set_visible(False)
    ax.set_ylim(0.0, 1.05)
    right.set_ylim(0.0, None)
    said = f"{n_signal:g} signal and {n_background:g} background events: cut at {best.cut:.4g}"
    where = dict(ncols=3, loc="outside lower center", frameon=False)
    figure.legend(handles=lines, title=said, title_fontsize=TICK, fontsize=TICK, **where)
    return figure


def _split(sample: Sample, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    values, index, weights = sample
    values, index = as_scores(values), np.asarray(index).reshape(-1)
    weights = as_weights(weights, len(values))
    return [(values[index == c], weights[index == c]) for c in range(n)]


def _density(values, weights, edges) -> tuple[np.ndarray, np.ndarray]:
    contents, squares = (np.histogram(values, edges, weights=w)[0] for w in (weights, weights**2))
    scale = weights.sum() * np.diff(edges)
    if not weights.sum() > 0:
        return np.zeros(len(contents)), np.zeros(len(contents))
    return contents / scale, np.sqrt(squares) / scale


def _smallest(known: float, density: np.ndarray) -> float:
    positive = density[density > 0]
    return min(known or np.inf, positive.min()) if len(positive) else known

"""A regression's targets and a multiclass analysis' classes: deviations from the truth, and who is taken for whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.evaluation.regression import regression_deviation
from tmvalite.evaluation.samples import as_weights
from tmvalite.plots.style import BLUE, GREY, LABEL, MAP, ORANGE, TICK, TITLE, common_range, finish

_BINS = 50


def target_figure(predicted, truth, weights=None, *, name: str = "target", title: str = ""):
    """The deviation of one target from the truth: against the truth with mean and spread, and as a distribution.

    Parameters
    ----------
    predicted, truth, weights : (N,) float, in original units
    name : str
        With its unit.

    Raises
    ------
    DataError
        No events, or lengths that differ. MissingExtraError: matplotlib is not installed.
    """
    predicted, truth = (np.asarray(one, np.float64).reshape(-1) for one in (predicted, truth))
    if len(predicted) != len(truth) or not len(truth):
        raise DataError(f"{len(predicted)} values do not fit {len(truth)} true ones", code="data-length")
    weights = as_weights(weights, len(truth))
    off = predicted - truth
    low, high = common_range(truth)
    bound = max(float(np.quantile(np.abs(off), 0.995)), 1e-12)
    edges, steps = np.linspace(low, high, _BINS + 1), np.linspace(-bound, bound, _BINS + 1)
    figure = new_figure(10.4, 4.3)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
    counts = np.histogram2d(truth, off, (edges, steps), weights=weights)[0].T
    mesh = left.pcolormesh(edges, steps, np.where(counts > 0, counts, np.nan), cmap=MAP, rasterized=True)
    figure.colorbar(mesh, ax=left, pad=0.02).set_label("events", fontsize=TICK)
    _profile(left, truth, off, weights, np.linspace(low, high, 16))
    left.axhline(0.0, color=GREY, linewidth=0.8)
    finish(left, x=f"true {name}", y="predicted - true")
    left.set_ylim(-bound, bound)
    found = regression_deviation(predicted, truth, weights)
    right.stairs(np.histogram(off, steps, weights=weights)[0], steps, fill=True, color=BLUE, alpha=0.7)
    right.axvline(0.0, color=GREY, linewidth=0.8)
    note = f"bias {found.bias:.3g}\nRMS {found.rms:.3g}\nRMS of 90 % {found.rms_truncated:.3g}"
    right.text(0.97, 0.96, note, transform=right.transAxes, ha="right", va="top", fontsize=TICK)
    finish(right, x="predicted - true", y="events")
    figure.suptitle(title or name, fontsize=TITLE)
    return figure


def _profile(ax, truth, off, weights, edges) -> None:
    """Mean and RMS of the deviation in slices of the truth."""
    at = np.clip(np.digitize(truth, edges) - 1, 0, len(edges) - 2)
    sums = [np.bincount(at, weights=weights * off**power, minlength=len(edges) - 1) for power in (0, 1, 2)]
    used = sums[0] > 0
    mean = sums[1][used] / sums[0][used]
    rms = np.sqrt(np.maximum(sums[2][used] / sums[0][used] - mean**2, 0.0))
    centres = ((edges[1:] + edges[:-1]) / 2)[used]
    ax.errorbar(centres, mean, rms, fmt="o", color=ORANGE, markersize=4, elinewidth=1.2, label="mean and RMS")
    ax.legend(fontsize=TICK, frameon=True, loc="upper right")


def confusion_figure(matrix, classes: Sequence[str], *, rows: Sequence[str] | None = None, title: str = ""):
    """A matrix (C, D) of rates from 0 to 1 as a map with numbers: rows are true classes, columns what they are taken for.

    Raises
    ------
    DataError
        The names do not fit. MissingExtraError: matplotlib is not installed.
    """
    matrix, rows = np.asarray(matrix, np.float64), classes if rows is None else rows
    if matrix.shape != (len(rows), len(classes)):
        names = f"{len(rows)} and {len(classes)} names"
        raise DataError(f"{names} do not fit a matrix of the shape {matrix.shape}", code="data-shape")
    size = 0.8 * max(len(classes), 3) + 1.6
    figure = new_figure(size + 0.9, size)
    ax = figure.add_subplot()
    image = ax.imshow(matrix, cmap=MAP, vmin=0.0, vmax=max(1.0, float(np.nanmax(matrix, initial=0.0))))
    for i, j in np.ndindex(*matrix.shape):
        ink = "black" if matrix[i, j] > 0.6 else "white"
        ax.text(j, i, f"{matrix[i, j]:.3f}" if np.isfinite(matrix[i, j]) else "-", ha="center", va="center", color=ink)
    ax.set_xticks(range(len(classes)), classes, rotation=30, ha="right", fontsize=TICK)
    ax.set_yticks(range(len(rows)), rows, fontsize=TICK)
    ax.set_xlabel("taken for", fontsize=LABEL)
    ax.set_ylabel("true class", fontsize=LABEL)
    figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03).set_label("rate", fontsize=TICK)
    ax.set_title(title, fontsize=TITLE)
    return figure

"""The variables of a sample: their distributions by class, and their linear correlations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.binned import INPUT_RMS, N_BINS, histogram_edges
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import CYCLE, DIVERGING, LABEL, TICK, TITLE, finish

MAX_VARIABLES = 30  # of one picture


def variables_figure(x, class_index, weights=None, *, names: Sequence[str], classes: Sequence[str] = (), title: str = ""):
    """The distribution of every variable, each class scaled to 1.

    Parameters
    ----------
    x : (N, V) float; class_index : (N,) int; weights : (N,) float, optional
    names : sequence of V str
        With units; at most 30 are shown.
    classes : sequence of str

    Raises
    ------
    DataError
        Names do not fit the variables, or there are no events. MissingExtraError: matplotlib is not installed.
    """
    x, class_index = np.asarray(x, np.float64), np.asarray(class_index)
    if x.ndim != 2 or len(names) != x.shape[1] or not len(x):
        raise DataError(f"{len(names)} names do not fit variables of the shape {x.shape}", code="data-shape")
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
    shown = min(x.shape[1], MAX_VARIABLES)
    across = 1 if shown == 1 else 2 if shown <= 4 else 4 if shown > 12 else 3
    down = -(-shown // across)
    figure = new_figure(max(3.1 * across, 4.6), 2.35 * down + 0.55)
    axes = figure.subplots(down, across, squeeze=False).reshape(-1)
    for ax in axes[shown:]:
        ax.set_visible(False)
    for v, ax in zip(range(shown), axes):
        fine = np.isfinite(x[:, v])
        groups = [(x[fine & (class_index == c), v], weights[fine & (class_index == c)]) for c in range(max(len(classes), 1))]
        edges = histogram_edges(groups, n_bins=N_BINS, max_rms=INPUT_RMS)
        for c, ((values, w), colour) in enumerate(zip(groups, CYCLE)):
            contents = np.histogram(values, edges, weights=w)[0]
            total = contents.sum()
            name = classes[c] if classes else ""
            contents = contents / total if total > 0 else contents
            if c == 0:
                ax.stairs(contents, edges, fill=True, color=colour, alpha=0.3, linewidth=0.0)
            ax.stairs(contents, edges, color=colour, linewidth=1.3, label=name)
        finish(ax, x=names[v])
        ax.ticklabel_format(axis="x", style="sci", scilimits=(-3, 4))
    handles, labels = axes[0].get_legend_handles_labels()
    if classes:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), frameon=False, fontsize=TICK)
    figure.supylabel("fraction of events", fontsize=LABEL)
    more = f" (the first {shown} of {x.shape[1]})" if shown < x.shape[1] else ""
    if title or more:
        figure.suptitle(title + more, fontsize=TITLE)
    return figure


def correlation_figure(matrix, names: Sequence[str], *, title: str = ""):
    """Linear correlation coefficients in percent, as a map with numbers where there is room.

    Parameters
    ----------
    matrix : (V, V) float
        From -1 to 1.

    Raises
    ------
    DataError
        The names do not fit. MissingExtraError: matplotlib is not installed.
    """
    matrix = 100.0 * np.asarray(matrix, np.float64)
    n = len(names)
    if matrix.shape != (n, n):
        raise DataError(f"{n} names do not fit a matrix of the shape {matrix.shape}", code="data-shape")
    size = min(max(3.4, 0.42 * n + 1.8), 12.0)
    figure = new_figure(size + 0.8, size)
    ax = figure.add_subplot()
    image = ax.imshow(matrix, cmap=DIVERGING, vmin=-100, vmax=100, origin="lower")
    small = max(4.5, min(TICK, 130.0 / n))
    ax.set_xticks(range(n), names, rotation=90 if n > 5 else 30, ha="center" if n > 5 else "right", fontsize=small)
    ax.set_yticks(range(n), names, fontsize=small)
    if n <= 25:
        for i, j in np.ndindex(n, n):
            value = matrix[i, j]
            if np.isfinite(value):
                ink = "white" if abs(value) > 60 else "black"
                ax.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=small - 1, color=ink)
    bar = figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03)
    bar.set_label("linear correlation [%]", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)
    ax.set_title(title, fontsize=TITLE)
    return figure

"""The codes of events: each latent variable, and each pair of them, beside the prior."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import CYCLE, GREY, LABEL, ORANGE, TICK, TITLE, finish

MAX_LATENT, MAX_POINTS, MAX_CLASSES = 6, 20000, 7


def latent_figure(codes, *, labels=None, prior="GAUSS|0|1", dims=None, title: str = ""):
    """Scatter plots of pairs of latent variables, and their marginal distributions on the diagonal, with the prior as a line.

    Parameters
    ----------
    codes : (N, Q) array
        From `method.encode`; rows with a number that is not finite are left out.
    labels : (N,) array, optional
        Classes: one colour each, at most 7.
    prior : str or None
        "GAUSS|mean|sigma", "UNIFORM|low|high", or None for no line.
    dims : sequence of int, optional
        The latent variables to show, at most 6; by default the first ones.

    Raises
    ------
    DataError
        The codes are no (N, Q) array with finite rows, or there are too many classes.
    MissingExtraError
        matplotlib is not installed.
    """
    codes = np.asarray(codes, np.float64)
    if codes.ndim != 2 or not codes.size:
        raise DataError(f"the codes have the shape {codes.shape}", code="data-shape", expected="(events, latent variables)")
    finite = np.isfinite(codes).all(axis=1)
    if not finite.any():
        raise DataError(f"none of the {len(codes)} codes is finite", code="data-not-finite")
    if labels is not None and np.shape(labels) == (len(codes),):
        labels = np.asarray(labels)[finite]
    codes = codes[finite]
    dims = list(range(codes.shape[1]) if dims is None else dims)[:MAX_LATENT]
    groups = _groups(codes, labels)
    density = _prior(prior)
    q = len(dims)
    figure = new_figure(2.3 * q + 1.4 if q > 1 else 5.0, 2.3 * q + 0.9 if q > 1 else 3.6)
    axes = figure.subplots(q, q, squeeze=False)
    ranges = [_range(codes[:, at], density) for at in dims]
    for row in range(q):
        for column in range(q):
            ax = axes[row, column]
            if column > row:
                ax.set_visible(False)
            elif column == row:
                _marginal(ax, [(name, z[:, dims[row]]) for name, z in groups], density, ranges[row])
            else:
                _scatter(ax, [(name, z[:, [dims[column], dims[row]]]) for name, z in groups], ranges[column], ranges[row])
            finish(
                ax,
                x=f"$z_{{{dims[column] + 1}}}$" if row == q - 1 else "",
                y=("density" if row == column else f"$z_{{{dims[row] + 1}}}$") if column == 0 or row == column else "",
            )
    _legend(figure, axes, len(groups), density is not None)
    if title:
        figure.suptitle(title, fontsize=TITLE)
    return figure


def _groups(codes: np.ndarray, labels) -> list[tuple[str, np.ndarray]]:
    if labels is None:
        return [("codes", codes)]
    labels = np.asarray(labels)
    names = np.unique(labels)
    if labels.shape != (len(codes),) or len(names) > MAX_CLASSES:
        raise DataError(
            f"{labels.shape} labels of {len(names)} classes do not fit {len(codes)} codes",
            code="data-shape",
            expected=f"one label an event, at most {MAX_CLASSES} classes",
        )
    return [(str(name), codes[labels == name]) for name in names]


def _prior(text):
    """A density of one variable from "GAUSS|mean|sigma" or "UNIFORM|low|high"; None for no prior."""
    if text is None:
        return None
    fields = str(text).split("|")
    try:
        kind, a, b = fields[0].strip().upper(), *(float(x) for x in fields[1:] or (0.0, 1.0))
    except ValueError:
        kind = ""
    if kind == "GAUSS" and b > 0.0:
        return (lambda z: np.exp(-0.5 * ((z - a) / b) ** 2) / (b * np.sqrt(2.0 * np.pi))), (a - 3.0 * b, a + 3.0 * b)
    if kind == "UNIFORM" and b > a:
        return (lambda z: np.where((z >= a) & (z <= b), 1.0 / (b - a), 0.0)), (a, b)
    raise DataError(f"'{text}' is no prior", code="prior", expected="GAUSS|mean|sigma or UNIFORM|low|high")


def _range(z: np.ndarray, density) -> tuple[float, float]:
    low, high = np.quantile(z, (0.001, 0.999))
    if density is not None:
        low, high = min(low, density[1][0]), max(high, density[1][1])
    spare = 0.05 * (high - low) or 0.5
    return float(low - spare), float(high + spare)


def _marginal(ax, groups, density, limits) -> None:
    edges = np.linspace(*limits, 51)
    for (name, z), colour in zip(groups, CYCLE):
        ax.hist(z, edges, density=True, histtype="stepfilled", alpha=0.35, color=colour, label=name)
        ax.hist(z, edges, density=True, histtype="step", color=colour, linewidth=1.2)
    if density is not None:
        line = np.linspace(*limits, 300)
        ax.plot(line, density[0](line), color=GREY if len(groups) > 1 else ORANGE, linewidth=1.6, linestyle="--", label="prior")
    ax.set_xlim(limits)


def _scatter(ax, groups, x_limits, y_limits) -> None:
    share = max(1, sum(len(z) for _, z in groups) // MAX_POINTS)
    size = 6.0 if sum(len(z) for _, z in groups) < 3000 else 2.0
    for (_, z), colour in zip(groups, CYCLE):
        ax.scatter(z[::share, 0], z[::share, 1], s=size, color=colour, alpha=0.5, linewidths=0, rasterized=True)
    ax.set(xlim=x_limits, ylim=y_limits)


def _legend(figure, axes, n_groups: int, has_prior: bool) -> None:
    if n_groups == 1 and not has_prior:
        return
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if len(axes) == 1:
        axes[0, 0].legend(handles, labels, fontsize=TICK, frameon=False)
        return
    corner = figure.add_subplot(axes[0, -1].get_subplotspec(), frameon=False)
    corner.set(xticks=[], yticks=[])
    corner.legend(handles, labels, loc="center", fontsize=LABEL, frameon=False)

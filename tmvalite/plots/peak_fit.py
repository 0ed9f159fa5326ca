"""A mass peak before and after compression."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation.peak import PeakChange, PeakFit
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import BLUE, GREY, ORANGE, TICK, TITLE, finish


def peak_figure(change: PeakChange, *, unit: str = "GeV", title: str = ""):
    """The histograms before and after with the fits, side by side on one scale; masses and widths with their errors.

    Raises MissingExtraError if matplotlib is not installed.
    """
    figure = new_figure(9.2, 4.2)
    axes = figure.subplots(1, 2, sharey=True)
    for ax, name, fit, colour in zip(axes, ("before", "after"), (change.before, change.after), (BLUE, ORANGE)):
        _draw(ax, fit, colour, unit)
        finish(
            ax,
            x=f"{change.name} [{unit}]" if unit else change.name,
            y=_entries(fit, unit) if name == "before" else "",
            title=name,
        )
    axes[0].set_ylim(0.0, 1.3 * max(_merged(fit)[0].max() for fit in (change.before, change.after)))
    text = f"shift {change.shift:.2f} %, width {change.broadening:+.1f} %"
    figure.suptitle(f"{title}: {text}" if title else text, fontsize=TITLE)
    return figure


def _merge(fit: PeakFit) -> int:
    return max(1, len(fit.contents) // 66)


def _merged(fit: PeakFit) -> tuple[np.ndarray, np.ndarray]:
    """Contents and edges with neighbouring bins joined; a rest at the upper end is not drawn."""
    k = _merge(fit)
    n = len(fit.contents) // k * k
    return fit.contents[:n].reshape(-1, k).sum(axis=1), fit.edges[: n + 1 : k]


def _entries(fit: PeakFit, unit: str) -> str:
    width = _merge(fit) * (fit.edges[1] - fit.edges[0])
    return f"entries / {width:.3g} {unit}".rstrip()


def _draw(ax, fit: PeakFit, colour: str, unit: str) -> None:
    contents, edges = _merged(fit)
    centres = 0.5 * (edges[1:] + edges[:-1])
    ax.errorbar(centres, contents, yerr=np.sqrt(contents), fmt="o", markersize=2.6, linewidth=0.9, color=GREY, label="events")
    x = np.linspace(edges[0], edges[-1], 400)
    k = _merge(fit)
    line = fit.curve(x) * k
    _, _, _, slope, offset = fit.parameters
    below = (slope * (x - 0.5 * (fit.edges[0] + fit.edges[-1])) + offset) * k
    ax.plot(x, line, color=colour, linewidth=2.0, label="Gaussian + line")
    ax.plot(x, below, color=colour, linewidth=1.2, linestyle="--", label="line")
    ax.set_xlim(fit.edges[0], fit.edges[-1])
    tail = f" {unit}" if unit else ""
    note = f"mass  {fit.mass:.2f} ± {fit.mass_error:.2f}{tail}\nwidth {fit.width:.2f} ± {fit.width_error:.2f}{tail}"
    ax.text(0.03, 0.97, note if fit.converged else note + "\n(not converged)", transform=ax.transAxes, va="top", fontsize=TICK)
    ax.legend(loc="upper right", fontsize=TICK, frameon=False)

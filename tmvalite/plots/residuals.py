"""Columns of a table before and after: their distributions, their residuals and their responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.compression import ColumnComparison, Spread
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import BLUE, GREY, LABEL, ORANGE, TICK, TITLE, finish, with_unit

MAX_PANELS = 25


def column_figure(
    before: Mapping,
    after: Mapping,
    *,
    names: Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    bins: int = 60,
    title: str = "",
):
    """The distribution of every column before (filled) and after (line).

    Parameters
    ----------
    before, after : dict of str to (N,) arrays, or tables that give one with `arrays()`, such as what `compress` returns
    names : sequence of str, optional
        The columns to show, at most 25; by default the first ones.
    units : dict of str to str, optional

    Raises
    ------
    DataError
        A column is missing. MissingExtraError: matplotlib is not installed.
    """
    before, after = (table.arrays() if hasattr(table, "arrays") else table for table in (before, after))
    names = list(before if names is None else names)[:MAX_PANELS]
    missing = next((name for name in names if name not in before or name not in after), None)
    if missing is not None or not names:
        raise DataError(f"there is no column '{missing}' before and after", code="data-column")
    figure, axes = _panels(len(names), 2.9, 2.3)
    for ax, name in zip(axes, names):
        old, new = (np.asarray(x[name], np.float64).reshape(-1) for x in (before, after))
        edges = _edges(old, np.asarray(before[name]).dtype.kind in "biu", bins)
        ax.hist(old, edges, histtype="stepfilled", color=BLUE, alpha=0.35, label="before")
        ax.hist(new, edges, histtype="step", color=ORANGE, linewidth=1.4, label="after")
        finish(ax, x=with_unit(name, (units or {}).get(name, "")))
        ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4))
        ax.yaxis.get_offset_text().set_fontsize(TICK)
    _share_legend(figure, axes[0], "entries", title)
    return figure


def deviation_figure(
    comparisons: Sequence[ColumnComparison],
    *,
    quantity: str = "residual",
    units: Mapping[str, str] | None = None,
    title: str = "",
):
    """The residuals or the responses of columns, with mean, RMS and the number of entries outside.

    Parameters
    ----------
    comparisons : sequence of ColumnComparison
        From `compare_column` or `CompressionReport.columns`; at most 25 are shown.
    quantity : "residual" or "response"

    Raises
    ------
    DataError
        Nothing to show. MissingExtraError: matplotlib is not installed.
    """
    chosen = list(comparisons)[:MAX_PANELS]
    if not chosen or quantity not in ("residual", "response"):
        raise DataError(f"no {quantity} to show", code="data-empty", expected="'residual' or 'response' of some columns")
    figure, axes = _panels(len(chosen), 2.9, 2.3)
    for ax, c in zip(axes, chosen):
        s: Spread = getattr(c, quantity)
        ax.stairs(s.contents, s.edges, fill=True, color=BLUE if quantity == "residual" else ORANGE, alpha=0.8)
        ax.axvline(0.0, color=GREY, linewidth=0.8, zorder=0)
        top = max(float(s.contents.max()), 1.0)
        ax.set(xlim=(s.edges[0], s.edges[-1]), ylim=(0.0, 1.75 * top))
        unit = "%" if quantity == "response" else (units or {}).get(c.name, "")
        note = f"mean {s.mean:.3g}\nRMS {s.rms:.3g}\noutside {s.underflow + s.overflow}" if s.count else "no entries"
        ax.text(0.97, 0.97, note, transform=ax.transAxes, ha="right", va="top", fontsize=TICK - 1.0, linespacing=1.15)
        finish(ax, x=with_unit(c.name, unit))
        ax.ticklabel_format(axis="both", style="sci", scilimits=(-3, 4))
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_offset_text().set_fontsize(TICK)
    figure.supylabel("entries", fontsize=LABEL)
    figure.suptitle(
        title or {"residual": "Residual: after - before", "response": "Response: (after - before) / before"}[quantity],
        fontsize=TITLE,
    )
    return figure


def _panels(n: int, width: float, height: float):
    across = min(5, max(2, int(np.ceil(np.sqrt(n))))) if n > 1 else 1
    down = -(-n // across)
    figure = new_figure(max(width * across, 4.4), height * down + 0.5)
    axes = figure.subplots(down, across, squeeze=False).reshape(-1)
    for ax in axes[n:]:
        ax.set_visible(False)
    return figure, axes[:n]


def _edges(values: np.ndarray, whole: bool, bins: int) -> np.ndarray:
    """Bins of the central 99.8 %; of integers one a number, or the same count of numbers each."""
    fine = values[np.isfinite(values)]
    low, high = np.quantile(fine, (0.001, 0.999)) if fine.size else (0.0, 1.0)
    if whole:
        step = max(1.0, np.ceil((high - low + 1.0) / bins))
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + step + 0.5, step)
    spare = 0.02 * (high - low) or 0.5
    return np.linspace(low - spare, high + spare, bins + 1)


def _share_legend(figure, ax, label: str, title: str) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=LABEL, frameon=False)
    figure.supylabel(label, fontsize=LABEL)
    if title:
        figure.suptitle(title, fontsize=TITLE)

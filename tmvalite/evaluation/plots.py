"""Pictures of what the numbers say; matplotlib is imported when the first one is drawn."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache

from tmvalite.errors import MissingExtraError
from tmvalite.evaluation.replica_bands import RocBand
from tmvalite.evaluation.roc import RocCurve

X_TITLE, Y_TITLE = "Signal efficiency (Sensitivity)", "Background rejection (Specificity)"


@cache
def _figure_class():
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A Figure that a notebook shows although pyplot does not know it."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png")
            return buffer.getvalue()

    return Picture


def new_figure(width: float = 6.0, height: float = 4.5):
    """An empty matplotlib Figure of this size in inches. Raises MissingExtraError without matplotlib."""
    try:
        import matplotlib.figure  # noqa: F401  whether it is there
    except ImportError:
        raise MissingExtraError(
            "drawing needs matplotlib, which is not installed", code="missing-extra", hint="pip install 'tmvalite[plot]'"
        ) from None
    return _figure_class()(figsize=(width, height), layout="constrained")


def roc_figure(
    curves: Sequence[tuple[str, RocCurve]],
    title: str = "",
    ax=None,
    *,
    styles: Sequence[Mapping] = (),
    bands: Mapping[str, RocBand] | None = None,
):
    """Signal efficiency against background rejection, one line per (label, curve), the area in the legend.

    `styles` are arguments of matplotlib's plot, one set per curve. `bands` are, by label, what the replicas of a method say: mean
    and spread of one training are drawn beside the curve of their mean, with the mean and the spread of the areas. Returns the
    matplotlib Figure that holds `ax` (a new one by default); nothing is shown and no global state is touched.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    if ax is None:
        ax = new_figure().add_subplot()
    for i, (label, curve) in enumerate(curves):
        style = styles[i] if i < len(styles) else {}
        band = (bands or {}).get(label)
        one = f"; one training {band.area.value:.3f} ± {band.area.error:.3f}" if band is not None else ""
        area = f"{curve.area:.3f}{one}"
        (line,) = ax.plot(curve.signal_efficiency, curve.background_rejection, label=f"{label} ({area})", **style)
        if band is not None:
            low, high = (band.background_rejection + sign * band.rejection_error for sign in (-1.0, 1.0))
            ax.fill_between(band.signal_efficiency, low, high, color=line.get_color(), alpha=0.25, linewidth=0)
    ax.set(xlabel=X_TITLE, ylabel=Y_TITLE, title=title, xlim=(0.0, 1.0), ylim=(0.0, 1.05))
    if curves:
        ax.legend(loc="lower left")
    return ax.figure

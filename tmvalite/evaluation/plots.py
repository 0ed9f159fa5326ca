"""Pictures of what the numbers say; matplotlib is imported when the first one is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.errors import MissingExtraError
from tmvalite.evaluation.roc import RocCurve

X_TITLE, Y_TITLE = "Signal efficiency (Sensitivity)", "Background rejection (Specificity)"


def _new_figure():
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing needs matplotlib, which is not installed", hint="pip install 'tmvalite[plot]'") from None
    return Figure(figsize=(6.0, 4.5), layout="constrained")


def roc_figure(curves: Sequence[tuple[str, RocCurve]], title: str = "", ax=None):
    """Signal efficiency against background rejection, one line per (label, curve), the area in the legend.

    Returns the matplotlib Figure that holds `ax` (a new one by default); nothing is shown and no global state is touched.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    if ax is None:
        ax = _new_figure().add_subplot()
    for label, curve in curves:
        ax.plot(curve.signal_efficiency, curve.background_rejection, label=f"{label} ({curve.area:.3f})")
    ax.set(xlabel=X_TITLE, ylabel=Y_TITLE, title=title, xlim=(0.0, 1.0), ylim=(0.0, 1.05))
    if curves:
        ax.legend(loc="lower left")
    return ax.figure

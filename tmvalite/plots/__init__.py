"""Pictures of variables, outputs, trainings, networks and autoencoders (extra `plot`). Every function returns a Figure.

Nothing is shown and no global state of matplotlib is touched; `figure.savefig("name.png")` writes one.
matplotlib is imported when the first picture is drawn.
"""

from __future__ import annotations

import importlib

__all__ = [
    "column_figure",
    "confusion_figure",
    "correlation_figure",
    "cuts_figure",
    "deviation_figure",
    "latent_figure",
    "latent_grid_figure",
    "loss_figure",
    "network_figure",
    "peak_figure",
    "reconstruction_figure",
    "roc_figure",
    "score_figure",
    "styled",
    "target_figure",
    "variables_figure",
    "weights_figure",
]

_PLACES = {
    "column_figure": "tmvalite.plots.residuals",
    "confusion_figure": "tmvalite.plots.target_plots",
    "correlation_figure": "tmvalite.plots.input_plots",
    "cuts_figure": "tmvalite.plots.score_plots",
    "deviation_figure": "tmvalite.plots.residuals",
    "latent_figure": "tmvalite.plots.latent_space",
    "latent_grid_figure": "tmvalite.plots.grid",
    "loss_figure": "tmvalite.plots.loss_curves",
    "network_figure": "tmvalite.plots.network_plots",
    "peak_figure": "tmvalite.plots.peak_fit",
    "reconstruction_figure": "tmvalite.plots.images",
    "score_figure": "tmvalite.plots.score_plots",
    "target_figure": "tmvalite.plots.target_plots",
    "variables_figure": "tmvalite.plots.input_plots",
    "weights_figure": "tmvalite.plots.network_plots",
    "roc_figure": "tmvalite.evaluation.plots",
    "styled": "tmvalite.plots.style",
}


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_PLACES])

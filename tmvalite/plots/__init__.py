"""Pictures of autoencoders and of what they do to data (extra `plot`). Every function returns a matplotlib Figure.

Nothing is shown and no global state of matplotlib is touched; `figure.savefig("name.png")` writes one.
matplotlib is imported when the first picture is drawn.
"""

from __future__ import annotations

import importlib

__all__ = [
    "column_figure",
    "deviation_figure",
    "latent_figure",
    "latent_grid_figure",
    "loss_figure",
    "peak_figure",
    "reconstruction_figure",
]

_PLACES = {
    "column_figure": "tmvalite.plots.residuals",
    "deviation_figure": "tmvalite.plots.residuals",
    "latent_figure": "tmvalite.plots.latent_space",
    "latent_grid_figure": "tmvalite.plots.grid",
    "loss_figure": "tmvalite.plots.loss_curves",
    "peak_figure": "tmvalite.plots.peak_fit",
    "reconstruction_figure": "tmvalite.plots.images",
}


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_PLACES])

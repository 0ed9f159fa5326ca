"""Losses and their parts against epochs or iterations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import CYCLE, GREY, TICK, finish

_TOTAL = ("train_loss", "valid_loss")
# Columns of a history that are no loss, or are shown in the lower panel.
_LATENT = ("latent_mean", "latent_log_variance", "latent_log_variance_spread")
_NO_LOSS = ("epoch", "iteration", "phase", "learning_rate", "seconds", "improved")
_WORDS = {
    "train_loss": "total",
    "kl": "KL",
    "latent_mean": "mean of $\\mu$",
    "latent_log_variance": "mean of $\\ln\\sigma^2$",
    "latent_log_variance_spread": "spread of $\\ln\\sigma^2$",
}


def loss_figure(history: Mapping, *, floor: float | None = None, logarithmic: bool | None = None, title: str = ""):
    """The loss and its parts, training as lines and validation dashed; latent statistics below if there are any.

    Parameters
    ----------
    history : dict of str to sequences
        `method.history` or `method.trace`: "epoch" or "iteration", and losses in nats per event.
    floor : float, optional
        A value that the loss cannot fall below, such as the entropy of the data, drawn as a line.
    logarithmic : bool, optional
        By default where all values are positive and span more than a factor of 20.

    Raises
    ------
    DataError
        There is no loss in it. MissingExtraError: matplotlib is not installed.
    """
    columns = {name: _numbers(values) for name, values in history.items()}
    columns = {name: values for name, values in columns.items() if values is not None and np.isfinite(values).any()}
    step = "iteration" if "iteration" in columns else "epoch"
    parts = [name for name in columns if not name.startswith("valid_") and name not in (*_NO_LOSS, *_LATENT)]
    parts = [name for name in parts if columns[name][np.isfinite(columns[name])].any()] or parts[:1]  # a penalty of 0 is none
    if not parts:
        raise DataError("the history has no losses", code="data-history", expected="columns such as train_loss and valid_loss")
    latent = [name for name in _LATENT if name in columns]
    figure = new_figure(8.4, 6.2 if latent else 4.2)
    top, *below = figure.subplots(2 if latent else 1, 1, sharex=True, squeeze=False, height_ratios=(3, 1.6) if latent else (1,))[
        :, 0
    ]
    shown = []
    for name, colour in zip(parts, CYCLE):
        word = _WORDS.get(name, name.replace("_", " "))
        partner = "valid_loss" if name == "train_loss" else f"valid_{name}"
        shown.append(_line(top, columns, step, name, colour, word, "-"))
        if partner in columns:
            shown.append(_line(top, columns, step, partner, colour, f"{word}, validation", "--"))
    if floor is not None:
        top.axhline(floor, color=GREY, linewidth=1.2, linestyle=":", label=f"lowest possible, {floor:.3g}")
    values = np.concatenate(shown)
    if logarithmic is None:
        logarithmic = bool(values.min() > 0.0 and values.max() > 20.0 * values.min())
    if logarithmic:
        top.set_yscale("log")
    finish(top, x="" if latent else step, y="loss [nats per event]", title=title)
    top.grid(alpha=0.25)
    top.legend(fontsize=TICK, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))  # beside: no curve is covered
    for ax in below:
        for name, colour in zip(latent, CYCLE):
            _line(ax, columns, step, name, colour, _WORDS[name], "-")
        ax.axhline(0.0, color=GREY, linewidth=0.8)
        ax.grid(alpha=0.25)
        finish(ax, x=step, y="latent statistics")
        ax.legend(fontsize=TICK, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _numbers(values) -> np.ndarray | None:
    """A column as float64, None if it holds something else."""
    try:
        array = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array if array.ndim == 1 and array.size else None


def _line(ax, columns, step: str, name: str, colour: str, label: str, style: str) -> np.ndarray:
    """Draw what is finite of a column (validation may happen now and then); returns the values drawn."""
    y = columns[name]
    x = columns.get(step, np.arange(1.0, len(y) + 1.0))[: len(y)]
    fine = np.isfinite(y)
    ax.plot(x[fine], y[fine], style, color=colour, label=label, linewidth=1.6, marker="o" if fine.sum() == 1 else None)
    return y[fine]

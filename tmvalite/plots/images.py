"""Reconstructed images beside the original ones."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import DIVERGING, LABEL, TICK, TITLE, as_picture, bare, common_range, image_shape

MAX_IMAGES = 16


def reconstruction_figure(method, x, *, shape=None, count: int = 8, title: str = ""):
    """The first images, their reconstructions, and the difference reconstruction - original, one column an image.

    Parameters
    ----------
    method : trained MethodAE
    x : (N, V), (N, H, W) or (N, C, H, W) array
        Events; of a table use `column_figure`.
    shape : (rows, columns) or (channels, rows, columns), optional
        Needed where x is flat and the image not square.
    count : int
        Images, at most 16.

    Raises
    ------
    DataError
        The events are no images. MissingExtraError: matplotlib is not installed.
    """
    x = np.asarray(x)
    if not x.size or x.ndim < 2:
        raise DataError(
            f"an array of shape {x.shape} holds no images", code="data-shape", expected="(events, pixels) or more axes"
        )
    if x.ndim > 2:
        shape = shape or x.shape[1:]
    flat = x.reshape(len(x), -1)[: min(count, MAX_IMAGES)]
    kind = image_shape(shape, flat.shape[1]) if flat.size else None
    if kind is None:
        raise DataError(
            f"events of {flat.shape[1]} values are no images",
            code="data-shape",
            hint="give their shape, or use column_figure for the columns of a table",
        )
    again = np.asarray(method.reconstruct(flat)).reshape(flat.shape)
    n = len(flat)
    low, high = common_range(flat)
    error = again.astype(np.float64) - flat
    limit = float(np.abs(error).max()) or 1.0
    rows = [
        ("original", flat, "gray_r", low, high),
        ("reconstruction", again, "gray_r", low, high),
        ("difference", error, DIVERGING, -limit, limit),
    ]
    figure = new_figure(1.15 * n + 1.5, 3.9)
    axes = figure.subplots(3, n, squeeze=False)
    for row, (label, values, colours, bottom, top) in enumerate(rows):
        for k in range(n):
            picture = as_picture(values[k], kind)
            if picture.ndim == 3:
                picture = np.clip((picture - bottom) / (top - bottom), 0.0, 1.0)
            drawn = axes[row, k].imshow(picture, cmap=colours, vmin=bottom, vmax=top, interpolation="nearest")
            bare(axes[row, k])
            for spine in axes[row, k].spines.values():  # a white image needs an edge
                spine.set(visible=True, color="#BBBBBB", linewidth=0.6)
        axes[row, 0].set_ylabel(label, fontsize=LABEL)
        bar = figure.colorbar(drawn, ax=axes[row, :].tolist(), pad=0.01, aspect=12)
        bar.ax.tick_params(labelsize=TICK)
    if title:
        figure.suptitle(title, fontsize=TITLE)
    return figure

"""What a decoder makes of the points of a plane in the latent space."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.plots.style import MAP, TICK, TITLE, as_picture, common_range, finish, image_shape, variable_labels

MAX_PANELS = 9


def latent_grid_figure(
    method,
    *,
    dims: tuple[int, int] = (0, 1),
    n_latent: int | None = None,
    steps: int = 15,
    limits=None,
    quantiles: bool = False,
    at: Sequence[float] | None = None,
    shape=None,
    variables: Sequence[int] | None = None,
    title: str = "",
):
    """The decoder on a grid of two latent variables.

    Images become one mosaic whose axes are the latent variables; a table becomes one map for each variable.

    Parameters
    ----------
    method : trained MethodAE, or its decoder
    dims : (i, j)
        The latent variables along x and y.
    n_latent : int, optional
        Q, by default `method.latent_size`; the latent variables beside `dims` stand at `at`, by default 0.
    steps : int
        Points along each axis.
    limits : (low, high) or None
        Of both axes; by default -3 and 3, or with `quantiles` the points at which a standard normal variable reaches
        equal steps of probability, so that every picture stands for the same part of the prior.
    shape : (rows, columns) or (channels, rows, columns), optional
        Of an image; without it an event of 8 x 8, 9 x 9, ... values is taken as a square image.
    variables : sequence of int, optional
        Of a table: which to show, at most 9; by default the first ones.

    Raises
    ------
    DataError
        The dimensions are none of the code, or the shape does not fit.
    MissingExtraError
        matplotlib is not installed.
    """
    i, j = dims
    n_latent = getattr(method, "latent_size", 2) if n_latent is None else n_latent
    if not (0 <= i < n_latent and 0 <= j < n_latent) or i == j:
        raise DataError(f"{dims} are no two of {n_latent} latent variables", code="data-latent", expected=f"0 ... {n_latent - 1}")
    axis = _points(steps, limits, quantiles)
    codes = np.zeros((steps, steps, n_latent), np.float32)
    codes[:] = 0.0 if at is None else np.asarray(at, np.float32)
    codes[..., i] = axis[None, :]
    codes[..., j] = axis[:, None]
    decoded = np.asarray(method.decode(codes.reshape(-1, n_latent)))
    kind = image_shape(shape, decoded.shape[1])
    if kind is not None and variables is None:
        return _mosaic(decoded, kind, axis, dims, title)
    return _maps(decoded, axis, dims, variables, variable_labels(method), title)


def _points(steps: int, limits, quantiles: bool) -> np.ndarray:
    if quantiles:
        return np.array([NormalDist().inv_cdf((k + 0.5) / steps) for k in range(steps)])
    low, high = limits or (-3.0, 3.0)
    return np.linspace(low, high, steps)


def _mosaic(decoded: np.ndarray, shape: tuple[int, ...], axis: np.ndarray, dims, title: str):
    """All images as one, a thin line between them; rows run upward, as the axis does."""
    steps = len(axis)
    tiles = np.stack([as_picture(values, shape) for values in decoded])
    rows, columns = tiles.shape[1:3]
    low, high = common_range(tiles)
    gap = max(1, min(rows, columns) // 16)
    whole = np.full((steps * (rows + gap) - gap, steps * (columns + gap) - gap, *tiles.shape[3:]), np.nan)
    for k, tile in enumerate(tiles):
        top, left = (steps - 1 - k // steps) * (rows + gap), (k % steps) * (columns + gap)
        whole[top : top + rows, left : left + columns] = tile
    figure = new_figure(7.2, 7.2 * whole.shape[0] / whole.shape[1] + 0.2)
    ax = figure.add_subplot()
    picture = np.clip((whole - low) / (high - low), 0.0, 1.0) if whole.ndim == 3 else whole
    ax.set_facecolor("#BFD7EA")  # seen through the lines between the images
    ax.imshow(
        np.nan_to_num(picture, nan=1.0) if whole.ndim == 3 else picture,
        cmap="gray_r",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    stride = next((k for k in range(max(1, (steps - 1) // 8), steps) if (steps - 1) % k == 0), 1)
    shown = range(0, steps, stride)
    labels = [f"{axis[k]:.2g}" if abs(axis[k]) > 1e-9 else "0" for k in shown]
    ax.set_xticks([k * (columns + gap) + columns / 2 - 0.5 for k in shown], labels)
    ax.set_yticks([(steps - 1 - k) * (rows + gap) + rows / 2 - 0.5 for k in shown], labels)
    finish(ax, x=f"latent variable $z_{{{dims[0] + 1}}}$", y=f"latent variable $z_{{{dims[1] + 1}}}$", title=title)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return figure


def _maps(decoded: np.ndarray, axis: np.ndarray, dims, variables, labels: list[str], title: str):
    """One map for every variable, its colour scale beside it."""
    chosen = list(range(decoded.shape[1]) if variables is None else variables)[:MAX_PANELS]
    across = min(3, len(chosen))
    down = -(-len(chosen) // across)
    figure = new_figure(3.9 * across, 3.3 * down + 0.3)
    half = 0.5 * (axis[1] - axis[0]) if len(axis) > 1 else 0.5
    edges = np.concatenate([[axis[0] - half], 0.5 * (axis[1:] + axis[:-1]), [axis[-1] + half]])
    for panel, at in enumerate(chosen):
        ax = figure.add_subplot(down, across, panel + 1)
        mesh = ax.pcolormesh(edges, edges, decoded[:, at].reshape(len(axis), len(axis)), cmap=MAP, rasterized=True)
        figure.colorbar(mesh, ax=ax, pad=0.02).ax.tick_params(labelsize=TICK)
        finish(
            ax,
            x=f"$z_{{{dims[0] + 1}}}$" if panel >= len(chosen) - across else "",
            y=f"$z_{{{dims[1] + 1}}}$" if panel % across == 0 else "",
            title=labels[at],
        )
    if title:
        figure.suptitle(title, fontsize=TITLE)
    return figure

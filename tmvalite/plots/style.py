"""What all pictures share: colours that colour-blind readers can tell apart, sizes, and the import of matplotlib."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tmvalite.errors import DataError, MissingExtraError, OptionError

# Okabe and Ito's colours, with which no pair differs by red and green alone.
BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#56B4E9", "#666666"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, SKY, "#E69F00", GREY)
MAP, DIVERGING = "cividis", "RdBu_r"  # equal steps look equal, in grey too
LABEL, TICK, TITLE = 11.0, 9.5, 12.0  # points


@contextmanager
def styled(name: str) -> Iterator[None]:
    """Draw in a style of mplhep ("ATLAS", "CMS", "LHCb2", "ROOT", ...) or of matplotlib; figures made inside have it.

    >>> with styled("default"):
    ...     pass

    Raises
    ------
    MissingExtraError, OptionError
        matplotlib or mplhep is not installed; there is no such style.
    """
    try:
        import matplotlib
        import matplotlib.style

        known = name in matplotlib.style.available or name == "default"
        styles = None if known else importlib.import_module("mplhep").style
    except ImportError:
        message = f"the style {name} needs mplhep, which is not installed"
        raise MissingExtraError(message, code="missing-extra", hint="pip install 'tmvalite[plot]'") from None
    chosen = name if known else getattr(styles, name, None)
    if not isinstance(chosen, (str, dict)):
        raise OptionError(
            f"there is no style '{name}'", code="argument", hint="matplotlib.style.available and mplhep.style have some"
        )
    with matplotlib.style.context(chosen):
        yield


def finish(ax, *, x: str = "", y: str = "", title: str = "") -> None:
    """Labels and readable ticks of one pair of axes."""
    ax.set_xlabel(x, fontsize=LABEL)
    ax.set_ylabel(y, fontsize=LABEL)
    if title:
        ax.set_title(title, fontsize=TITLE)
    ax.tick_params(labelsize=TICK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def bare(ax) -> None:
    """No ticks and no frame: an image speaks for itself."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def with_unit(name: str, unit: str) -> str:
    """`m [GeV]`, or the name alone."""
    return f"{name} [{unit}]" if unit else name


def variable_labels(method) -> list[str]:
    """Title and unit of every variable of a method."""
    return [with_unit(v.title if not v.title.startswith("[") else v.internal, v.unit) for v in method.info.variables]


def image_shape(shape, n_values: int) -> tuple[int, ...] | None:
    """(rows, columns) or (channels, rows, columns) of an image of n values: as given, or square; None if it is no image.

    Raises DataError if the shape given has another number of values.
    """
    if shape is None:
        side = math.isqrt(n_values)
        return (side, side) if side * side == n_values and side >= 8 else None
    shape = tuple(int(size) for size in shape)
    if math.prod(shape) != n_values or len(shape) not in (2, 3):
        raise DataError(
            f"an event of {n_values} values is no image of the shape {shape}",
            code="data-shape",
            expected="(rows, columns) or (channels, rows, columns)",
        )
    return shape


def as_picture(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """One event (V,) as imshow takes it: (rows, columns), (rows, columns, 3) of three channels, of others the mean."""
    image = np.asarray(values, np.float64).reshape(shape)
    if image.ndim == 2:
        return image
    return image.transpose(1, 2, 0) if len(image) == 3 else image.mean(axis=0)


def common_range(*arrays) -> tuple[float, float]:
    """Smallest and largest finite value, never equal."""
    finite = np.concatenate([np.asarray(a, np.float64)[np.isfinite(a)].reshape(-1) for a in arrays])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)

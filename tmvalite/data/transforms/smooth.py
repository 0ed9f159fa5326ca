"""One pass of ROOT's smoothing of a histogram: the running medians 353QH, twice.

Source: J. Friedman, "Data smoothing: 353QH twice", CERN 74-23, p. 271, as TH1::Smooth has it; TMVA calls it once.
"""

from __future__ import annotations

import numpy as np


def smooth(contents: np.ndarray) -> np.ndarray:
    """(B,) float64, smoothed; fewer than 3 bins stay as they are. What is not negative does not become so."""
    if len(contents) < 3:
        return contents.copy()
    rough = _once(contents)
    result = rough + _once(contents - rough)
    return np.maximum(result, 0.0) if contents.min() >= 0 else result


def _once(x: np.ndarray) -> np.ndarray:
    z = x.copy()
    z[1:-1] = _running_median(x, 3)
    z[0] = np.median([z[1], x[0], 3 * z[1] - 2 * z[2]])
    z[-1] = np.median([z[-2], x[-1], 3 * z[-2] - 2 * z[-3]])
    y = z.copy()
    if len(y) > 4:
        z[2:-2] = _running_median(y, 5)
    z[1], z[-2] = np.median(y[:3]), np.median(y[-3:])
    y = z.copy()
    z[1:-1] = _running_median(y, 3)
    y = _without_steps(z)
    smoothed = y.copy()
    smoothed[1:-1] = 0.25 * y[:-2] + 0.5 * y[1:-1] + 0.25 * y[2:]
    return smoothed


def _running_median(x: np.ndarray, width: int) -> np.ndarray:
    return np.median(np.lib.stride_tricks.sliding_window_view(x, width), axis=1)


def _without_steps(z: np.ndarray) -> np.ndarray:
    """Three equal values between neighbours on the same side are bent by a parabola, one after the other."""
    y = z.copy()
    if len(z) < 5:
        return y
    a, b = z[:-4] - z[2:-2], z[4:] - z[2:-2]
    flat = (z[1:-3] == z[2:-2]) & (z[2:-2] == z[3:-1]) & (a * b > 0)
    for i in np.flatnonzero(flat) + 2:
        j = -1 if abs(z[i + 2] - z[i]) > abs(z[i - 2] - z[i]) else 1
        y[i] = -0.5 * z[i - 2 * j] + z[i] / 0.75 + z[i + 2 * j] / 6.0
        y[i + j] = 0.5 * (z[i + 2 * j] - z[i - 2 * j]) + z[i]
    return y

"""Curves through the points of a histogram: what ROOT's TSpline3 and TSpline5 and TMVA's TSpline1 and TSpline2 draw.

Each takes knots x (n,) that ascend, their values y (n,) and places at (m,), and gives the values there, (m,) float64; beyond
the knots the outermost piece goes on. Fewer knots than a curve needs give the next simpler one, a single knot a constant.
"""

from __future__ import annotations

import numpy as np


def linear(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Straight lines from point to point."""
    if len(x) < 2:
        return np.full(len(at), y[0])
    i = _piece(x, at)
    return y[i] + (at - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i])


def quadratic(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Between two points the mean of the parabolas through them and one neighbour on either side.

    At the ends there is one parabola, also in the whole last piece; fewer than three points give the nearest one. TMVA
    computes the parabolas in float32, which spoils them where the outputs lie close together.
    """
    n = len(x)
    if n < 3:
        return y[np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 1)]
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 1)
    first = np.clip(np.where(i == 0, 0, i - 1), 0, n - 3)
    inner = (i > 0) & (i < n - 2)
    first = np.where(i >= n - 2, n - 3, first)
    second = np.where(inner, np.minimum(first + 1, n - 3), first)
    return 0.5 * (_parabola(x, y, first, at) + _parabola(x, y, second, at))


def _parabola(x, y, i, at):
    """Through points i, i+1 and i+2, by divided differences."""
    a, b, c = x[i], x[i + 1], x[i + 2]
    first, second = (y[i + 1] - y[i]) / (b - a), (y[i + 2] - y[i + 1]) / (c - b)
    return y[i] + (at - a) * (first + (at - b) * (second - first) / (c - a))


def cubic(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The cubic spline whose third derivative has no step at the second and the last but one knot.

    Source: de Boor, A Practical Guide to Splines, chapter IV, CUBSPL without conditions at the ends.
    """
    n = len(x)
    if n < 4:
        return linear(x, y, at) if n < 3 else _parabola(x, y, np.zeros(len(at), np.int64), at)
    h = np.diff(x)
    d = np.diff(y) / h
    lower, middle, upper, right = (np.zeros(n) for _ in range(4))
    lower[1:-1], upper[1:-1] = h[1:], h[:-1]
    middle[1:-1] = 2.0 * (h[:-1] + h[1:])
    right[1:-1] = 3.0 * (h[1:] * d[:-1] + h[:-1] * d[1:])
    both = h[0] + h[1]
    middle[0], upper[0], right[0] = h[1], both, ((h[0] + 2.0 * both) * h[1] * d[0] + h[0] ** 2 * d[1]) / both
    both = h[-1] + h[-2]
    middle[-1], lower[-1] = h[-2], both
    right[-1] = (h[-1] ** 2 * d[-2] + (2.0 * both + h[-1]) * h[-2] * d[-1]) / both
    slope = _solve(*(a.reshape(n, 1, 1) for a in (lower, middle, upper)), right.reshape(n, 1))[:, 0]
    i = _piece(x, at)
    t, step = at - x[i], h[i]
    curve = (slope[i] + slope[i + 1] - 2.0 * d[i]) / step
    return y[i] + t * (slope[i] + t * ((d[i] - slope[i]) / step - curve + t * curve / step))


def quintic(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The natural spline of fifth degree: four derivatives without a step, the third and fourth 0 at the ends.

    Beyond the last knot, as in ROOT, only slope and second derivative go on. Unknowns are these two at every knot.
    Source: Herriot and Reinsch, ACM TOMS 2 (1976) 281, algorithm 507, for which spline it is.
    """
    n = len(x)
    if n < 3:
        return linear(x, y, at)
    h = np.diff(x)
    ends = [_derivatives(step) for step in h]  # of a piece: third and fourth derivative at its begin and end
    lower, middle, upper, right = np.zeros((n, 2, 2)), np.zeros((n, 2, 2)), np.zeros((n, 2, 2)), np.zeros((n, 2))
    for i, (begin, end) in enumerate(ends):  # end of piece i - 1 = begin of piece i
        middle[i] -= begin[:, 1:3]
        upper[i] -= begin[:, 3:5]
        right[i] += begin[:, 0] * (y[i + 1] - y[i])
        lower[i + 1] += end[:, 1:3]
        middle[i + 1] += end[:, 3:5]
        right[i + 1] -= end[:, 0] * (y[i + 1] - y[i])
    slope, bend = _solve(lower, middle, upper, right).T
    i = _piece(x, at)
    step = h[i]
    t = (at - x[i]) / step
    first, second = slope[i] * step, 0.5 * bend[i] * step**2
    rise = y[i + 1] - y[i] - first - second
    tilt, turn = (slope[i + 1] - slope[i]) * step - 2.0 * second, (bend[i + 1] - bend[i]) * step**2
    third, fourth, fifth = 10 * rise - 4 * tilt + turn / 2, -15 * rise + 7 * tilt - turn, 6 * rise - 3 * tilt + turn / 2
    inside = y[i] + t * (first + t * (second + t * (third + t * (fourth + t * fifth))))
    beyond = at - x[-1]
    return np.where(beyond > 0.0, y[-1] + beyond * (slope[-1] + 0.5 * beyond * bend[-1]), inside)


def _derivatives(h: float) -> tuple[np.ndarray, np.ndarray]:
    """Third and fourth derivative of a piece at its begin and its end, (2, 5) each: factors of the rise of y, then of slope
    and second derivative at the begin, then at the end. The fourth one is scaled by h, so that both are of one size."""
    third = np.array([10.0, -6.0 * h, -1.5 * h**2, -4.0 * h, 0.5 * h**2])
    fourth = np.array([-15.0, 8.0 * h, 1.5 * h**2, 7.0 * h, -1.0 * h**2])
    fifth = np.array([6.0, -3.0 * h, -0.5 * h**2, -3.0 * h, 0.5 * h**2])
    begin = np.stack([6.0 * third, 24.0 * fourth]) / h**3
    end = np.stack([6.0 * third + 24.0 * fourth + 60.0 * fifth, 24.0 * fourth + 120.0 * fifth]) / h**3
    begin[1], end[1] = begin[1] / h, end[1] / h
    return begin, end


def _solve(lower, middle, upper, right) -> np.ndarray:
    """x (n, k) of lower_i x_(i-1) + middle_i x_i + upper_i x_(i+1) = right_i; blocks (n, k, k), right (n, k)."""
    middle, right = middle.copy(), right.copy()
    n = len(middle)
    for i in range(1, n):
        factor = np.linalg.solve(middle[i - 1].T, lower[i].T).T
        middle[i] -= factor @ upper[i - 1]
        right[i] -= factor @ right[i - 1]
    x = np.zeros_like(right)
    x[-1] = np.linalg.solve(middle[-1], right[-1])
    for i in range(n - 2, -1, -1):
        x[i] = np.linalg.solve(middle[i], right[i] - upper[i] @ x[i + 1])
    return x


def _piece(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)

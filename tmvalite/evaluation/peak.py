"""A Gaussian peak on a straight line, fitted to a histogram by maximum likelihood, with errors.

    f(x) = a exp(-(x - b)^2 / (2 c^2)) + m (x - x0) + k        x0: the middle of the window

The counts are Poisson with the integral of f over the bin (Simpson's rule) as mean. The line is fitted as u^2 at the lower and
v^2 at the upper end of the window, so that it never falls below 0. The fit is a damped Gauss-Newton iteration
(Levenberg, Marquardt) on the likelihood with the Fisher information; its inverse gives the errors. c enters squared, so its sign
means nothing: |c| is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError

WINDOW, BINS = (100.0, 225.0), 199  # GeV; the window of a peak at 173 GeV in earlier studies of compressed jets
MINIMUM = 50  # entries below which there is nothing to fit
_STEPS, _PRECISION = 200, 1e-9


@dataclass(frozen=True, eq=False)
class PeakFit:
    """A fitted peak; mass and width in the units of the values.

    Attributes
    ----------
    mass, width : float
        b and |c|.
    mass_error, width_error : float
        Standard errors; NaN if the information matrix has no inverse.
    events : float
        Integral of the Gaussian, in events.
    deviance, degrees : float, int
        2 ln of the likelihood ratio to a perfect fit, and bins minus parameters.
    converged : bool
        Whether the iteration came to rest inside the window.
    contents, edges : (B,), (B + 1,)
        The histogram.
    parameters : (5,) float64
        a, b, c, m, k per bin.
    outside : int
        Finite values outside the window.
    """

    mass: float
    mass_error: float
    width: float
    width_error: float
    events: float
    deviance: float
    degrees: int
    converged: bool
    contents: np.ndarray
    edges: np.ndarray
    parameters: np.ndarray
    outside: int

    def curve(self, x) -> np.ndarray:
        """Events per bin at x."""
        return _density(np.asarray(x, np.float64), self.parameters, _middle(self.edges))

    def as_text(self) -> str:
        text = f"mass {self.mass:.2f} +- {self.mass_error:.2f}, width {self.width:.2f} +- {self.width_error:.2f}"
        return text + ("" if self.converged else " (the fit did not converge)")


def fit_peak(values, window: tuple[float, float] = WINDOW, bins: int = BINS) -> PeakFit:
    """Fit the peak in a sample of values.

    Parameters
    ----------
    values : (N,) float
        NaN and infinities are left out.
    window : (low, high)
    bins : int

    Raises
    ------
    DataError
        The window is empty, or fewer than 50 values lie in it.
    """
    values = np.asarray(values, np.float64).reshape(-1)
    values = values[np.isfinite(values)]
    low, high = (float(edge) for edge in window)
    if not low < high:
        raise DataError(f"the window from {low:g} to {high:g} is empty", code="data-window", expected="the lower end first")
    if bins < 8:
        raise DataError(f"no peak can be fitted in {bins} bins", code="data-window", expected="8 bins or more")
    edges = np.linspace(low, high, bins + 1)
    contents = np.histogram(values, edges)[0].astype(np.float64)
    total = contents.sum()
    if total < MINIMUM:
        raise DataError(
            f"only {int(total)} values lie between {low:g} and {high:g}, too few to fit a peak",
            code="data-window",
            expected=f"at least {MINIMUM}",
        )
    unit, numbers = edges[1] - edges[0], np.arange(bins + 1.0)  # fitted in units of bins, so that any unit gives the same steps
    q, converged, information = _iterate(contents, numbers, _first_guess(contents, numbers))
    error = unit * np.sqrt(np.maximum(np.diag(_inverse(information)), 0.0))
    a, b, c, m, k = _public(q, numbers)
    mass, width = low + unit * b, unit * abs(c)
    inside = low < mass < high and 0.0 < width < high - low and a > 0.0
    deviance = _deviance(contents, _expected(q, numbers)[0])
    return PeakFit(
        float(mass),
        float(error[1]),
        float(width),
        float(error[2]),
        float(a * abs(c) * np.sqrt(2.0 * np.pi)),
        deviance,
        bins - 5,
        bool(converged and inside),
        contents,
        edges,
        np.array([a, mass, width, m / unit, k]),
        int(len(values) - total),
    )


def _middle(edges: np.ndarray) -> float:
    return 0.5 * float(edges[0] + edges[-1])


def _density(x: np.ndarray, p: np.ndarray, middle: float) -> np.ndarray:
    a, b, c, m, k = p
    return a * np.exp(-0.5 * ((x - b) / c) ** 2) + m * (x - middle) + k


def _public(q: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """a, b, c, m, k of the fitted a, b, c, u, v."""
    a, b, c, u, v = q
    return np.array([a, b, c, (v * v - u * u) / (edges[-1] - edges[0]), 0.5 * (u * u + v * v)])


def _expected(q: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected contents (B,), at least a small positive number, and their derivatives (B, 5) by a, b, c, u, v."""
    a, b, c, u, v = q
    points = np.stack([edges[:-1], 0.5 * (edges[1:] + edges[:-1]), edges[1:]])  # Simpson's points
    weight = np.array([1.0, 4.0, 1.0])[:, None] / 6.0
    t = (points - b) / c
    bell = np.exp(-0.5 * t**2)
    up = (points - edges[0]) / (edges[-1] - edges[0])
    slopes = [bell, a * bell * t / c, a * bell * t**2 / c, 2.0 * u * (1.0 - up), 2.0 * v * up]
    mean = np.sum(weight * (a * bell + u * u * (1.0 - up) + v * v * up), axis=0)
    return np.maximum(mean, 1e-9), np.stack([np.sum(weight * s, axis=0) for s in slopes], axis=1)


def _deviance(n: np.ndarray, f: np.ndarray) -> float:
    filled = n > 0
    return float(2.0 * (np.sum(f - n) + np.sum(n[filled] * np.log(n[filled] / f[filled]))))


def _first_guess(n: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """A line through the outer quarters of the window, and the largest excess above it."""
    x = 0.5 * (edges[1:] + edges[:-1])
    middle, span = _middle(edges), edges[-1] - edges[0]
    outer = np.abs(x - middle) > 0.3 * span
    m, k = np.polyfit(x[outer] - middle, n[outer], 1)
    kernel = np.ones(max(3, len(n) // 25))
    excess = np.convolve(n - m * (x - middle) - k, kernel / len(kernel), mode="same")
    inner = np.abs(x - middle) < 0.45 * span
    b = float(x[inner][np.argmax(excess[inner])])
    a = max(float(excess[inner].max()), 1.0)
    area = float(np.maximum(excess, 0.0).sum()) * (x[1] - x[0])
    c = float(np.clip(area / (a * np.sqrt(2.0 * np.pi)), 2.0 * (x[1] - x[0]), span / 6.0))
    return np.array([a, b, c, *np.sqrt(np.maximum([k - 0.5 * span * m, k + 0.5 * span * m], 0.1))])


def _iterate(n: np.ndarray, edges: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, bool, np.ndarray]:
    """Parameters, whether the iteration came to rest, and the information matrix there."""
    damping, (f, slopes) = 1e-3, _expected(p, edges)
    best = _deviance(n, f)
    converged = False
    for _ in range(_STEPS):
        gradient = slopes.T @ ((n - f) / f)
        information = slopes.T @ (slopes / f[:, None])
        scale = np.diag(information).copy()
        scale[scale <= 0.0] = 1.0
        step = _inverse(information + np.diag(damping * scale)) @ gradient
        trial = p + step
        trial_f, trial_slopes = _expected(trial, edges)
        value = _deviance(n, trial_f)
        if np.isfinite(value) and value <= best and trial[2] != 0.0:
            moved = best - value
            p, f, slopes, best, damping = trial, trial_f, trial_slopes, value, max(damping / 10.0, 1e-12)
            if moved < _PRECISION * (1.0 + best) and np.sum(gradient * step) < 1e-6:
                converged = True
                break
        else:
            damping *= 10.0
            if damping > 1e12:
                converged = bool(np.sum(gradient * step) < 1e-3)
                break
    return p, converged, slopes.T @ (slopes / f[:, None])


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric matrix after scaling its diagonal to 1, NaN if it has none. What the data say nothing about,
    such as an end of the line that is at its limit 0, is left out: its rows and columns are 0.
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    known = np.flatnonzero(scale > 1e-6 * scale.max()) if scale.max() > 0.0 else np.arange(0)
    out, norm = np.zeros_like(matrix), np.outer(scale[known], scale[known])
    try:
        out[np.ix_(known, known)] = np.linalg.inv(matrix[np.ix_(known, known)] / norm) / norm
    except np.linalg.LinAlgError:
        out[:] = np.nan
    return out


@dataclass(frozen=True, eq=False)
class PeakChange:
    """A peak before and after compression.

    shift : float
        |b_before - b_after| / b_after in percent.
    broadening : float
        (|c_after| - |c_before|) / |c_before| in percent.
    """

    name: str
    before: PeakFit
    after: PeakFit

    @property
    def shift(self) -> float:
        return 100.0 * abs(self.before.mass - self.after.mass) / abs(self.after.mass)

    @property
    def broadening(self) -> float:
        return 100.0 * (self.after.width - self.before.width) / self.before.width


def compare_peaks(name: str, before, after, window: tuple[float, float] = WINDOW, bins: int = BINS) -> PeakChange:
    """The peak of the same quantity (N,) before and after. Raises DataError as `fit_peak`."""
    return PeakChange(name, fit_peak(before, window, bins), fit_peak(after, window, bins))

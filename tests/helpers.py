"""Comparisons and the gradient check shared by the tests, with the tolerances and their reasons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# All relative, norm-wise (see `relative_error`). A tolerance is what the arithmetic allows with some room, never what a failing
# test would need.
EXACT_FLOAT64 = 1e-12  # two float64 evaluations that sum a few hundred terms in another order: 1e-14 is usual
FLOAT32_FORWARD = 1e-6  # float32 kernels against float64: eps/2 = 6e-8 per operation, some of them in a row
FLOAT32_GRADIENT = 5e-6  # the same through a backward pass, where errors of the forward pass enter twice
STEPS_100_FLOAT64 = 1e-9  # parameters after 100 float64 steps: rounding differences grow along the training
TRACE_FLOAT32 = 1e-5  # losses of 50 float32 steps: 1e-7 is usual, and rounding differences grow along the training
GRADIENT = 1e-8  # central differences in float64 with step 1e-5: truncation 1e-10, rounding 1e-11 of the loss
GRADIENT_STEP = 1e-5
GRADIENT_FLOOR = 1e-9  # absolute, for gradients that are exactly zero (a bias before a normalisation)


def relative_error(actual, expected) -> float:
    """|actual - expected| / |expected| in the 2-norm over all elements; the absolute norm where expected is zero.

    Elements that are NaN or infinite must be so, and alike, in both: otherwise the error is infinite.
    """
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    if actual.shape != expected.shape:
        raise AssertionError(f"shapes differ: {actual.shape} instead of {expected.shape}")
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True) or not np.isfinite(actual[finite]).all():
        return float("inf")
    norm = float(np.linalg.norm(expected[finite]))
    difference = float(np.linalg.norm(actual[finite] - expected[finite]))
    return difference / norm if norm > 0 else difference


def assert_close(actual, expected, tolerance: float, what: str = "result") -> None:
    """Norm-wise comparison; the message names the worst element."""
    error = relative_error(actual, expected)
    if error <= tolerance:
        return
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    distance = np.where(np.isfinite(actual) & np.isfinite(expected), np.abs(actual - expected), np.inf)
    distance[~np.isfinite(expected) & ((actual == expected) | (np.isnan(actual) & np.isnan(expected)))] = 0.0
    worst = np.unravel_index(int(np.argmax(distance)), distance.shape) if distance.ndim else ()
    raise AssertionError(
        f"{what}: relative error {error:.3g} exceeds {tolerance:.3g}; worst element {list(map(int, worst))}: "
        f"{actual[worst]!r} instead of {expected[worst]!r}"
    )


def check_gradient(
    loss: Callable[[np.ndarray], float],
    gradient: np.ndarray,
    x: np.ndarray,
    *,
    seed: int = 1,
    directions: int = 3,
    step: float = GRADIENT_STEP,
    tolerance: float = GRADIENT,
    what: str = "gradient",
) -> None:
    """Compares `gradient` with the central difference of `loss` at x, along random unit directions, in float64.

    Along d the loss changes by <gradient, d>. A random direction sees every element at once: an error in one of them
    shows, reduced by about the square root of their number. x must keep away from kinks by more than `step`.
    """
    x, gradient = np.asarray(x, dtype=float), np.asarray(gradient, dtype=float)
    assert gradient.shape == x.shape, f"{what}: gradient has shape {gradient.shape}, its argument {x.shape}"
    rng = np.random.default_rng(seed)
    for _ in range(directions):
        direction = rng.standard_normal(x.shape)
        direction /= np.linalg.norm(direction)
        numerical = (loss(x + step * direction) - loss(x - step * direction)) / (2.0 * step)
        analytic = float(np.sum(gradient * direction))
        allowed = tolerance * max(float(np.linalg.norm(gradient)), abs(numerical)) + GRADIENT_FLOOR
        assert abs(numerical - analytic) <= allowed, (
            f"{what}: {analytic:.12g} along a random direction, central difference {numerical:.12g} (allowed {allowed:.3g})"
        )


def away_from_zero(x: np.ndarray, distance: float = 1e-2) -> np.ndarray:
    """x with every element moved to at least `distance` from zero, so that no kink lies within a difference step."""
    return np.where(np.abs(x) < distance, np.copysign(distance, x), x)

"""Toy samples whose best possible result is known, for the physics studies."""

from __future__ import annotations

import numpy as np

RING_RADIUS, RING_WIDTH, DISC_RADIUS = 1.0, 0.25, 2.0


def ring_in_disc(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the plane (count, 2) float32 and whether they are signal (count,) bool, half of them on average.

    Background is uniform in a disc of radius 2; signal has the density exp(-(r - 1)^2 / (2 * 0.25^2)) there. No straight
    line separates the two: both are the same from every side.
    """
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    radius = DISC_RADIUS * np.sqrt(rng.uniform(size=count))
    left = np.flatnonzero(is_signal)
    while left.size:  # signal points are drawn again until they are accepted
        radius[left] = DISC_RADIUS * np.sqrt(rng.uniform(size=left.size))
        left = left[rng.uniform(size=left.size) > np.exp(-0.5 * ((radius[left] - RING_RADIUS) / RING_WIDTH) ** 2)]
    angle = rng.uniform(0.0, 2.0 * np.pi, size=count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32), is_signal


def ring_likelihood_ratio(x: np.ndarray) -> np.ndarray:
    """The logarithm of p(x | signal) / p(x | background) up to a constant, (N,): no score separates better (Neyman-Pearson)."""
    radius = np.hypot(*np.asarray(x, np.float64).T)
    return -0.5 * ((radius - RING_RADIUS) / RING_WIDTH) ** 2


def linear_discriminant(x: np.ndarray, is_signal: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Fisher's direction W^-1 (m_s - m_b), (V,), with W the sum of both classes' weighted scatter matrices."""
    x = np.asarray(x, np.float64)
    w = np.ones(len(x)) if weight is None else np.asarray(weight, np.float64)
    means, scatter = [], np.zeros((x.shape[1], x.shape[1]))
    for chosen in (is_signal, ~is_signal):
        mean = np.average(x[chosen], axis=0, weights=w[chosen])
        means.append(mean)
        scatter += (w[chosen, None] * (x[chosen] - mean)).T @ (x[chosen] - mean)
    return np.linalg.solve(scatter, means[0] - means[1])


NOISE_INPUTS, INFORMATIVE_INPUTS = 3, 4


def information_in_the_second_input(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Events (count, 7) float32, of which the first three are noise, and the class (count,) bool.

    Of the last four, two carry the class in the sign of their product, which no sum of functions of one of them sees.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, NOISE_INPUTS + INFORMATIVE_INPUTS))
    product = x[:, NOISE_INPUTS] * x[:, NOISE_INPUTS + 1]
    return x.astype(np.float32), product + 0.1 * rng.normal(size=count) > 0.0


def permute_columns(x: np.ndarray, columns: slice, seed: int) -> np.ndarray:
    """A copy whose `columns` come, together, from other events."""
    permuted = x.copy()
    permuted[:, columns] = x[np.random.default_rng(seed).permutation(len(x)), columns]
    return permuted


def class_and_energy(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events (count, 4) float32, class (count,) bool, and a target (count,) float32 of mean 0 and variance near 1."""
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    x = rng.normal(size=(count, 4)) + np.where(is_signal, 0.7, -0.7)[:, None] * np.array([1.0, -1.0, 0.0, 0.0])
    energy = np.sin(1.5 * x[:, 2]) + 0.5 * x[:, 0] * x[:, 3] + 0.2 * rng.normal(size=count)
    return x.astype(np.float32), is_signal, energy.astype(np.float32)

"""Toy samples whose best possible result is known, and those of the image and time-series tutorials."""

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


def _histogram_shares(edges: np.ndarray, centre: np.ndarray, width: float) -> np.ndarray:
    """(N, bins) parts of Gaussians (N centres, one width) between the edges; a row has sum 1: nothing falls outside."""
    from math import erf

    parts = np.diff(np.vectorize(erf)((edges - centre[:, None]) / (width * np.sqrt(2.0))), axis=1)
    return parts / parts.sum(axis=1, keepdims=True)


def tutorial_images(count: int, widths: tuple[float, float], rng) -> np.ndarray:
    """Images of TMVA_CNN_Classification, (count, 256) float32: 10000 entries of a histogram of 16 x 16 bins over 0..10, from a
    Gaussian of these widths in x (rows) and y whose centre is uniform in 3..7, and noise of sigma 5 in every pixel.
    """
    edges, centres = np.linspace(0.0, 10.0, 17), rng.uniform(3.0, 7.0, size=(count, 2))
    rows, columns = (_histogram_shares(edges, centres[:, i], widths[i]) for i in range(2))
    shares = (rows[:, :, None] * columns[:, None, :]).reshape(count, 256)
    return (rng.multinomial(10_000, shares) + rng.normal(0.0, 5.0, size=(count, 256))).astype(np.float32)


def tutorial_image_trees(count: int, seed: int) -> tuple[dict, dict]:
    """Signal (widths 3.1 and 2.9) and background (3 and 3), `count` images each, as columns."""
    rng = np.random.default_rng(seed)
    return tuple({"vars": tutorial_images(count, widths, rng)} for widths in ((3.1, 2.9), (3.0, 3.0)))


def image_likelihood_ratio(x: np.ndarray, steps: int = 33) -> np.ndarray:
    """ln p(x | signal) / p(x | background) of images (N, 256), (N,): counts taken as Gaussian, the centre summed over a grid."""
    edges, centres = np.linspace(0.0, 10.0, 17), np.linspace(3.0, 7.0, steps)
    x, logs = np.asarray(x, np.float64), []
    for widths in ((3.1, 2.9), (3.0, 3.0)):
        rows, columns = (_histogram_shares(edges, centres, width) for width in widths)
        mean = 10_000.0 * (rows[:, None, :, None] * columns[None, :, None, :]).reshape(steps**2, 256)
        variance = mean + 25.0  # of the entries and of the noise
        constant = (mean**2 / variance + np.log(variance)).sum(axis=1)
        log = -0.5 * (x**2 @ (1.0 / variance).T - 2.0 * x @ (mean / variance).T + constant)
        top = log.max(axis=1)
        logs.append(top + np.log(np.exp(log - top[:, None]).sum(axis=1)))
    return logs[0] - logs[1]


def tutorial_series_trees(count: int, seed: int) -> tuple[dict, dict]:
    """Series of TMVA_RNN_Classification (its C++ version), `count` of each class, as columns vars_time0 .. 9 of (count, 30).

    Each step is a histogram of 30 bins over 0..10 with 1000 entries of a Gaussian, and noise of sigma 10; its mean and width
    move with the step j: 5 + 0.2 cos(pi j / 10) and 4 + 0.3 cos(pi j / 10) for signal, as in TMVA's file; sines for background.
    """
    rng, edges = np.random.default_rng(seed), np.linspace(0.0, 10.0, 31)
    trees = []
    for wave in (np.cos, np.sin):
        tree = {}
        for j in range(10):
            turn = wave(np.pi * j / 10)
            shares = _histogram_shares(edges, np.array([5.0 + 0.2 * turn]), 4.0 + 0.3 * turn)[0]
            tree[f"vars_time{j}"] = (rng.multinomial(1000, shares, size=count) + rng.normal(0.0, 10.0, size=(count, 30))).astype(
                np.float32
            )
        trees.append(tree)
    return tuple(trees)

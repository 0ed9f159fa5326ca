"""Events for the benchmarks: the same numbers for both sides."""

from __future__ import annotations

import numpy as np


def events(inputs: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """x (count, inputs) float32 and y (count,) bool: signal where the product of two variables is positive, with noise."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, inputs)).astype(np.float32)
    return x, x[:, 0] * x[:, 1] + 0.5 * rng.normal(size=count) > 0

"""What a function of expressions is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Function:
    """A function of columns: how many arguments it takes, and the function of arrays or numbers that computes it."""

    arguments: tuple[int, int]
    evaluate: Callable


def of(evaluate: Callable, low: int = 1, high: int | None = None) -> Function:
    """A function of `low` to `high` arguments, of exactly `low` by default."""
    return Function((low, low if high is None else high), evaluate)


def constant(value: float) -> Function:
    """A function without arguments."""
    return Function((0, 0), lambda: np.float64(value))


def power(a, b):
    """C's pow. For the number 0.5 numpy takes the square root: NaN for -inf, -0 for -0, where pow gives inf and 0."""
    value = np.power(a, b)
    root = np.where(np.isneginf(a), np.inf, value + 0.0)
    return np.where(np.equal(b, 0.5), root, value)

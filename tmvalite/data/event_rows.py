"""Where the events of all trees go while they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


class GrowingRows:
    """Rows of numbers (N, width) float32, to which more are added without a copy of those that are there."""

    def __init__(self, width: int):
        self.array = np.empty((0, width), np.float32)

    def more(self, n: int) -> np.ndarray:
        """(n, width) new rows to be filled. What was handed out before must not be used any more."""
        start, width = self.array.shape
        self.array.resize((start + n, width), refcheck=False)  # the system moves pages, not numbers
        return self.array[start:]


@dataclass(frozen=True)
class Room:
    """Where the variables (N, V) and targets (N, T) of all trees go."""

    x: GrowingRows
    targets: GrowingRows


@dataclass
class TreeEvents:
    """What else is read of the events of one tree that pass the cuts, and what was counted on the way.

    spectators : list of (n,) int64 or float64; weight : (n,) float64, a view of one number where all are equal
    """

    spectators: list[np.ndarray]
    weight: np.ndarray
    n_entries: int
    n_before: int
    sum_before: float
    n_dropped: int = 0
    cut_away_not_finite: dict[str, int] = field(default_factory=dict)

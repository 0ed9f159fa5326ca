"""Means of the parts of a loss over some optimisation steps, for curves finer than epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Trace:
    """Collects the terms of steps, and keeps what `report` makes of their means.

    Parameters
    ----------
    every : int
        Steps that a mean is taken over; 0 keeps none.
    report : callable((terms,) array) -> mapping of str to float

    Attributes
    ----------
    kept : dict of str to list
        "iteration", counted from 1, and the parts.
    """

    def __init__(self, every: int, report: Callable[[np.ndarray], Mapping[str, float]]):
        self.every, self._report = every, report
        self.kept: dict[str, list] = {}
        self._rows: list[np.ndarray] = []

    def add(self, first: int, terms: np.ndarray) -> None:
        """The terms (steps, terms) of steps `first` and following."""
        for step, row in enumerate(terms if self.every else (), first):
            self._rows.append(row)
            if step % self.every:
                continue
            mean = self._report(np.mean(self._rows, axis=0))
            self._rows.clear()
            for name, value in {"iteration": step, **mean}.items():
                self.kept.setdefault(name, []).append(value)

    def state(self, width: int) -> dict[str, Any]:
        """What `restore` goes on from; `width`: terms of a step."""
        return {"traced": dict(self.kept), "rows": np.array(self._rows).reshape(len(self._rows), width)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.kept, self._rows = state["traced"], list(state["rows"])

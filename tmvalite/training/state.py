"""Where a training is between two calls into the network: all that is needed to go on with the same bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TrainingState:
    """A training at rest.

    Attributes
    ----------
    phase, epoch : int
        The phase (from 1), and its epoch (from 1) that is running or comes next.
    batches : int
        Of this epoch, done.
    total : float
        Sum of the losses of their events.
    terms : (terms,) float64
        Sums of the terms.
    steps, first_step : int
        Optimisation steps done in all, and when this epoch began.
    minimum, reference : float
        Smallest validation loss of this phase; that which the next one has to beat clearly enough to count.
    stale, validated : int
        Epochs without improvement; epoch of the last validation.
    reductions, waited : int
        Of the learning rate's schedule.
    parameters : (P,)
    kept : (P,) or None
        What the training would give if it ended here.
    moments : arrays, and for each optimizer its steps
    run_time : arrays
        Weights of terms, rates and temperatures of the networks.
    history : dict
        The rows so far, and best_epoch, best_loss, seed.
    companion : dict
        Numbers, lists and arrays of the method's companion.
    """

    phase: int
    epoch: int
    batches: int
    total: float
    terms: np.ndarray
    steps: int
    first_step: int
    minimum: float
    reference: float
    stale: int
    validated: int
    reductions: int
    waited: int
    parameters: np.ndarray
    kept: np.ndarray | None
    moments: tuple[np.ndarray, ...]
    optimizer_steps: tuple[int, ...]
    run_time: tuple[np.ndarray, ...]
    history: dict[str, Any]
    companion: dict[str, Any] = field(default_factory=dict)

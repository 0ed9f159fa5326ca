"""The learning rate of every epoch of a phase: constant as in TMVA, or changed by one of the extensions.

With e the epoch of the phase from 1 and E = MaxEpochs:
LearningRateDecay=d   rate (1 - d)^(e - 1), on top of the schedule
STEP                  rate factor^floor((e - 1) / step)
COSINE                minimum + (rate - minimum) (1 + cos(pi (e - 1) / (E - 1))) / 2
PLATEAU               rate factor^k, k the number of times that more than `patience` epochs in a row did not improve
The rate never falls below LearningRateMinimum. A phase that stops early has seen only the beginning of COSINE.
Source: Loshchilov and Hutter, arXiv:1608.03983, eq. 5, without restarts.
"""

from __future__ import annotations

import math

from tmvalite.string_utils.phases import PhaseSettings


class LearningRate:
    """The learning rate along one phase; `validated` tells it how a validation went.

    >>> phase = PhaseSettings(learning_rate=1.0, learning_rate_schedule="STEP", learning_rate_step=2, learning_rate_factor=0.5)
    >>> rate = LearningRate(phase)
    >>> [rate.at(epoch) for epoch in (1, 2, 3, 5)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(self, phase: PhaseSettings):
        self.phase = phase
        self.reductions = 0
        self.waited = 0

    def at(self, epoch: int) -> float:
        """The rate of an epoch of the phase, from 1."""
        p, done = self.phase, epoch - 1
        rate, lowest = p.learning_rate, p.learning_rate_minimum
        if p.learning_rate_schedule == "STEP":
            rate *= p.learning_rate_factor ** (done // p.learning_rate_step)
        elif p.learning_rate_schedule == "COSINE":
            rate = lowest + (rate - lowest) * 0.5 * (1.0 + math.cos(math.pi * done / max(1, p.max_epochs - 1)))
        elif p.learning_rate_schedule == "PLATEAU":
            rate *= p.learning_rate_factor**self.reductions
        return max(lowest, rate * (1.0 - p.learning_rate_decay) ** done)

    def validated(self, epochs: int, improved: bool) -> None:
        """Note a validation, `epochs` epochs after the one before."""
        self.waited = 0 if improved else self.waited + epochs
        if self.phase.learning_rate_schedule == "PLATEAU" and self.waited > self.phase.learning_rate_patience:
            self.reductions += 1
            self.waited = 0

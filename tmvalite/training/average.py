"""A moving average of parameters along the training: what a generator is used with, since its last step alone is noise."""

from __future__ import annotations

import numpy as np

from tmvalite.training.pulls import parts_of


class MovingAverage:
    """mean <- decay mean + (1 - decay) theta after every update, from the first parameters on, in float64.

    Parameters
    ----------
    network : Network
        Trains the block; its parameters are those of the whole.
    block : str
    decay : float
        At least 0, less than 1.
    """

    def __init__(self, network, block: str, decay: float):
        self.network, self.decay = network, decay
        self.parts = parts_of(network, block)
        self._means = [network.parameters.flat[part].astype(np.float64) for part in self.parts]

    def __call__(self) -> None:
        for mean, part in zip(self._means, self.parts, strict=True):
            mean *= self.decay
            mean += (1.0 - self.decay) * self.network.parameters.flat[part]

    def put(self) -> None:
        """Make the means the parameters of the network."""
        for mean, part in zip(self._means, self.parts, strict=True):
            self.network.parameters.flat[part] = mean

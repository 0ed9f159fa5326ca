"""A moving average of parameters along the training: the last steps alone are noise, their mean is less.

Source: Polyak and Juditsky, SIAM J. Control Optim. 30 (1992) 838, for the mean of the steps; Yazici et al., arXiv:1806.04498, for
generators.
"""

from __future__ import annotations

import contextlib

import numpy as np

from tmvalite.training.batches import batch_bounds


class MovingAverage:
    """mean <- d mean + (1 - d) theta after every update, in float64, with d = min(decay, (1 + t) / (10 + t)) after t updates.

    So the first parameters are soon forgotten. Source: tf.train.ExponentialMovingAverage, num_updates.

    Parameters
    ----------
    parameters : Parameters
        Of the whole.
    parts : sequence of slice
        Which of them.
    decay : float
        At least 0, less than 1.
    """

    def __init__(self, parameters, parts, decay: float):
        self.parameters, self.parts, self.decay = parameters, tuple(parts), decay
        self.begin()

    def begin(self) -> None:
        """Begin with the parameters as they are."""
        self._means = [self.parameters.flat[part].astype(np.float64) for part in self.parts]
        self._updates = 0

    def __call__(self) -> None:
        decay = min(self.decay, (1 + self._updates) / (10 + self._updates))
        self._updates += 1
        for mean, part in zip(self._means, self.parts, strict=True):
            mean *= decay
            mean += (1.0 - decay) * self.parameters.flat[part]

    def put(self) -> None:
        """Make the means the parameters of the network."""
        for mean, part in zip(self._means, self.parts, strict=True):
            self.parameters.flat[part] = mean

    def memory(self) -> list[np.ndarray]:
        """How many updates there were, and the means."""
        return [np.array([self._updates]), *(mean.copy() for mean in self._means)]

    def remember(self, arrays) -> None:
        """Take over what `memory` gave."""
        self._updates = int(arrays[0][0])
        for mean, array in zip(self._means, arrays[1:], strict=True):
            mean[:] = array


class Averaged:
    """A network that is judged, and kept, with the average of its parameters; everything else is that of the network.

    Parameters
    ----------
    network : Network or Alternating
        Of all that it trains there is an average; running statistics are the last ones.
    decay : float
        See `MovingAverage`.
    """

    def __init__(self, network, decay: float):
        self.network = network
        ranges = network.plan.ranges.tolist()
        self.average = MovingAverage(network.parameters, [slice(start, stop) for start, stop, _ in ranges], decay)

    def __getattr__(self, name: str):
        return getattr(self.__dict__["network"], name)

    def new_optimizer(self, *settings):
        """As `Network.new_optimizer`; the average begins anew."""
        optimizer = self.network.new_optimizer(*settings)
        self.average.begin()
        return optimizer

    def train_steps(self, x, targets, weights, order, *, batch_size, first, count, parts=None, **more):
        """As `Network.train_steps`, one step a call."""
        steps = len(batch_bounds(len(order), batch_size)[first : first + count])
        losses = np.zeros(steps)
        for i in range(steps):
            row = None if parts is None else parts[i : i + 1]
            one = {"batch_size": batch_size, "first": first + i, "count": 1, "parts": row}
            losses[i : i + 1] = self.network.train_steps(x, targets, weights, order, **one, **more)
            self.average()
        return losses

    def loss(self, *sample, **more) -> float:
        """As `Network.loss`, of the average."""
        with self._averaged():
            return self.network.loss(*sample, **more)

    def loss_of(self, blocks, **more) -> float:
        """As `Network.loss_of`, of the average."""
        with self._averaged():
            return self.network.loss_of(blocks, **more)

    @contextlib.contextmanager
    def _averaged(self):
        """Within it the network has the average, then its own parameters again."""
        trained = self.network.parameters.snapshot()
        self.average.put()
        try:
            yield
        finally:
            self.network.parameters.restore(trained)

    def result(self) -> np.ndarray:
        """The parameters (P,) with the average in their place."""
        with self._averaged():
            return self.network.parameters.snapshot()

    def run_time_numbers(self):
        """As `Network.run_time_numbers`, then the average."""
        return (*self.network.run_time_numbers(), *self.average.memory())

    def restore_run_time_numbers(self, numbers) -> None:
        """Take over what `run_time_numbers` gave."""
        at = len(numbers) - len(self.average.parts) - 1
        self.network.restore_run_time_numbers(numbers[:at])
        self.average.remember(numbers[at:])

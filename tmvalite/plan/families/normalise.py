"""Batch normalisation: sums tile by tile, statistics once per batch, then the values; and the same way back."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import normalise
from tmvalite.plan.step import Slot, Step, Tensor


@dataclass(frozen=True, kw_only=True)
class Normalisation:
    """What the steps of one layer share. An event is rows of `groups` blocks of `inner` elements.

    mean, variance: running values; state, batch: where the statistics of a share and of the batch begin.
    """

    groups: int
    inner: int
    gamma: Slot
    beta: Slot
    mean: Slot
    variance: Slot
    momentum: float
    epsilon: float
    running: int
    state: int
    batch: int


class Part(Step):
    """A step of a batch normalisation, whose columns are those of `at`."""

    at: Normalisation
    family = "normalise"

    def fields(self, names):
        of = Normalisation.__dataclass_fields__
        return tuple([getattr(self.at if name in of else self, name) for name in names])


@dataclass(frozen=True, eq=False)
class BatchSums(Part):
    """Sums over the events of a share."""

    x: Tensor
    at: Normalisation
    hidden_state = True
    kernel = normalise.batch_sums
    training_only = True

    def flops(self):
        return 3 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: sums"


@dataclass(frozen=True, eq=False)
class BatchStatistics(Part):
    """Mean and variance of the batch, running values."""

    x: Tensor
    at: Normalisation
    hidden_state = True
    kernel = normalise.batch_statistics
    training_only = True
    batch_wide = True

    def numbers(self, at):
        momentum = self.at.momentum if self.at.gamma.trained else 1.0  # a frozen layer keeps its running values
        return {"size": self.x.size, "momentum": momentum}

    def text(self):
        return f"{self.at.gamma.node}: mean, variance"


@dataclass(frozen=True, eq=False)
class Normalise(Part):
    """y = (x - mean) / sqrt(variance + epsilon) gamma + beta; statistics of the batch when training, else running ones."""

    x: Tensor
    y: Tensor
    at: Normalisation
    kernel = normalise.normalise

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, momentum: float, epsilon: float, running: int, state: int, **at) -> list[Step]:
        """All steps of the forward pass; `at`: fields of Normalisation."""
        numbers = dict(momentum=float(momentum), epsilon=float(epsilon), running=running, state=state, batch=state)
        one = Normalisation(**numbers, **at)
        return [BatchSums(x, one), BatchStatistics(x, one), cls(x, y, one)]

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        tape.steps.append(BatchGradientSums(self.x, grad, self.at))
        tape.steps.append(BatchGradients(self.x, self.at))
        if self.x in tape.wanted:
            result = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(NormaliseGradient(self.x, grad, result, self.at))
            tape.hand_over(self.x, result)

    def flops(self):
        return 2 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: {self.at.groups} groups"


@dataclass(frozen=True, eq=False)
class BatchGradientSums(Part):
    """Sums of the gradient over the events of a share."""

    x: Tensor
    grad: Tensor
    at: Normalisation
    first_use: bool = True
    hidden_state = True
    kernel = normalise.batch_gradient_sums

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: gradient sums"


@dataclass(frozen=True, eq=False)
class BatchGradients(Part):
    """Gradients of gamma and beta, and the means that every event's gradient needs."""

    x: Tensor
    at: Normalisation
    hidden_state = True
    kernel = normalise.batch_gradients
    batch_wide = True

    def numbers(self, at):
        return {"size": self.x.size}

    def text(self):
        return f"{self.at.gamma.node}: gamma, beta"


@dataclass(frozen=True, eq=False)
class NormaliseGradient(Part):
    """Gradient of the values, through mean and variance too."""

    x: Tensor
    grad: Tensor
    result: Tensor
    at: Normalisation
    kernel = normalise.normalise_backward

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: values"

"""Batch normalisation: sums tile by tile, statistics once per batch, then the values; and the same way back."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tmvalite.kernels import normalise
from tmvalite.plan.step import Slot, Step, Tensor


def bits(value: float) -> int:
    """A float64 as the int64 with the same bits, for a descriptor."""
    return struct.unpack("=q", struct.pack("=d", value))[0]


@dataclass(frozen=True)
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
    state: int
    batch: int


@dataclass(frozen=True, eq=False)
class BatchSums(Step):
    """Sums over the events of a share."""

    x: Tensor
    at: Normalisation
    family = "normalise"
    hidden_state = True
    kernel = normalise.batch_sums
    training_only = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: ())

    def encode(self, at):
        return *at(self.x), self.at.groups, self.at.inner, self.at.state

    def flops(self):
        return 3 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: sums"


@dataclass(frozen=True, eq=False)
class BatchStatistics(Step):
    """Mean and variance of the batch, running values."""

    x: Tensor
    at: Normalisation
    family = "normalise"
    hidden_state = True
    kernel = normalise.batch_statistics
    training_only = True
    batch_wide = True

    reads = property(lambda self: ())
    writes = property(lambda self: ())

    def encode(self, at):
        n = self.at
        momentum = n.momentum if n.gamma.trained else 1.0  # a frozen layer keeps its running values
        return (n.groups, self.x.size, n.state, n.batch, n.mean.offset, n.variance.offset, bits(n.epsilon), bits(momentum))

    def text(self):
        return f"{self.at.gamma.node}: mean, variance"


@dataclass(frozen=True, eq=False)
class Normalise(Step):
    """y = (x - mean) / sqrt(variance + epsilon) gamma + beta; statistics of the batch when training, else running ones."""

    x: Tensor
    y: Tensor
    at: Normalisation
    family = "normalise"
    kernel = normalise.normalise

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def slots(self):
        return self.at.gamma, self.at.beta

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        tape.steps.append(BatchGradientSums(self.x, grad, self.at))
        tape.steps.append(BatchGradients(self.x, self.at))
        if self.x in tape.wanted:
            result = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(NormaliseGradient(self.x, grad, result, self.at))
            tape.hand_over(self.x, result)

    def encode(self, at):
        n = self.at
        slots = (n.mean.offset, n.variance.offset, n.gamma.offset, n.beta.offset)
        return *at(self.x), *at(self.y), n.groups, n.inner, n.batch, *slots, bits(n.epsilon)

    def flops(self):
        return 2 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: {self.at.groups} groups"


@dataclass(frozen=True, eq=False)
class BatchGradientSums(Step):
    """Sums of the gradient over the events of a share."""

    x: Tensor
    grad: Tensor
    at: Normalisation
    first_use: bool = True
    family = "normalise"
    hidden_state = True
    kernel = normalise.batch_gradient_sums

    reads = property(lambda self: (self.x, self.grad))
    writes = property(lambda self: ())

    @property
    def gradient_slots(self):
        return self.at.gamma, self.at.beta

    def encode(self, at):
        n = self.at
        return *at(self.x), *at(self.grad), n.groups, n.inner, n.state, n.batch, n.gamma.offset, n.beta.offset

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: gradient sums"


@dataclass(frozen=True, eq=False)
class BatchGradients(Step):
    """Gradients of gamma and beta, and the means that every event's gradient needs."""

    x: Tensor
    at: Normalisation
    family = "normalise"
    hidden_state = True
    kernel = normalise.batch_gradients
    batch_wide = True

    reads = property(lambda self: ())
    writes = property(lambda self: ())

    def encode(self, at):
        n = self.at
        return n.groups, self.x.size, n.state, n.batch, n.gamma.offset, n.beta.offset

    def text(self):
        return f"{self.at.gamma.node}: gamma, beta"


@dataclass(frozen=True, eq=False)
class NormaliseGradient(Step):
    """Gradient of the values, through mean and variance too."""

    x: Tensor
    grad: Tensor
    result: Tensor
    at: Normalisation
    family = "normalise"
    kernel = normalise.normalise_backward

    reads = property(lambda self: (self.x, self.grad))
    writes = property(lambda self: (self.result,))

    @property
    def in_place(self):
        return self.result, self.grad

    def encode(self, at):
        n = self.at
        return *at(self.x), *at(self.grad), *at(self.result), n.groups, n.inner, n.batch, n.gamma.offset

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"{self.at.gamma.node}: values"

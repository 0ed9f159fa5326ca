"""SOFTMAX: elements of a row share one sum."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import activation
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class Softmax(Step):
    """y = softmax over each `width` elements of an event."""

    x: Tensor
    y: Tensor
    width: int
    family = "reduce"
    kernel = activation.softmax

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        if self.x in tape.wanted:
            grad = tape.gradient(self.y)
            tape.steps.append(SoftmaxGradient(self.y, grad, self.width))
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.width

    def text(self):
        return "SOFTMAX"


@dataclass(frozen=True, eq=False)
class SoftmaxGradient(Step):
    """grad = y (grad - y . grad), in place."""

    saved: Tensor
    grad: Tensor
    width: int
    family = "reduce"
    kernel = activation.softmax_backward

    reads = property(lambda self: (self.saved, self.grad))
    writes = property(lambda self: (self.grad,))

    def encode(self, at):
        return *at(self.saved), *at(self.grad), self.width

    def text(self):
        return "SOFTMAX'"

"""Losses: they read an output and the targets, and begin the backward pass."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import loss
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class Loss(Step):
    """The loss of one output, and its gradient where there is one to write."""

    x: Tensor
    targets: Tensor
    weights: Tensor
    kind: str
    column: int
    slot: int
    grad: Tensor | None = None
    accumulate: bool = False
    family = "reduce"

    reads = property(lambda self: (self.x, self.targets, self.weights, *((self.grad,) if self.accumulate else ())))
    writes = property(lambda self: (self.grad,) if self.grad else ())

    def encode(self, at):
        grad = at(self.grad) if self.grad else (-1, 0)
        return *at(self.x), *at(self.targets), *at(self.weights), *grad, self.column, self.slot, int(self.accumulate)

    @property
    def kernel(self):
        return loss.LOSSES[self.kind]

    def flops(self):
        return 40 * self.x.size

    def text(self):
        return self.kind

"""Terms of the loss: they read an output and its targets, or what a layer adds, and begin the backward pass."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels.loss import TERMS_OF_LAYERS
from tmvalite.losses import trained
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class LossStep(Step):
    """A term of the loss, and its gradient where there is one to write.

    kind : what trains an output x by its targets (losses.trained), or VALUE or SQUARE of what a layer gives
    column : first of the targets; slot : number of the term
    """

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
        if self.kind in TERMS_OF_LAYERS:
            return TERMS_OF_LAYERS[self.kind]
        loss, function = trained(self.kind)
        return loss.kernel(function)

    def flops(self):
        return 40 * self.x.size

    def text(self):
        return self.kind

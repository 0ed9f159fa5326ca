"""Matrix products: forward, and the gradients of data and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.kernels import product
from tmvalite.plan.step import Slot, Step, Tensor


@dataclass(frozen=True, eq=False)
class Product(Step):
    """y = x W^T + b. `narrow`: few outputs, W kept as (out, in) and summed along it in 16 chains."""

    x: Tensor
    y: Tensor
    weights: Slot
    bias: Slot | None
    narrow: bool
    family = "product"

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def splits(self):
        return not self.narrow

    @property
    def slots(self):
        return (self.weights,) if self.bias is None else (self.weights, self.bias)

    def differentiate(self, tape):
        grad, large = tape.gradient(self.y), not self.narrow and self.weights.size > product.LARGE
        if self.x in tape.wanted:  # before the weights, which the other step may update
            target, add = tape.target(self.x)
            tape.steps.append(ProductData(grad, target, self.weights, self.narrow, add, large))
        tape.steps.append(ProductWeights(self.x, grad, self.weights, self.bias, self.narrow))

    def encode(self, at):
        return *at(self.x), *at(self.y), self.weights.offset, self.bias.offset if self.bias else -1

    @property
    def kernel(self):
        return product.narrow_forward if self.narrow else product.product_forward

    def flops(self):
        return 2 * self.x.size * self.y.size

    def text(self):
        return f"{self.weights.node}: {self.x.size} -> {self.y.size}" + (", dot form" if self.narrow else "")


@dataclass(frozen=True, eq=False)
class ProductData(Step):
    """Gradient of a product with respect to its input. `large`: W can be transposed on the way."""

    grad: Tensor
    result: Tensor
    weights: Slot
    narrow: bool
    accumulate: bool
    large: bool = False
    family = "product"
    kernel = product.product_backward_data
    splits = True

    reads = property(lambda self: (self.grad, self.result) if self.accumulate else (self.grad,))
    writes = property(lambda self: (self.result,))

    @property
    def _copy(self):
        at = self.weights.offset
        return () if self.narrow else ((at, at, self.result.size, self.grad.size),)

    @property
    def copies(self):
        return () if self.large else self._copy

    @property
    def spare_copies(self):
        return self._copy if self.large else ()

    def encode(self, at):
        return *at(self.grad), *at(self.result), self.weights.offset, int(self.narrow), int(self.accumulate), int(self.large)

    def flops(self):
        return 2 * self.grad.size * self.result.size

    def text(self):
        return f"{self.weights.node}: {self.grad.size} -> {self.result.size}" + (", adds" if self.accumulate else "")


@dataclass(frozen=True, eq=False)
class ProductWeights(Step):
    """Gradient of a product with respect to weights and bias, added up over the tiles of a share.

    `early`: nobody else needs the gradient of the weights, and it would not stay in a cache. If a batch is one tile, the weights
    are updated here, and their gradient is never written.
    """

    x: Tensor
    grad: Tensor
    weights: Slot
    bias: Slot | None
    narrow: bool
    first_use: bool = True
    early: bool = False
    family = "product"
    kernel = product.product_backward_weights

    reads = property(lambda self: (self.x, self.grad))
    writes = property(lambda self: ())

    @property
    def splits(self):
        return not self.narrow

    @property
    def gradient_slots(self):
        return (self.weights,) if self.bias is None else (self.weights, self.bias)

    def encode(self, at):
        bias = self.bias.offset if self.bias else -1
        flags = self.narrow, self.first_use, self.early, self.weights.decays
        return *at(self.x), *at(self.grad), self.weights.offset, bias, *map(int, flags)

    @property
    def updated_slots(self):
        return (self.weights,) if self.early else ()

    def update_early(self):
        return replace(self, early=self.weights.trained and not self.narrow and self.weights.size > product.LARGE)

    def flops(self):
        return 2 * self.x.size * self.grad.size

    def text(self):
        return f"{self.weights.node}: weights {self.grad.size} x {self.x.size}" + (", updated" if self.early else "")

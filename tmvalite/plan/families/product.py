"""Matrix products: forward, and the gradients of data and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.kernels import product
from tmvalite.plan.step import Slot, Step, Tensor

NARROW = 10  # at most this many outputs: the dot form of the product, chosen by the layer's shape alone


@dataclass(frozen=True, eq=False, kw_only=True)
class Product(Step):
    """y = x W^T + b. `narrow`: few outputs, W kept as (out, in) and summed along it in 16 chains."""

    x: Tensor
    y: Tensor
    weights: Slot
    bias: Slot | None
    narrow: bool
    family = "product"

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, weights: Slot, bias: Slot | None) -> Product:
        """W (outputs, inputs) as in TMVA, b (outputs, 1)."""
        return cls(x=x, y=y, weights=weights, bias=bias, narrow=weights.shape[0] <= NARROW)

    @property
    def splits(self):
        return not self.narrow

    def differentiate(self, tape):
        grad, shared = tape.gradient(self.y), dict(weights=self.weights, narrow=self.narrow)
        if self.x in tape.wanted:  # before the weights, which the other step may update
            target, add = tape.target(self.x)
            large = not self.narrow and self.weights.size > product.LARGE
            tape.steps.append(ProductData(grad=grad, result=target, accumulate=add, large=large, **shared))
        tape.steps.append(ProductWeights(x=self.x, grad=grad, bias=self.bias, **shared))

    @property
    def kernel(self):
        return product.narrow_forward if self.narrow else product.product_forward

    def flops(self):
        return 2 * self.x.size * self.y.size

    def text(self):
        return f"{self.weights.node}: {self.x.size} -> {self.y.size}" + (", dot form" if self.narrow else "")


@dataclass(frozen=True, eq=False, kw_only=True)
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

    def flops(self):
        return 2 * self.grad.size * self.result.size

    def text(self):
        return f"{self.weights.node}: {self.grad.size} -> {self.result.size}" + (", adds" if self.accumulate else "")


@dataclass(frozen=True, eq=False, kw_only=True)
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

    decays = property(lambda self: self.weights.decays)

    @property
    def splits(self):
        return not self.narrow

    @property
    def updated_slots(self):
        return (self.weights,) if self.early else ()

    def update_early(self):
        return replace(self, early=self.weights.trained and not self.narrow and self.weights.size > product.LARGE)

    def flops(self):
        return 2 * self.x.size * self.grad.size

    def text(self):
        return f"{self.weights.node}: weights {self.grad.size} x {self.x.size}" + (", updated" if self.early else "")

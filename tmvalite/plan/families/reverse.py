"""The gradient of a dense layer by what it reads, as a value: the steps of gradients of gradients."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.plan.step import Slot, Tensor

from .product import NARROW, Product, ProductData, ProductWeights
from .tied import ClearGradient


@dataclass(frozen=True, eq=False, kw_only=True)
class ReverseProduct(ProductData):
    """y = x W with the weights W (K, D) of a dense layer, no biases: what its backward pass does, here with one of its own.

    owned : all parameters of that layer, whose gradients begin with zero since its own forward step adds to them later
    """

    owned: tuple[Slot, ...]

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, weights: Slot, owned: tuple[Slot, ...]) -> ReverseProduct:
        narrow = weights.shape[0] <= NARROW  # otherwise W is transposed on the way: a copy exists in training only
        return cls(grad=x, result=y, weights=weights, narrow=narrow, accumulate=False, large=not narrow, owned=owned)

    def differentiate(self, tape):
        given, x, shared = tape.gradient(self.result), self.grad, dict(weights=self.weights, narrow=self.narrow, bias=None)
        tape.steps += [ClearGradient(slot) for slot in self.owned]
        tape.steps.append(ProductWeights(x=given, grad=x, **shared))
        if x in tape.wanted:
            made = Tensor(x.size, f"d {x.label}", x.shape)
            tape.steps.append(Product(x=given, y=made, **shared))
            tape.hand_over(x, made)

    def text(self):
        return f"{self.weights.node}: {self.grad.size} -> {self.result.size}, transposed"

"""Gradients of layers by what they read, as values: the steps of gradients of gradients.

Each does what the backward pass of a layer does, and has a backward pass of its own, which for a linear layer is its forward one.
"""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.plan.step import Slot, Tensor

from .convolution import Convolution
from .pool import Pool, PoolGradient
from .product import NARROW, Product, ProductData, ProductWeights
from .tied import ClearGradient
from .windows import Windows

# `owned`: all parameters of the layer, whose gradients begin with zero, since its own forward step adds to them later


@dataclass(frozen=True, eq=False, kw_only=True)
class ReverseProduct(ProductData):
    """y = x W with the weights W (K, D) of a dense layer, no biases."""

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


@dataclass(frozen=True, eq=False, kw_only=True)
class ReverseConvolution(Convolution):
    """The gradient of a convolution by its images; x is that by what it gives, y by what it reads."""

    owned: tuple[Slot, ...]

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, weights: Slot, owned: tuple[Slot, ...], spread: bool, **more) -> ReverseConvolution:
        """With the fields of the convolution itself, see `Convolution.build`."""
        forward = Convolution.build(x=y, y=x, weights=weights, bias=None, spread=spread, **more)
        same = dict(weights=weights, bias=None, windows=forward.windows, filters=forward.filters)
        return cls(x=x, y=y, spread=not spread, owned=owned, **same)

    def differentiate(self, tape):
        tape.steps += [ClearGradient(slot) for slot in self.owned]
        super().differentiate(tape)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReversePool(PoolGradient):
    """The gradient of a mean over windows."""

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, channels: int, framed: bool, **windows) -> ReversePool:
        """`windows`: the fields of Windows."""
        windows = Windows(**windows)
        return cls(saved=None, grad=x, result=y, kind="mean", channels=channels, windows=windows, framed=framed)

    def differentiate(self, tape):
        if self.grad in tape.wanted:
            made = Tensor(self.grad.size, f"d {self.grad.label}", self.grad.shape)
            same = dict(kind=self.kind, channels=self.channels, windows=self.windows, framed=self.framed)
            tape.steps.append(Pool(x=tape.gradient(self.result), y=made, **same))
            tape.hand_over(self.grad, made)

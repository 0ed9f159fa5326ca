"""Products with the transposed weights of another layer."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import tied
from tmvalite.plan.step import Slot, Step, Tensor

from .product import ProductData, ProductWeights


@dataclass(frozen=True, eq=False)
class Tied(Step):
    """y = x W + b with the weights W (K, D) of another layer and biases of its own: the numbers of a product with W^T.

    owned : all parameters of the layer that owns W; narrow : as in families/product, for D outputs; panel : scratch memory
    """

    x: Tensor
    y: Tensor
    weights: Slot
    bias: Slot
    owned: tuple[Slot, ...]
    narrow: bool
    panel: Tensor
    family = "product"

    reads = property(lambda self: (self.x, self.panel))
    writes = property(lambda self: (self.y, self.panel))

    @classmethod
    def build(cls, x: Tensor, y: Tensor, weights: Slot, bias: Slot, owned: tuple[Slot, ...], narrow: bool) -> Tied:
        panel = Tensor(tied.PANEL * x.size, f"{y.label}, panel of the weights", per_event=False)
        return cls(x, y, weights, bias, owned, narrow, panel)

    @property
    def slots(self):
        return self.weights, self.bias

    @property
    def copies(self):
        return () if self.weights.transposed else ((self.weights.offset, self.weights.offset, *self.weights.shape),)

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        tape.steps += [ClearGradient(slot) for slot in (*self.owned, self.bias)]
        tape.steps.append(ProductWeights(self.x, grad, self.weights, self.bias, self.weights.transposed))
        if self.x in tape.wanted:
            target, add = tape.target(self.x)
            tape.steps.append(ProductData(grad, target, self.weights, self.weights.transposed, add))

    def encode(self, at):
        weights = self.weights.offset, self.bias.offset, int(self.weights.transposed)
        return *at(self.x), *at(self.y), *weights, at(self.panel)[0]

    @property
    def kernel(self):
        return tied.tied_narrow if self.narrow else tied.tied_forward

    def flops(self):
        return 2 * self.x.size * self.y.size

    def text(self):
        return f"{self.bias.node}: {self.x.size} -> {self.y.size}, weights of {self.weights.node}"


@dataclass(frozen=True, eq=False)
class ClearGradient(Step):
    """The gradient of a parameter to which several layers add begins with zero.

    Without this the first of them would write the weights only, and the owner, being the second, add to biases that nobody wrote.
    """

    slot: Slot
    first_use: bool = True
    family = "copy"
    kernel = tied.clear_gradient

    reads = property(lambda self: ())
    writes = property(lambda self: ())

    @property
    def gradient_slots(self):
        return (self.slot,)

    def encode(self, at):
        return self.slot.offset, self.slot.stop - self.slot.offset, int(self.first_use)

    def text(self):
        return f"{self.slot.node}: gradient of {self.slot.name} begins"

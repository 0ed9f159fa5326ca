"""Products with the transposed weights of another layer."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import tied
from tmvalite.plan.step import Slot, Step, Tensor

from .product import NARROW, ProductData, ProductWeights


@dataclass(frozen=True, eq=False, kw_only=True)
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

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, weights: Slot, bias: Slot, owned: tuple[Slot, ...]) -> Tied:
        """With the weights W (K, D) of another layer, whose parameters are `owned`."""
        panel = Tensor(tied.PANEL * x.size, f"{y.label}, panel of the weights", per_event=False)
        return cls(x=x, y=y, weights=weights, bias=bias, owned=owned, narrow=weights.shape[1] <= NARROW, panel=panel)

    @property
    def transposed(self):
        return self.weights.transposed

    @property
    def copies(self):
        return () if self.weights.transposed else ((self.weights.offset, self.weights.offset, *self.weights.shape),)

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        tape.steps += [ClearGradient(slot) for slot in (*self.owned, self.bias)]
        tape.steps.append(ProductWeights(x=self.x, grad=grad, weights=self.weights, bias=self.bias, narrow=self.transposed))
        if self.x in tape.wanted:
            target, add = tape.target(self.x)
            tape.steps.append(ProductData(grad=grad, result=target, weights=self.weights, narrow=self.transposed, accumulate=add))

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

    @property
    def elements(self):
        return self.slot.stop - self.slot.offset

    def text(self):
        return f"{self.slot.node}: gradient of {self.slot.name} begins"

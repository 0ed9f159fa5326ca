"""What an activation is: function and derivative as formulas, and what else must be known of it. Nothing else knows its name."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from tmvalite.registry import registrar

INPUT, OUTPUT = "input", "output"


class Example(NamedTuple):
    """f(x) and f'(x) at one x, to the digits given; drives the tests of every activation."""

    x: float
    value: float
    slope: float


class Activation:
    """Base of all activations; there is one object of each.

    `m` is the mathematics that a formula is written in (tmvalite/mathematics.py says what it has).

    Attributes
    ----------
    name : str
        As written in a layout.
    formula : str
        f(x), and f'(x) where it needs a convention: a kink, TMVA's choice.
    code : int, optional
        Number in TMVA's weight file; None for those TMVA lacks.
    elementwise : bool
        False for one that mixes the elements of the last axis; it has no formulas but a step of its own (plan/families).
    saves : INPUT or OUTPUT
        What the derivative is computed from; the planner keeps it.
    unit_range : bool
        Whether all values lie between 0 and 1.
    examples : tuple of Example
    """

    name: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    code: ClassVar[int | None] = None
    elementwise: ClassVar[bool] = True
    saves: ClassVar[str] = ""
    unit_range: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()

    def forward(self, m, x):
        """f(x)."""
        raise NotImplementedError(f"{self.name} declares no forward(m, x)")

    def backward(self, m, saved, grad):
        """grad f'(x), from the input x or the output f(x), as `saves` says."""
        raise NotImplementedError(f"{self.name} declares no backward(m, saved, grad)")

    def curvature(self, m, x):
        """f''(x), from the input, 0 at a kink; where it is not declared, the gradient of f' is not known (WGAN-GP)."""
        raise NotImplementedError(f"{self.name} declares no curvature(m, x)")

    def slope(self, m, x):
        """f'(x), from the input."""
        return self.backward(m, self.forward(m, x) if self.saves == OUTPUT else x, 1.0)

    def onnx(self, forms, x: str) -> str:
        """The name of f(x) in ONNX; layers/onnx_form.py says what `forms` offers."""
        raise NotImplementedError(f"{self.name} declares no onnx(forms, x)")

    @cached_property
    def kernels(self) -> tuple[Any, Any]:
        """The families that apply an elementwise one, forward and backward."""
        from tmvalite.kernels.activation import elementwise

        return elementwise(self.name, self.forward, self.backward)

    @property
    def curved(self) -> bool:
        """Whether it declares its curvature, so that gradients of gradients go through it."""
        return self.elementwise and type(self).curvature is not Activation.curvature

    @cached_property
    def slope_kernel(self) -> Any:
        """The family that gives f'(x), with its gradient."""
        from tmvalite.kernels.slope import slope_of

        return slope_of(self.name, self.slope, self.curvature)


REGISTRY: dict[str, Activation] = {}


register = registrar(REGISTRY, "activations")

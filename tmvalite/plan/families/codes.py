"""Terms of the loss over the codes of a whole batch, counted once when all shares have come there, and the sum of |h|."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import mmd, sparsity, swd
from tmvalite.kernels.codes import GAUSS, UNIFORM
from tmvalite.plan.step import Step, Tensor

from .normalise import bits

KINDS = {"GAUSS": GAUSS, "UNIFORM": UNIFORM}
USUAL_BATCH = 128  # events, for estimates of work that grows with the square of their number


@dataclass(frozen=True)
class Prior:
    """A distribution, the same for every element of a code: GAUSS mean sigma or UNIFORM low high."""

    kind: str
    first: float
    second: float

    @property
    def variance(self) -> float:
        return self.second**2 if self.kind == "GAUSS" else (self.second - self.first) ** 2 / 12

    @property
    def code(self) -> tuple[int, int, int]:
        return KINDS[self.kind], bits(self.first), bits(self.second)

    def __str__(self):
        return f"{self.kind} {self.first:g} {self.second:g}"


@dataclass(frozen=True, eq=False)
class CodeTerm(Step):
    """A term over the codes x of a batch, number `term` of the loss; its gradient goes to `grad` in the forward pass."""

    x: Tensor
    grad: Tensor
    term: int
    family = "codes"
    batch_wide = True
    begins_gradient = True
    training_only = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.grad,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            tape.hand_over(self.x, self.grad)


@dataclass(frozen=True, eq=False)
class Discrepancy(CodeTerm):
    """Maximum mean discrepancy from the prior, whose samples come from `draw`."""

    prior: Prior
    draw: int
    kernel = mmd.mmd

    def batch_scratch(self, rows):
        return 3 * (self.x.size + 1) * rows + self.x.size

    def encode(self, at):
        scale = 2 * self.x.size * self.prior.variance
        return *at(self.x), *at(self.grad), self.term, self.draw, *self.prior.code, bits(scale)

    def flops(self):
        return USUAL_BATCH * (12 * self.x.size + 70)

    def text(self):
        return f"MMD from {self.prior}, draw {self.draw}"


@dataclass(frozen=True, eq=False)
class Sliced(CodeTerm):
    """Sliced Wasserstein distance from the prior; samples and directions come from two draws."""

    prior: Prior
    draw: int
    axes: int
    directions: int
    kernel = swd.swd

    def batch_scratch(self, rows):
        return (3 * self.x.size + 6) * rows + self.x.size

    def encode(self, at):
        return *at(self.x), *at(self.grad), self.term, self.draw, *self.prior.code, self.axes, self.directions

    def flops(self):
        return self.directions * (6 * self.x.size + 60)

    def text(self):
        return f"SWD from {self.prior}, {self.directions} directions, draws {self.draw} {self.axes}"


@dataclass(frozen=True, eq=False)
class MeanActivity(CodeTerm):
    """Divergence of the mean activities from rho."""

    rho: float
    kernel = sparsity.mean_activity

    def batch_scratch(self, rows):
        return 2 * self.x.size * rows

    def encode(self, at):
        return *at(self.x), *at(self.grad), self.term, bits(self.rho)

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"mean activity {self.rho:g}"


@dataclass(frozen=True, eq=False)
class AbsoluteSum(Step):
    """y = sum of |x| of every event."""

    x: Tensor
    y: Tensor
    family = "reduce"
    kernel = sparsity.absolute_sum

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            target, add = tape.target(self.x)
            tape.steps.append(AbsoluteSumGradient(self.x, tape.gradient(self.y), target, add))

    def encode(self, at):
        return *at(self.x), *at(self.y)

    def flops(self):
        return self.x.size

    def text(self):
        return "sum of |x|"


@dataclass(frozen=True, eq=False)
class AbsoluteSumGradient(Step):
    """The sign of every element, times the gradient of the event's sum."""

    x: Tensor
    grad: Tensor
    result: Tensor
    accumulate: bool
    family = "reduce"
    kernel = sparsity.absolute_sum_backward

    reads = property(lambda self: (self.x, self.grad, *((self.result,) if self.accumulate else ())))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.x), *at(self.grad), *at(self.result), int(self.accumulate)

    def text(self):
        return "sum' of |x|"

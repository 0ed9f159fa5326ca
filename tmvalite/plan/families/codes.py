"""Terms of the loss over the codes of a whole batch, counted once when all shares have come there."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import mmd, sparsity, swd
from tmvalite.kernels.codes import GAUSS, UNIFORM
from tmvalite.plan.step import Step, Tensor

KINDS = {"GAUSS": GAUSS, "UNIFORM": UNIFORM}
USUAL_BATCH = 128  # events, for estimates of work that grows with the square of their number


@dataclass(frozen=True)
class CodePrior:
    """A distribution, the same for every element of a code: GAUSS mean sigma or UNIFORM low high."""

    kind: str
    first: float
    second: float

    @property
    def variance(self) -> float:
        return self.second**2 if self.kind == "GAUSS" else (self.second - self.first) ** 2 / 12

    @property
    def numbers(self) -> dict[str, float]:
        """Its columns in a descriptor."""
        return {"kind": KINDS[self.kind], "first": float(self.first), "second": float(self.second)}

    def __str__(self):
        return f"{self.kind} {self.first:g} {self.second:g}"


@dataclass(frozen=True, eq=False, kw_only=True)
class CodeTerm(Step):
    """A term over the codes x of a batch, number `term` of the loss; its gradient goes to `grad` in the forward pass."""

    x: Tensor
    grad: Tensor
    term: int
    family = "codes"
    batch_wide = True
    begins_gradient = True
    training_only = True

    @classmethod
    def build(cls, *, prior: tuple[str, float, float] | None = None, **fields) -> CodeTerm:
        return cls(**fields) if prior is None else cls(prior=CodePrior(*prior), **fields)

    def differentiate(self, tape):
        if self.x in tape.wanted:
            tape.hand_over(self.x, self.grad)


@dataclass(frozen=True, eq=False, kw_only=True)
class Discrepancy(CodeTerm):
    """Maximum mean discrepancy from the prior, whose samples come from `draw`."""

    prior: CodePrior
    draw: int
    kernel = mmd.mmd

    def batch_scratch(self, rows):
        return 3 * (self.x.size + 1) * rows + self.x.size

    def numbers(self, at):
        return self.prior.numbers | {"scale": float(2 * self.x.size * self.prior.variance)}

    def flops(self):
        return USUAL_BATCH * (12 * self.x.size + 70)

    def text(self):
        return f"MMD from {self.prior}, draw {self.draw}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Sliced(CodeTerm):
    """Sliced Wasserstein distance from the prior; samples and directions come from two draws."""

    prior: CodePrior
    draw: int
    axes: int
    directions: int
    kernel = swd.swd

    def batch_scratch(self, rows):
        return (3 * self.x.size + 6) * rows + self.x.size

    def numbers(self, at):
        return self.prior.numbers

    def flops(self):
        return self.directions * (6 * self.x.size + 60)

    def text(self):
        return f"SWD from {self.prior}, {self.directions} directions, draws {self.draw} {self.axes}"


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanActivity(CodeTerm):
    """Divergence of the mean activities from rho."""

    rho: float
    kernel = sparsity.mean_activity

    def batch_scratch(self, rows):
        return 2 * self.x.size * rows

    def flops(self):
        return 4 * self.x.size

    def text(self):
        return f"mean activity {self.rho:g}"

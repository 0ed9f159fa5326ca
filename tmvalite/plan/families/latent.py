"""Gaussian latent variables: the sample that the decoder reads, and its divergence from the prior."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tmvalite.kernels import gaussian
from tmvalite.plan.step import Step, Tensor

from .normalise import bits


@dataclass(frozen=True, eq=False)
class Sample(Step):
    """y = x + spread, spread = epsilon exp(log_variance / 2); y = x when scoring."""

    x: Tensor
    log_variance: Tensor
    y: Tensor
    spread: Tensor
    draw: int
    family = "random"
    kernel = gaussian.sample
    identity_when_scoring = True

    reads = property(lambda self: (self.x, self.log_variance))
    writes = property(lambda self: (self.y, self.spread))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        if self.log_variance in tape.wanted:
            target, add = tape.target(self.log_variance)
            tape.steps.append(SampleGradient(grad, self.spread, target, add))
        if self.x in tape.wanted:
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.log_variance), *at(self.y), *at(self.spread), self.draw

    def flops(self):
        return 60 * self.x.size

    def text(self):
        return f"draw {self.draw}"


@dataclass(frozen=True, eq=False)
class SampleGradient(Step):
    """Gradient of a sample with respect to the log-variance, from the spread that was drawn."""

    grad: Tensor
    spread: Tensor
    result: Tensor
    accumulate: bool
    family = "random"
    kernel = gaussian.sample_backward

    reads = property(lambda self: (self.grad, self.spread, *((self.result,) if self.accumulate else ())))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.grad), *at(self.spread), *at(self.result), int(self.accumulate)


@dataclass(frozen=True, eq=False)
class Divergence(Step):
    """y = KL(N(x, exp(log_variance)) || N(mean, sigma^2)) of every event."""

    x: Tensor
    log_variance: Tensor
    y: Tensor
    mean: float
    sigma: float
    family = "reduce"
    kernel = gaussian.divergence

    reads = property(lambda self: (self.x, self.log_variance))
    writes = property(lambda self: (self.y,))

    @property
    def prior(self) -> tuple[int, int, int]:
        """Mean, 1/sigma and log sigma^2 as a descriptor holds them."""
        return bits(self.mean), bits(1 / self.sigma), bits(2 * math.log(self.sigma))

    def differentiate(self, tape):
        heads = [(t, *tape.target(t)) if t in tape.wanted else (t, None, False) for t in (self.x, self.log_variance)]
        tape.steps.append(
            DivergenceGradient(self, tape.gradient(self.y), *(head[1] for head in heads), *(head[2] for head in heads))
        )

    def encode(self, at):
        return *at(self.x), *at(self.log_variance), *at(self.y), *self.prior

    def flops(self):
        return 30 * self.x.size

    def text(self):
        return f"KL from N({self.mean:g}, {self.sigma:g}^2)"


@dataclass(frozen=True, eq=False)
class DivergenceGradient(Step):
    """Both gradients of a divergence; one of them is None where nobody wants it."""

    of: Divergence
    grad: Tensor
    grad_x: Tensor | None
    grad_log_variance: Tensor | None
    add_x: bool
    add_log_variance: bool
    family = "reduce"
    kernel = gaussian.divergence_backward

    @property
    def reads(self):
        added = [t for t, add in ((self.grad_x, self.add_x), (self.grad_log_variance, self.add_log_variance)) if add]
        return self.of.x, self.of.log_variance, self.grad, *added

    @property
    def writes(self):
        return tuple(t for t in (self.grad_x, self.grad_log_variance) if t is not None)

    def substitute(self, mapping):
        """Also the operands of the forward step."""
        changed = super().substitute(mapping)
        return replace(changed, of=self.of.substitute(mapping))

    def encode(self, at):
        results = [value for t in (self.grad_x, self.grad_log_variance) for value in (at(t) if t is not None else (-1, 0))]
        add = int(self.add_x), int(self.add_log_variance)
        return *at(self.of.x), *at(self.of.log_variance), *at(self.grad), *results, *self.of.prior, *add

    def flops(self):
        return 30 * self.of.x.size

    def text(self):
        return f"KL' from N({self.of.mean:g}, {self.of.sigma:g}^2)"

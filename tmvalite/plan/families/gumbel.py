"""Categorical latent variables: samples of logits, and their divergence from equal probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import gumbel
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class GumbelSample(Step):
    """y = relaxed sample of the logits x, in groups of `classes`; a hard one in validation, the most probable class when scoring.

    The temperature is the number of the draw.
    """

    x: Tensor
    y: Tensor
    classes: int
    draw: int
    family = "random"
    kernel = gumbel.gumbel_sample

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            grad = tape.gradient(self.y)
            tape.steps.append(GumbelGradient(self.y, grad, self.classes, self.draw))
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.classes, self.draw

    def flops(self):
        return 100 * self.x.size

    def for_scoring(self):
        return MostProbable(self.x, self.y, self.classes)

    def text(self):
        return f"{self.x.size // self.classes} x {self.classes}, draw {self.draw}"


@dataclass(frozen=True, eq=False)
class GumbelGradient(Step):
    """grad through the relaxed sample, in place."""

    saved: Tensor
    grad: Tensor
    classes: int
    draw: int
    family = "random"
    kernel = gumbel.gumbel_backward

    reads = property(lambda self: (self.saved, self.grad))
    writes = property(lambda self: (self.grad,))

    def encode(self, at):
        return *at(self.saved), *at(self.grad), self.classes, self.draw

    def text(self):
        return f"draw {self.draw}"


@dataclass(frozen=True, eq=False)
class MostProbable(Step):
    """y = 1 for the largest of each `classes` logits, else 0."""

    x: Tensor
    y: Tensor
    classes: int
    family = "reduce"
    kernel = gumbel.most_probable

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def encode(self, at):
        return *at(self.x), *at(self.y), self.classes

    def text(self):
        return f"{self.x.size // self.classes} x {self.classes}"


@dataclass(frozen=True, eq=False)
class CategoricalDivergence(Step):
    """y = sum over the groups of KL(softmax(x) || 1/classes)."""

    x: Tensor
    y: Tensor
    classes: int
    family = "reduce"
    kernel = gumbel.categorical_divergence

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            target, add = tape.target(self.x)
            tape.steps.append(CategoricalDivergenceGradient(self.x, tape.gradient(self.y), target, self.classes, add))

    def encode(self, at):
        return *at(self.x), *at(self.y), self.classes

    def flops(self):
        return 60 * self.x.size

    def text(self):
        return f"KL from 1/{self.classes}"


@dataclass(frozen=True, eq=False)
class CategoricalDivergenceGradient(Step):
    """Gradient of a divergence from equal probabilities."""

    x: Tensor
    grad: Tensor
    result: Tensor
    classes: int
    accumulate: bool
    family = "reduce"
    kernel = gumbel.categorical_divergence_backward

    reads = property(lambda self: (self.x, self.grad, *((self.result,) if self.accumulate else ())))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.x), *at(self.grad), *at(self.result), self.classes, int(self.accumulate)

    def flops(self):
        return 80 * self.x.size

    def text(self):
        return f"KL' from 1/{self.classes}"

"""Means over an axis."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import reduce
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class Mean(Step):
    """y (outer, inner) = mean of x (outer, count, inner) over the middle axis."""

    x: Tensor
    y: Tensor
    count: int
    inner: int
    family = "reduce"
    kernel = reduce.mean_axis

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(MeanGradient(tape.gradient(self.y), made, self.count, self.inner))
            tape.hand_over(self.x, made)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.y.size // self.inner, self.count, self.inner

    def flops(self):
        return self.x.size

    def text(self):
        return f"mean of {self.count}"


@dataclass(frozen=True, eq=False)
class MeanGradient(Step):
    """Every one of the `count` values gets its share of the gradient."""

    grad: Tensor
    result: Tensor
    count: int
    inner: int
    family = "reduce"
    kernel = reduce.mean_axis_backward

    reads = property(lambda self: (self.grad,))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.grad), *at(self.result), self.grad.size // self.inner, self.count, self.inner

    def text(self):
        return f"mean' of {self.count}"

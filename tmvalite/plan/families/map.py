"""Elementwise steps: activations, sums and products of values."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.activations import ACTIVATIONS
from tmvalite.kernels import combine
from tmvalite.plan.step import FEATURES, ROWS, Step, Tensor

from .copy import Copy


@dataclass(frozen=True, eq=False)
class Map(Step):
    """y = f(x) element by element, f being an elementwise activation."""

    x: Tensor
    y: Tensor
    activation: str
    family = "map"
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        saved = self.y if ACTIVATIONS[self.activation].saves == "output" else self.x
        if self.x in tape.wanted:
            tape.steps.append(MapGradient(saved, grad, self.activation))
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.y)

    @property
    def kernel(self):
        return ACTIVATIONS[self.activation].kernels[0]

    def flops(self):
        return 20 * self.x.size

    def text(self):
        return self.activation


@dataclass(frozen=True, eq=False)
class MapGradient(Step):
    """grad *= f'(saved), in place."""

    saved: Tensor
    grad: Tensor
    activation: str
    family = "map"
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.saved, self.grad))
    writes = property(lambda self: (self.grad,))

    def encode(self, at):
        return *at(self.saved), *at(self.grad)

    @property
    def kernel(self):
        return ACTIVATIONS[self.activation].kernels[1]

    def text(self):
        return f"{self.activation}'"


@dataclass(frozen=True, eq=False)
class Add(Step):
    """y = a + b."""

    a: Tensor
    b: Tensor
    y: Tensor
    family = "map"
    kernel = combine.add_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.a

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        wanted = [t for t in (self.a, self.b) if t in tape.wanted]
        for tensor in wanted[:-1]:
            target, add = tape.target(tensor)
            tape.steps.append(Copy(grad, target, accumulate=add))
        for tensor in wanted[-1:]:
            tape.hand_over(tensor, grad)

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y)


@dataclass(frozen=True, eq=False)
class Multiply(Step):
    """y = a b."""

    a: Tensor
    b: Tensor
    y: Tensor
    accumulate = False
    family = "map"
    kernel = combine.multiply_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        for tensor, other in ((self.a, self.b), (self.b, self.a)):
            if tensor in tape.wanted:
                target, add = tape.target(tensor)
                tape.steps.append(AddProduct(grad, other, target, add))

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y), 0


@dataclass(frozen=True, eq=False)
class AddProduct(Step):
    """y (+)= a b."""

    a: Tensor
    b: Tensor
    y: Tensor
    accumulate: bool
    family = "map"
    kernel = combine.multiply_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b, self.y) if self.accumulate else (self.a, self.b))
    writes = property(lambda self: (self.y,))

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y), int(self.accumulate)

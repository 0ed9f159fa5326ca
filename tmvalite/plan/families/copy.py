"""Copies of columns, zeros, and results handed to the caller."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import combine
from tmvalite.plan.step import FEATURES, ROWS, Step, Tensor


@dataclass(frozen=True, eq=False)
class Copy(Step):
    """y[:, to : to + width] = x[:, start : start + width], or += with `accumulate`. `partial`: more copies fill y.

    With `repeat` an event is that many equal rows; start, to and width count within one of them.
    """

    x: Tensor
    y: Tensor
    start: int = 0
    to: int = 0
    width: int = -1
    accumulate: bool = False
    partial: bool = False
    repeat: int = 1
    family = "copy"
    kernel = combine.copy_values

    def __post_init__(self):
        if self.width < 0:
            object.__setattr__(self, "width", self.x.size // self.repeat)

    @property
    def whole(self) -> bool:
        return self.width * self.repeat == self.x.size == self.y.size

    @property
    def stays(self):
        return (self.y,) if self.partial else ()

    @property
    def in_place(self):
        return (self.y, self.x) if self.whole and not self.accumulate else None

    def differentiate(self, tape):
        if self.x not in tape.wanted:
            return
        grad = tape.gradient(self.y)
        if self.whole:
            tape.hand_over(self.x, grad)
            return
        target, add = tape.target(self.x)
        part = self.width * self.repeat < self.x.size
        if part and not add:  # the rest of x has no gradient from here
            tape.steps.append(Fill(target))
        places = dict(start=self.to, to=self.start, width=self.width, repeat=self.repeat)
        tape.steps.append(Copy(grad, target, accumulate=add, partial=part, **places))

    def text(self):
        return f"{self.width} of {self.x.size} -> {self.y.size}" + (", adds" if self.accumulate else "")


@dataclass(frozen=True, eq=False)
class Fill(Step):
    """y = 0."""

    y: Tensor
    family = "copy"
    kernel = combine.fill_values
    formats = (ROWS, FEATURES)

    def text(self):
        return "zeros"


@dataclass(frozen=True, eq=False)
class Store(Step):
    """Results of one output into columns of the caller's array."""

    x: Tensor
    column: int
    family = "copy"
    kernel = combine.store_values

    def text(self):
        return f"columns {self.column} to {self.column + self.x.size - 1}"

"""Noise on the input of a denoising autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import corrupt
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class CorruptMask(Step):
    """y = x with elements replaced by 0, with `salt` by 0 or 1; the probability is the number of the draw."""

    x: Tensor
    y: Tensor
    draw: int
    salt: bool
    family = "random"
    kernel = corrupt.corrupt_mask
    identity_when_scoring = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        if self.x in tape.wanted:
            masked = Tensor(self.x.size, f"d {self.x.label}, masked", self.x.shape)
            tape.steps.append(CorruptMask(tape.gradient(self.y), masked, self.draw, False))  # the same words, drawn again
            tape.hand_over(self.x, masked)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.draw, int(self.salt)

    def flops(self):
        return 20 * self.x.size

    def text(self):
        return f"{'salt' if self.salt else 'mask'}, draw {self.draw}"


@dataclass(frozen=True, eq=False)
class CorruptGauss(Step):
    """y = x + level epsilon; the level is the number of the draw."""

    x: Tensor
    y: Tensor
    draw: int
    family = "random"
    kernel = corrupt.corrupt_gauss
    identity_when_scoring = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            tape.hand_over(self.x, tape.gradient(self.y))

    def encode(self, at):
        return *at(self.x), *at(self.y), self.draw

    def flops(self):
        return 40 * self.x.size

    def text(self):
        return f"noise, draw {self.draw}"

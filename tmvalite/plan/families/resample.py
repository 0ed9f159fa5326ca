"""Images on other grids: larger by whole factors, or moved by an affine map."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import gridsample, resample
from tmvalite.plan.step import Step, Tensor

FORWARD = {"NEAREST": resample.nearest, "BILINEAR": resample.bilinear}
BACKWARD = {"NEAREST": resample.nearest_backward, "BILINEAR": resample.bilinear_backward}


@dataclass(frozen=True, eq=False)
class Upsample(Step):
    """y = x (C, H, W) larger by `factors` for rows and columns; `transposed`: the gradient, from large to small."""

    x: Tensor
    y: Tensor
    method: str
    image: tuple[int, int, int]
    factors: tuple[int, int]
    transposed: bool = False
    scratch: Tensor | None = None
    family = "window"

    def __post_init__(self):
        if self.method == "BILINEAR":
            object.__setattr__(self, "scratch", Tensor(self.image[2] + 2, f"{self.y.label}, one row", per_event=False))

    reads = property(lambda self: (self.x, self.scratch) if self.scratch else (self.x,))
    writes = property(lambda self: (self.y, self.scratch) if self.scratch else (self.y,))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(Upsample(tape.gradient(self.y), made, self.method, self.image, self.factors, True))
            tape.hand_over(self.x, made)

    def encode(self, at):
        scratch = at(self.scratch) if self.scratch else ()
        return *at(self.x), *at(self.y), *scratch, *self.image, *self.factors

    @property
    def kernel(self):
        return (BACKWARD if self.transposed else FORWARD)[self.method]

    def flops(self):
        return max(self.x.size, self.y.size) * (6 if self.method == "BILINEAR" else 1)

    def text(self):
        return f"{self.method}{chr(39) if self.transposed else ''} by {self.factors[0]}x{self.factors[1]}"


@dataclass(frozen=True, eq=False)
class GridSample(Step):
    """y = x (C, H, W) on the grid of `places` (rows, columns) that theta, or with `relative` the identity + theta, moves."""

    x: Tensor
    theta: Tensor
    y: Tensor
    image: tuple[int, int, int]
    places: tuple[int, int]
    relative: bool
    family = "window"
    kernel = gridsample.grid_sample

    reads = property(lambda self: (self.x, self.theta))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        for tensor, family, saved in ((self.x, GridImageGradient, ()), (self.theta, GridThetaGradient, (self.x,))):
            if tensor in tape.wanted:
                made = Tensor(tensor.size, f"d {tensor.label}", tensor.shape)
                tape.steps.append(family(*saved, self.theta, grad, made, self.image, self.places, self.relative))
                tape.hand_over(tensor, made)

    def encode(self, at):
        return *at(self.x), *at(self.theta), *at(self.y), *self.image, *self.places, int(self.relative)

    def flops(self):
        return 30 * self.y.size

    def text(self):
        return "{}x{} -> {}x{}".format(*self.image[1:], *self.places)


@dataclass(frozen=True, eq=False)
class GridImageGradient(Step):
    """Gradient of a GridSample with respect to the image."""

    theta: Tensor
    grad: Tensor
    result: Tensor
    image: tuple[int, int, int]
    places: tuple[int, int]
    relative: bool
    family = "window"
    kernel = gridsample.grid_sample_image_backward

    reads = property(lambda self: (self.theta, self.grad))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.theta), *at(self.grad), *at(self.result), *self.image, *self.places, int(self.relative)

    def flops(self):
        return 30 * self.grad.size

    def text(self):
        return "image'"


@dataclass(frozen=True, eq=False)
class GridThetaGradient(Step):
    """Gradient of a GridSample with respect to theta."""

    x: Tensor
    theta: Tensor
    grad: Tensor
    result: Tensor
    image: tuple[int, int, int]
    places: tuple[int, int]
    relative: bool
    family = "window"
    kernel = gridsample.grid_sample_theta_backward

    reads = property(lambda self: (self.x, self.theta, self.grad))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.x), *at(self.theta), *at(self.grad), *at(self.result), *self.image, *self.places, int(self.relative)

    def flops(self):
        return 40 * self.grad.size

    def text(self):
        return "theta'"

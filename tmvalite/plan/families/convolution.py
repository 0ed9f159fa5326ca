"""Convolutions: forward, and the gradients of data and filters. Plain and transposed ones are each other's backward."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import convolution, winograd
from tmvalite.plan.step import Slot, Step, Tensor

from .offsets import LANES, Correlation, FilterGradient, pixel_group
from .windows import Filters, Windows
from .winograd import Tiles, suits_winograd


def _scratch(size: int, label: str) -> Tensor | None:
    return Tensor(size, label, per_event=False) if size else None


@dataclass(frozen=True, eq=False)
class Convolution(Step):
    """y = b + the filters correlated with x (or, `spread`, the transpose of that). `padded` names PADDING2D items folded in.

    halo, merge and packed are the scratch memories of kernels/convolution.py, None where there is no need; `tiled` is that of
    kernels/winograd.py, not None where the work is done tile by tile.
    """

    x: Tensor
    y: Tensor
    weights: Slot
    bias: Slot | None
    windows: Windows
    filters: Filters
    spread: bool
    halo: Tensor | None = None
    merge: Tensor | None = None
    packed: Tensor | None = None
    tiled: Tensor | None = None
    padded: tuple[str, ...] = ()
    family = "window"

    def __post_init__(self):
        if suits_winograd(self.windows, self.filters):
            object.__setattr__(self, "tiled", _scratch(self.tiles.size, f"{self.x.label}, in tiles"))
            return
        object.__setattr__(self, "halo", _scratch(self.work.halo_size, f"{self.x.label}, with halo"))
        object.__setattr__(self, "merge", _scratch(self.work.merge_size(), f"{self.y.label}, unmerged"))
        object.__setattr__(self, "packed", _scratch(self.weights.size, f"{self.weights.node}, packed"))

    @property
    def work(self) -> Correlation:
        return Correlation(self.windows, self.filters, self.spread)

    @property
    def tiles(self) -> Tiles:
        return Tiles(self.windows, self.filters, self.spread)

    @property
    def kernel(self):
        return winograd.winograd_correlate if self.tiled else convolution.correlate

    @property
    def _scratches(self):
        return tuple(t for t in (self.halo, self.merge, self.packed, self.tiled) if t is not None)

    reads = property(lambda self: (self.x, *self._scratches))
    writes = property(lambda self: (self.y, *self._scratches))
    slots = property(lambda self: (self.weights, *((self.bias,) if self.bias else ())))

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        image, small = (grad, self.x) if self.spread else (self.x, grad)
        tape.steps.append(ConvolutionFilters(image, small, self.weights, self.bias, self.windows, self.filters, self.spread))
        if self.x in tape.wanted:
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(Convolution(grad, made, self.weights, None, self.windows, self.filters, not self.spread))
            tape.hand_over(self.x, made)

    def take_padding(self, x: Tensor, pads: tuple[int, int, int, int], name: str) -> Convolution | None:
        windows = self.windows.pad_small(pads) if self.spread else self.windows.pad_image(pads)
        if windows is None:
            return None
        return Convolution(x, self.y, self.weights, self.bias, windows, self.filters, self.spread, padded=(*self.padded, name))

    def encode(self, at):
        bias = self.bias.offset if self.bias else -1
        if self.tiled:
            return *at(self.x), *at(self.y), *at(self.tiled), self.weights.offset, bias, *self.tiles.geometry
        halo, merge = ((at(t) if t else (-1, 0)) for t in (self.halo, self.merge))
        table = at.table(self.work.table(at.lanes))
        return *at(self.x), *at(self.y), *halo, *merge, *at(self.packed), self.weights.offset, bias, table

    def flops(self):
        return 2 * self.work.multiplications()

    def text(self):
        kind = "transposed, " if self.spread else ""
        groups = f", {self.filters.groups} groups" if self.filters.groups > 1 else ""
        folded = f", taken from {', '.join(self.padded)}" if self.padded else ""
        return f"{self.weights.node}: {kind}{self.windows.text()}{groups}{folded}" + (", in tiles" if self.tiled else "")


@dataclass(frozen=True, eq=False)
class ConvolutionFilters(Step):
    """Gradient of a convolution with respect to filters and bias, added up over the events of a share.

    image and small : the large image and the small one, of which one is the input and the other the gradient of the output.
    """

    image: Tensor
    small: Tensor
    weights: Slot
    bias: Slot | None
    windows: Windows
    filters: Filters
    bias_of_image: bool
    first_use: bool = True
    halo: Tensor | None = None
    lines: Tensor | None = None
    tiled: Tensor | None = None
    family = "window"

    def __post_init__(self):
        if suits_winograd(self.windows, self.filters, gradient=True):
            object.__setattr__(self, "tiled", _scratch(self.tiles.size, f"{self.image.label}, in tiles"))
            return
        halo, lines = (max(size(group) for group in LANES[1:3]) for size in (self.work.halo_size, self.work.lines_size))
        object.__setattr__(self, "halo", _scratch(halo, f"{self.image.label}, with halo"))
        object.__setattr__(self, "lines", _scratch(lines, f"{self.small.label}, in lines"))

    @property
    def work(self) -> FilterGradient:
        return FilterGradient(self.windows, self.filters, self.bias_of_image)

    @property
    def tiles(self) -> Tiles:
        return Tiles(self.windows, self.filters, False, True)

    @property
    def kernel(self):
        return winograd.winograd_gradient if self.tiled else convolution.filter_gradient

    @property
    def _scratches(self):
        return tuple(t for t in (self.halo, self.lines, self.tiled) if t is not None)

    reads = property(lambda self: (self.image, self.small, *self._scratches))
    writes = property(lambda self: self._scratches)
    gradient_slots = property(lambda self: (self.weights, *((self.bias,) if self.bias else ())))

    def encode(self, at):
        bias, of_image, size = self.bias.offset if self.bias else -1, int(self.bias_of_image), self.weights.size
        if self.tiled:
            return (
                *at(self.image),
                *at(self.small),
                *at(self.tiled),
                self.weights.offset,
                bias,
                of_image,
                int(self.first_use),
                *self.tiles.geometry,
            )
        halo, lines = ((at(t) if t else (-1, 0)) for t in (self.halo, self.lines))
        table = at.table(self.work.table(pixel_group(at.itemsize)))
        return (
            *at(self.image),
            *at(self.small),
            *halo,
            *lines,
            self.weights.offset,
            bias,
            table,
            of_image,
            size,
            int(self.first_use),
        )

    def flops(self):
        return 2 * self.work.multiplications()

    def text(self):
        return f"{self.weights.node}: filters {self.windows.text()}" + (", in tiles" if self.tiled else "")

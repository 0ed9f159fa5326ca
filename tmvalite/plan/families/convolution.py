"""Convolutions: forward, and the gradients of data and filters. Plain and transposed ones are each other's backward."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.kernels import convolution, event_blocks, winograd
from tmvalite.plan.step import Slot, Step, Tensor

from .event_blocks import MOST_EVENTS, BlockCorrelation, BlockGradient, block_events, suits_blocks
from .offsets import LANES, Correlation, FilterGradient, pixel_group
from .windows import Filters, Windows
from .winograd import Tiles, suits_winograd


def _scratch(size: int, label: str) -> Tensor | None:
    return Tensor(size, label, per_event=False) if size else None


@dataclass(frozen=True, eq=False, kw_only=True)
class Convolution(Step):
    """y = b + the filters correlated with x (or, `spread`, the transpose of that). `padded` names PADDING2D items folded in.

    halo, merge and packed are the scratch memories of kernels/convolution.py, None where there is no need; `tiled` is that of
    kernels/winograd.py, not None where the work is done tile by tile; `side_by_side`: events are computed in blocks.
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
    side_by_side: bool = False
    padded: tuple[str, ...] = ()
    family = "window"
    by_event = True

    @classmethod
    def build(
        cls, *, x: Tensor, y: Tensor, weights: Slot, bias: Slot, groups: int = 1, spread: bool = False, **windows
    ) -> Convolution:
        """Filters on the windows of images x (C, H, W); weights (K, C / groups * R * S) as TMVA's, K outputs (K, P, Q).

        windows : fields of Windows: image (H, W), small (P, Q), filter (R, S), strides, pads (top, left).
        spread : the transpose of that, with the same fields: x (C, P, Q) -> (K, H, W) with weights (K, C * R * S).
        """
        at, (outputs, columns) = Windows(**windows), weights.shape
        taps = at.filter[0] * at.filter[1]
        if spread:
            filters = Filters(groups=1, image=outputs, small=columns // taps, taps=taps, image_step=columns, small_step=taps)
        else:
            channels = dict(groups=groups, image=columns // taps, small=outputs // groups)
            filters = Filters(**channels, taps=taps, image_step=taps, small_step=columns)
        return cls(x=x, y=y, weights=weights, bias=bias, windows=at, filters=filters, spread=spread)

    def __post_init__(self):
        if suits_winograd(self.windows, self.filters, spread=self.spread):
            object.__setattr__(self, "tiled", _scratch(self.tiles.size, f"{self.x.label}, in tiles"))
            return
        object.__setattr__(self, "side_by_side", suits_blocks(self.windows, self.filters))
        halo, merge = self.work.halo_size, self.work.merge_size()
        if self.side_by_side:
            halo, merge = max(halo, self.blocked.halo_size()), max(merge, self.blocked.merge_size())
        object.__setattr__(self, "halo", _scratch(halo, f"{self.x.label}, with halo"))
        object.__setattr__(self, "merge", _scratch(merge, f"{self.y.label}, unmerged"))
        object.__setattr__(self, "packed", _scratch(self.weights.size, f"{self.weights.node}, packed"))

    @property
    def work(self) -> Correlation:
        return Correlation(self.windows, self.filters, self.spread)

    @property
    def tiles(self) -> Tiles:
        return Tiles(self.windows, self.filters, self.spread)

    @property
    def blocked(self) -> BlockCorrelation:
        return BlockCorrelation(self.work)

    @property
    def kernel(self):
        if self.tiled:
            return winograd.winograd_correlate
        return event_blocks.correlate_blocks if self.side_by_side else convolution.correlate

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        image, small = (grad, self.x) if self.spread else (self.x, grad)
        same = dict(weights=self.weights, windows=self.windows, filters=self.filters)
        tape.steps.append(ConvolutionFilters(image=image, small=small, bias=self.bias, bias_of_image=self.spread, **same))
        if self.x in tape.wanted:
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            tape.steps.append(Convolution(x=grad, y=made, bias=None, spread=not self.spread, **same))
            tape.hand_over(self.x, made)

    def take_padding(self, x: Tensor, pads: tuple[int, int, int, int], name: str) -> Convolution | None:
        windows = self.windows.pad_small(pads) if self.spread else self.windows.pad_image(pads)
        if windows is None:
            return None
        return replace(self, x=x, windows=windows, padded=(*self.padded, name), halo=None, merge=None, packed=None, tiled=None)

    def numbers(self, at):
        if self.tiled:
            return {"geometry": self.tiles.geometry}
        tables = {"table": at.table(self.work.table(at.lanes))}
        if self.side_by_side:
            tables["blocks"] = at.table(self.blocked.table(at.lanes, block_events(at.itemsize)))
        return tables

    def flops(self):
        return 2 * self.work.multiplications()

    def text(self):
        kind = "transposed, " if self.spread else ""
        groups = f", {self.filters.groups} groups" if self.filters.groups > 1 else ""
        folded = f", taken from {', '.join(self.padded)}" if self.padded else ""
        return f"{self.weights.node}: {kind}{self.windows.text()}{groups}{folded}" + (", in tiles" if self.tiled else "")


@dataclass(frozen=True, eq=False, kw_only=True)
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
    side_by_side: bool = False
    family = "window"
    by_event = True

    def __post_init__(self):
        if suits_winograd(self.windows, self.filters, gradient=True):
            object.__setattr__(self, "tiled", _scratch(self.tiles.size, f"{self.image.label}, in tiles"))
            return
        object.__setattr__(self, "side_by_side", suits_blocks(self.windows, self.filters))
        if self.side_by_side:
            halo, lines = self.blocked.halo_size(), self.blocked.lines_size()
        else:
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
    def blocked(self) -> BlockGradient:
        return BlockGradient(self.windows, self.filters, self.bias_of_image)

    @property
    def whole_rows(self) -> int:
        return MOST_EVENTS if self.side_by_side else 1

    @property
    def kernel(self):
        if self.tiled:
            return winograd.winograd_gradient
        return event_blocks.filter_gradient_blocks if self.side_by_side else convolution.filter_gradient

    @property
    def size(self) -> int:
        """Elements of the filters."""
        return self.weights.size

    def numbers(self, at):
        if self.tiled:
            return {"geometry": self.tiles.geometry}
        group = pixel_group(at.itemsize)
        if self.side_by_side:
            return {"table": at.table(self.blocked.table(group, block_events(at.itemsize)))}
        return {"table": at.table(self.work.table(group))}

    def flops(self):
        return 2 * self.work.multiplications()

    def text(self):
        return f"{self.weights.node}: filters {self.windows.text()}" + (", in tiles" if self.tiled else "")

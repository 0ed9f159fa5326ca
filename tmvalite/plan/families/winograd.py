"""Which convolutions take Winograd's way, and what kernels/winograd.py needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import winograd
from tmvalite.kernels.winograd import CHANNELS, GAP, GATHER, GEOMETRY, PLAIN, SPREAD

from .windows import Filters, Windows

# channels in and out: with fewer the transforms cost what the products save. Gradients of filters, which have few chains to
# sum in otherwise, gain earlier.
LEAST_CHANNELS, LEAST_FOR_GRADIENTS = 32, 16
BLOCK_TILES = {PLAIN: 64, GATHER: 32, SPREAD: 32}  # tiles done together, about, so that they stay in the second cache


def suits_winograd(windows: Windows, filters: Filters, *, gradient: bool = False) -> bool:
    """Whether a convolution, or the gradient of its filters, is computed tile by tile: by the shape of the layer alone."""
    least = LEAST_FOR_GRADIENTS if gradient else LEAST_CHANNELS
    if filters.groups > 1 or min(filters.image, filters.small) < least:
        return False
    zeros = (*windows.pads, *windows.ends)
    if (windows.filter, windows.strides) == ((3, 3), (1, 1)):
        return all(0 <= n <= 2 for n in zeros)
    if (windows.filter, windows.strides) == ((5, 5), (2, 2)):  # tiles begin at even pixels, and end within a row of zeros
        return all(n in (0, 2, 4) for n in windows.pads) and all(0 <= n <= 3 for n in windows.ends)
    return False


def _wide(channels: int) -> int:
    return -(-channels // CHANNELS) * CHANNELS


@dataclass(frozen=True)
class Tiles:
    """A convolution cut into tiles of its output.

    spread : False: from the large image to the small one, or the gradient of the filters; True: the other way
    gradient : whether it is the gradient of the filters
    """

    windows: Windows
    filters: Filters
    spread: bool
    gradient: bool = False

    @property
    def _images(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Channels, rows and columns of what is read through windows and of the other image."""
        pair = (self.filters.image, *self.windows.image), (self.filters.small, *self.windows.small)
        return pair[::-1] if self.spread else pair

    @property
    def kind(self) -> int:
        if self.windows.strides == (1, 1):
            return PLAIN
        return SPREAD if self.spread else GATHER

    @property
    def _pads(self) -> tuple[int, int]:
        """Zeros above and left of what is read."""
        if not self.spread:
            return self.windows.pads
        # large pixel i reads the small pixels (i + p) / s - 2 and on, whose taps come last
        return tuple(2 - p // s for p, s in zip(self.windows.pads, self.windows.strides))

    def _layout(self) -> tuple[dict[str, int], int]:
        """The geometry of the kernels, and the elements of their scratch memory."""
        kind, (source, rows, columns), (target, out_rows, out_columns) = self.kind, *self._images
        side, positions, taps = winograd.SIDE[kind], winograd.EDGE[kind] ** 2, winograd.TAPS[kind] ** 2
        tile_rows, tiles = -(-out_rows // side), -(-out_columns // side)
        height, width = (winograd.STRIDE[kind] * (n - 1) + winograd.REACH[kind] for n in (tile_rows, tiles))
        block = min(tile_rows, max(1, round(BLOCK_TILES[kind] / tiles)))
        inner_is_small = self.filters.small_step < self.filters.image_step
        swapped = inner_is_small != self.spread
        inner, outer = (target, source) if swapped else (source, target)
        # in the order in which they lie in the scratch; the filters by tap of a convolution where the input will be
        sizes = {
            "AT_HALO": max(height * width * _wide(source), 0 if self.gradient else taps * inner * _wide(outer)),
            "AT_INPUT": positions * (block * tiles * _wide(source) + GAP),
            "AT_PRODUCTS": positions * (block * tiles * _wide(target) + GAP),
            "AT_OUTPUT": side * (tile_rows if self.gradient else block) * side * tiles * _wide(target),
            "AT_FILTERS": positions * (max(inner * _wide(outer), outer * _wide(inner)) + GAP),
            "AT_TAPS": taps * inner * _wide(outer) if self.gradient else positions * (inner * _wide(outer) + GAP),
        }
        at, places = 0, {}
        for name, size in sizes.items():
            places[name] = at
            at += size
        geometry = dict(
            KIND=kind,
            SOURCE=source,
            HEIGHT=rows,
            WIDTH=columns,
            TARGET=target,
            OUT_HEIGHT=out_rows,
            OUT_WIDTH=out_columns,
            TOP=self._pads[0],
            LEFT=self._pads[1],
            BLOCK=block,
            SWAPPED=int(swapped),
            FLIPPED=int(self.spread),
            **places,
        )
        return geometry, at

    @property
    def size(self) -> int:
        """Elements of the scratch memory."""
        return self._layout()[1]

    @property
    def geometry(self) -> tuple[int, ...]:
        layout = self._layout()[0]
        return tuple(layout[name] for name in GEOMETRY)

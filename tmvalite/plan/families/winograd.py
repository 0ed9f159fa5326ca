"""Which convolutions take Winograd's way, and what kernels/winograd.py needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from tmvalite.kernels import winograd_transforms as transforms
from tmvalite.kernels.winograd import CHANNELS, GAP, GEOMETRY
from tmvalite.kernels.winograd_transforms import GATHER, LARGE, PLAIN, SPREAD

from .windows import Filters, Windows

# channels in and out: with fewer the transforms cost what the products save. In tiles of 2x2 pixels, which save less, but for
# the gradients of filters, which have few chains to sum in otherwise.
LEAST_CHANNELS, LEAST_IN_SMALL_TILES = 16, 32
BLOCK_TILES = {PLAIN: 64, GATHER: 32, SPREAD: 32, LARGE: 32}  # tiles done together, about, so that they stay in the second cache

GROUP = 16  # inner channels whose gradient is in the tiles' form at a time
WORTH = 0.8  # tiles of 4x4 pixels must need so much fewer products than those of 2x2: they round a little more


def suits_winograd(windows: Windows, filters: Filters, *, spread: bool = False, gradient: bool = False) -> bool:
    """Whether a convolution, or the gradient of its filters, is computed tile by tile: by the shape of the layer alone."""
    small = _kind(windows, spread) == PLAIN and not gradient
    least = LEAST_IN_SMALL_TILES if small else LEAST_CHANNELS
    if filters.groups > 1 or min(filters.image, filters.small) < least:
        return False
    zeros = (*windows.pads, *windows.ends)
    if (windows.filter, windows.strides) == ((3, 3), (1, 1)):
        return all(0 <= n <= 2 for n in zeros)
    if (windows.filter, windows.strides) == ((5, 5), (2, 2)):  # tiles begin at even pixels, and end within a row of zeros
        return all(n in (0, 2, 4) for n in windows.pads) and all(0 <= n <= 3 for n in windows.ends)
    return False


def _kind(windows: Windows, spread: bool) -> int:
    """What is done, for a shape that suits."""
    if windows.strides != (1, 1):
        return SPREAD if spread else GATHER
    image = windows.image if spread else windows.small
    small, large = (transforms.EDGE[kind] ** 2 * prod(_cut(image, kind)) for kind in (PLAIN, LARGE))
    return LARGE if large < WORTH * small else PLAIN


def _cut(image: tuple[int, int], kind: int) -> tuple[int, int]:
    """Rows of tiles, and tiles of a row, of an output of rows and columns."""
    return tuple(-(-n // transforms.SIDE[kind]) for n in image)


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
        return _kind(self.windows, self.spread)

    @property
    def cut(self) -> tuple[int, int]:
        """Rows of tiles, and tiles of a row."""
        return _cut(self._images[1][1:], self.kind)

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
        side, positions, taps = transforms.SIDE[kind], transforms.EDGE[kind] ** 2, transforms.TAPS[kind] ** 2
        tile_rows, tiles = self.cut
        block = min(tile_rows, max(1, round(BLOCK_TILES[kind] / tiles)))
        height, width = (transforms.STRIDE[kind] * (n - 1) + transforms.REACH[kind] for n in (block, tiles))
        events = 1 if self.gradient or block < tile_rows else max(1, BLOCK_TILES[kind] // (tile_rows * tiles))
        inner_is_small = self.filters.small_step < self.filters.image_step
        swapped = inner_is_small != self.spread
        inner, outer = (target, source) if swapped else (source, target)
        group = inner if block < tile_rows else min(inner, GROUP)
        # in the order in which they lie in the scratch; the filters by tap of a convolution where the input will be
        sizes = {
            "AT_HALO": max(height * width * _wide(source), 0 if self.gradient else taps * inner * _wide(outer)),
            "AT_INPUT": positions * (events * block * tiles * _wide(source) + GAP),
            "AT_PRODUCTS": positions * (events * block * tiles * _wide(target) + GAP),
            "AT_OUTPUT": side * block * side * tiles * _wide(target),
            "AT_FILTERS": positions * (group * _wide(outer) if self.gradient else max(inner * _wide(outer), outer * _wide(inner)))
            + positions * GAP,
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
            EVENTS=events,
            GROUP=group,
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

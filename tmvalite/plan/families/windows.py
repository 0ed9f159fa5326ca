"""Sliding windows between a large image and a small one.

Along one axis the window of small pixel q covers the large pixels q s + t - p for the taps t = 0 ... k - 1 (stride s,
padding p, filter k). Gathering sums over t for every q. Spreading sums, for every large pixel i, over the q and t with
q s + t - p = i: with i + p = s u + a these are t = a + s m, q = u - m. So the pixels of phase a need the taps a, a + s,
... of the filter and nothing else, and a transposed convolution is one small convolution for each phase.
Source: Dumoulin and Visin, arXiv:1603.07285, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Windows:
    """Windows of one size on an image.

    image : rows, columns of the large image; small : those of the other one; pads : rows above, columns left of the
    image that windows begin in (negative: that many are never seen). What they see below and to the right follows.
    """

    image: tuple[int, int]
    small: tuple[int, int]
    filter: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int]

    @property
    def ends(self) -> tuple[int, int]:
        """Padding at the bottom and at the right; negative where rows or columns of the image are never seen."""
        return tuple(
            s * (q - 1) + k - p - n for n, q, k, s, p in zip(self.image, self.small, self.filter, self.strides, self.pads)
        )

    def pad_image(self, pads: tuple[int, int, int, int]) -> Windows | None:
        """The same windows on an image that lacks `pads` (top, bottom, left, right) of the zeros it had.

        None if rows or columns were cut off (negative numbers) where windows see zeros of their own: they would see those.
        """
        top, bottom, left, right = pads
        own = (self.pads[0], self.ends[0], self.pads[1], self.ends[1])
        if any(cut < 0 < zeros for cut, zeros in zip(pads, own)):
            return None
        image = (self.image[0] - top - bottom, self.image[1] - left - right)
        return replace(self, image=image, pads=(self.pads[0] + top, self.pads[1] + left))

    def pad_small(self, pads: tuple[int, int, int, int]) -> Windows | None:
        """The same for the small image: its first pixel was at the top left of the zeros. None if some were cut off."""
        if min(pads) < 0:
            return None
        top, bottom, left, right = pads
        small = (self.small[0] - top - bottom, self.small[1] - left - right)
        at = (self.pads[0] - self.strides[0] * top, self.pads[1] - self.strides[1] * left)
        return replace(self, small=small, pads=at)

    def text(self) -> str:
        top, left = self.pads
        bottom, right = self.ends
        pads = f", padding {top} {bottom} {left} {right}" if any((top, bottom, left, right)) else ""
        strides = "" if self.strides == (1, 1) else f", stride {self.strides[0]}x{self.strides[1]}"
        return f"filter {self.filter[0]}x{self.filter[1]}{strides}{pads}"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Filters of a convolution: channels of both images in each group, and where they stand in the matrix.

    image, small : channels per group; image_step, small_step : elements of the matrix from one channel to the next.
    """

    groups: int
    image: int
    small: int
    taps: int
    image_step: int
    small_step: int

    @property
    def group_step(self) -> int:
        return self.image * self.small * self.taps


@dataclass(frozen=True)
class WindowPhase:
    """Along one axis, the output pixels that need the same taps.

    first, step, count : output pixels first, first + step, ...; start : the input pixel from which the first one counts;
    taps : (tap of the filter, input pixels from there) of every term.
    """

    first: int
    step: int
    count: int
    start: int
    taps: tuple[tuple[int, int], ...]


def gather_phases(q: int, k: int, p: int) -> list[WindowPhase]:
    """Windows seen from the small image: one phase. Input pixels count from the first one that a window of no padding sees."""
    return [WindowPhase(0, 1, q, -p, tuple((t, t) for t in range(k)))]


def spread_phases(n: int, k: int, s: int, p: int) -> list[WindowPhase]:
    """Windows seen from the large image of n pixels: one phase for every (i + p) mod s."""
    phases = []
    for a in range(s):
        start, stop = -((a - p) // s), (n - 1 + p - a) // s
        if stop >= start:
            taps = tuple((t, -m) for m, t in enumerate(range(a, k, s)))
            phases.append(WindowPhase(s * start + a - p, s, stop - start + 1, start, taps))
    return phases

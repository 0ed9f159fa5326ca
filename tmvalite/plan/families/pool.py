"""Pooling: the largest or the mean value of every window, and its gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.kernels import pool
from tmvalite.plan.step import Step, Tensor

from .windows import Windows

FORWARD = {"max": pool.max_pool, "mean": pool.mean_pool}
BACKWARD = {"max": pool.max_pool_backward, "mean": pool.mean_pool_backward}


def _geometry(channels: int, windows: Windows, framed: bool) -> tuple[int, ...]:
    """The columns of kernels/pool.GEOMETRY."""
    at = windows
    return channels, *at.image, *at.small, *at.filter, *at.strides, *at.pads, int(framed)


@dataclass(frozen=True, eq=False, kw_only=True)
class Pool(Step):
    """y = largest ("max") or mean ("mean") value of every window of the channels of x.

    Places of a window outside the image are left out, or count as zeros when `framed`; PADDING2D items named by `padded` were
    folded in.
    """

    x: Tensor
    y: Tensor
    kind: str
    channels: int
    windows: Windows
    framed: bool = False
    padded: tuple[str, ...] = ()
    family = "pool"
    by_event = True

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, kind: str, channels: int, framed: bool = False, **windows) -> Pool:
        """`windows`: the fields of Windows."""
        return cls(x=x, y=y, kind=kind, channels=channels, windows=Windows(**windows), framed=framed)

    @property
    def geometry(self):
        return _geometry(self.channels, self.windows, self.framed)

    def differentiate(self, tape):
        if self.x in tape.wanted:
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            same = dict(kind=self.kind, channels=self.channels, windows=self.windows, framed=self.framed)
            saved = self.x if self.kind == "max" else None
            tape.steps.append(PoolGradient(saved=saved, grad=tape.gradient(self.y), result=made, **same))
            tape.hand_over(self.x, made)

    def take_padding(self, x: Tensor, pads: tuple[int, int, int, int], name: str) -> Pool | None:
        own = (*self.windows.pads, *self.windows.ends)
        if min(pads) < 0 or (max(own) > 0 and not self.framed):  # its own padding is left out of windows, these zeros are not
            return None
        return replace(self, x=x, windows=self.windows.pad_image(pads), framed=True, padded=(*self.padded, name))

    @property
    def kernel(self):
        return FORWARD[self.kind]

    def flops(self):
        return self.y.size * self.windows.filter[0] * self.windows.filter[1]

    def text(self):
        folded = f", taken from {', '.join(self.padded)}" if self.padded else ""
        return f"{self.kind}, {self.windows.text()}{folded}"


@dataclass(frozen=True, eq=False, kw_only=True)
class PoolGradient(Step):
    """Gradient of a Pool with respect to x. `saved`: its x, for "max"."""

    saved: Tensor | None
    grad: Tensor
    result: Tensor
    kind: str
    channels: int
    windows: Windows
    framed: bool
    scratch: Tensor | None = None
    family = "pool"
    by_event = True

    def __post_init__(self):
        size = pool.scratch_size(self.kind, self.geometry)
        object.__setattr__(self, "scratch", Tensor(size, f"{self.grad.label}, by window", per_event=False))

    @property
    def geometry(self):
        return _geometry(self.channels, self.windows, self.framed)

    @property
    def kernel(self):
        return BACKWARD[self.kind]

    def flops(self):
        return 2 * self.grad.size * self.windows.filter[0] * self.windows.filter[1]

    def text(self):
        return f"{self.kind}', {self.windows.text()}"

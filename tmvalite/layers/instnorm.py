"""INSTNORM: every channel of every image normalised by itself."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Shape, arg, register
from tmvalite.layers.event_norm import EventNorm
from tmvalite.layers.shapes import as_image


@register("INSTNORM")
@dataclass(frozen=True)
class InstanceNorm(EventNorm):
    """y = gamma (x - mu) / sqrt(var + epsilon) + beta, over the pixels of a channel of an image.

    PyTorch's InstanceNorm2d with affine=True, whose gamma and beta belong to channels. Source: Ulyanov et al., arXiv:1607.08022.
    """

    epsilon: float = arg("added to the variance", type=float, default=1e-5, minimum=0)

    other_names = ("INSTANCENORM", "INSTANCENORM2D", "INSTANCENORMALIZATION")
    examples = (Example("INSTNORM", ((3, 4, 5),), (3, 4, 5)), Example("INSTNORM|0.01", ((2, 1, 7),), (2, 1, 7)))

    def sizes(self, x: Shape) -> tuple[int, int, int]:
        channels, rows, columns = as_image(self.kind, x)
        return channels, 1, rows * columns

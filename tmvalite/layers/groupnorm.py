"""GROUPNORM: groups of channels of every event normalised by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Shape, arg, register
from tmvalite.layers.event_norm import EventNorm
from tmvalite.layers.shapes import as_image, describe


@register("GROUPNORM")
@dataclass(frozen=True)
class GroupNorm(EventNorm):
    """y = gamma (x - mu) / sqrt(var + epsilon) + beta, over the values of a group of neighbouring channels of an image.

    The features of a vector are channels of one value. gamma and beta belong to channels. Source: Wu and He, arXiv:1803.08494.
    """

    groups: int = arg("number of groups of channels", minimum=1)
    epsilon: float = arg("added to the variance", type=float, default=1e-5, minimum=0)

    other_names = ("GROUPNORMALIZATION", "GN")
    examples = (
        Example("GROUPNORM|2", ((4, 3, 2),), (4, 3, 2)),
        Example("GROUPNORM|3|0.001", ((6, 1, 5),), (6, 1, 5)),
        Example("GROUPNORM|2", ((6,),), (6,)),
    )

    def sizes(self, x: Shape) -> tuple[int, int, int]:
        channels, rows, columns = (x[0], 1, 1) if len(x) == 1 else as_image(self.kind, x)
        if channels % self.groups:
            divisors = tuple(str(n) for n in range(1, channels + 1) if channels % n == 0)
            message = f"GROUPNORM cannot make {self.groups} equal groups of the channels of {describe(x)}"
            raise ShapeError(message, code="shape-groups", expected=divisors[:12])
        return self.groups, channels // self.groups, rows * columns

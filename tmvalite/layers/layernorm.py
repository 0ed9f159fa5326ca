"""LAYERNORM: every event normalised by itself."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Shape, arg, register
from tmvalite.layers.event_norm import EventNorm
from tmvalite.layers.shapes import size


@register("LAYERNORM")
@dataclass(frozen=True)
class LayerNorm(EventNorm):
    """y = gamma (x - mu) / sqrt(var + epsilon) + beta, over all values of a vector or image, of every step of a sequence.

    Every value has a factor and an offset of its own, those of a sequence every feature. As PyTorch's over the whole shape.
    Source: Ba et al., arXiv:1607.06450.
    """

    epsilon: float = arg("added to the variance", type=float, default=1e-5, minimum=0)

    other_names = ("LAYERNORMALIZATION", "LN")
    examples = (
        Example("LAYERNORM", ((5,),), (5,)),
        Example("LAYERNORM|0.001", ((3, 2, 4),), (3, 2, 4)),
        Example("LAYERNORM", ((4, 5),), (4, 5)),
    )

    def sizes(self, x: Shape) -> tuple[int, int, int]:
        return 1, x[-1] if len(x) == 2 else size(x), 1

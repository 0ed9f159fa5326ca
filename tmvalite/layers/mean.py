"""MEAN: the mean over the steps of a sequence or the pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, register
from tmvalite.layers.shapes import describe


@register("MEAN")
@dataclass(frozen=True)
class Mean(Layer):
    """(N, T, D) -> (N, D), mean over steps; (N, C, H, W) -> (N, C), mean over pixels."""

    examples = (
        Example("MEAN", ((4, 5),), (5,)),
        Example("MEAN", ((3, 4, 5),), (3,)),
    )

    def output_shape(self, x: Shape) -> Shape:
        if len(x) == 1:
            raise ShapeError(f"MEAN reads a sequence or an image, not {describe(x)}", code="shape-mean")
        return (x[1],) if len(x) == 2 else (x[0],)

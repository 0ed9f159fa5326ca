"""MEAN: the mean over the steps of a sequence, the pixels of an image, or one axis."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import describe, size


@register("MEAN")
@dataclass(frozen=True)
class Mean(Layer):
    """(N, T, D) -> (N, D), mean over steps; (N, C, H, W) -> (N, C), mean over pixels.

    MEAN|axis averages over one axis, numbered as in the array, where axis 0 counts events: of a vector (N, D) -> (N, 1) with 1;
    of a sequence (N, T, D) -> (N, D) with 1, (N, T) with 2; of an image, which stays one, (N, C, H, W) -> (N, 1, H, W) with
    1, (N, C, 1, W) with 2, (N, C, H, 1) with 3. ONNX: ReduceMean over the same axes.
    """

    axis: int = arg("axis to average over, counted from 1; 0: steps or pixels", default=0, minimum=0, maximum=3)

    examples = (
        Example("MEAN", ((4, 5),), (5,)),
        Example("MEAN", ((3, 4, 5),), (3,)),
        Example("MEAN|1", ((7,),), (1,)),
        Example("MEAN|1", ((4, 5),), (5,)),
        Example("MEAN|2", ((4, 5),), (4,)),
        Example("MEAN|1", ((3, 4, 5),), (1, 4, 5)),
        Example("MEAN|2", ((3, 4, 5),), (3, 1, 5)),
        Example("MEAN|3", ((3, 4, 20),), (3, 4, 1)),
    )

    def output_shape(self, x: Shape) -> Shape:
        if self.axis > len(x):
            raise ShapeError(
                f"MEAN over axis {self.axis} of {describe(x)}",
                code="shape-mean",
                hint=f"its axes are numbered from 1 to {len(x)}",
            )
        if self.axis and len(x) == 3:
            return (*x[: self.axis - 1], 1, *x[self.axis :])
        if self.axis:
            return (*x[: self.axis - 1], *x[self.axis :]) or (1,)
        if len(x) == 1:
            raise ShapeError(
                f"MEAN reads a sequence or an image, not {describe(x)}",
                code="shape-mean",
                hint="MEAN|1 averages over the values of a vector",
            )
        return (x[1],) if len(x) == 2 else (x[0],)

    def to_fields(self) -> tuple[str, ...]:
        return (str(self.axis),) if self.axis else ()

    def _axes(self, x: Shape) -> tuple[int, int]:
        """First and last + 1 of the axes that fall away: steps of a sequence, rows and columns of an image."""
        first = self.axis - 1 if self.axis else len(x) - 2
        return first, len(x) if not self.axis and len(x) == 3 else first + 1

    def lower(self, low, inputs, slots):
        x = low.node.inputs[0].shape
        first, last = self._axes(x)
        return low.mean(inputs[0], size(x[first:last]), size(x[last:]), low.node.shape)

    def onnx(self, forms, inputs, shapes, parameters):
        first, last = self._axes(shapes[0])
        kept = len(self.output_shape(*shapes)) == len(shapes[0])
        return forms.node("ReduceMean", inputs[0], axes=tuple(range(first + 1, last + 1)), keepdims=int(kept))

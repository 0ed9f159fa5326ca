"""GRIDSAMPLE: the sampler of a spatial transformer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_image, describe, size


@register("GRIDSAMPLE")
@dataclass(frozen=True)
class GridSample(Layer):
    """Reads an image (N, C, H, W) and six numbers (N, 6), gives the image on a transformed grid (N, C, height, width).

    The six are the rows of a 2x3 matrix theta: output place (x, y) in [-1, 1]^2 takes the value at theta (x, y, 1),
    interpolated between four pixels, zero outside. -1 and 1 are the centres of the first and the last pixel, with edges the outer
    edges of these. ONNX: AffineGrid and GridSample with align_corners=1 (0 with edges), mode linear, padding_mode zeros.
    Source: Jaderberg et al., arXiv:1506.02025, section 3.
    """

    height: int = arg("output rows, 0: as many as the image has", default=0, minimum=0)
    width: int = arg("output columns, 0: as many as the image has", default=0, minimum=0)
    relative: bool = arg("1: theta is added to the identity, where training should begin", type=bool, default=False)
    edges: bool = arg("1: -1 and 1 are the edges of the image, 0: centres of pixels", type=bool, default=False, extra=True)

    min_inputs = 2
    max_inputs = 2
    beyond_sofie = ("GridSample",)
    examples = (
        Example("GRIDSAMPLE@a+b", ((2, 5, 6), (6,)), (2, 5, 6)),
        Example("GRIDSAMPLE|3|7@a+b", ((2, 5, 6), (6,)), (2, 3, 7)),
        Example("GRIDSAMPLE|0|0|1@a+b", ((1, 4, 3), (6,)), (1, 4, 3)),
        Example("GRIDSAMPLE|3|7|0|1@a+b", ((2, 5, 6), (6,)), (2, 3, 7)),
        Example("GRIDSAMPLE|0|1|1|1@a+b", ((1, 4, 3), (6,)), (1, 4, 1)),
    )

    def output_shape(self, image: Shape, theta: Shape) -> Shape:
        channels, rows, columns = as_image(self.kind, image)
        if theta != (6,):
            raise ShapeError(
                f"the second source of GRIDSAMPLE is a vector of 6 numbers, not {describe(theta)}",
                code="shape-theta",
                hint="GRIDSAMPLE@image+theta with theta=DENSE|6|LINEAR",
            )
        return (channels, self.height or rows, self.width or columns)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import gridsample

        image = as_image(self.kind, low.node.inputs[0].shape)
        (x, theta), shape = inputs, low.node.shape
        geometry = (*image, *shape[1:], int(self.relative), int(self.edges))
        text = "{}x{} -> {}x{}".format(*image[1:], *shape[1:])
        return low.emit(
            gridsample.grid_sample, x=x, theta=theta, y=low.tensor(size(shape), shape), geometry=geometry, detail=text
        )

    def onnx(self, forms, inputs, shapes, parameters):
        """The grid as a product with the places (x, y, 1), so that an older opset than AffineGrid's is enough."""
        image = as_image(self.kind, shapes[0])
        _, rows, columns = self.output_shape(*shapes)
        y, x = np.meshgrid(_places(rows, self.edges), _places(columns, self.edges), indexing="ij")
        places = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
        theta = forms.node("Reshape", inputs[1], forms.integers(-1, 2, 3))
        if self.relative:
            theta = forms.node("Add", theta, forms.constant([[1, 0, 0], [0, 1, 0]]))
        moved = forms.node("Transpose", forms.node("MatMul", theta, forms.constant(places)), perm=(0, 2, 1))
        grid = forms.node("Reshape", moved, forms.integers(-1, rows, columns, 2))
        pixels = forms.reshape(inputs[0], shapes[0], image)
        return forms.node("GridSample", pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=int(not self.edges))


def _places(n: int, edges: bool) -> np.ndarray:
    """The centres of n pixels: from -1 to 1, a single one between them; with edges, those of n equal parts of [-1, 1]."""
    if edges:
        return (2 * np.arange(n) + 1) / n - 1
    return np.linspace(-1.0, 1.0, n) if n > 1 else np.zeros(1)

"""PIXELSHUFFLE: channels become the pixels of a larger image."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_image, describe, size


@register("PIXELSHUFFLE")
@dataclass(frozen=True)
class PixelShuffle(Layer):
    """(N, C r^2, H, W) -> (N, C, H r, W r): y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w].

    Behind a convolution with C r^2 channels it does what a transposed one does. Source: Shi et al., arXiv:1609.05158.
    """

    factor: int = arg("factor r of rows and columns", minimum=1)

    other_names = ("DEPTHTOSPACE", "SUBPIXEL")
    beyond_sofie = ("DepthToSpace",)
    examples = (Example("PIXELSHUFFLE|2", ((8, 2, 3),), (2, 4, 6)), Example("PIXELSHUFFLE|3", ((9, 1, 2),), (1, 3, 6)))

    def output_shape(self, x: Shape) -> Shape:
        channels, rows, columns = as_image(self.kind, x)
        square = self.factor**2
        if channels % square:
            message = f"PIXELSHUFFLE|{self.factor} makes one channel of {square}, which {describe(x)} has no multiple of"
            raise ShapeError(message, code="shape-shuffle", hint=f"give it {-(-channels // square) * square} channels")
        return channels // square, rows * self.factor, columns * self.factor

    def lower(self, low, inputs, slots):
        from tmvalite.kernels.pixel_shuffle import pixel_shuffle

        _, rows, columns = as_image(self.kind, low.node.inputs[0].shape)
        shape = low.node.shape
        geometry = (shape[0], rows, columns, self.factor)
        return low.emit(
            pixel_shuffle, x=inputs[0], y=low.tensor(size(shape), shape), geometry=geometry, detail=f"by {self.factor}"
        )

    def onnx(self, forms, inputs, shapes, parameters):
        x = forms.reshape(inputs[0], shapes[0], as_image(self.kind, shapes[0]))
        return forms.node("DepthToSpace", x, blocksize=self.factor, mode="CRD")

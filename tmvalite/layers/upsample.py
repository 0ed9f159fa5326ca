"""UPSAMPLE: an image made larger without parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_image, size


@register("UPSAMPLE")
@dataclass(frozen=True)
class Upsample(Layer):
    """(N, C, H, W) -> (N, C, a H, b W) with row factor a and column factor b.

    NEAREST: y[p, q] = x[p div a, q div b]. BILINEAR: output pixel p lies at (p + 1/2) / a - 1/2 of the input, limited
    to its first and last pixel, between which it is interpolated (centres aligned, not corners).

    ONNX: BILINEAR is Resize with scales (1, 1, a, b), mode linear and half_pixel; NEAREST, which Resize calls mode nearest with
    coordinate_transformation_mode asymmetric and nearest_mode floor, is said by Expand, which ROOT's SOFIE has.
    """

    row_factor: int = arg("output rows for each row", minimum=1)
    col_factor: int = arg("output columns for each column", minimum=1)
    method: str = arg("how values between pixels are found", type=str, default="NEAREST", choices=("NEAREST", "BILINEAR"))

    beyond_sofie = ("Resize",)
    examples = (
        Example("UPSAMPLE|2|3", ((2, 3, 5),), (2, 6, 15)),
        Example("UPSAMPLE|1|2", ((3, 2, 4),), (3, 2, 8)),
        Example("UPSAMPLE|2|2|BILINEAR", ((2, 3, 5),), (2, 6, 10)),
        Example("UPSAMPLE|3|1|BILINEAR", ((1, 4, 2),), (1, 12, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        channels, rows, columns = as_image(self.kind, x)
        return (channels, rows * self.row_factor, columns * self.col_factor)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import resample

        image = as_image(self.kind, low.node.inputs[0].shape)
        shape, factors = low.node.shape, (self.row_factor, self.col_factor)
        fields = dict(x=inputs[0], y=low.tensor(size(shape), shape), geometry=(*image, *factors))
        fields["detail"] = "{} by {}x{}".format(self.method, *factors)
        if self.method == "NEAREST":
            return low.emit(resample.nearest, **fields)
        return low.emit(resample.bilinear, scratch=low.tensor(image[2] + 2, label="one row", per_event=False), **fields)

    def onnx(self, forms, inputs, shapes, parameters):
        image, (a, b) = as_image(self.kind, shapes[0]), (self.row_factor, self.col_factor)
        channels, rows, columns = image
        if self.method == "BILINEAR":
            x = forms.reshape(inputs[0], shapes[0], image)
            scales = forms.constant((1, 1, a, b), np.float32)  # of this type whatever x is
            return forms.node("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")
        lines = forms.reshape(inputs[0], shapes[0], (channels * rows, 1, columns, 1))
        repeated = forms.node("Expand", lines, forms.integers(1, channels * rows, a, columns, b))
        return forms.node("Reshape", repeated, forms.integers(-1, channels, rows * a, columns * b))

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
    to its first and last pixel, between which it is interpolated (the edges of both images coincide, as in Keras and in
    PyTorch's align_corners=False). With align_corners the centres of the corner pixels coincide: p lies at
    p (H - 1) / (a H - 1).

    ONNX: BILINEAR is Resize with scales (1, 1, a, b), mode linear and half_pixel or align_corners; NEAREST, which Resize calls
    mode nearest with coordinate_transformation_mode asymmetric and nearest_mode floor, is said by Expand, which ROOT's SOFIE has.
    """

    row_factor: int = arg("output rows for each row", minimum=1)
    col_factor: int = arg("output columns for each column", minimum=1)
    method: str = arg("how values between pixels are found", type=str, default="NEAREST", choices=("NEAREST", "BILINEAR"))
    align_corners: bool = arg("1: first and last pixels stay where they are", type=bool, default=False, extra=True)

    beyond_sofie = ("Resize",)
    examples = (
        Example("UPSAMPLE|2|3", ((2, 3, 5),), (2, 6, 15)),
        Example("UPSAMPLE|1|2", ((3, 2, 4),), (3, 2, 8)),
        Example("UPSAMPLE|2|2|BILINEAR", ((2, 3, 5),), (2, 6, 10)),
        Example("UPSAMPLE|3|1|BILINEAR", ((1, 4, 2),), (1, 12, 2)),
        Example("UPSAMPLE|2|3|BILINEAR|1", ((2, 3, 5),), (2, 6, 15)),
        Example("UPSAMPLE|1|2|BILINEAR|1", ((1, 4, 1),), (1, 4, 2)),
    )

    @classmethod
    def from_fields(cls, words, context):
        layer = super().from_fields(words, context)
        if layer.align_corners and layer.method == "NEAREST":
            context.fail(
                "NEAREST has no corners to align",
                code="field-range",
                word=words[3],
                name="align_corners",
                hint=f"write UPSAMPLE|{layer.row_factor}|{layer.col_factor}|BILINEAR|1",
            )
        return layer

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
        kernel = resample.corners if self.align_corners else resample.bilinear
        return low.emit(kernel, scratch=low.tensor(image[2] + 2, label="one row", per_event=False), **fields)

    def onnx(self, forms, inputs, shapes, parameters):
        image, (a, b) = as_image(self.kind, shapes[0]), (self.row_factor, self.col_factor)
        channels, rows, columns = image
        if self.method == "BILINEAR":
            x = forms.reshape(inputs[0], shapes[0], image)
            scales = forms.constant((1, 1, a, b), np.float32)  # of this type whatever x is
            places = "align_corners" if self.align_corners else "half_pixel"
            return forms.node("Resize", x, "", scales, mode="linear", coordinate_transformation_mode=places)
        lines = forms.reshape(inputs[0], shapes[0], (channels * rows, 1, columns, 1))
        repeated = forms.node("Expand", lines, forms.integers(1, channels * rows, a, columns, b))
        return forms.node("Reshape", repeated, forms.integers(-1, channels, rows * a, columns * b))

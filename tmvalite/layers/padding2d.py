"""PADDING2D: a frame of zeros around every channel."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_image, size


@register("PADDING2D")
@dataclass(frozen=True)
class Padding2D(Layer):
    """(N, C, H, W) -> (N, C, H + top + bottom, W + left + right), zeros in the frame.

    Negative numbers cut rows and columns off. The order of the fields is that of TMVA's 2018 code. Where everything
    that reads the layer has padding of its own (a convolution, a pool), the zeros become that and nothing is copied.
    """

    top: int = arg("rows of zeros above, or rows cut off", default=0)
    bottom: int = arg("rows of zeros below", default=0)
    left: int = arg("columns of zeros on the left", default=0)
    right: int = arg("columns of zeros on the right", default=0)

    other_names = ("PAD", "PADDING", "ZEROPADDING2D", "ZEROPAD2D")
    examples = (
        Example("PADDING2D|1|0|0|2", ((1, 2, 2),), (1, 3, 4)),
        Example("PADDING2D|0|0|0|0", ((3, 5, 6),), (3, 5, 6)),
        Example("PADDING2D|1", ((2, 3, 5),), (2, 4, 5)),
        Example("PADDING2D|-1|2|3|-2", ((2, 3, 5),), (2, 4, 6)),
    )

    def output_shape(self, x: Shape) -> Shape:
        channels, rows, columns = as_image(self.kind, x)
        out = (channels, rows + self.top + self.bottom, columns + self.left + self.right)
        for name, before, n, after, rest in (
            ("rows", self.top, rows, self.bottom, out[1]),
            ("columns", self.left, columns, self.right, out[2]),
        ):
            if rest < 1 or before + n < 1 or after + n < 1:
                raise ShapeError(f"PADDING2D leaves no {name}: {before} + {n} + {after}", code="padding-size")
        return out

    def lower(self, low, inputs, slots):
        image = as_image(self.kind, low.node.inputs[0].shape)
        y, pads = low.tensor(size(low.node.shape), low.node.shape), (self.top, self.bottom, self.left, self.right)
        return low.emit("Pad", x=inputs[0], y=y, image=image, pads=pads)

    def reverse(self, low, node, gradient, slots):
        image = as_image(self.kind, node.inputs[0].shape)
        pads = (-self.top, -self.bottom, -self.left, -self.right)
        return low.emit("Pad", x=gradient, y=low.tensor(size(image), image), image=node.shape, pads=pads)

    def onnx(self, forms, inputs, shapes, parameters):
        """What is cut off first, since few readers know negative padding."""
        _, rows, columns = image = as_image(self.kind, shapes[0])
        x = forms.reshape(inputs[0], shapes[0], image)
        top, bottom, left, right = (max(0, -n) for n in (self.top, self.bottom, self.left, self.right))
        if top or bottom or left or right:
            x = forms.node(
                "Slice", x, forms.integers(top, left), forms.integers(rows - bottom, columns - right), forms.integers(2, 3)
            )
        top, bottom, left, right = (max(0, n) for n in (self.top, self.bottom, self.left, self.right))
        return forms.node("Pad", x, forms.integers(0, 0, top, left, 0, 0, bottom, right), mode="constant")

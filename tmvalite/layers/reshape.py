"""RESHAPE: the same values under another shape; FLAT makes a vector."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.errors import ShapeError, typing_errors
from tmvalite.layers.base import Attribute, Example, Layer, Shape, WeightElement, arg, register
from tmvalite.layers.shapes import describe, normal_shape, shape_text, size

FLAT = "FLAT"


@register("RESHAPE")
@dataclass(frozen=True)
class Reshape(Layer):
    """RESHAPE|FLAT: any shape -> (K,), order (channel, row, column) or (step, feature).
    RESHAPE|depth|height|width: K values -> (depth, height, width), the inverse; (1, 1, K) is a vector.

    Sizes written beside FLAT say nothing in TMVA; if they disagree with the input, `remarks` says so.
    """

    depth: int = arg("channels", default=0, minimum=0)
    height: int = arg("rows", default=0, minimum=0)
    width: int = arg("columns", default=0, minimum=0)
    flat: bool = arg("the word FLAT", type=bool, default=False)

    tmva = True
    weight_element = WeightElement(
        "ReshapeLayer",
        (
            Attribute("Depth", "depth"),
            Attribute("Height", "height"),
            Attribute("Width", "width"),
            Attribute("Flattening", "flat"),
        ),
    )
    examples = (
        Example("RESHAPE|FLAT", ((3, 4, 5),), (60,)),
        Example("RESHAPE|1|1|60|FLAT", ((3, 4, 5),), (60,)),
        Example("RESHAPE|FLAT", ((4, 5),), (20,)),
        Example("RESHAPE|3|4|5", ((60,),), (3, 4, 5)),
        Example("RESHAPE|1|1|20", ((4, 5),), (20,)),
    )

    @classmethod
    def from_fields(cls, words, context):
        sizes = tuple(w for w in words if w.text != FLAT)
        flat = len(sizes) < len(words)
        if not flat and len(sizes) < 3:
            word = next((w for w in words if not w.text[:1].isdigit()), None)
            near = word is not None and typing_errors(word.text.upper(), FLAT, 2) <= 2
            context.fail(
                "RESHAPE needs three sizes or the word FLAT",
                code="field-missing",
                word=word,
                expected="RESHAPE|depth|height|width or RESHAPE|FLAT",
                hint=(f"did you mean {FLAT!r}?" if near else context.word_hint(word.text, ())) if word is not None else None,
            )
        layer = context.read_fields(cls, sizes, flat=flat)
        if not flat and 0 in (layer.depth, layer.height, layer.width):
            zero = next(w for w in sizes if int(w.text) == 0)
            context.fail("RESHAPE cannot have a size of 0", code="field-range", word=zero)
        return layer

    def output_shape(self, x: Shape) -> Shape:
        if self.flat:
            return (size(x),)
        wanted = self.depth * self.height * self.width
        if wanted != size(x):
            raise ShapeError(
                f"RESHAPE to {self.depth}x{self.height}x{self.width} holds {wanted} values, "
                f"but it reads {describe(x)}{_values(x)}",
                code="shape-reshape",
            )
        return normal_shape(self.depth, self.height, self.width)

    def remarks(self, x: Shape) -> tuple[str, ...]:
        written = self.depth * self.height * self.width
        if not self.flat or not (self.depth or self.height or self.width) or written == size(x):
            return ()
        sizes = shape_text((self.depth, self.height, self.width))
        return (f"RESHAPE flattens {size(x)} values whatever its sizes {sizes} say, as in TMVA",)

    def lower(self, low, inputs, slots):
        return inputs[0]  # events are stored in the order of their axes, so only the shape changes

    def onnx(self, forms, inputs, shapes, parameters):
        return forms.reshape(inputs[0], shapes[0], self.output_shape(*shapes))

    def to_fields(self) -> tuple[str, ...]:
        sizes = (self.depth, self.height, self.width)
        return (*(str(n) for n in sizes if any(sizes)), *((FLAT,) if self.flat else ()))

    def weight_fields(self, x: Shape):
        flat = replace(self, depth=1, height=1, width=size(x)) if self.flat else self
        return {"depth": flat.depth, "height": flat.height, "width": flat.width, "flat": flat.flat}


def _values(shape: Shape) -> str:
    return f", {size(shape)} values" if len(shape) > 1 else " values"

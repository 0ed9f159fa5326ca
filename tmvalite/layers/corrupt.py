"""CORRUPT: noise on what a denoising autoencoder reads."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, arg, register


@register("CORRUPT")
@dataclass(frozen=True)
class Corrupt(Layer):
    """Training only; any shape, unchanged. The target of the network stays what was read.

    MASK: each value is 0 with probability `level`. SALT: each value is 0 or 1, evenly, with probability `level`.
    GAUSS: a Gaussian of standard deviation `level` is added. Unlike DROPOUT nothing is rescaled.
    """

    level: float = arg("probability, or standard deviation for GAUSS", type=float, minimum=0)
    noise: str = arg("kind of noise", type=str, default="MASK", choices=("MASK", "SALT", "GAUSS"))

    examples = (Example("CORRUPT|0.1", ((5,),), (5,)), Example("CORRUPT|0.5|GAUSS", ((3, 4, 5),), (3, 4, 5)))

    @classmethod
    def from_fields(cls, words, context):
        layer = super().from_fields(words, context)
        if layer.noise != "GAUSS" and layer.level > 1:
            context.fail(
                f"CORRUPT cannot have level {words[0].text} with {layer.noise}",
                code="field-range",
                word=words[0],
                name="level",
                expected="a probability, at most 1",
            )
        return layer

    def output_shape(self, x: Shape) -> Shape:
        return x

    def draws(self):
        return ("corruption",)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import corrupt

        x, draw = inputs[0], low.draw("corruption", self.level)
        y = low.tensor(x.size, x.shape)
        if self.noise == "GAUSS":
            return low.emit(corrupt.corrupt_gauss, x=x, y=y, draw=draw, detail=f"noise, draw {draw}")
        salt = self.noise == "SALT"
        return low.emit(corrupt.corrupt_mask, x=x, y=y, draw=draw, salt=salt, detail=f"{self.noise.lower()}, draw {draw}")

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

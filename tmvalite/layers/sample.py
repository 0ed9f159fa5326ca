"""SAMPLE: a point of the latent space drawn from the encoder's Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, register
from tmvalite.layers.gaussian import check_heads


@register("SAMPLE")
@dataclass(frozen=True)
class Sample(Layer):
    """Training: z = mu + epsilon exp(l / 2), epsilon ~ N(0, 1), l the log-variance. Scoring: z = mu.

    Source: Kingma and Welling, arXiv:1312.6114, section 2.4.
    """

    min_inputs = 2
    max_inputs = 2
    examples = (Example("SAMPLE@a+b", ((3,), (3,)), (3,)),)

    def output_shape(self, mu: Shape, log_variance: Shape) -> Shape:
        return check_heads(self.kind, mu, log_variance)

    def draws(self):
        return ("noise",)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import gaussian

        (x, log_variance), draw = inputs, low.draw("noise")
        y, spread = low.tensor(x.size), low.tensor(x.size, label="spread")
        fields = dict(x=x, log_variance=log_variance, y=y, spread=spread, draw=draw)
        return low.emit(gaussian.sample, **fields, detail=f"draw {draw}")

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

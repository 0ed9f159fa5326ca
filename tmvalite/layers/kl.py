"""KL: the divergence of the encoder's Gaussian from the prior, added to the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tmvalite.layers.base import AddedTerm, Example, Layer, Shape, arg, register
from tmvalite.layers.gaussian import check_heads


@register("KL")
@dataclass(frozen=True)
class Kl(Layer):
    """KL(N(mu, exp(l)) || N(m, s^2)) = 1/2 sum_q ((mu_q - m)^2/s^2 + exp(l_q)/s^2 - 1 - l_q + ln s^2), in nats per event.

    Nothing reads it. Source: Kingma and Welling, arXiv:1312.6114, Appendix B.
    """

    mean: float = arg("mean of the prior", type=float, default=0.0)
    sigma: float = arg("standard deviation of the prior", type=float, default=1.0, minimum=1e-6)

    min_inputs = 2
    max_inputs = 2
    sink = True
    examples = (Example("KL@a+b", ((3,), (3,)), (1,)), Example("KL|0.5|2@a+b", ((5,), (5,)), (1,)))

    def output_shape(self, mu: Shape, log_variance: Shape) -> Shape:
        check_heads(self.kind, mu, log_variance)
        return (1,)

    def terms(self):
        of_code = ("latent_mean", "latent_log_variance", "latent_log_variance_square")
        return (*(AddedTerm(name, reported=True) for name in of_code), AddedTerm("kl"))

    @property
    def code_prior(self):
        return "GAUSS", self.mean, self.sigma

    def with_code_prior(self, kind, first, second):
        return replace(self, mean=first, sigma=second)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import gaussian

        mu, log_variance = inputs
        low.monitor("latent_mean", mu)
        low.monitor("latent_log_variance", log_variance)
        low.monitor("latent_log_variance_square", log_variance, 2)
        numbers = dict(mean=self.mean, inverse=1 / self.sigma, log_square=2 * math.log(self.sigma))
        text = f"KL from N({self.mean:g}, {self.sigma:g}^2)"
        y = low.emit(gaussian.divergence, x=mu, log_variance=log_variance, y=low.tensor(1), **numbers, detail=text)
        low.loss_term("kl", y)
        return y

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

    def onnx_term(self, forms, inputs, shapes):
        """The divergence of every event, (N, 1)."""
        mu, log_variance = inputs
        off, inverse = forms.node("Sub", mu, forms.constant(self.mean)), forms.constant(self.sigma**-2)
        both = forms.node("Mul", forms.node("Add", forms.node("Mul", off, off), forms.node("Exp", log_variance)), inverse)
        each = forms.node("Sub", forms.node("Sub", both, log_variance), forms.constant(1 - 2 * math.log(self.sigma)))
        return forms.node("MatMul", each, forms.constant(np.full((shapes[0][0], 1), 0.5)))

"""KL: the divergence of the encoder's Gaussian from the standard one, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, register
from tmvalite.layers.gaussian import check_heads


@register("KL")
@dataclass(frozen=True)
class Kl(Layer):
    """KL(N(mu, exp(l)) || N(0, 1)) = 1/2 sum_q (mu_q^2 + exp(l_q) - 1 - l_q), in nats per event; nothing reads it.

    Source: Kingma and Welling, arXiv:1312.6114, Appendix B.
    """

    min_inputs = 2
    max_inputs = 2
    sink = True
    examples = (Example("KL@a+b", ((3,), (3,)), (1,)),)

    def output_shape(self, mu: Shape, log_variance: Shape) -> Shape:
        check_heads(self.kind, mu, log_variance)
        return (1,)

"""MMD: the distance of the codes from a prior by a kernel, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import AddedTerm, Example, Shape, register
from tmvalite.layers.prior import CodeDistance, checked_prior, first_arg, prior_arg, second_arg
from tmvalite.layers.shapes import as_vector


@register("MMD")
@dataclass(frozen=True)
class Mmd(CodeDistance):
    """Adds "mmd" to the loss: the unbiased estimate, over a batch, of the squared maximum mean discrepancy from the prior.

    Kernel: sum of C/(C + |z - z'|^2) over C = 2 D sigma_p^2 {0.1, 0.2, 0.5, 1, 2, 5, 10}. Training only, and event weights do not
    count. The estimate may be negative; a batch of one event counts as 0. Source: Tolstikhin et al., arXiv:1711.01558, section 3.
    """

    prior: str = prior_arg()
    first: float = first_arg()
    second: float = second_arg()

    sink = True
    examples = (Example("MMD@a", ((3,),), (1,)), Example("MMD|UNIFORM|-2|3@a", ((2,),), (1,)))

    @classmethod
    def from_fields(cls, words, context):
        return checked_prior(super().from_fields(words, context), words, context)

    def output_shape(self, x: Shape) -> Shape:
        as_vector(self.kind, x)
        return (1,)

    def terms(self):
        return (AddedTerm("mmd", whole_batch=True),)

    def draws(self):
        return ("noise",)

    def lower(self, low, inputs, slots):
        prior = (self.prior, self.first, self.second)
        return low.batch_term("mmd", "Discrepancy", inputs[0], prior=prior, draw=low.draw("noise"))

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

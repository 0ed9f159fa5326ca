"""SWD: the sliced Wasserstein distance of the codes from a prior, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import AddedTerm, Example, Shape, arg, register
from tmvalite.layers.prior import CodeDistance, checked_prior, first_arg, prior_arg, second_arg
from tmvalite.layers.shapes import as_vector


@register("SWD")
@dataclass(frozen=True)
class Swd(CodeDistance):
    """Adds "swd" to the loss: 1/(L B) sum over L directions and B ranks of (sorted projected codes - sorted prior samples)^2.

    Directions are drawn anew in every step. Training only, and event weights do not count.
    Source: Kolouri et al., arXiv:1804.01947, section 3.
    """

    projections: int = arg("directions", default=50, minimum=1)
    prior: str = prior_arg()
    first: float = first_arg()
    second: float = second_arg()

    sink = True
    examples = (Example("SWD@a", ((3,),), (1,)), Example("SWD|7|UNIFORM|-2|3@a", ((2,),), (1,)))

    @classmethod
    def from_fields(cls, words, context):
        return checked_prior(super().from_fields(words, context), words, context)

    def output_shape(self, x: Shape) -> Shape:
        as_vector(self.kind, x)
        return (1,)

    def terms(self):
        return (AddedTerm("swd", whole_batch=True),)

    def draws(self):
        return ("noise", "noise")

    def lower(self, low, inputs, slots):
        numbers = dict(draw=low.draw("noise"), axes=low.draw("noise"), directions=self.projections)
        return low.batch_term("swd", "Sliced", inputs[0], prior=(self.prior, self.first, self.second), **numbers)

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]

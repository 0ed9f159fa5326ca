"""GUMBEL: categorical latent variables that gradients pass through."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_vector


@register("GUMBEL")
@dataclass(frozen=True)
class Gumbel(Layer):
    """(N, n K) logits -> (N, n K): n variables of K classes each, neighbouring values are classes of one variable.

    Training: softmax((a + g) / tau) in each group, g = -log(-log u), u uniform. Scoring: 1 for the most probable
    class, else 0. Source: Jang, Gu, Poole, arXiv:1611.01144, section 2.
    """

    variables: int = arg("number of categorical variables", minimum=1)
    classes: int = arg("classes of each", minimum=2)
    temperature: float = arg("tau, small values give nearly one-hot values", type=float, default=1.0, minimum=0.001)

    examples = (
        Example("GUMBEL|2|3", ((6,),), (6,)),
        Example("GUMBEL|3|5|0.5", ((15,),), (15,)),
    )

    def output_shape(self, x: Shape) -> Shape:
        width = as_vector(self.kind, x)
        if width != self.variables * self.classes:
            raise ShapeError(f"GUMBEL of {self.variables} variables with {self.classes} classes reads "
                             f"{self.variables * self.classes} values, not {width}", code="shape-gumbel",
                             hint=f"put DENSE|{self.variables * self.classes}|LINEAR before it")
        return x

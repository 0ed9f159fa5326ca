"""LATENT: the Gaussian latent variables of a variational autoencoder, four layers in one word."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_vector
from tmvalite.string_utils.syntax import Item, Word


@register("LATENT")
@dataclass(frozen=True)
class Latent(Layer):
    """LATENT|Q stands for mu=DENSE|Q|LINEAR, l=DENSE|Q|LINEAR, KL@mu+l, SAMPLE@mu+l; mu and l read what LATENT reads."""

    size: int = arg("number of latent variables", minimum=1)

    examples = (Example("LATENT|2", ((5,),), (2,)),)

    @classmethod
    def expand(cls, item, prefix):
        place = item.span
        size = item.fields[1].text

        def words(*texts):
            return tuple(Word(text, place) for text in texts)

        mu, spread = Word(prefix + ".mu", place), Word(prefix + ".l", place)
        head = words("DENSE", size, "LINEAR")
        return (
            Item(head, name=mu, sources=item.sources, span=place),
            Item(head, name=spread, sources=item.sources, span=place),
            Item(words("KL"), name=Word(prefix + ".kl", place), sources=(mu, spread), span=place),
            Item(words("SAMPLE"), name=item.name or Word(prefix, place), sources=(mu, spread), span=place),
        )

    def output_shape(self, x: Shape) -> Shape:
        as_vector(self.kind, x)
        return (self.size,)

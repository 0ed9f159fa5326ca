"""What the tests of the layers share: one layer read from its text."""

from __future__ import annotations

from tmvalite.errors import Diagnostics, Source
from tmvalite.graph.expand import Surroundings, expand, implied_kind
from tmvalite.layers import REGISTRY, Layer, LayerContext
from tmvalite.layers.dense import Dense
from tmvalite.string_utils import parse_layout


def read_layer(text: str, *, n_variables: int = 5, n_outputs: int = 1, strict: bool = False):
    """The layer that one item states, and the warnings it gives. LATENT stays LATENT; TIED is tied to DENSE|7 of 5."""
    source = Source(text)
    diagnostics = Diagnostics(source, strict=strict)
    (item,) = parse_layout(source).parts[0].items
    first = item.fields[0].text
    cls, words = (REGISTRY[first], item.fields[1:]) if first in REGISTRY else (implied_kind(), item.fields)
    context = LayerContext(n_variables, n_outputs, diagnostics, source, kind=cls.kind, words=words, span=item.span)
    layer: Layer = cls.from_fields(words, context)
    if layer.shares is not None:
        layer = layer.share(Dense(7), ((5,),))
    return layer, diagnostics.warnings


def read_steps(text: str, *, n_variables: int = 5, n_outputs: int = 1):
    """The layers of a layout after expansion, and the warnings."""
    source = Source(text)
    diagnostics = Diagnostics(source)
    surroundings = Surroundings(n_variables, n_outputs, diagnostics, source)
    return expand(parse_layout(source).parts[0], surroundings), diagnostics.warnings

"""U: every input made flat between 0 and 1 by its cumulative distribution."""

from __future__ import annotations

from tmvalite.data.transforms.base import Element, register
from tmvalite.data.transforms.cumulative import CumulativeTransform


@register
class Uniform(CumulativeTransform):
    """v' = the cumulative at v, kept between 1e-9 and 1 - 1e-9."""

    name, words, short = "Uniform", ("U", "Uniform"), "Uniform"
    tmva = True
    help = "each input flat between 0 and 1"
    element = Element("Gauss", ("FlatOrGauss", "Flat"), unmarked=False, other_names=("Uniform",))
    targets = True
    gauss = False
    examples = ("U", "U(b,c)", "U(_T_)", "U_Signal", "U,N")

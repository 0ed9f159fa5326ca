"""G: every input made Gaussian, of mean 0 and width 1, by its cumulative distribution."""

from __future__ import annotations

from tmvalite.data.transforms.base import Element, register
from tmvalite.data.transforms.cumulative import CumulativeTransform


@register
class Gauss(CumulativeTransform):
    """v' = the Gaussian quantile of the cumulative at v, kept within +-5.73 (cumulatives from 5e-9 to 1 - 5e-9)."""

    name, words, short = "Gauss", ("G", "Gauss"), "Gauss"
    tmva = True
    help = "each input Gaussian, of mean 0 and width 1"
    element = Element("Gauss", ("FlatOrGauss", "Gauss"), unmarked=False)
    gauss = True
    examples = ("G", "G(a)", "G(_T_)", "G_Signal", "D,G")

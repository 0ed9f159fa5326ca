"""FTANH: what TMVA calls its fast approximation of tanh; ours is exact and as fast."""

from __future__ import annotations

from tmvalite.activations.base import register
from tmvalite.activations.tanh import Tanh


@register("FTANH")
class FastTanh(Tanh):
    formula = "tanh(x) by a fast approximation"
    code = 7

"""RNN: a plain recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Attribute, Example, WeightElement, register
from tmvalite.layers.recurrent import ATTRIBUTES, Recurrent


@register("RNN")
@dataclass(frozen=True)
class Rnn(Recurrent):
    """h_t = tanh(W x_t + U h_{t-1} + b)."""

    weight_element = WeightElement(
        "RNNLayer",
        (Attribute("StateSize", "state_size"), *ATTRIBUTES),
        (("InputWeights", "W"), ("StateWeights", "U"), ("Biases", "b")),
    )
    other_names = ("SIMPLERNN",)
    examples = (
        Example("RNN|7|5|3|0", ((3, 5),), (7,)),
        Example("RNN|7|5|3|0|1", ((3, 5),), (3, 7)),
        Example("RNN|7|5|1", ((5,),), (7,)),
        Example("RNN|7|5|3|0|1", ((1, 3, 5),), (3, 7)),
    )

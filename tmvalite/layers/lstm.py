"""LSTM: long short-term memory, a state and a cell behind three gates."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Attribute, Example, WeightElement, register
from tmvalite.layers.recurrent import ATTRIBUTES, Recurrent


@register("LSTM")
@dataclass(frozen=True)
class Lstm(Recurrent):
    """i, f, o = sg(W x_t + U h_{t-1} + b) each, g = tanh(W_c x_t + U_c h_{t-1} + b_c),
    c_t = f * c_{t-1} + i * g, h_t = o * tanh(c_t).

    TMVA's file names the matrices as if W and U alternated, while the network holds all W first.
    """

    gates = ("i", "f", "c", "o")
    onnx_gates = ("i", "o", "f", "c")
    weight_element = WeightElement(
        "LSTMLayer",
        (Attribute("StateSize", "state_size"), Attribute("CellSize", "state_size", read=False), *ATTRIBUTES),
        (
            ("InputWeights", "W_i"),
            ("InputStateWeights", "W_f"),
            ("InputBiases", "b_i"),
            ("ForgetWeights", "W_c"),
            ("ForgetStateWeights", "W_o"),
            ("ForgetBiases", "b_f"),
            ("CandidateWeights", "U_i"),
            ("CandidateStateWeights", "U_f"),
            ("CandidateBiases", "b_c"),
            ("OuputWeights", "U_c"),
            ("OutputStateWeights", "U_o"),
            ("OutputBiases", "b_o"),  # sic, Ouput
        ),
    )
    examples = (
        Example("LSTM|7|5|3|0|0", ((3, 5),), (7,)),
        Example("LSTM|7|5|3|0|1", ((3, 5),), (3, 7)),
        Example("LSTM|10|3|2|0|1", ((2, 1, 3),), (2, 10)),
        Example("LSTM|2|3|4", ((1, 4, 3),), (2,)),
    )

"""GRU: gated recurrent unit, a state behind two gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.layers.base import Attribute, Example, Parameter, WeightElement, arg, register
from tmvalite.layers.recurrent import ATTRIBUTES, Recurrent


@register("GRU")
@dataclass(frozen=True)
class Gru(Recurrent):
    """r, z = sg(W x_t + U h_{t-1} + b) each, h_t = z * h_{t-1} + (1 - z) * g, and
    g = tanh(W_c x_t + U_c (r * h_{t-1}) + b_c), or with reset_gate_after g = tanh(W_c x_t + r * (U_c h_{t-1}) + b_c).

    With two_biases every gate has a second one: r, z = sg(W x_t + b + U h_{t-1} + d), g = tanh(W_c x_t + b_c + r * (U_c h_{t-1} +
    d_c)), the GRU of PyTorch and of Keras with reset_after=True. TMVA's file names the matrices as it does for LSTM.
    """

    reset_gate_after: bool = arg("1: the reset gate acts after U_c", type=bool, default=False)
    two_biases: bool = arg("1: a second bias beside the state, as in PyTorch", type=bool, default=False, extra=True)

    gates = ("r", "z", "c")
    onnx_gates = ("z", "r", "c")

    @classmethod
    def from_fields(cls, words, context):
        layer = super().from_fields(words, context)
        if layer.two_biases and not layer.reset_gate_after:
            context.fail(
                "GRU with two biases needs its reset gate after U_c: before it they are one bias",
                code="field-range",
                word=words[5],
                name="reset_gate_after",
                hint=f"write {'|'.join(['GRU', *(word.text for word in words[:5]), '1', '1'])}",
            )
        return layer

    def parameters(self, x):
        seconds = [Parameter(f"d_{gate}", (self.state_size, 1), init="zero", block="d") for gate in self.gates]
        return (*super().parameters(x), *(seconds if self.two_biases else ()))

    def state_biases(self, parameters):
        if not self.two_biases:
            return super().state_biases(parameters)
        return np.concatenate([parameters[f"d_{gate}"] for gate in self.onnx_gates]).ravel()

    def weight_fields(self, x):
        return None if self.two_biases else super().weight_fields(x)

    @property
    def cell(self):
        return "GRU after" if self.reset_gate_after else "GRU"

    @property
    def onnx_attributes(self):
        return {"linear_before_reset": int(self.reset_gate_after)}

    weight_element = WeightElement(
        "GRULayer",
        (Attribute("StateSize", "state_size"), *ATTRIBUTES, Attribute("ResetGateAfter", "reset_gate_after")),
        (
            ("ResetWeights", "W_r"),
            ("ResetStateWeights", "W_z"),
            ("ResetBiases", "b_r"),
            ("UpdateWeights", "W_c"),
            ("UpdateStateWeights", "U_r"),
            ("UpdateBiases", "b_z"),
            ("CandidateWeights", "U_z"),
            ("CandidateStateWeights", "U_c"),
            ("CandidateBiases", "b_c"),
        ),
    )
    examples = (
        Example("GRU|7|5|3|0|0|1", ((3, 5),), (7,)),
        Example("GRU|7|5|3|0|1", ((3, 5),), (3, 7)),
        Example("GRU|10|3|2|0|1", ((2, 1, 3),), (2, 10)),
        Example("GRU|10|3|2|0|1|1", ((1, 2, 3),), (2, 10)),
        Example("GRU|2|3|4", ((1, 4, 3),), (2,)),
        Example("GRU|2|3|4|0|0|1", ((1, 4, 3),), (2,)),
        Example("GRU|7|5|3|0|1|1|1", ((3, 5),), (3, 7)),
        Example("GRU|2|3|4|0|0|1|1", ((1, 4, 3),), (2,)),
    )

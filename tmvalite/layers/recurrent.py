"""What RNN, LSTM and GRU have in common: a state carried through the steps of a sequence.

W_* reads the input (state x features), U_* the state before (state x state), one bias b_* a gate, as TMVA has it; sg is the
sigmoid, * element by element. The state starts at zero for every event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Attribute, Layer, Parameter, Shape, arg
from tmvalite.layers.shapes import as_sequence, describe

ATTRIBUTES = (  # behind the sizes of the state
    Attribute("InputSize", "input_size"),
    Attribute("TimeSteps", "time_steps"),
    Attribute("RememberState", "remember_state"),
    Attribute("ReturnSequence", "return_sequence", absent="1"),  # before ROOT 6.22 every layer gave all states
)


@dataclass(frozen=True)
class Recurrent(Layer):
    """(N, T, D) -> (N, S), the last state, or (N, T, S), all states, with return_sequence."""

    state_size: int = arg("size of the state", minimum=1)
    input_size: int = arg("features of a step", minimum=1)
    time_steps: int = arg("steps of the sequence", minimum=1)
    remember_state: bool = arg("1: TMVA's state across batches (no effect)", type=bool, default=False)
    return_sequence: bool = arg("1: the states of all steps, 0: the last one", type=bool, default=False)

    tmva = True
    gates: ClassVar[tuple[str, ...]] = ("",)
    onnx_gates: ClassVar[tuple[str, ...]] = ("",)  # in the order in which ONNX stacks them

    @property
    def onnx_attributes(self) -> dict[str, int]:
        """What ONNX's operator is told beside the size of the state."""
        return {}

    @classmethod
    def from_fields(cls, words, context):
        layer = super().from_fields(words, context)
        if layer.remember_state:
            context.warn(
                f"{cls.kind} starts from a zero state for every event: rememberState=1 has no effect",
                code="remember-state",
                word=words[3],
                name="remember_state",
            )
        return layer

    def output_shape(self, x: Shape) -> Shape:
        steps, features = as_sequence(self.kind, x)
        if (steps, features) != (self.time_steps, self.input_size):
            many = "s" * (self.time_steps > 1)
            raise ShapeError(
                f"{self.kind} expects {self.time_steps} step{many} of {self.input_size} features, but it reads {describe(x)}",
                code="shape-sequence",
                hint=f"{self.kind}|{self.state_size}|{features}|{steps} fits",
            )
        return (self.time_steps, self.state_size) if self.return_sequence and self.time_steps > 1 else (self.state_size,)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        tails = [f"_{gate}" if gate else "" for gate in self.gates]
        size = self.state_size
        inputs = [Parameter("W" + tail, (size, self.input_size), decays=True, block="W") for tail in tails]
        states = [Parameter("U" + tail, (size, size), decays=True, block="U") for tail in tails]
        biases = [Parameter("b" + tail, (size, 1), init="zero", block="b") for tail in tails]
        return (*inputs, *states, *biases)

    @property
    def cell(self) -> str:
        """What the kernels call it."""
        return self.kind

    def state_biases(self, parameters):
        """The biases beside the state, in ONNX's order."""
        return np.zeros(len(self.gates) * self.state_size)

    def lower(self, low, inputs, slots):
        steps, whole, size = self.time_steps, self.return_sequence, self.state_size
        y = low.tensor(steps * size if whole else size)
        sizes = dict(cell=self.cell, steps=steps, features=self.input_size, size=size, whole=whole)
        return low.emit("Recurrence", x=inputs[0], y=y, slots=slots, **sizes)

    def onnx(self, forms, inputs, shapes, parameters):
        """Steps are the first axis there: onnxruntime refuses the other layout."""
        size = self.state_size
        w, u, b = (np.concatenate([parameters[f"{name}_{gate}" if gate else name] for gate in self.onnx_gates]) for name in "WUb")
        biases = np.concatenate([b.ravel(), self.state_biases(parameters)])  # those of the input, those of the state
        x = forms.reshape(inputs[0], shapes[0], (self.time_steps, self.input_size))
        x = forms.node("Transpose", x, perm=(1, 0, 2))
        whole = len(self.output_shape(*shapes)) == 2
        y = forms.node(
            self.kind,
            x,
            *(forms.constant(matrix[None]) for matrix in (w, u, biases)),
            outputs=2,
            keep=0 if whole else 1,
            hidden_size=size,
            **self.onnx_attributes,
        )
        if whole:  # (steps, directions, N, state)
            return forms.node("Transpose", forms.node("Squeeze", y, forms.integers(1)), perm=(1, 0, 2))
        return forms.node("Squeeze", y, forms.integers(0))

"""Recurrent layers: all steps of a sequence in one step of the plan, backward through time, and gradients over all steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from tmvalite.kernels import gru, lstm, recurrent, rnn
from tmvalite.plan.step import Slot, Step, Tensor


@dataclass(frozen=True)
class Cell:
    """One kind of recurrent layer: its kernels, gates, and how many tensors of saved states it has."""

    forward: object
    backward: object
    gates: int
    extras: int
    after: bool = False  # of a GRU: whether the reset gate comes after U_c


CELLS = {
    "RNN": Cell(rnn.rnn_forward, rnn.rnn_backward, 1, 0),
    "LSTM": Cell(lstm.lstm_forward, lstm.lstm_backward, 4, 2),
    "GRU": Cell(gru.gru_forward, gru.gru_backward, 3, 1),
    "GRU after": Cell(gru.gru_forward, gru.gru_backward, 3, 1, after=True),
}


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Sizes of a recurrent layer and its parameters, each block of gates starting with the first gate's slots.

    state_biases : those beside the state, where gates have two
    keeps : whether the values of every step are kept for a backward pass; else only those of one step
    """

    cell: str
    steps: int
    features: int
    size: int
    whole: bool  # all states are wanted, not the last one only
    weights: tuple[Slot, ...]
    states: tuple[Slot, ...]
    biases: tuple[Slot, ...]
    state_biases: tuple[Slot, ...] = ()
    keeps: bool = True

    @property
    def wide(self) -> int:
        return CELLS[self.cell].gates * self.size

    @property
    def apart(self) -> int:
        """From the gates of one step to those of the next: a little more where rows would evict each other."""
        return self.wide + 16 if self.wide % 128 == 0 else self.wide

    def stride(self, width: int) -> int:
        """From the values of one step to those of the next."""
        return width if self.keeps else 0

    @cached_property
    def columns(self) -> dict[str, int | Slot]:
        """What the kernels are told, by the names of their columns."""
        return {
            "steps": self.steps,
            "features": self.features,
            "size": self.size,
            "wide": self.wide,
            "apart": self.apart,
            "gates_step": self.stride(self.apart),
            "states_step": self.stride(self.size),
            "y_step": self.size if self.whole else 0,
            "weights": self.weights[0],
            "state_weights": self.states[0],
            "biases": self.biases[0],
            "after": CELLS[self.cell].after,
            "state_biases": self.state_biases[0] if self.state_biases else None,
        }

    def text(self) -> str:
        biases = ", two biases" if self.state_biases else ""
        return f"{self.weights[0].node}: {self.cell}{biases}, {self.steps} steps of {self.features} -> {self.size}"


def spread(size: int) -> int:
    """Elements per event, a little more where events a power of two apart would evict each other from the cache."""
    return size + 80 if size % 256 == 0 else size


class OfSequence(Step):
    """A step whose numbers are those of the sequence `at`."""

    at: Sequence

    def fields(self, names):
        of = self.at.columns
        return tuple([of[name] if name in of else getattr(self, name) for name in names])


@dataclass(frozen=True, eq=False, kw_only=True)
class Recurrence(OfSequence):
    """y = the last state or all states of a sequence x, from a zero state.

    before: what stands in the gates of one step; gates, states, extra1, extra2: as the kernel of the cell says;
    packed: the weights in panels.
    """

    x: Tensor
    y: Tensor
    before: Tensor
    gates: Tensor
    states: Tensor
    packed: Tensor
    at: Sequence
    extra1: Tensor | None = None
    extra2: Tensor | None = None
    family = "recurrent"

    @classmethod
    def build(cls, *, x: Tensor, y: Tensor, slots: dict[str, Slot], **sizes) -> Recurrence:
        """`sizes`: the first fields of Sequence; slots: those of layers/recurrent.py, all W, then all U, then all b (and d)."""
        given, gates = tuple(slots.values()), CELLS[sizes["cell"]].gates
        parts = dict(weights=given[:gates], states=given[gates : 2 * gates], biases=given[2 * gates : 3 * gates])
        parts["state_biases"] = given[3 * gates :]
        return cls.with_tensors(x, y, Sequence(**sizes, **parts))

    @classmethod
    def with_tensors(cls, x: Tensor, y: Tensor, at: Sequence) -> Recurrence:
        label, steps, cell = y.label, at.steps if at.keeps else 1, CELLS[at.cell]
        packed = (at.features + at.size) * at.wide + (at.wide if at.state_biases else 0)
        saved = {f"extra{i + 1}": Tensor(steps * at.size, f"{label}, saved {i + 1}") for i in range(cell.extras)}
        return cls(
            x=x,
            y=y,
            before=Tensor(at.wide, f"{label}, before the gates"),
            gates=Tensor(spread(steps * at.apart), f"{label}, gates"),
            states=Tensor(steps * at.size, f"{label}, states"),
            packed=Tensor(packed, f"{label}, weights", per_event=False),
            at=at,
            **saved,
        )

    slots = property(lambda self: (*self.at.weights, *self.at.states, *self.at.biases, *self.at.state_biases))

    def for_scoring(self):
        return self.with_tensors(self.x, self.y, replace(self.at, keeps=False))

    def differentiate(self, tape):
        at, x, grad = self.at, self.x, tape.gradient(self.y)
        cell, label = at.cell, self.y.label
        scratch = {"LSTM": 2, "GRU": 2, "GRU after": 2}.get(cell, 1)
        carried = {name: Tensor(at.size, f"d {label}, carried {i + 1}") for i, name in enumerate(("carry", "carry2")[:scratch])}
        packed = Tensor(at.size * at.wide + at.size, f"{label}, weights^T", per_event=False)
        saved = dict(gates=self.gates, states=self.states, extra1=self.extra1, extra2=self.extra2)
        tape.steps.append(RecurrenceGradient(grad=grad, packed=packed, at=at, **saved, **carried))
        direct = 2 if cell.startswith("GRU") else CELLS[cell].gates  # gates whose U reads the state before
        of_gates = dict(grad=self.gates, steps=at.steps, apart=at.apart)
        tape.steps.append(SequenceWeights(x=x, features=at.features, weights=at.weights, biases=at.biases, **of_gates))
        seconds = at.state_biases[:direct]
        tape.steps.append(
            SequenceWeights(x=self.states, features=at.size, weights=at.states[:direct], biases=seconds, **of_gates)
        )
        rest = dict(features=at.size, weights=at.states[2:], biases=at.state_biases[2:])
        if cell == "GRU":
            tape.steps.append(SequenceWeights(x=self.extra1, column=2 * at.size, **rest, **of_gates))
        elif cell == "GRU after":
            tape.steps.append(SequenceWeights(x=self.states, grad=self.extra1, steps=at.steps, apart=at.size, **rest))
        if x in tape.wanted:
            target, add = tape.target(x)
            unpacked = Tensor(at.features * at.wide, f"{label}, input weights^T", per_event=False)
            tape.steps.append(SequenceData(grad=self.gates, result=target, packed=unpacked, at=at, accumulate=add))

    @property
    def kernel(self):
        return CELLS[self.at.cell].forward

    def flops(self):
        s = self.at
        return s.steps * (2 * (s.features + s.size) * s.wide + 30 * (s.wide + s.size))

    def text(self):
        return self.at.text() + ("" if self.at.keeps else ", nothing kept")


@dataclass(frozen=True, eq=False, kw_only=True)
class RecurrenceGradient(OfSequence):
    """Back through time: the values of the gates become the gradients of what stands in them."""

    grad: Tensor
    gates: Tensor
    states: Tensor
    extra1: Tensor | None
    extra2: Tensor | None
    packed: Tensor
    carry: Tensor
    at: Sequence
    carry2: Tensor | None = None
    family = "recurrent"

    @property
    def kernel(self):
        return CELLS[self.at.cell].backward

    def flops(self):
        s = self.at
        return s.steps * (2 * s.size * s.wide + 10 * s.wide)

    def text(self):
        return self.at.text()


@dataclass(frozen=True, eq=False, kw_only=True)
class SequenceWeights(Step):
    """Gradient of weights (and biases) that act on every step: a sum over events and steps, in that order."""

    x: Tensor
    grad: Tensor
    steps: int
    features: int
    apart: int  # elements between two steps of `grad`, and where in one of them its gates begin
    weights: tuple[Slot, ...]
    column: int = 0
    biases: tuple[Slot, ...] = ()
    first_use: bool = True
    family = "product"
    kernel = recurrent.sequence_weights

    gradient_slots = property(lambda self: (*self.weights, *self.biases))

    x_step = property(lambda self: self.features)
    width = property(lambda self: sum(slot.shape[0] for slot in self.weights))
    stride = property(lambda self: self.weights[0].stride)

    def numbers(self, at):
        return {"weights": self.weights[0], "biases": self.biases[0] if self.biases else None}

    def flops(self):
        return 2 * self.steps * self.features * self.width

    def text(self):
        return f"{self.weights[0].node}: weights {self.width} x {self.features}, {self.steps} steps"


@dataclass(frozen=True, eq=False, kw_only=True)
class SequenceData(OfSequence):
    """Gradient of the input of a recurrent layer, all steps at once."""

    grad: Tensor
    result: Tensor
    packed: Tensor
    at: Sequence
    accumulate: bool
    family = "product"
    kernel = recurrent.sequence_data

    def flops(self):
        return 2 * self.at.steps * self.at.features * self.at.wide

    def text(self):
        return f"{self.at.weights[0].node}: {self.at.wide} -> {self.at.features}" + (", adds" if self.accumulate else "")

"""Recurrent layers: all steps of a sequence in one step of the plan, backward through time, and gradients over all steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.kernels import gru, lstm, recurrent, rnn
from tmvalite.plan.step import Slot, Step, Tensor


@dataclass(frozen=True)
class Cell:
    """One kind of recurrent layer: its kernels, gates, and how many tensors of saved states it has."""

    forward: object
    backward: object
    gates: int
    extras: int
    flag: int | None = None  # what the kernel is told beyond sizes


CELLS = {
    "RNN": Cell(rnn.rnn_forward, rnn.rnn_backward, 1, 0),
    "LSTM": Cell(lstm.lstm_forward, lstm.lstm_backward, 4, 2),
    "GRU": Cell(gru.gru_forward, gru.gru_backward, 3, 1, 0),
    "GRU after": Cell(gru.gru_forward, gru.gru_backward, 3, 1, 1),
}


@dataclass(frozen=True)
class Sequence:
    """Sizes of a recurrent layer and its parameters, each block of gates starting with the first gate's slots.

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

    @property
    def y_stride(self) -> int:
        return self.size if self.whole else 0

    @property
    def flag(self) -> tuple[int, ...]:
        flag = CELLS[self.cell].flag
        return () if flag is None else (flag,)

    def text(self) -> str:
        return f"{self.weights[0].node}: {self.cell}, {self.steps} steps of {self.features} -> {self.size}"


def spread(size: int) -> int:
    """Elements per event, a little more where events a power of two apart would evict each other from the cache."""
    return size + 80 if size % 256 == 0 else size


@dataclass(frozen=True, eq=False)
class Recurrence(Step):
    """y = the last state or all states of a sequence x, from a zero state.

    before: what stands in the gates of one step; gates, states, extra1, extra2: as the kernel of the cell says;
    packed: the weights in panels.
    """

    x: Tensor
    y: Tensor
    before: Tensor
    gates: Tensor
    states: Tensor
    extra1: Tensor | None
    extra2: Tensor | None
    packed: Tensor
    at: Sequence
    family = "recurrent"

    @staticmethod
    def build(x: Tensor, y: Tensor, at: Sequence) -> Recurrence:
        """The step with its tensors made."""
        label, steps, cell = y.label, at.steps if at.keeps else 1, CELLS[at.cell]
        extras = [Tensor(steps * at.size, f"{label}, saved {i + 1}") for i in range(cell.extras)]
        return Recurrence(
            x,
            y,
            Tensor(at.wide, f"{label}, before the gates"),
            Tensor(spread(steps * at.apart), f"{label}, gates"),
            Tensor(steps * at.size, f"{label}, states"),
            *(*extras, None, None)[:2],
            Tensor((at.features + at.size) * at.wide, f"{label}, weights", per_event=False),
            at,
        )

    @property
    def extras(self) -> tuple[Tensor, ...]:
        return tuple(t for t in (self.extra1, self.extra2) if t is not None)

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y, self.before, self.gates, self.states, *self.extras, self.packed))
    slots = property(lambda self: (*self.at.weights, *self.at.states, *self.at.biases))

    def for_scoring(self):
        return self.build(self.x, self.y, replace(self.at, keeps=False))

    def differentiate(self, tape):
        at, x, grad = self.at, self.x, tape.gradient(self.y)
        cell, label = at.cell, self.y.label
        scratch = {"LSTM": 2, "GRU": 2, "GRU after": 2}.get(cell, 1)
        carries = [Tensor(at.size, f"d {label}, carried {i + 1}") for i in range(scratch)]
        packed = Tensor(at.size * at.wide + at.size, f"{label}, weights^T", per_event=False)
        tape.steps.append(
            RecurrenceGradient(grad, self.gates, self.states, self.extra1, self.extra2, packed, *(*carries, None)[:2], at)
        )
        tape.steps.append(SequenceWeights(x, self.gates, at.steps, at.features, 0, at.apart, at.weights, at.biases))
        direct = 2 if cell.startswith("GRU") else CELLS[cell].gates  # gates whose U reads the state before
        tape.steps.append(SequenceWeights(self.states, self.gates, at.steps, at.size, 0, at.apart, at.states[:direct]))
        if cell == "GRU":
            q = self.extra1
            tape.steps.append(SequenceWeights(q, self.gates, at.steps, at.size, 2 * at.size, at.apart, at.states[2:]))
        elif cell == "GRU after":
            tape.steps.append(SequenceWeights(self.states, self.extra1, at.steps, at.size, 0, at.size, at.states[2:]))
        if x in tape.wanted:
            target, add = tape.target(x)
            unpacked = Tensor(at.features * at.wide, f"{label}, input weights^T", per_event=False)
            tape.steps.append(SequenceData(self.gates, target, unpacked, at, add))

    def encode(self, at):
        s = self.at
        operands = (self.x, self.y, self.before, self.gates, self.states, *self.extras, self.packed)
        return (
            *(number for tensor in operands for number in at(tensor)),
            *(s.steps, s.features, s.size),
            *(s.stride(s.apart), s.stride(s.size), s.y_stride),
            *(s.weights[0].offset, s.states[0].offset, s.biases[0].offset),
            *s.flag,
        )

    @property
    def kernel(self):
        return CELLS[self.at.cell].forward

    def flops(self):
        s = self.at
        return s.steps * (2 * (s.features + s.size) * s.wide + 30 * (s.wide + s.size))

    def text(self):
        return self.at.text() + ("" if self.at.keeps else ", nothing kept")


@dataclass(frozen=True, eq=False)
class RecurrenceGradient(Step):
    """Back through time: the values of the gates become the gradients of what stands in them."""

    grad: Tensor
    gates: Tensor
    states: Tensor
    extra1: Tensor | None
    extra2: Tensor | None
    packed: Tensor
    carry: Tensor
    carry2: Tensor | None
    at: Sequence
    family = "recurrent"

    @property
    def _kept(self) -> tuple[Tensor, ...]:
        """What the kernel of the cell reads beside the gates."""
        by_cell = {"RNN": (), "LSTM": (self.extra1, self.extra2)}
        return by_cell.get(self.at.cell, (self.states, self.extra1))

    @property
    def _scratch(self) -> tuple[Tensor, ...]:
        return tuple(t for t in (self.carry, self.carry2, self.packed) if t is not None)

    reads = property(lambda self: (self.grad, self.gates, self.states, *self._kept))
    writes = property(lambda self: (self.gates, *self._kept, *self._scratch))

    def encode(self, at):
        s = self.at
        operands = (self.grad, self.gates, *self._kept, *self._scratch)
        strides = (s.apart, s.y_stride) if s.cell == "RNN" else (s.apart, s.size, s.y_stride)
        return (*(n for t in operands for n in at(t)), s.steps, s.size, *strides, s.states[0].offset, *s.flag)

    @property
    def kernel(self):
        return CELLS[self.at.cell].backward

    def flops(self):
        s = self.at
        return s.steps * (2 * s.size * s.wide + 10 * s.wide)

    def text(self):
        return self.at.text()


@dataclass(frozen=True, eq=False)
class SequenceWeights(Step):
    """Gradient of weights (and biases) that act on every step: a sum over events and steps, in that order."""

    x: Tensor
    grad: Tensor
    steps: int
    features: int
    column: int  # where in a step of `grad` its gates begin, and elements between two steps
    apart: int
    weights: tuple[Slot, ...]
    biases: tuple[Slot, ...] = ()
    first_use: bool = True
    family = "product"
    kernel = recurrent.sequence_weights

    reads = property(lambda self: (self.x, self.grad))
    writes = property(lambda self: ())
    gradient_slots = property(lambda self: (*self.weights, *self.biases))

    @property
    def _columns(self) -> int:
        return sum(slot.shape[0] for slot in self.weights)

    def encode(self, at):
        return (
            *(*at(self.x), *at(self.grad)),
            *(self.steps, self.features, self.features),
            *(self.column, self._columns, self.apart),
            *(self.weights[0].offset, self.weights[0].stride),
            self.biases[0].offset if self.biases else -1,
            int(self.first_use),
        )

    def flops(self):
        return 2 * self.steps * self.features * self._columns

    def text(self):
        return f"{self.weights[0].node}: weights {self._columns} x {self.features}, {self.steps} steps"


@dataclass(frozen=True, eq=False)
class SequenceData(Step):
    """Gradient of the input of a recurrent layer, all steps at once."""

    grad: Tensor
    result: Tensor
    packed: Tensor
    at: Sequence
    accumulate: bool
    family = "product"
    kernel = recurrent.sequence_data

    reads = property(lambda self: (self.grad, self.result) if self.accumulate else (self.grad,))
    writes = property(lambda self: (self.result, self.packed))

    def encode(self, at):
        s = self.at
        return (
            *at(self.grad),
            *at(self.result),
            *at(self.packed),
            s.steps,
            s.wide,
            s.apart,
            s.features,
            s.weights[0].offset,
            int(self.accumulate),
        )

    def flops(self):
        return 2 * self.at.steps * self.at.features * self.at.wide

    def text(self):
        return f"{self.at.weights[0].node}: {self.at.wide} -> {self.at.features}" + (", adds" if self.accumulate else "")

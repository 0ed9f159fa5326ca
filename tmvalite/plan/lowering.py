"""From the graph to forward steps: what a layer's `lower` method builds with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import groupby

from tmvalite.graph.ir import Graph, Node
from tmvalite.kernels import reduce
from tmvalite.kernels._jit import Family
from tmvalite.layers.base import Parameter

from . import families  # noqa: F401  all of them, so that they are known by name
from .families.copy import Copy
from .families.dropout import Dropout
from .families.map import Map
from .families.operation import Operation, missing_columns
from .families.product import NARROW
from .families.softmax import Softmax
from .step import FAMILIES, Slot, Step, Tensor

ALIGNMENT = 16  # every matrix starts on a multiple of this many elements


@dataclass(frozen=True)
class Draw:
    """A place where random numbers are drawn, with a stream of its own and a number that is set at run time.

    node : name of the node; number : counts the draws of a node; setting : "dropout" (rate), "temperature",
    "corruption" (level) or "noise" (no number); value : the number as written
    """

    node: str
    number: int
    setting: str
    value: float


@dataclass(frozen=True)
class Term:
    """What a layer adds to the loss (kind VALUE) or to the report (`reported` only).

    x : one number per event, or several whose mean counts; x is None for a batch-wide step that counts itself
    """

    name: str
    x: Tensor | None
    kind: str = "VALUE"
    reported: bool = False


class Slots(dict):
    """The parameters of a layer by name, as its `lower` gets them."""

    def __missing__(self, name):
        raise LookupError(f"its `parameters` declare no '{name}', only {', '.join(map(repr, self)) or 'nothing'}")


class Lowering:
    """Builds the forward steps of one graph and lays out its parameters.

    A layer's `lower(self, low, inputs, parameters)` gets tensors and the slots of its parameters by name, calls the
    methods below and returns the tensor of its output.

    Parameters
    ----------
    known : slots of a larger network, by node and name, whose parameters this graph uses; None lays them out anew
    trained : names of the blocks whose parameters are trained, None for all
    """

    def __init__(self, known: Mapping[tuple[str, str], Slot] | None = None, trained: tuple[str, ...] | None = None):
        self.steps: list[Step] = []
        self.slots: list[Slot] = []
        self.draws: list[Draw] = []
        self.terms: list[Term] = []
        self._known, self._trained = known, trained
        self._by_name: dict[tuple[str, str], Slot] = {}
        self._outputs = 0
        self.size = 0
        self.state_size = 0  # float64 numbers of batch statistics
        self.node: Node | None = None  # the node being lowered
        self._name = ""

    # ------------------------------------------------------------------ what layers call

    def tensor(self, size: int, shape: tuple[int, ...] = (), *, label: str = "", per_event: bool = True) -> Tensor:
        """A value of this node, for a step to write; `label` says which where it has several."""
        return Tensor(size, f"{self._name}, {label}" if label else self._name, shape or (size,), per_event)

    def emit(self, what: str | Family, *, detail: str = "", **fields) -> Tensor:
        """Append a step; returns its result, the field y.

        what : the name of a family of plan/families, whose fields are given; or a kernel of the layer's own
            (plan/families/operation.py), then what belongs into its columns. `detail` is what a printed plan says of it.
        """
        if isinstance(what, Family):
            missing_columns(what, fields)
            self.steps.append(Operation(kernel=what, values=fields, detail=detail))
            return fields.get("y")
        if what not in FAMILIES:
            near = " or ".join(get_close_matches(what, FAMILIES)) or "one of " + " ".join(sorted(FAMILIES))
            raise LookupError(f"{self.node.layer.kind} asks for steps of a family {what!r} that does not exist: {near}?")
        made = FAMILIES[what].build(**fields)
        self.steps += made if isinstance(made, list) else [made]
        return fields.get("y")

    def map(self, x: Tensor, activation: str) -> Tensor:
        if activation == "LINEAR":
            return x
        y = self.tensor(x.size, x.shape)
        self.steps.append(Softmax(x, y, self.node.shape[-1]) if activation == "SOFTMAX" else Map(x, y, activation))
        return y

    def mean(self, x: Tensor, count: int, inner: int, shape: tuple[int, ...]) -> Tensor:
        """The mean over the middle axis of x (outer, count, inner)."""
        y = self.tensor(x.size // count, shape)
        sizes = dict(outer=y.size // inner, count=count, inner=inner)
        return self.emit(reduce.mean_axis, x=x, y=y, **sizes, detail=f"mean of {count}")

    def dropout(self, x: Tensor, rate: float) -> Tensor:
        y = self.tensor(x.size, x.shape)
        self.steps.append(Dropout(x, y, self.draw("dropout", rate)))
        return y

    def draw(self, setting: str, value: float = 0.0) -> int:
        """A new draw of this node; returns its number, under which kernels find key and run-time value."""
        number = sum(draw.node == self._name for draw in self.draws)
        self.draws.append(Draw(self._name, number, setting, value))
        return len(self.draws) - 1

    def state(self, numbers: int) -> int:
        """Float64 numbers that every share keeps for this node; returns where they begin."""
        self.state_size += numbers
        return self.state_size - numbers

    def loss_term(self, name: str, x: Tensor) -> None:
        """Add the event-weighted mean of x, one number per event, to the loss; its weight is set at run time."""
        self.terms.append(Term(name, x))

    def batch_term(self, name: str, family: str, x: Tensor, **fields) -> Tensor:
        """A term of x that needs the whole batch, counted by a step of this family; returns x, since nothing reads the term."""
        grad = Tensor(x.size, f"d {x.label}, {name}", x.shape)
        self.emit(family, x=x, grad=grad, term=self._outputs + len(self.terms), **fields)
        self.terms.append(Term(name, None))
        return x

    def monitor(self, name: str, x: Tensor, power: int = 1) -> None:
        """Report the event-weighted mean of the elements of x, or of their squares."""
        self.terms.append(Term(name, x, {1: "VALUE", 2: "SQUARE"}[power], reported=True))

    def slot(self, node: Node, name: str) -> Slot:
        """The parameter of another node, for layers that share it."""
        if self._known is None:
            return self._by_name[node.name, name]
        slot = self._frozen(node, self._known[node.name, name])
        if slot.trained and slot not in self.slots:  # its own node may stand outside of this graph
            self.slots.append(slot)
        return slot

    # ------------------------------------------------------------------ what the planner calls

    def lower_graph(self, graph: Graph) -> dict[str, Tensor]:
        """Lower every node; returns the tensors of all values by name, and "" for the whole event."""
        self._outputs = len(graph.outputs)
        event = Tensor(graph.input_size, "event", (graph.input_size,))
        tensors = {"": event}
        at = 0
        used = {value for node in graph.nodes for value in node.inputs} | {out.value for out in graph.outputs}
        for value in graph.inputs:
            if len(graph.inputs) == 1:
                tensors[value] = event
            elif value in used:
                self._name = value.name
                tensors[value] = self.tensor(value.size, value.shape)
                self.steps.append(Copy(event, tensors[value], start=at, width=value.size))
            at += value.size
        for value in used:
            if value.producer is None and value not in tensors:  # `input`, the whole event, beside named inputs
                tensors[value] = event
        for node in graph.nodes:
            self.node, self._name = node, node.name
            inputs = tuple(tensors[v] for v in node.inputs)
            if node.drop > 0:
                inputs = tuple(self.dropout(t, node.drop) for t in inputs)
            tensors[node.output] = node.layer.lower(self, inputs, self._slots(node))
        return tensors

    def _slots(self, node: Node) -> dict[str, Slot]:
        if self._known is not None:
            slots = Slots((p.name, self._frozen(node, self._known[node.name, p.name])) for p in node.parameters)
            self.slots += slots.values()
            return slots
        slots = self._new_slots(node)
        self._by_name |= {(node.name, name): slot for name, slot in slots.items()}
        return slots

    def _frozen(self, node: Node, slot: Slot) -> Slot:
        """The slot, not trained unless its block is."""
        return slot if self._trained is None or node.block in self._trained else replace(slot, trained=False)

    def _new_slots(self, node: Node) -> dict[str, Slot]:
        slots = Slots()
        for block, group in groupby(node.parameters, key=lambda p: p.block):
            members = list(group)
            slots |= self._block(node, members) if block else {p.name: self._slot(node, p) for p in members}
        return slots

    def _block(self, node: Node, members: list[Parameter]) -> dict[str, Slot]:
        """Matrices with as many columns each, stored transposed and side by side."""
        wide, slots, at = sum(p.shape[0] for p in members), {}, self.size
        for p in members:
            slots[p.name] = Slot(
                node=node.name,
                name=p.name,
                shape=p.shape,
                offset=at,
                transposed=True,
                decays=p.decays,
                trained=p.trained,
                stride=wide,
            )
            at += p.shape[0]
        self.slots += slots.values()
        self.size += -(-wide * members[0].shape[1] // ALIGNMENT) * ALIGNMENT
        return slots

    def _slot(self, node: Node, parameter: Parameter) -> Slot:
        rows, columns = parameter.shape
        transposed = rows > NARROW and columns > 1 and parameter.init == "weights" and not parameter.kept
        slot = Slot(
            node=node.name,
            name=parameter.name,
            shape=(rows, columns),
            offset=self.size,
            transposed=transposed,
            decays=parameter.decays,
            trained=parameter.trained,
        )
        self.slots.append(slot)
        self.size += -(-slot.size // ALIGNMENT) * ALIGNMENT
        return slot

"""The graph: nodes (layers in place) and values (what flows between them).

A value knows its producer and its users, so fan-out and residual links need no special case.
Everything is immutable once `Graph` is made; spans point into the user's option string to the very end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from tmvalite.errors import Source, Span
from tmvalite.layers.base import Layer, Parameter, Shape


@dataclass(frozen=True, eq=False)
class Value:
    """What one node gives, or one input of the network. `producer` is None for inputs."""

    name: str
    shape: Shape
    producer: Node | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Elements per event."""
        n = 1
        for extent in self.shape:
            n *= extent
        return n


@dataclass(frozen=True, eq=False)
class Node:
    """A layer in place. `index` counts the items as written, `block` is the block's name or "".

    Several nodes carry one index where an item stands for several layers; `origin` is then the layer written
    (LATENT), or None where the layers themselves were written one after another.
    """

    name: str
    layer: Layer
    inputs: tuple[Value, ...]
    shape: Shape
    parameters: tuple[Parameter, ...]
    index: int
    block: str = ""
    drop: float = 0.0  # DropConfig entry: probability to drop an element of the input (dense layers)
    span: Span = Span(0, 0)
    named: bool = False  # whether the user wrote the name
    origin: Layer | None = None
    shared: Node | None = None  # the node whose parameters this one uses too (TIED)
    place: str = ""  # in words, for messages: "Layout, layer 2 (DENSE)"

    @property
    def output(self) -> Value:
        return self._output

    def __post_init__(self):
        object.__setattr__(self, "_output", Value(self.name, self.shape, self))


@dataclass(frozen=True)
class Output:
    """An output of the network: the value, its loss, its weight in the total loss, and its slice of the targets.

    `loss` is the name of one (losses.LOSSES); None means the booked ErrorStrategy. `name` is what its
    term of the loss is called in reports.
    """

    value: Value
    loss: str | None = None
    weight: float = 1.0
    span: Span = Span(0, 0)
    name: str = ""


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs cut from the event in order, nodes in the order written (hence topological), outputs in target order."""

    inputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    source: Source = Source("")
    event: Value | None = None  # the whole event as a vector, where the inputs have names and something reads `input`

    @property
    def input_size(self) -> int:
        return sum(v.size for v in self.inputs)

    def __repr__(self):
        shapes = [" + ".join("x".join(map(str, v.shape)) for v in of) for of in (self.inputs, [o.value for o in self.outputs])]
        return f"<graph of {len(self.nodes)} layers, {shapes[0]} -> {shapes[1]}>"

    def users(self, value: Value) -> tuple[Node, ...]:
        """Nodes that read the value, in order; a node that reads it twice stands there twice."""
        return tuple(n for n in self.nodes for v in n.inputs if v is value)

    def __reduce__(self):
        """What travels to another process: flat lists that name values and nodes by their numbers, however deep the network."""
        ends = (*self.inputs, *(() if self.event is None else (self.event,)))
        values = {value: i for i, value in enumerate((*ends, *(node.output for node in self.nodes)))}
        own = {node: i for i, node in enumerate(self.nodes)}
        nodes = []
        for node in self.nodes:
            given = {f.name: getattr(node, f.name) for f in fields(node)} | {"inputs": [values[v] for v in node.inputs]}
            if node.shared is not None:  # one of another block travels without what it reads
                given["shared"] = own.get(node.shared, _without_sources(node.shared))
            nodes.append(given)
        outputs = [(values[output.value], replace(output, value=None)) for output in self.outputs]
        return _graph, ([(v.name, v.shape) for v in ends], len(self.inputs), nodes, outputs, self.source)


def _without_sources(node: Node) -> Node:
    return replace(node, inputs=tuple(Value(value.name, value.shape) for value in node.inputs), shared=None)


def _graph(ends, n_inputs: int, nodes, outputs, source: Source) -> Graph:
    """A Graph from what `Graph.__reduce__` makes of it."""
    values = [Value(name, shape) for name, shape in ends]
    placed: list[Node] = []
    for given in nodes:
        shared = given["shared"]
        given = given | {"inputs": tuple(values[i] for i in given["inputs"])}
        placed.append(Node(**given | {"shared": placed[shared] if isinstance(shared, int) else shared}))
        values.append(placed[-1].output)
    outputs = tuple(replace(output, value=values[i]) for i, output in outputs)
    event = values[n_inputs] if len(ends) > n_inputs else None
    return Graph(tuple(values[:n_inputs]), tuple(placed), outputs, source, event)

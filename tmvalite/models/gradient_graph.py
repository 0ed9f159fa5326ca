"""The gradient of a network by what it reads, as a network: what a gradient penalty is computed with.

Every layer adds what its backward pass does as layers of its own: a product with the transposed weights or filters, a factor
f'(x). The ordinary backward pass of the whole then gives the gradient of the penalty by the parameters, exactly, second
derivatives of the activations included. Source: Gulrajani et al., arXiv:1704.00028, section 4. Layers: those that are linear
before an elementwise activation and say so (`Layer.reverse`), ACT, RESHAPE, ADD, and CONCAT of vectors and images.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import OptionError
from tmvalite.graph import Graph, Node, Output, Value
from tmvalite.layers.base import REGISTRY, Layer

_THROUGH = ("ACT", "ADD", "CONCAT", "RESHAPE")  # only the order of values changes, or their number of readers
LAYERS = tuple(sorted((*_THROUGH, *(kind for kind, layer in REGISTRY.items() if layer.reverse is not None))))
NUMBER_ONE = "one"  # the input that is 1 for every event


@dataclass(frozen=True)
class _Backward(Layer):
    """The gradient by what another node reads, from that by what it gives."""

    of: Node

    def lower(self, low, inputs, slots):
        return self.of.layer.reverse(low, self.of, inputs[0], {p.name: low.slot(self.of, p.name) for p in self.of.parameters})


@dataclass(frozen=True)
class _Applied(Layer):
    """f(x)."""

    of: str

    def lower(self, low, inputs, slots):
        return low.map(inputs[0], self.of)


@dataclass(frozen=True)
class _Slope(Layer):
    """f'(x)."""

    of: str

    def lower(self, low, inputs, slots):
        x = inputs[0]
        return low.emit(ACTIVATIONS[self.of].slope_kernel, x=x, y=low.tensor(x.size, x.shape), detail=f"slope of {self.of}")


@dataclass(frozen=True)
class _Both(Layer):
    """The sum ("Add") or the product ("Multiply") of two values."""

    step: str

    def lower(self, low, inputs, slots):
        a, b = inputs
        return low.emit(self.step, a=a, b=b, y=low.tensor(a.size, a.shape))


@dataclass(frozen=True)
class _Shaped(Layer):
    """The same values under another shape."""

    def lower(self, low, inputs, slots):
        return inputs[0]


@dataclass(frozen=True)
class _Columns(Layer):
    """Some neighbouring values."""

    first: int
    count: int

    def lower(self, low, inputs, slots):
        y = low.tensor(self.count, low.node.shape)
        return low.emit("Copy", x=inputs[0], y=y, start=self.first, width=self.count, repeat=1)


@dataclass(frozen=True)
class _Penalty(Layer):
    """(|g| - 1)^2."""

    def lower(self, low, inputs, slots):
        from tmvalite.kernels.slope import gradient_penalty

        return low.emit(gradient_penalty, x=inputs[0], y=low.tensor(1))


def check_layers(graph: Graph) -> None:
    """Raise OptionError at the first layer through which no gradient of a gradient goes."""
    for node in graph.nodes:
        fits = node.layer.kind in LAYERS and (node.layer.kind != "CONCAT" or len(node.shape) != 2)
        activation = node.layer.activation or "LINEAR"
        if fits and ACTIVATIONS[activation].curved:
            continue
        what = node.layer.kind if not fits else activation
        message = f"a gradient penalty needs second derivatives of the Discriminator, and {what} has none here"
        place = {"source": graph.source, "span": node.span, "where": node.place}
        hint = "write GanLoss=HINGE:SpectralNorm=DISCRIMINATOR, which takes any layer"
        raise OptionError(message, code="penalty-layer", **place, expected=LAYERS, hint=hint)


def penalty_graph(graph: Graph, first: int, count: int, *, norm: bool = True) -> Graph:
    """A graph that gives (|g| - 1)^2 of every event, g the gradient of the output by values `first` to `first + count`.

    Without `norm` it gives g itself.

    It reads an event and the number 1. graph: of one output of one value, with the nodes of a joined network.
    """
    return _Builder(graph).build(first, count, norm)


class _Builder:
    """Adds the nodes of the forward pass, then those that go backward through it."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.event, self.one = Value("input", (graph.input_size,)), Value(NUMBER_ONE, (1,))
        self.nodes: list[Node] = []
        self.values: dict[Value, Value] = {} if graph.event is None else {graph.event: self.event}
        self.sums: dict[Node, Value] = {}  # what an activation is applied to
        self.gradients: dict[Value, Value] = {}  # by the value of the graph that is given

    def build(self, first: int, count: int, norm: bool) -> Graph:
        at = 0
        for value in self.graph.inputs:
            if value.size == self.graph.input_size:
                image = len(value.shape) > 1
                self.values[value] = self._add("shaped", _Shaped(), (self.event,), value.shape) if image else self.event
            else:
                self.values[value] = self._add(f"{value.name}'", _Columns(at, value.size), (self.event,), value.shape)
            at += value.size
        for node in self.graph.nodes:
            self._forward(node)
        self.gradients[self.graph.outputs[0].value] = self.one
        for node in reversed(self.graph.nodes):
            if node.output in self.gradients:
                self._backward(node, self.gradients[node.output])
        gradient = self._by_columns(first, count)
        result = self._add("penalty", _Penalty(), (gradient,), (1,)) if norm else gradient
        return Graph((self.event, self.one), tuple(self.nodes), (Output(result),), self.graph.source)

    def _add(self, name: str, layer: Layer, inputs: tuple[Value, ...], shape, shared: Node | None = None) -> Value:
        """One more node without parameters of its own."""
        block = self.graph.nodes[0].block
        node = Node(f"{name}#{len(self.nodes)}", layer, inputs, tuple(shape), (), 0, block, shared=shared)
        self.nodes.append(node)
        return node.output

    def _forward(self, node: Node) -> None:
        """The node itself, its activation apart."""
        inputs, activation = tuple(self.values[value] for value in node.inputs), node.layer.activation or "LINEAR"
        if node.layer.kind == "ACT":
            self.sums[node] = inputs[0]
        elif activation != "LINEAR":
            plain = dataclasses.replace(node, inputs=inputs, layer=dataclasses.replace(node.layer, activation="LINEAR"))
            self.nodes.append(plain)
            self.sums[node] = plain.output
        else:
            plain = dataclasses.replace(node, inputs=inputs)
            last = node is self.graph.nodes[-1]  # its value is not needed for its gradient
            self.nodes += [] if last else [plain]
            self.values[node.output] = self.sums[node] = plain.output
            return
        applied = _Applied(activation)
        self.values[node.output] = self._add(f"{node.name}'f", applied, (self.sums[node],), node.shape)

    def _backward(self, node: Node, gradient: Value) -> None:
        """From the gradient of what the node gives to those of what it reads."""
        activation = node.layer.activation or "LINEAR"
        if activation != "LINEAR":
            slope = self._add(f"{node.name}'slope", _Slope(activation), (self.sums[node],), (node.output.size,))
            gradient = self._add(f"{node.name}'times", _Both("Multiply"), (gradient, slope), (slope.size,))
        if node.layer.reverse is not None:
            shared = node if node.parameters else None
            gradient = self._add(f"{node.name}'back", _Backward(node), (gradient,), (node.inputs[0].size,), shared)
        at = 0
        for value in node.inputs:
            part = gradient
            if node.layer.kind == "CONCAT":
                part = self._add(f"{node.name}'part", _Columns(at, value.size), (gradient,), (value.size,))
                at += value.size
            self._give(value, part)

    def _give(self, value: Value, gradient: Value) -> None:
        """One contribution to the gradient of a value."""
        known = self.gradients.get(value)
        if known is not None:
            gradient = self._add(f"{value.name}'sum", _Both("Add"), (known, gradient), (value.size,))
        self.gradients[value] = gradient

    def _by_columns(self, first: int, count: int) -> Value:
        """The gradient by some neighbouring columns of the event, through all that read them."""
        total = None
        for value, start in (*self._places(), (self.graph.event, 0)):
            gradient = self.gradients.get(value)
            if gradient is None or not start <= first < first + count <= start + value.size:
                continue
            if value.size != count:
                gradient = self._add(f"{value.name}'columns", _Columns(first - start, count), (gradient,), (count,))
            total = gradient if total is None else self._add("sum", _Both("Add"), (total, gradient), (count,))
        return total

    def _places(self):
        at = 0
        for value in self.graph.inputs:
            yield value, at
            at += value.size

"""Blocks as one graph, and back: an Encoder with what reads its code (Decoder, Head, Discriminator)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from tmvalite.graph.ir import Graph, Node, Output, Value
from tmvalite.layers.base import Layer, Shape
from tmvalite.layers.shapes import size

SEPARATOR = "."


def join(graphs: Mapping[str, Graph], sources: Mapping[str, str] | None = None) -> Graph:
    """One graph of several blocks: what the first one gives is what all others read.

    Nodes are called "Block.name". The outputs are those of the blocks behind the first, in order; a single block keeps
    its own. The joined graph has the inputs of the first block.

    Parameters
    ----------
    graphs : mapping of str to Graph
        As `build_graphs` makes them: every block but the first has one input of the size of the first one's output, and
        further ones only that the first block has too, by name: conditions.
    sources : mapping of str to str, optional
        The blocks that read what an earlier block but the first one gives: the last output of that.

    Raises
    ------
    ValueError
        A block that does not read what the first one gives.
    """
    (first_name, first), *others = graphs.items()
    copies: dict[Node, Node] = {}
    values = {value: value for value in first.inputs}
    _copy(first, first_name, values, copies)
    outputs = [_moved(output, values) for output in first.outputs]
    given = {first_name: outputs[-1].value}
    if others:
        outputs = []
    for name, graph in others:
        code = given[(sources or {}).get(name, first_name)]
        values = _read_by(graph, code, first)
        if values is None:
            raise ValueError(f"{name} does not read what {first_name} gives")
        for value, source in list(values.items()):
            if value.shape != source.shape:
                values[value] = _seen(value, source, name, copies)
        if graph.event is not None:
            values[graph.event] = _event_of(graph, values, name, copies)
        _copy(graph, name, values, copies)
        outputs += [_moved(output, values) for output in graph.outputs]
        given[name] = outputs[-1].value
    return Graph(first.inputs, tuple(copies.values()), tuple(outputs), first.source, first.event)


def reads(graph: Graph, source: Graph, first: Graph) -> bool:
    """Whether a block can read what another one gives, and beside it inputs of the first one."""
    return _read_by(graph, source.outputs[-1].value, first) is not None


def _read_by(graph: Graph, code: Value, first: Graph) -> dict[Value, Value] | None:
    """What the inputs of a block are: the code, and inputs of the first block of the same name; None where that fails."""
    given = {value.name: value for value in first.inputs}
    others = conditions_of(first, graph)
    rest = [value for value in graph.inputs if value.name not in others]
    if len(rest) != 1 or rest[0].size != code.size:
        return None
    return {value: given[value.name] if value.name in others else code for value in graph.inputs}


def conditions_of(first: Graph, graph: Graph) -> tuple[str, ...]:
    """The names of the inputs that two blocks share: those of one name and shape, but for the one that has no name of its own."""
    given = {value.name: value.shape for value in first.inputs if value.name != "input"}
    return tuple(value.name for value in graph.inputs if given.get(value.name) == value.shape)


def alone(graph: Graph, own: Graph, block: str) -> Graph:
    """A block with the inputs that it has by itself and the names of nodes and outputs that it has in the joined graph."""
    values: dict[Value, Value] = {value: value for value in own.inputs}
    copies: dict[Node, Node] = {}
    _copy(own, block, values, copies)
    names = [output.name for output in graph.outputs if output.value.producer.block == block]
    outputs = [_moved(output, values) for output in own.outputs]
    if names:
        outputs = [dataclasses.replace(output, name=name) for output, name in zip(outputs, names, strict=True)]
    return dataclasses.replace(own, nodes=tuple(copies.values()), outputs=tuple(outputs))


@dataclass(frozen=True)
class _View(Layer):
    """The same values under another shape, between two blocks."""

    shape: Shape

    def lower(self, low, inputs, slots):
        return inputs[0]

    def onnx(self, forms, inputs, shapes, parameters):
        return forms.reshape(inputs[0], shapes[0], self.shape)


@dataclass(frozen=True)
class _Joined(Layer):
    """Several values as one vector, one after the other: the whole event of a block that reads it beside its named inputs."""

    def lower(self, low, inputs, slots):
        y, at = low.tensor(sum(x.size for x in inputs)), 0
        for i, x in enumerate(inputs):
            low.emit("Copy", x=x, y=y, to=at, partial=i > 0)
            at += x.size
        return y

    def onnx(self, forms, inputs, shapes, parameters):
        flat = [forms.reshape(x, shape, (size(shape),)) for x, shape in zip(inputs, shapes)]
        return forms.node("Concat", *flat, axis=1)


def _seen(value: Value, source: Value, block: str, copies: dict[Node, Node]) -> Value:
    """The value under the shape in which a block reads it."""
    node = Node(f"{block}{SEPARATOR}{value.name}", _View(value.shape), (source,), value.shape, (), 0, block)
    copies[node] = node
    return node.output


def _event_of(graph: Graph, values: Mapping[Value, Value], block: str, copies: dict[Node, Node]) -> Value:
    """The whole event that a block reads."""
    reads = tuple(values[value] for value in graph.inputs)
    node = Node(f"{block}{SEPARATOR}{graph.event.name}", _Joined(), reads, graph.event.shape, (), 0, block)
    copies[node] = node
    return node.output


def block_of(graph: Graph, *blocks: str) -> Graph:
    """The part of a joined graph that some neighbouring blocks are: its nodes keep their names.

    What the blocks read from outside becomes an input `input`. The outputs are those of the joined graph that lie in these
    blocks; if there are none, what other blocks read of them, or else their last value.
    """
    chosen = [node for node in graph.nodes if node.block in blocks]
    inside = {node.output for node in chosen}
    outside = dict.fromkeys(value for node in chosen for value in node.inputs if value not in inside)
    given = {*graph.inputs, graph.event}
    if any(value in given for value in outside):
        inputs, event, values = graph.inputs, graph.event if graph.event in outside else None, {value: value for value in outside}
    elif len(outside) == 1:
        (code,) = outside
        entry = Value("input", code.shape)
        inputs, event, values = (entry,), None, {code: entry}
    else:
        raise ValueError(f"{' and '.join(blocks)} read {len(outside)} values of other blocks")
    copies: dict[Node, Node] = {}
    for node in chosen:
        _place(node, node.name, values, copies)
    outputs = [output for output in graph.outputs if output.value in inside]
    if not outputs:
        read = [value for node in graph.nodes if node not in copies for value in node.inputs if value in inside]
        last = read[0] if read else next(node for node in reversed(chosen) if not node.layer.sink).output
        outputs = [Output(last)]
    moved = tuple(_moved(output, values) for output in outputs)
    return Graph(inputs, tuple(copies.values()), moved, graph.source, event)


def original_name(name: str) -> str:
    """The name that a node of a joined graph has in its own block."""
    return name.partition(SEPARATOR)[2]


def _copy(graph: Graph, block: str, values: dict[Value, Value], copies: dict[Node, Node]) -> None:
    if graph.event is not None:
        values.setdefault(graph.event, graph.event)
    for node in graph.nodes:
        _place(dataclasses.replace(node, block=block), block + SEPARATOR + node.name, values, copies, key=node)


def _place(node: Node, name: str, values: dict[Value, Value], copies: dict[Node, Node], key: Node | None = None) -> None:
    """Add a copy of a node that reads the copies of what the node reads. What it shares may lie outside: then it stays."""
    key = node if key is None else key
    shared = _find_shared(node, copies)
    copy = dataclasses.replace(node, name=name, inputs=tuple(values[value] for value in node.inputs), shared=shared)
    copies[key], values[key.output] = copy, copy.output


def _find_shared(node: Node, copies: dict[Node, Node]) -> Node | None:
    """The copy of the node whose parameters this one uses: the same object, or, after `rewrite`, one of its name and span."""
    if node.shared is None or node.shared in copies:
        return copies.get(node.shared)
    for original, copy in copies.items():
        if original.name == node.shared.name and original.span == node.shared.span:
            return copy
    return node.shared


def _moved(output: Output, values: Mapping[Value, Value]) -> Output:
    return dataclasses.replace(output, value=values[output.value])

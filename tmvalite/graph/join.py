"""Blocks as one graph, and back: an Encoder with what reads its code (Decoder, Head, Discriminator)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from tmvalite.graph.ir import Graph, Node, Output, Value

SEPARATOR = "."


def join(graphs: Mapping[str, Graph]) -> Graph:
    """One graph of several blocks: what the first one gives is what all others read.

    Nodes are called "Block.name". The outputs are those of the blocks behind the first, in order; a single block keeps
    its own. The joined graph has the inputs of the first block.

    Parameters
    ----------
    graphs : mapping of str to Graph
        As `build_graphs` makes them: every block but the first has one input, of the shape of the first one's output.

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
    code = outputs[-1].value
    if others:
        outputs = []
    for name, graph in others:
        if len(graph.inputs) != 1 or graph.event is not None or graph.inputs[0].shape != code.shape:
            raise ValueError(f"{name} does not read what {first_name} gives")
        values = {graph.inputs[0]: code}
        _copy(graph, name, values, copies)
        outputs += [_moved(output, values) for output in graph.outputs]
    return Graph(first.inputs, tuple(copies.values()), tuple(outputs), first.source, first.event)


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
        values[graph.event] = graph.event
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

"""New graphs from old ones: nodes are immutable, so a change makes all of them again, in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tmvalite.errors import Diagnostics
from tmvalite.graph.ir import Graph, Node, Value


def rewrite(graph: Graph, changes: Mapping[Node, Mapping[str, Any]]) -> Graph:
    """The same graph, with some attributes of some nodes changed. Shapes and sources must stay what they are."""
    values: dict[Value, Value] = {}
    copies: dict[Node, Node] = {}
    for node in graph.nodes:
        copy = dataclasses.replace(
            node,
            inputs=tuple(values.get(value, value) for value in node.inputs),
            shared=copies.get(node.shared, node.shared),
            **changes.get(node, {}),
        )
        copies[node], values[node.output] = copy, copy.output
    outputs = tuple(dataclasses.replace(output, value=values.get(output.value, output.value)) for output in graph.outputs)
    return dataclasses.replace(graph, nodes=tuple(copies.values()), outputs=outputs)


def without_last_activation(graph: Graph, diagnostics: Diagnostics) -> Graph:
    """The graph that MethodDNN made: its last layer never had an activation, whatever the layout named for it."""
    last = graph.nodes[-1]
    activation = last.layer.activation
    if activation in ("", "LINEAR"):
        return graph
    diagnostics.warn(
        f"MethodDNN gives the last layer no activation; {activation} is ignored, as in TMVA",
        code="last-activation",
        source=graph.source,
        span=last.span,
        where=last.place,
        hint="write LINEAR, or book MethodDL",
    )
    return made_linear(graph, last)


def made_linear(graph: Graph, node: Node) -> Graph:
    """The graph, one of its layers with an activation made linear."""
    return rewrite(graph, {node: {"layer": dataclasses.replace(node.layer, activation="LINEAR")}})

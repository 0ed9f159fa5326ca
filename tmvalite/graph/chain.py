"""A graph of layers one behind the other, without a layout: what a weight file of TMVA describes."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.errors import ShapeError
from tmvalite.graph.check import check_size
from tmvalite.graph.ir import Graph, Node, Output, Value
from tmvalite.layers.base import Layer, Shape


def chain(input_shape: Shape, layers: Sequence[Layer], *, title: str = "network") -> Graph:
    """The graph of these layers, each reading the one before; the last one is the output.

    Nodes have the names that `build_graph` gives to items without a name.

    Raises
    ------
    ShapeError
        If a layer does not fit behind the one before, or if there is none.
    """
    if not layers:
        raise ShapeError("the network has no layers", code="layout-empty", where=title)
    value = entry = Value("input", input_shape)
    nodes = []
    for index, layer in enumerate(layers):
        place = f"{title}, layer {index + 1} ({layer.kind})"
        try:
            shape = layer.output_shape(value.shape)
            parameters = layer.parameters(value.shape)
        except ShapeError as error:
            raise ShapeError(error.message, code=error.code, where=place, hint=error.hint) from None
        node = Node(f"{layer.kind}#{index + 1}", layer, (value,), shape, parameters, index, place=place)
        nodes.append(node)
        value = node.output
    graph = Graph((entry,), tuple(nodes), (Output(value),))
    check_size(graph)
    return graph

"""Layers that an option asks for, put behind a graph that the user wrote."""

from __future__ import annotations

import dataclasses

from tmvalite.errors import Diagnostics, ShapeError, Source, Span
from tmvalite.graph.expand import Surroundings, expand
from tmvalite.graph.ir import Graph, Node, Value
from tmvalite.string_utils.layout import parse_layout


def append_sink(
    graph: Graph, text: str, value: Value, *, place: str = "", source: Source | None = None, span: Span | None = None
) -> Graph:
    """The graph with one more layer that reads `value` and gives nothing to others, such as MMD.

    Parameters
    ----------
    text : str
        The layer as one would write it: "SWD|50".
    place, source, span
        Where the user asked for it, for messages.

    Raises
    ------
    OptionError, ShapeError
        A field that cannot be, a value that the layer cannot read.
    """
    own = Source(text)
    quiet = Diagnostics(own, strict=True)
    (step,) = expand(parse_layout(own, diagnostics=quiet).parts[0], Surroundings(1, 1, quiet, own, place))
    try:
        shape, parameters = step.layer.output_shape(value.shape), step.layer.parameters(value.shape)
    except ShapeError as error:
        raise ShapeError(
            error.message, code=error.code, source=source, span=span, where=place, expected=error.expected, hint=error.hint
        ) from None
    taken = {node.name for node in graph.nodes}
    name = next(
        f"{step.layer.kind}#{n}"
        for n in range(len(graph.nodes) + 1, 2 * len(graph.nodes) + 3)
        if f"{step.layer.kind}#{n}" not in taken
    )
    index = graph.nodes[-1].index + 1
    block = graph.nodes[-1].block
    node = Node(name, step.layer, (value,), shape, parameters, index, block, span=span or Span(0, 0), place=place)
    return dataclasses.replace(graph, nodes=(*graph.nodes, node))

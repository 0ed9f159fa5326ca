"""What the tests of the graph share: a layout built from its text, as the value of an option."""

from __future__ import annotations

import pytest

from tmvalite.errors import Diagnostics, OptionError, Source, Span
from tmvalite.graph import build_graph, build_graphs, check_outputs
from tmvalite.string_utils import parse_layout

VECTOR = (("input", (4,)),)
IMAGE = (("input", (1, 8, 8)),)
TWO = (("jets", (10, 4)), ("event", (5,)))


def build(text, inputs=VECTOR, *, n_outputs=1, drop=(), blocks=False, strict=False):
    """The graph of a layout (the graphs of its blocks) and the warnings."""
    source = Source(f"V:Layout={text}:!H", ":")
    diagnostics = Diagnostics(source, strict=strict)
    layout = parse_layout(source, Span(9, 9 + len(text)), diagnostics)
    n_variables = sum_sizes(inputs)
    function = build_graphs if blocks else build_graph
    graph = function(layout, inputs=inputs, n_variables=n_variables, n_outputs=n_outputs, drop=drop, diagnostics=diagnostics)
    return graph, diagnostics.warnings


def sum_sizes(inputs):
    total = 0
    for _, shape in inputs:
        size = 1
        for n in shape:
            size *= n
        total += size
    return total


def error(text, inputs=VECTOR, **keywords):
    """The whole text of the error that a layout gives."""
    with pytest.raises(OptionError) as caught:
        build(text, inputs, **keywords)
    assert caught.value.code and caught.value.span is not None
    return str(caught.value)


def outputs_error(text, analysis_type, n_outputs, inputs=VECTOR):
    """The whole text of the error of check_outputs."""
    graph, _ = build(text, inputs, n_outputs=n_outputs)
    with pytest.raises(OptionError) as caught:
        check_outputs(graph, analysis_type, n_outputs, Diagnostics(graph.source))
    return str(caught.value)


def message(*lines):
    return "\n".join(lines)


def shape_of(graph, name):
    return next(node.shape for node in graph.nodes if node.name == name)

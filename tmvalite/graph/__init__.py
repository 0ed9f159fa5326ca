"""The graph of a network: built from a layout, checked, printed."""

from tmvalite.graph.build import build_graph, build_graphs
from tmvalite.graph.chain import chain
from tmvalite.graph.check import check_batch_sizes, check_outputs, drop_rates, gives_constants, require_lowering
from tmvalite.graph.describe import describe, describe_all, layout_text
from tmvalite.graph.inputs import event_shape, input_shapes, stored_sizes, variables_of
from tmvalite.graph.ir import Graph, Node, Output, Value
from tmvalite.graph.rewrite import rewrite, without_last_activation

__all__ = [
    "Graph",
    "Node",
    "Output",
    "Value",
    "build_graph",
    "build_graphs",
    "chain",
    "check_batch_sizes",
    "check_outputs",
    "describe",
    "describe_all",
    "drop_rates",
    "event_shape",
    "gives_constants",
    "input_shapes",
    "layout_text",
    "require_lowering",
    "stored_sizes",
    "rewrite",
    "variables_of",
    "without_last_activation",
]

"""From the options and the names of the data to the network: graph, losses, output functions, dropout of every phase."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.graph import Graph, build_graph, input_shapes, require_lowering
from tmvalite.methods.dl_outputs import outputs_of
from tmvalite.training.losses import Objective
from tmvalite.training.network import Network


@dataclass(frozen=True)
class Blueprint:
    """All that decides what a network computes.

    graph : with the dropout of all phases together
    objectives : one per output
    dropout : per phase, rates by node name
    class_width : how many outputs belong to classes; targets follow
    """

    graph: Graph
    objectives: tuple[Objective, ...]
    dropout: tuple[dict[str, float], ...]
    class_width: int

    def network(self, *, precision: str, threads: int | None) -> Network:
        return Network(self.graph, precision=precision, losses=tuple(o.loss for o in self.objectives),
                       output_functions=tuple(o.function for o in self.objectives), threads=threads)


def make_blueprint(method, info: DataSetInfo) -> Blueprint:
    """The blueprint of a booked MethodDL for these variables, classes and targets.

    Raises
    ------
    OptionError, ShapeError
        With the place in the option string.
    """
    analysis, diagnostics = method.analysis_type, method.diagnostics
    n_classes = {"classification": 1, "multiclass": info.n_classes, "regression": 0}[analysis]
    inputs = input_shapes(method.input_layout, info.n_variables, diagnostics)

    def graph_with(drop) -> Graph:
        return build_graph(method.layout, inputs=inputs, n_variables=info.n_variables, n_outputs=n_classes or info.n_targets,
                           drop=drop, diagnostics=diagnostics)

    drops = [phase.drop_config for phase in method.phases]
    graphs = {drop: graph_with(drop) for drop in dict.fromkeys(drops)}
    union = tuple(max(rates) for rates in zip_longest(*drops, fillvalue=0.0))
    graph = graphs.get(union) or graph_with(union)
    dropping = [node.name for node in graph.nodes if node.drop > 0]
    rates = {drop: {node.name: node.drop for node in g.nodes} for drop, g in graphs.items()}
    dropout = tuple({name: rates[drop][name] for name in dropping} for drop in drops)
    require_lowering(graph)
    objectives, class_width = outputs_of(graph, analysis, n_classes=info.n_classes, n_targets=info.n_targets, bound=method.bound,
                                         diagnostics=diagnostics)
    return Blueprint(graph, objectives, dropout, class_width)


def target_matrix(blueprint: Blueprint, events: Events, targets: np.ndarray, info: DataSetInfo, analysis: str,
                  dtype) -> np.ndarray:
    """What the network learns, (N, n_outputs): 1 for signal, or a column per class, then the targets.

    Parameters
    ----------
    targets : (N, T)
        After the transformations.
    """
    width = blueprint.class_width
    n_outputs = sum(output.value.size for output in blueprint.graph.outputs)
    y = np.zeros((len(events), n_outputs), dtype)
    if analysis == "classification":  # with several outputs TMVA's columns: signal, background, nothing
        is_signal = events.class_index == info.signal_class
        y[:, 0] = is_signal
        if width > 1:
            y[:, 1] = ~is_signal
    elif analysis == "multiclass":
        y[np.arange(len(events)), events.class_index] = 1
    y[:, width:] = targets[:, : n_outputs - width]
    return y

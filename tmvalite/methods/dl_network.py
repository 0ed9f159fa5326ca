"""From the options and the names of the data to the network: graph, losses, output functions, dropout of every phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.graph import Graph, build_graph, input_shapes, require_lowering
from tmvalite.losses import Objective
from tmvalite.methods.dl_outputs import booked_loss, outputs_of
from tmvalite.methods.phase_dropout import graphs_for_phases
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
        return Network(
            self.graph,
            precision=precision,
            losses=tuple(o.loss for o in self.objectives),
            output_functions=tuple(o.function for o in self.objectives),
            threads=threads,
        )


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

    def graphs_with(drop) -> dict[str, Graph]:
        return {
            "": build_graph(
                method.layout,
                inputs=inputs,
                n_variables=info.n_variables,
                n_outputs=n_classes or info.n_targets,
                drop=drop,
                diagnostics=diagnostics,
            )
        }

    graphs, rates = graphs_for_phases(graphs_with, [phase.drop_config for phase in method.phases])
    graph = graphs[""]
    dropout = tuple({name: rate for (_, name), rate in of_phase.items()} for of_phase in rates)
    require_lowering(graph)
    objectives, class_width = outputs_of(
        graph,
        analysis,
        n_classes=info.n_classes,
        n_targets=info.n_targets,
        booked=booked_loss(method.bound),
        diagnostics=diagnostics,
    )
    return Blueprint(graph, objectives, dropout, class_width)


def target_matrix(
    blueprint: Blueprint, events: Events, targets: np.ndarray, info: DataSetInfo, analysis: str, dtype
) -> np.ndarray:
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

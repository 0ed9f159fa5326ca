"""What an option string means, before any data is there: options, inputs, layers, phases, warnings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import Any

from tmvalite.data.transforms import AVAILABLE
from tmvalite.errors import Diagnostics, OptionError, Span
from tmvalite.graph import (
    Graph,
    build_graph,
    build_graphs,
    check_batch_sizes,
    describe,
    drop_rates,
    input_shapes,
    variables_of,
    without_last_activation,
)
from tmvalite.graph.describe import rows
from tmvalite.layers.shapes import shape_text
from tmvalite.methods.batch_layout import check_batch_layout
from tmvalite.methods.booking import unnamed
from tmvalite.methods.dl_outputs import booked_loss, outputs_of
from tmvalite.methods.options import TABLES, remark_ignored
from tmvalite.string_utils import (
    TRANSFORM_NAMES,
    BoundOptions,
    parse_batch_layout,
    parse_input_layout,
    parse_layout,
    parse_strategy,
    parse_validation_size,
    parse_var_transform,
)
from tmvalite.string_utils.numbers import plain
from tmvalite.string_utils.phases import PhaseSettings, resolve_strategy
from tmvalite.string_utils.syntax import TransformList

ASSUMED_VARIABLES = 4  # when neither the string nor the user says how many


@dataclass(frozen=True)
class Report:
    """An option string understood.

    graphs : by block; "" for the one network of MethodDL
    n_variables : number of input variables, `assumed` if nobody said it
    phases : of the training; empty for MethodGAN, whose keys have prefixes
    """

    method: str
    analysis_type: str
    bound: BoundOptions
    n_variables: int
    assumed: bool
    graphs: dict[str, Graph]
    phases: tuple[PhaseSettings, ...]
    transforms: TransformList
    diagnostics: Diagnostics

    @property
    def unavailable(self) -> list[str]:
        """Kinds of layers and transformations that cannot be trained yet."""
        kinds = {node.layer.kind for graph in self.graphs.values() for node in graph.nodes if not hasattr(node.layer, "lower")}
        names = [item.name.text for item in self.transforms.items]
        later = [name for name in dict.fromkeys(names) if TRANSFORM_NAMES[name] not in (*AVAILABLE, "I")]
        return [*sorted(kinds), *(f"VarTransform={name}" for name in later)]

    def as_text(self) -> str:
        """For people: one section each for options, layers, training and warnings."""
        lines = [
            f"Method{self.method}, {self.analysis_type}, {self.n_variables} variables"
            + (" (assumed: give --variables or InputLayout)" if self.assumed else ""),
            "",
            "options",
        ]
        texts = list(self.bound.items())
        width = max(len(name) for name, _, _ in texts)
        lines += [f"  {name.ljust(width)}  {text}{'' if given else '  (default)'}" for name, text, given in texts]
        for name, graph in self.graphs.items():
            lines += ["", name or "layers", *("  " + line for line in describe(graph).splitlines())]
        if self.phases:
            lines += ["", "training"]
            lines += [f"  phase {i}: {_phase_text(phase)}" for i, phase in enumerate(self.phases, 1)]
        if self.unavailable:
            lines += ["", f"understood, but not yet available for training: {', '.join(self.unavailable)}"]
        warnings = self.diagnostics.warnings
        lines += ["", f"{len(warnings)} warning{'s' * (len(warnings) != 1)}" if warnings else "no warnings"]
        for warning in warnings:
            lines += ["  " + line for line in str(warning).splitlines()] + [""]
        return "\n".join(lines).rstrip()

    def as_json(self) -> dict[str, Any]:
        """The same for programs: plain values only. Spans count characters of the option string."""
        return {
            "method": self.method,
            "analysis_type": self.analysis_type,
            "variables": self.n_variables,
            "variables_assumed": self.assumed,
            "options": {name: {"value": self.bound.values[name], "set": given} for name, _, given in self.bound.items()},
            "networks": {name: _network_json(graph) for name, graph in self.graphs.items()},
            "phases": [
                {f.name: _plain_value(getattr(phase, f.name)) for f in dataclasses.fields(phase) if f.name != "written"}
                for phase in self.phases
            ],
            "unavailable": self.unavailable,
            "warnings": [
                {
                    "code": w.code,
                    "message": w.message,
                    "where": w.where,
                    "hint": w.hint,
                    "span": [w.span.start, w.span.stop] if w.span else None,
                }
                for w in self.diagnostics.warnings
            ],
        }


def understand(
    text: str,
    *,
    method: str = "DL",
    n_variables: int | None = None,
    n_classes: int | None = None,
    n_targets: int | None = None,
    diagnostics: Diagnostics | None = None,
) -> Report:
    """Read a booking string as far as one can without data.

    Parameters
    ----------
    method : str
        "DL", "DNN", "AE" or "GAN".
    n_variables : int, optional
        Needed where InputLayout does not say it; otherwise 4 are assumed.
    n_classes, n_targets : int, optional
        Make the analysis a multiclass one or a regression.

    Raises
    ------
    OptionError
        With the place.
    """
    diagnostics = Diagnostics() if diagnostics is None else diagnostics
    analysis_type = "multiclass" if n_classes else "regression" if n_targets else "classification"
    read = _autoencoder if method == "AE" else partial(_networks, method)
    with diagnostics.telling():
        return read(text, analysis_type, n_variables, n_classes, n_targets, diagnostics)


def _networks(
    method: str,
    text: str,
    analysis_type: str,
    n_variables: int | None,
    n_classes: int | None,
    n_targets: int | None,
    diagnostics: Diagnostics,
) -> Report:
    """MethodDL, MethodDNN and MethodGAN."""
    bound = TABLES[method].bind(text, diagnostics=diagnostics)
    n_outputs = n_classes or n_targets or 1
    remark_ignored(bound, diagnostics)
    transforms = parse_var_transform(*bound.place("VarTransform"), diagnostics)
    if "ValidationSize" in bound.table:
        parse_validation_size(*bound.place("ValidationSize"), diagnostics)
    phases = (
        () if method == "GAN" else resolve_strategy(parse_strategy(*bound.place("TrainingStrategy"), diagnostics), diagnostics)
    )
    shapes, stated = _inputs(bound, method, n_variables, diagnostics)
    assumed = n_variables is None and stated is None
    n_variables = n_variables or stated or ASSUMED_VARIABLES
    layout = parse_layout(*bound.place("Layout"), diagnostics)
    if method in ("DL", "DNN"):
        inputs = shapes[0] or (("input", (n_variables,)),)
        graph = build_graph(
            layout,
            inputs=inputs,
            n_variables=n_variables,
            n_outputs=n_outputs,
            diagnostics=diagnostics,
            drop=phases[0].drop_config if phases else (),
        )
        graph = without_last_activation(graph, diagnostics) if method == "DNN" else graph
        # the targets beside the classes are what the outputs behind the first one are for
        beside = n_targets or sum(output.value.size for output in graph.outputs[1:])
        outputs_of(
            graph, analysis_type, n_classes=n_classes or 2, n_targets=beside, booked=booked_loss(bound), diagnostics=diagnostics
        )
        graphs = {"": graph}
        check_batch_sizes(graph, [phase.batch_size for phase in phases])
    else:
        graphs = _two_networks(layout, shapes, n_variables, diagnostics)
    for phase in phases[1:]:
        drop_rates(tuple(graphs.values()), phase.drop_config, diagnostics)
    if method == "DL":
        source, span = bound.place("BatchLayout")
        shapes = [value.shape for value in next(iter(graphs.values())).inputs]
        check_batch_layout(
            parse_batch_layout(source, span, diagnostics),
            shapes,
            [phase.batch_size for phase in phases],
            source=source,
            span=span,
            phases=phases,
        )
    return Report(method, analysis_type, bound, n_variables, assumed, graphs, phases, transforms, diagnostics)


def _inputs(bound: BoundOptions, method: str, n_variables: int | None, diagnostics: Diagnostics):
    """Input shapes (one for each network, None where nothing is stated) and the number of variables they add up to."""
    if "InputLayout" not in bound.table:
        return [None, None], None
    source, span = bound.place("InputLayout")
    spans = [span]
    if method == "GAN":
        cut = source.text.find("##", span.start, span.stop)
        if cut >= 0:
            spans = [Span(span.start, cut), Span(cut + 2, span.stop)]
    found, stated = [], None
    for part in spans:
        layout = parse_input_layout(source, part, diagnostics)
        size = variables_of(layout)
        is_event = part is spans[-1]
        stated = size if is_event else stated
        known = (n_variables if is_event else None) or size
        found.append(input_shapes(layout, known, diagnostics) if known else None)
    return [*found, *found][:2] if len(spans) == 1 else found, stated


def _autoencoder(
    text: str, analysis_type: str, n_variables: int | None, n_classes: int | None, n_targets: int | None, diagnostics: Diagnostics
) -> Report:
    """MethodAE books itself; what depends on the data is said for the numbers given."""
    from tmvalite.methods.ae import MethodAE

    method = MethodAE.__new__(MethodAE)
    method._start(text, analysis_type, None, {}, diagnostics)
    stated = variables_of(method.input_layout)
    n = n_variables or stated or ASSUMED_VARIABLES
    blueprint = method.blueprint(unnamed(n, n_classes or 2, n_targets or 0))
    return Report(
        "AE",
        analysis_type,
        method.bound,
        n,
        n_variables is None and stated is None,
        dict(blueprint.blocks),
        method.phases,
        method.transforms,
        diagnostics,
    )


def _two_networks(layout, shapes, n_variables: int, diagnostics: Diagnostics) -> dict[str, Graph]:
    """The graphs of MethodGAN."""
    event = (("input", (n_variables,)),)
    if len(layout.parts) != 2:
        raise OptionError(
            "MethodGAN needs two networks",
            code="layout-blocks",
            source=layout.source,
            span=layout.span,
            where="Layout",
            expected="generator ## discriminator",
        )
    graphs = build_graphs(
        layout,
        inputs={"Generator": shapes[0] or event, "Discriminator": shapes[1] or event},
        n_variables=n_variables,
        n_outputs={"Generator": n_variables, "Discriminator": 1},
        diagnostics=diagnostics,
    )
    generated = graphs["Generator"].outputs[-1].value.size
    if generated != n_variables:
        last = graphs["Generator"].nodes[-1]
        raise OptionError(
            f"the generator gives {generated} values, but an event has {n_variables}",
            code="output-width",
            source=layout.source,
            span=last.span,
            where=last.place,
            hint=f"end with DENSE|{n_variables}|LINEAR",
        )
    return graphs


def _phase_text(phase: PhaseSettings) -> str:
    parts = [
        phase.optimizer,
        f"learning rate {plain(phase.learning_rate)}",
        f"batches of {phase.batch_size} events",
        f"at most {phase.max_epochs} epochs",
        f"stops after {phase.convergence_steps} epochs without improvement",
        "validates every epoch" if phase.test_repetitions == 1 else f"validates every {phase.test_repetitions} epochs",
    ]
    if phase.optimizer in ("SGD", "RMSPROP"):
        parts.append(f"momentum {plain(phase.momentum)}")
    if phase.regularization != "NONE" and phase.weight_decay:
        parts.append(f"{phase.regularization} with weight decay {plain(phase.weight_decay)}")
    if any(phase.drop_config):
        parts.append("drops " + "+".join(plain(p) for p in phase.drop_config))
    if phase.learning_rate_schedule != "CONSTANT":
        parts.append(f"schedule {phase.learning_rate_schedule}")
    return ", ".join(parts)


def _network_json(graph: Graph) -> dict[str, Any]:
    layers = [
        {
            "item": row.item,
            "name": row.name or None,
            "layer": row.layer,
            "reads": list(row.reads),
            "output": list(row.shape),
            "parameters": row.parameters,
            "drop": row.drop,
        }
        for row in rows(graph)
    ]
    return {
        "inputs": {value.name: list(value.shape) for value in graph.inputs},
        "layers": layers,
        "outputs": [{"shape": shape_text(o.value.shape), "loss": o.loss, "weight": o.weight} for o in graph.outputs],
        "parameters": sum(layer["parameters"] for layer in layers),
    }


def _plain_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

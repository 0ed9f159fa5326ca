"""What an option string means, before any data is there: its Booking and its Blueprint, printed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from tmvalite.errors import Diagnostics
from tmvalite.graph import Graph, describe
from tmvalite.graph.describe import rows
from tmvalite.layers.shapes import shape_text
from tmvalite.models.blueprint import Blueprint, blueprint
from tmvalite.models.booking import Booking, book, unnamed
from tmvalite.models.form import FORMS
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.string_utils import BoundOptions, PhaseSettings, Replicas
from tmvalite.string_utils.numbers import plain
from tmvalite.string_utils.replica_option import BOOTSTRAP, FOLDS, SEEDS
from tmvalite.wrapping import WIDTH, fitted, wrapped

ASSUMED_VARIABLES = 4  # when neither the string nor the user says how many


@dataclass(frozen=True)
class Understood:
    """An option string understood.

    n_variables : number of input variables, `assumed` if nobody said it
    """

    booking: Booking
    blueprint: Blueprint
    n_variables: int
    assumed: bool
    diagnostics: Diagnostics

    @property
    def bound(self) -> BoundOptions:
        return self.booking.bound

    @property
    def graphs(self) -> dict[str, Graph]:
        """By block; "" for the one network of MethodDL."""
        return dict(self.blueprint.blocks)

    @property
    def phases(self) -> tuple[PhaseSettings, ...]:
        """Of the training."""
        return self.booking.phases

    @property
    def unavailable(self) -> list[str]:
        """Kinds of layers that cannot be trained yet."""
        return sorted({node.layer.kind for graph in self.graphs.values() for node in graph.nodes if not node.layer.trainable})

    def as_text(self) -> str:
        """For people: one section each for options, layers, training and warnings."""
        assumed = " (assumed: give --variables or InputLayout)" if self.assumed else ""
        first = f"Method{self.booking.method}, {self.booking.analysis_type}, {self.n_variables} variables{assumed}"
        lines = [*wrapped(first), "", "options"]
        shown = self.booking.form.table  # without the many options that one of these opens
        texts = [(name, text, given) for name, text, given in self.bound.items() if given or name in shown]
        width = max(len(name) for name, _, _ in texts)
        for name, text, given in texts:
            lines += wrapped(f"{name.ljust(width)}  {text}{'' if given else '  (default)'}", 2, width + 4)
        for name, graph in self.graphs.items():
            lines += ["", name or "layers", *("  " + line for line in describe(graph, width=WIDTH - 2).splitlines())]
        if self.phases:
            lines += ["", "training"]
            for i, phase in enumerate(self.phases, 1):
                lines += wrapped(f"phase {i}: {_phase_text(phase)}", 2)
                for name, other in phase.others.items():
                    lines += wrapped(f"{name}: {_phase_text(other)}", 4)
            if not self.booking.replicas.plain:
                lines += wrapped(f"replicas: {_replicas_text(self.booking.replicas)}", 2)
        if self.unavailable:
            lines += ["", *wrapped(f"understood, but not yet available for training: {', '.join(self.unavailable)}")]
        warnings = self.diagnostics.warnings
        lines += ["", f"{len(warnings)} warning{'s' * (len(warnings) != 1)}" if warnings else "no warnings"]
        for warning in warnings:
            lines += ["  " + line for line in fitted(warning.text(WIDTH - 4), WIDTH - 2).splitlines()] + [""]
        return "\n".join(lines).rstrip()

    def as_json(self) -> dict[str, Any]:
        """The same for programs: plain values only. Spans count characters of the option string."""
        return {
            "method": self.booking.method,
            "analysis_type": self.booking.analysis_type,
            "variables": self.n_variables,
            "variables_assumed": self.assumed,
            "options": {name: {"value": self.bound.values[name], "set": given} for name, _, given in self.bound.items()},
            "networks": {name: _network_json(graph) for name, graph in self.graphs.items()},
            "phases": [
                _phase_json(phase)
                | ({"others": {name: _phase_json(o) for name, o in phase.others.items()}} if phase.others else {})
                for phase in self.phases
            ],
            "replicas": {"count": self.booking.replicas.count, "kind": self.booking.replicas.kind},
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
) -> Understood:
    """Read a booking string as far as one can without data.

    Parameters
    ----------
    method : str
        One of `models.form.FORMS`.
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
    with diagnostics.telling():
        booking = book(FORMS[method], text, analysis_type=analysis_type, diagnostics=diagnostics)
        known = n_variables or booking.n_variables
        n = known or ASSUMED_VARIABLES
        made = blueprint(booking, unnamed(n, n_classes or 2, n_targets or 0), diagnostics, guessed=True)
    return Understood(booking, made, n, known is None, diagnostics)


REPLICA_KINDS = {
    SEEDS: "with a RandomSeed of its own",
    BOOTSTRAP: "with a RandomSeed of its own, on as many events, drawn with replacement",
    FOLDS: "with a RandomSeed of its own, validated by a fold of the events that the others train on",
}


def _replicas_text(replicas: Replicas) -> str:
    return f"{replicas.count} trainings, each {REPLICA_KINDS[replicas.kind]}; the mean is the answer, the spread its error"


def _phase_text(phase: PhaseSettings) -> str:
    parts = [
        phase.optimizer,
        f"learning rate {plain(phase.learning_rate)}",
        f"batches of {phase.batch_size} events",
        f"at most {phase.max_epochs} epochs",
        f"stops after {phase.convergence_steps} epochs without improvement"
        + (f" by {100 * phase.least_improvement:g} %" if phase.least_improvement else ""),
        "validates every epoch" if phase.test_repetitions == 1 else f"validates every {phase.test_repetitions} epochs",
    ]
    numbers = OPTIMIZERS[phase.optimizer].numbers
    parts += [f"{number.name} {plain(getattr(phase, number.field))}" for number in numbers if number.shared_key]
    if phase.regularization != "NONE" and phase.weight_decay:
        parts.append(f"{phase.regularization} with weight decay {plain(phase.weight_decay)}")
    if any(phase.drop_config):
        parts.append("drops " + "+".join(plain(p) for p in phase.drop_config))
    if phase.learning_rate_schedule != "CONSTANT":
        parts.append(f"schedule {phase.learning_rate_schedule}")
    return ", ".join(parts)


def _phase_json(phase: PhaseSettings) -> dict[str, Any]:
    names = [f.name for f in dataclasses.fields(phase) if f.name not in ("written", "others")]
    return {name: _plain_value(getattr(phase, name)) for name in names}


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

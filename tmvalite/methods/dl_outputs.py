"""What the outputs of a network mean in an analysis: the loss and the function of each, and which of them belong to classes."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import Diagnostics, ShapeError, Span
from tmvalite.graph import Graph, check_outputs
from tmvalite.losses import Objective, objective, usual
from tmvalite.string_utils import BoundOptions


@dataclass(frozen=True)
class BookedLoss:
    """ErrorStrategy: its value, whether the user wrote it, and where."""

    strategy: str = "CROSSENTROPY"
    given: bool = False
    span: Span | None = None


def booked_loss(bound: BoundOptions) -> BookedLoss:
    """The ErrorStrategy of a booking string."""
    return BookedLoss(bound.values.ErrorStrategy, bound.is_set("ErrorStrategy"), bound.spans.get("ErrorStrategy"))


def outputs_of(
    graph: Graph, analysis: str, *, n_classes: int, n_targets: int, booked: BookedLoss, diagnostics: Diagnostics
) -> tuple[tuple[Objective, ...], int]:
    """The objective of every output, and how many output values belong to classes; targets follow.

    Parameters
    ----------
    analysis : str
        "classification", "regression" or "multiclass".
    n_classes, n_targets : int
        Of the data.
    booked : BookedLoss
        What trains an output that does not name its loss.

    Raises
    ------
    OptionError, ShapeError
        With the place in the option string.
    """
    objectives = _objectives(graph, analysis, booked, diagnostics)
    wanted = {"classification": 1, "multiclass": n_classes, "regression": 0}[analysis]
    return objectives, _class_width(graph, objectives, analysis, wanted, n_targets, diagnostics)


def _objectives(graph: Graph, analysis: str, booked: BookedLoss, diagnostics: Diagnostics) -> tuple[Objective, ...]:
    """The first output is that of the classes, if there are any; the others are trained like a regression."""
    found = []
    for position, output in enumerate(graph.outputs):
        of_classes = analysis != "regression" and position == 0
        if output.loss is not None:
            strategy, given, span = output.loss, True, output.span
        elif of_classes or analysis == "regression":
            strategy, given, span = booked.strategy, booked.given, booked.span
        else:
            strategy, given, span = usual("regression").strategy, False, None
        found.append(
            objective(
                analysis if of_classes else "regression",
                strategy,
                given=given,
                width=output.value.size,
                diagnostics=diagnostics,
                span=span,
            )
        )
    return tuple(found)


def _class_width(graph: Graph, objectives, analysis: str, wanted: int, n_targets: int, diagnostics: Diagnostics) -> int:
    """Output values that belong to classes, after the check that all outputs together fit classes and targets."""
    first = graph.outputs[0].value.size
    both = analysis == "classification" and first == 2 and objectives[0].declared.uses[analysis].per_class
    if len(graph.outputs) > 1 and analysis != "regression" and first != wanted and not both:
        meaning = f"the {wanted} classes" if analysis == "multiclass" else "signal and background, one value"
        raise ShapeError(
            f"the first output has {first} values, but it stands for {meaning}",
            code="output-width",
            source=graph.source,
            span=graph.outputs[0].span,
            where="Layout",
            hint=f"let the first OUTPUT read a layer of width {wanted}",
        )
    if not both:
        n_targets = n_targets if len(graph.outputs) > 1 or analysis == "regression" else 0
        check_outputs(graph, analysis, wanted + n_targets, diagnostics)
    return 0 if analysis == "regression" else first

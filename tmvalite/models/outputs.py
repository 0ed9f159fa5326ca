"""What the outputs of the networks are trained for: the loss and the function of each, and which of them belong to classes."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import Diagnostics, ShapeError, Span
from tmvalite.graph import Graph, check_outputs
from tmvalite.losses import Objective, objective, reconstruction, usual
from tmvalite.models.booking import Booking
from tmvalite.models.form import TRUTH, VARIABLES


@dataclass(frozen=True)
class BookedLoss:
    """ErrorStrategy: its value, whether the user wrote it, and where."""

    strategy: str = usual("classification").strategy
    given: bool = False
    span: Span | None = None


def objectives_of(
    booking: Booking, blocks: dict[str, Graph], info: DataSetInfo, diagnostics: Diagnostics, *, guessed: bool = False
) -> tuple[tuple[Objective, ...], int]:
    """One objective for every output of the joined network, and how many outputs of the block that learns the truth belong to
    classes; targets follow.

    Parameters
    ----------
    guessed : bool
        Nobody knows the data yet: targets beside the classes are whatever the outputs behind the first one are for.

    Raises
    ------
    OptionError, ShapeError
        With the place in the option string.
    """
    strategy, span, found, width = booking.values.ErrorStrategy, booking.span("ErrorStrategy"), [], 0
    for role in booking.form.roles:
        graph = blocks.get(role.name)
        if graph is None or not role.learns:
            continue
        if role.learns == VARIABLES:
            found += [reconstruction(o.loss or strategy, source=graph.source, span=o.span) for o in graph.outputs]
        elif role.learns == TRUTH:
            booked = BookedLoss(strategy, span is not None, span) if role.booked else BookedLoss()
            of_truth, width = _of_truth(booking.analysis_type, role.name, graph, info, booked, diagnostics, guessed)
            found += of_truth
        else:
            found += [booking.form.judges(booking) for _ in graph.outputs]
    return tuple(found), width


def _of_truth(
    analysis: str, name: str, graph: Graph, info: DataSetInfo, booked: BookedLoss, diagnostics: Diagnostics, guessed: bool
) -> tuple[tuple[Objective, ...], int]:
    """The objectives of the block `name`, which learns classes and targets, and how many of its outputs belong to classes."""
    n_targets = info.n_targets
    if guessed:
        n_targets = n_targets or sum(output.value.size for output in graph.outputs[1:])
    if name and analysis == "regression" and not n_targets:
        place = {"source": graph.source, "span": graph.outputs[-1].span, "where": f"Layout, {name}"}
        message = f"the {name} of a regression learns targets, and there are none"
        raise ShapeError(message, code="head-targets", **place, hint=f"give targets, or leave {name} out")
    objectives = _objectives(graph, analysis, booked, diagnostics)
    wanted = {"classification": 1, "multiclass": info.n_classes, "regression": 0}[analysis]
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
        kind, width = analysis if of_classes else "regression", output.value.size
        found.append(objective(kind, strategy, given=given, width=width, diagnostics=diagnostics, span=span))
    return tuple(found)


def _class_width(graph: Graph, objectives, analysis: str, wanted: int, n_targets: int, diagnostics: Diagnostics) -> int:
    """Output values that belong to classes, after the check that all outputs together fit classes and targets."""
    first = graph.outputs[0].value.size
    both = analysis == "classification" and first == 2 and objectives[0].declared.uses[analysis].per_class
    if len(graph.outputs) > 1 and analysis != "regression" and first != wanted and not both:
        meaning = f"the {wanted} classes" if analysis == "multiclass" else "signal and background, one value"
        place = {"source": graph.source, "span": graph.outputs[0].span, "where": "Layout"}
        message = f"the first output has {first} values, but it stands for {meaning}"
        raise ShapeError(message, code="output-width", **place, hint=f"let the first OUTPUT read a layer of width {wanted}")
    if not both:
        n_targets = n_targets if len(graph.outputs) > 1 or analysis == "regression" else 0
        check_outputs(graph, analysis, wanted + n_targets, diagnostics)
    return 0 if analysis == "regression" else first

"""What the user should be warned about after a training: nothing learnt, a dead network, classes that may be swapped."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from tmvalite.errors import TmvaliteWarning, quoted
from tmvalite.graph import Graph, Node, Output, gives_constants
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.trained import Trained
from tmvalite.models.weighting import roc_area
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.history import History

FEW_EPOCHS = 20
SIGNIFICANT, SOME = 3.0, 2.0  # standard deviations
NEARLY_ALL = 0.99  # of the events: a few far away may wake a dead unit
CONSTANT = 1e-6  # difference of values of order 1, or relative to larger ones, that is none
LOOKED_AT = 1000  # events, to see which layer is dead


def judged(trained: Trained, train: Sample, valid: Sample, history: History) -> list[TmvaliteWarning]:
    """What is worth a warning about a network that was trained on `train` and validated on `valid`."""
    if not history.epochs or any(map(gives_constants, trained.blocks.values())):
        return []  # the layout has said that already
    if history.best_epoch is None:
        message = "no epoch had a smaller validation error than the start; the weights of the last epoch are kept"
        found = [TmvaliteWarning(message, code="no-improvement", hint="try a smaller LearningRate, or more epochs")]
    else:
        found = []
    if not trained.form.roles[0].reads_event:
        return found
    values = trained.network.outputs(valid.x)
    dead = {}
    for block, columns in _learnt(trained):
        alike = _alike(values[:, columns])
        if alike.mean() >= NEARLY_ALL and not _excused(valid, columns, alike):
            dead[block] = alike
    if dead:
        return [*found, *(_constant(trained, block, valid.x, alike) for block, alike in dead.items())]
    return [*found, *_about_classes(trained, values, train, valid, history)]


def _learnt(trained: Trained) -> Iterator[tuple[str, slice]]:
    """Every block that learns from the events, and the columns of its outputs."""
    start = 0
    for role in trained.form.roles:
        if role.learns and role.name in trained.blocks:
            stop = start + sum(output.value.size for output in trained.blocks[role.name].outputs)
            if role.learns in (TRUTH, VARIABLES):
                yield role.name, slice(start, stop)
            start = stop


# ------------------------------------------------------------------------------------------- a network that is dead


def _alike(values: np.ndarray) -> np.ndarray:
    """(N,) bool: the events that have the value of most events in every output (N, outputs)."""
    usual = np.median(values, axis=0)
    return (np.abs(values - usual) <= CONSTANT * np.maximum(1.0, np.abs(usual))).all(axis=1)


def _excused(valid: Sample, columns: slice, alike: np.ndarray) -> bool:
    """Whether these events have nothing to tell them apart by, or nothing to learn."""
    return bool(_alike(valid.x)[alike].mean() >= NEARLY_ALL or _alike(valid.targets[:, columns])[alike].mean() >= NEARLY_ALL)


def _constant(trained: Trained, block: str, x: np.ndarray, alike: np.ndarray) -> TmvaliteWarning:
    what, n = f"the {block}" if block else "the network", int(alike.sum())
    events = f"all {n}" if n == len(alike) else f"{n} of {len(alike)}"
    message = f"{what} gives the same value for {events} validation events"
    found = _first_constant(trained, block, x[alike][:LOOKED_AT])
    hint = "try a smaller LearningRate, another RandomSeed, or VarTransform=N if the variables are large"
    if trained.latent == "KL":
        hint += "; a smaller KLWeight, if the code says nothing"
    if found is None:
        return TmvaliteWarning(message, code="output-constant", hint=hint)
    node, dead = found
    layer = "|".join([node.layer.kind, *node.layer.to_fields()])
    if dead:
        message += f": all units of {layer} are dead, they give 0"
        hint += "; LEAKYRELU and ELU do not die"
    else:
        message += f": all units of {layer} are saturated, each gives one value"
    return TmvaliteWarning(message, code="output-constant", where=node.place or None, hint=hint)


def _first_constant(trained: Trained, block: str, x: np.ndarray) -> tuple[Node, bool] | None:
    """The first activated layer before the outputs of a block none of whose units tells events apart, and whether all give 0."""
    graph = trained.network.graph
    for at, node in enumerate(graph.nodes):
        if node.layer.sink or node.block not in ("", block, trained.form.roles[0].name):
            continue
        if getattr(node.layer, "activation", "LINEAR") == "LINEAR":
            continue
        values = trained.network.part(_up_to(graph, at)).outputs(x)
        if _alike(values).all():
            return node, not values.any()
    return None


def _up_to(graph: Graph, at: int) -> Graph:
    return dataclasses.replace(graph, nodes=graph.nodes[: at + 1], outputs=(Output(graph.nodes[at].output),))


# ------------------------------------------------------------------------------------------- signal and background


def _about_classes(trained: Trained, values: np.ndarray, train: Sample, valid: Sample, history: History) -> list[TmvaliteWarning]:
    """Of a classification that does not tell its validation events apart: hardly trained, or classes swapped in one sample.

    Labels can only be seen to be swapped where they contradict each other: the network has learnt the training events and
    finds the validation events the other way round.
    """
    place = next((columns for block, columns in _learnt(trained) if block == trained.form.role(TRUTH)), None)
    if trained.analysis_type != "classification" or place is None:
        return []
    column = place.start
    area, error = roc_area(values[:, column], valid.targets[:, column] == 1, valid.weights)
    if not area < 0.5 + error:
        return []
    of_training = trained.network.outputs(train.x)[:, column]
    area_there, error_there = roc_area(of_training, train.targets[:, column] == 1, train.weights)
    info = trained.info
    if area_there > 0.5 + SIGNIFICANT * error_there:
        if not area < 0.5 - SIGNIFICANT * error:
            return []
        message = (
            f"the ROC area is {area_there:.3g} for the training events and {area:.3g} for the validation events, where "
            f"background scores above the signal, {quoted(info.classes[info.signal_class])}"
        )
        hint = "see whether signal and background are swapped in one of the two"
        return [TmvaliteWarning(message, code="roc-below-half", hint=hint)]
    if area_there > 0.5 + SOME * error_there:
        return []
    n = len(history.epochs)
    falls = history.best_epoch == n
    if not (falls and n <= FEW_EPOCHS or area < 0.5 - SIGNIFICANT * error):
        return []
    message = (
        f"the network is hardly trained: the ROC area of the validation events is {area:.3g}, by chance it is 0.5 +- {error:.2g}"
    )
    if falls:
        message += f"; after {n} epoch{'s' * (n != 1)} the loss is still falling"
    return [TmvaliteWarning(message, code="hardly-trained", hint="try more epochs, or a larger LearningRate")]

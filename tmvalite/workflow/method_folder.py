"""The folder of a method in the output file: where it was trained, how the training went, what its outputs are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import numpy as np

from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram, PointGraph, Profile
from tmvalite.workflow.class_histograms import class_histograms
from tmvalite.workflow.classifier_histograms import classifier_histograms
from tmvalite.workflow.deviation_histograms import deviation_histograms
from tmvalite.workflow.input_histograms import input_histograms
from tmvalite.workflow.results import MethodRecord

RESULTS = {"classification": classifier_histograms, "multiclass": class_histograms, "regression": deviation_histograms}
HISTORY = {"trainingError": "train_loss", "valError": "valid_loss"}  # by TMVA's names, columns of Method.history


def method_folder(record: MethodRecord) -> Iterator[tuple[str, Histogram | Profile | PointGraph | str]]:
    """(path, content) of everything in the folder of a tested method."""
    folder = root_names.method(record.data.info.name, record.method.method_type, record.title)
    yield f"{folder}/{root_names.TRAINING_PATH}", os.getcwd()
    yield f"{folder}/{root_names.WEIGHT_FILE}", record.weight_file
    for name, content in _contents(record):
        yield f"{folder}/{name}", content


def _contents(record: MethodRecord) -> Iterator[tuple[str, Histogram | Profile | PointGraph]]:
    yield from training_history(record.title, record.history)
    yield from RESULTS[record.kind](record)
    if record.chain is not None:
        yield from input_histograms(record.data.info, record.data.test, record.chain, "")


def training_history(title: str, history: Mapping[str, list]) -> Iterator[tuple[str, Histogram]]:
    """The losses by epoch, where each bin ends with the epoch that it is of."""
    for kind, column in HISTORY.items():
        losses, epochs = (np.asarray(history.get(name, ()), np.float64) for name in (column, "epoch"))
        made = np.isfinite(losses)
        if not made.any():
            continue
        name = root_names.history(title, kind)
        edges = np.concatenate([[0.5], epochs[made] + 0.5])
        axes = ("Training Step", "loss")
        yield name, Histogram(losses[made], (edges,), title=name, entries=float(made.sum()), double=True, axes=axes)

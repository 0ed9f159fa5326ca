"""The training of a MethodDL on a sample of events: split, transformations, weights, network, loop, and what is kept."""

from __future__ import annotations

import time

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import quoted
from tmvalite.methods import dl_file
from tmvalite.methods.dl_network import target_matrix
from tmvalite.methods.file_facts import interrupt_fact
from tmvalite.methods.model import Model
from tmvalite.methods.preparation import (
    check_call,
    check_classes,
    general_info,
    pass_on_interrupt,
    remark_outcome,
    split_events,
    usable_events,
    warn_of_data,
    with_ranges,
)
from tmvalite.methods.weighting import mean_one, roc_area
from tmvalite.training import streams
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Sample, Training


def train_model(
    method, events: Events, info: DataSetInfo, *, drawn: bool, labels: tuple, flat: bool, progress, write, on_interrupt: str
) -> None:
    """Train `method`, a MethodDL, and leave the model and the history in it; see `Method.fit` and `Method.train`."""
    progress = check_call(progress, write, on_interrupt)
    began = time.perf_counter()
    values, diagnostics = method.bound.values, method.diagnostics
    blueprint = method.blueprint(info)
    chain = TransformChain.build(method.transforms, info, diagnostics)
    diagnostics.issue()

    dtype, of_classes = np.dtype(values.Precision), method.analysis_type != "regression"
    events = usable_events(events, info, dtype, learns=method.analysis_type, ignore_negative=values.IgnoreNegWeightsInTraining)
    seed = values.RandomSeed or streams.drawn_seed()
    train_at, valid_at = split_events(method, events, seed, drawn=drawn, by_class=of_classes)
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    x = np.ascontiguousarray(chain.apply_variables(events.x), dtype) if chain.transforms_variables else events.x
    targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
    y = target_matrix(blueprint, events, targets, info, method.analysis_type, dtype)
    if of_classes:
        check_classes(events, info, train_at, valid_at)

    def sample(positions, what):
        weight = mean_one(events.weight[positions], what).astype(dtype)
        return Sample(np.ascontiguousarray(x[positions]), np.ascontiguousarray(y[positions]), weight)

    train, valid = sample(train_at, "training"), sample(valid_at, "validation")
    network = blueprint.network(precision=values.Precision, threads=values.Threads or None)
    initialise(network, values.WeightInitialization, seed)
    training = Training(
        network,
        train,
        valid,
        method.phases,
        dropout=blueprint.dropout,
        seed=seed,
        progress=progress,
        source=method.bound.place("TrainingStrategy")[0],
    )
    method._model, method._history = None, training.history

    def keep() -> None:
        model = Model(network, chain, with_ranges(info, events), method.analysis_type, labels, blueprint.class_width, flat)
        model.facts = general_info(
            method.analysis_type, len(events), time.perf_counter() - began - progress.compile_seconds, seed, info, labels
        )
        model.facts |= interrupt_fact(training.history)
        dl_file.describe_for_file(model, method, blueprint)
        method._model = model

    try:
        training.run()
    finally:  # also after an infinite loss, or an interrupt at the very end: what was learnt can be used
        if training.kept is not None:
            keep()
    remark_outcome(method, training)
    if method.is_trained and method.analysis_type == "classification":
        _check_separation(network, valid, info)
    pass_on_interrupt(method, training, on_interrupt)


def _check_separation(network, valid: Sample, info: DataSetInfo) -> None:
    """A signal that scores below the background, by more than chance, is most often a pair of swapped classes."""
    area, error = roc_area(network.outputs(valid.x)[:, 0], valid.targets[:, 0] == 1, valid.weights)
    if area + 2.0 * error < 0.5:
        warn_of_data(
            f"the ROC area of the validation events is {area:.3g}: background scores above the signal, "
            f"{quoted(info.classes[info.signal_class])}",
            "roc-below-half",
            "see whether signal and background are swapped",
        )

"""The training of a MethodDL on a sample of events: split, transformations, weights, network, loop, and what is kept."""

from __future__ import annotations

import dataclasses
import platform
import time

import numpy as np

from tmvalite.data.info import DataSetInfo, Events, VariableInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, OptionError, TmvaliteWarning, quoted, warn_user
from tmvalite.methods import dl_file
from tmvalite.methods.arrays import check_finite, finite_matrix
from tmvalite.methods.dl_network import target_matrix
from tmvalite.methods.model import Model
from tmvalite.methods.weighting import mean_one, roc_area
from tmvalite.training import streams
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Sample, Training
from tmvalite.training.progress import Progress, make_progress
from tmvalite.training.split import drawn_events, last_events, validation_count

ON_INTERRUPT = ("raise", "keep")


def train_model(method, events: Events, info: DataSetInfo, *, drawn: bool, labels: tuple, flat: bool, progress, write,
                on_interrupt: str) -> None:
    """Train `method`, a MethodDL, and leave the model and the history in it; see `Method.fit` and `Method.train`."""
    if on_interrupt not in ON_INTERRUPT:
        raise OptionError(f"on_interrupt={on_interrupt!r} is not known", code="on-interrupt", expected=ON_INTERRUPT)
    progress = progress if isinstance(progress, Progress) else make_progress(progress, write)
    began = time.perf_counter()
    values, diagnostics = method.bound.values, method.diagnostics
    blueprint = method.blueprint(info)
    chain = TransformChain.build(method.transforms, info, diagnostics)
    diagnostics.issue()

    dtype = np.dtype(values.Precision)
    events = _usable(events, info, method.analysis_type, dtype, values.IgnoreNegWeightsInTraining)
    seed = values.RandomSeed or streams.drawn_seed()
    train_at, valid_at = _split(method, events, seed, drawn)
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    x = np.ascontiguousarray(chain.apply_variables(events.x), dtype) if chain.transforms_variables else events.x
    targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
    y = target_matrix(blueprint, events, targets, info, method.analysis_type, dtype)
    _check_classes(events, info, method.analysis_type, train_at, valid_at)

    def sample(positions, what):
        weight = mean_one(events.weight[positions], what).astype(dtype)
        return Sample(np.ascontiguousarray(x[positions]), np.ascontiguousarray(y[positions]), weight)

    train, valid = sample(train_at, "training"), sample(valid_at, "validation")
    network = blueprint.network(precision=values.Precision, threads=values.Threads or None)
    initialise(network, values.WeightInitialization, seed)
    training = Training(network, train, valid, method.phases, dropout=blueprint.dropout, seed=seed, progress=progress,
                        source=method.bound.place("TrainingStrategy")[0])
    method._model, method._history = None, training.history

    def keep() -> None:
        model = Model(network, chain, _with_ranges(info, events), method.analysis_type, labels, blueprint.class_width, flat)
        model.facts = _facts(method.analysis_type, len(events), time.perf_counter() - began, seed, info, labels)
        dl_file.describe_for_file(model, method, blueprint)
        method._model = model

    if network.needs_compiling:
        progress.message("compiling the kernels for this machine, which takes some seconds the first time")
    try:
        training.run()
    finally:  # also after an infinite loss, or an interrupt at the very end: what was learnt can be used
        if training.kept is not None:
            keep()
    if method.is_trained:
        if training.history.best_epoch is None and not training.history.interrupted:
            _warn("no epoch had a smaller validation error than the start; the weights of the last epoch are kept",
                  "no-improvement", "try a smaller LearningRate, or more epochs")
        if method.analysis_type == "classification":
            _check_separation(network, valid, info)
    if training.history.interrupted and (on_interrupt == "raise" or not method.is_trained):
        raise KeyboardInterrupt


def _usable(events: Events, info: DataSetInfo, analysis: str, dtype, ignore_negative: bool) -> Events:
    """The events in the network's precision. Raises DataError where they cannot be trained."""
    n = len(events)
    if n < 2:
        raise DataError(f"a training needs at least 2 events, there {'is' if n == 1 else 'are'} {n}", code="data-few")
    if events.x.shape != (n, info.n_variables) or events.targets.shape != (n, info.n_targets):
        raise DataError(f"variables of shape {events.x.shape} and targets of shape {events.targets.shape} do not fit {n} events",
                        code="data-shape", expected=f"({n}, {info.n_variables}) and ({n}, {info.n_targets})")
    if analysis == "regression" and not info.n_targets:
        raise DataError("a regression needs a target", code="data-targets")
    if analysis == "classification" and info.n_classes != 2:
        raise DataError(f"a classification has two classes, the data have {info.n_classes}", code="data-classes",
                        expected="signal and background", hint='analysis_type="multiclass" takes more')
    x = finite_matrix(events.x, dtype, [v.label for v in info.variables])
    targets = finite_matrix(events.targets, dtype, [t.label for t in info.targets], "target")
    weight = np.asarray(events.weight, np.float64)
    check_finite(weight, "the weight")
    if ignore_negative:
        weight = np.maximum(weight, 0.0)
    return Events(x, targets, {}, weight, np.asarray(events.class_index), events.original_weight)


def _split(method, events: Events, seed: int, drawn: bool) -> tuple[np.ndarray, np.ndarray]:
    source, _ = method.bound.place("ValidationSize")
    count = validation_count(method.validation_size, len(events), source=source)
    if not drawn:
        return last_events(len(events), count)
    return drawn_events(None if method.analysis_type == "regression" else events.class_index, len(events), count, seed)


def _check_classes(events: Events, info: DataSetInfo, analysis: str, train_at, valid_at) -> None:
    """A class must train; one that does not validate is worth a warning."""
    if analysis == "regression":
        return
    for name, trains, validates in zip(info.classes, *(
        np.bincount(events.class_index[at], minlength=info.n_classes) for at in (train_at, valid_at)
    )):
        if trains == 0:
            raise DataError(f"none of the {len(train_at)} training events is of class {quoted(name)}; {validates} of it validate",
                            code="data-class-missing", hint="mix the classes (SplitMode=Random), or give more events")
        if validates == 0:
            _warn(f"no event of class {quoted(name)} is among the {len(valid_at)} validation events", "validation-class-missing",
                  "mix the classes (SplitMode=Random), or choose a larger ValidationSize")


def _check_separation(network, valid: Sample, info: DataSetInfo) -> None:
    """A signal that scores below the background, by more than chance, is most often a pair of swapped classes."""
    area, error = roc_area(network.outputs(valid.x)[:, 0], valid.targets[:, 0] == 1, valid.weights)
    if area + 2.0 * error < 0.5:
        _warn(f"the ROC area of the validation events is {area:.3g}: background scores above the signal, "
              f"{quoted(info.classes[info.signal_class])}", "roc-below-half", "see whether signal and background are swapped")


def _with_ranges(info: DataSetInfo, events: Events) -> DataSetInfo:
    """The ranges of variables and targets, where nobody filled them before."""
    def filled(infos: tuple[VariableInfo, ...], values: np.ndarray):
        return tuple(v if v.has_range else v.with_range(values[:, i].min(), values[:, i].max()) for i, v in enumerate(infos))

    return dataclasses.replace(info, variables=filled(info.variables, events.x), targets=filled(info.targets, events.targets))


def _facts(analysis: str, n_events: int, seconds: float, seed: int, info: DataSetInfo, labels: tuple) -> dict[str, str]:
    """GeneralInfo, in TMVA's order, then our own entries."""
    return {
        **dl_file.RELEASES,
        "Creator": "tmvalite",
        "Date": time.asctime(),
        "Host": platform.system(),
        "Dir": "",
        "Training events": str(n_events),
        "TrainingTime": f"{seconds:.8e}",
        "AnalysisType": analysis.capitalize(),
        **dl_file.own_facts(seed, info, labels),
    }


def _warn(message: str, code: str, hint: str) -> None:
    """A warning about data or outcome, which Strict does not turn into an error."""
    warn_user(TmvaliteWarning(message, code=code, hint=hint))

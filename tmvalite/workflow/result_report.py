"""What EvaluateAllMethods and TrainAllMethods print: rankings before training, result tables after testing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tmvalite.data.info import DataSet
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, Diagnostics
from tmvalite.evaluation import (
    Deviation,
    Efficiencies,
    correlation_matrix,
    cross_correlation,
    overlap_matrix,
    rank_classification,
    rank_regression,
    result_tables,
)
from tmvalite.evaluation.replica_tables import bands_table, deviations_table
from tmvalite.string_utils.syntax import TransformList
from tmvalite.workflow.log import Log
from tmvalite.workflow.results import MethodRecord

NAN = float("nan")


def print_transformed(log: Log, data: DataSet, items: TransformList) -> TransformChain:
    """Statistics of the training variables after the transformations of a list; returns the fitted chain."""
    events, diagnostics = data.train, Diagnostics(items.source)
    chain = TransformChain.build(items, data.info, diagnostics, "Transformations")
    diagnostics.issue()
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    for item in items.items:
        of = f"class {item.reference.text}" if item.reference else "all classes"
        Log("Factory", log.settings, data.info.name).header(f'Create Transformation "{item.name.text}" with events from {of}.')
    log.info()
    x = chain.apply_variables(events.x) if chain.transforms_variables else events.x
    table = result_tables.variable_statistics_table(_names(data), x, events.weight)
    Log("TFHandler_Factory", log.settings).titled(table)
    return chain


def _names(data: DataSet) -> list[str]:
    return [v.label if v.index is None else v.internal for v in data.info.variables]


def print_ranking(log: Log, data: DataSet, analysis_type: str) -> None:
    """The method-unspecific ranking of the training variables, as they are."""
    names, events = _names(data), data.train
    log.info("Ranking input variables (method unspecific)...")
    if analysis_type == "regression":
        several = len(data.info.targets) > 1
        rankings = [
            (f", target {result_tables.shortened(target.label)}" if several else "", ranking)
            for t, target in enumerate(data.info.targets)
            for ranking in rank_regression(events.x, events.targets[:, t], names, events.weight)
        ]
    else:
        integer = [v.type.startswith("I") for v in data.info.variables]
        signal = data.info.signal_class
        ranking = rank_classification(events.x, events.class_index, names, events.weight, signal=signal, integer=integer)
        rankings = [("", ranking)]
    head = Log("IdTransformation", log.settings)
    for of_target, ranking in rankings:
        first, *rest = result_tables.ranking_table(ranking)
        head.header(first + of_target)
        log.lines(rest)


def _or_nan(log: Log, what: str, compute: Callable, fallback):
    """A number, or `fallback` and an error line where the sample does not allow it (no test events of a class)."""
    try:
        return compute()
    except DataError as error:
        log.error(f"{what}: {error.message}")
        return fallback


def _no_efficiencies() -> Efficiencies:
    return Efficiencies(NAN, (NAN,) * 3, (NAN,) * 3)


def _falling(value: float) -> float:
    return -value if value == value else np.inf


def print_classification(log: Log, dataset: str, records: Sequence[MethodRecord]) -> None:
    """Tables A and B, best area on the test sample first."""
    rows = []
    for r in records:
        pair = [
            _or_nan(log, f"{r.title}, {name} sample", lambda r=r, name=name: r.efficiencies(name), _no_efficiencies())
            for name in ("test", "train")
        ]
        rows.append((r.title, *pair))
    rows.sort(key=lambda row: _falling(row[1].area))
    log.info()
    log.lines(result_tables.classification_area_table(dataset, [row[:2] for row in rows]))
    log.info()
    log.lines(result_tables.classification_overtraining_table(dataset, rows))
    log.info()


def print_regression(log: Log, dataset: str, records: Sequence[MethodRecord]) -> None:
    """The test and the training table of every target, in each the smallest RMS first."""
    names = {r.title: r.method.value_names(r.data.info) for r in records}
    targets = dict.fromkeys(name for of_method in names.values() for name in of_method)
    nothing = Deviation(*[NAN] * 11)
    for sample in ("test", "train"):

        def numbers(r: MethodRecord, t: int, sample=sample) -> Deviation:
            return _or_nan(log, f"{r.title}, {sample} sample", lambda: r.deviation(sample, t), nothing)

        groups = []
        for target in targets:
            rows = [(r.title, numbers(r, t)) for r in records for t, name in enumerate(names[r.title]) if name == target]
            groups.append((target, sorted(rows, key=lambda row: row[1].rms if row[1].rms == row[1].rms else np.inf)))
        log.info()
        log.lines(result_tables.regression_table(dataset, groups, training=sample == "train"))
    log.info()


def print_multiclass(log: Log, dataset: str, records: Sequence[MethodRecord]) -> None:
    """Each class against the rest, and the confusion matrices; test (train), where TMVA's matrices are exchanged."""
    classes = records[0].data.info.classes
    nothing = [_no_efficiencies()] * len(classes)
    rows = [
        (
            r.title,
            *(
                _or_nan(log, f"{r.title}, {name} sample", lambda r=r, name=name: r.class_efficiencies(name), nothing)
                for name in ("test", "train")
            ),
        )
        for r in records
    ]
    log.info()
    log.lines(result_tables.multiclass_table(dataset, classes, rows))
    log.info()
    log.lines(result_tables.confusion_tables(classes, [(r.title, r.confusions("test"), r.confusions("train")) for r in records]))
    log.info()


PRINTERS = {"classification": print_classification, "regression": print_regression, "multiclass": print_multiclass}


def print_replicas(log: Log, records: Sequence[MethodRecord]) -> None:
    """What the trainings of each method that has several say of the test sample."""
    several = [r for r in records if r.has_errors]
    if not several:
        return
    info, kind = several[0].data.info, several[0].analysis_type
    if kind == "regression":
        pairs = [(r, target, pair) for r in several for target, pair in zip(info.targets, r.replica_deviations(), strict=True)]
        table = deviations_table([(f"{r.title}, {target.label}", *pair) for r, target, pair in pairs])
    else:
        names = {
            r.title: [r.title] if kind == "classification" else [f"{r.title}, {name}" for name in info.classes] for r in several
        }
        table = bands_table([row for r in several for row in zip(names[r.title], r.replica_bands(), strict=True)])
    log.lines(table)
    log.info()


def print_correlations(log: Log, records: Sequence[MethodRecord]) -> None:
    """For signal and background: correlations of the outputs with each other and with the variables, and overlaps.

    Of a binary classification only, on the test sample; each method is cut where its signal efficiency equals its
    background rejection.
    """
    data = records[0].data
    titles = [r.title for r in records]
    labels = [v.label if v.index is None else v.internal for v in data.info.variables]
    outputs = np.stack([r.output("test") for r in records], axis=1)
    cuts = [r.roc("test").signal_equals_rejection()[0] for r in records] if len(records) > 1 else []
    signal = data.info.signal_class
    for index in (signal, 1 - signal):
        chosen, name = data.test.class_index == index, data.info.classes[index]
        x, weights = data.test.x, data.test.weight
        if len(records) > 1:
            log.info(f"Inter-MVA correlation matrix ({name}):")
            log.lines(result_tables.matrix_table(titles, correlation_matrix(outputs, weights, chosen)))
            log.info(f"Inter-MVA overlap matrix ({name}): share of events on which two methods agree")
            log.lines(result_tables.matrix_table(titles, overlap_matrix(outputs[chosen], cuts, weights[chosen])))
        log.info(f"Correlations between input variables and MVA response ({name}):")
        log.lines(result_tables.rectangle_table(labels, titles, cross_correlation(outputs, x, weights, chosen)))
        log.info()

"""From the declarations of a DataLoader to its data set, and what the log says about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.dataset import EventInput, TreeInput, build_dataset
from tmvalite.data.info import DataSet
from tmvalite.data.split import SplitOptions, read_split_options
from tmvalite.data.streaming.streamed_dataset import streamed_dataset
from tmvalite.errors import DataError, Diagnostics, OptionError
from tmvalite.evaluation import correlation_matrix, result_tables
from tmvalite.workflow.declarations import BACKGROUND, SIGNAL, Declarations
from tmvalite.workflow.log import Log, LogSettings

PRINTED_VARIABLES = 40  # a larger correlation matrix is not printed


def build(declared: Declarations, settings: LogSettings) -> DataSet:
    """Read, cut, split and normalise; warnings are issued, the numbers of events printed.

    Raises
    ------
    OptionError
        The options of PrepareTrainingAndTestTree cannot be understood.
    DataError
        The data cannot be used.
    """
    info, keywords = declared.info, dict(declared.split_keywords)
    diagnostics = Diagnostics(strict=bool(keywords.pop("Strict", False)))
    text = _for_every_class(declared.split_options, info.classes)
    split = read_split_options(text, info.classes, keywords, diagnostics)
    inputs = [TreeInput(t.tree, t.class_name, t.weight, t.sample, t.cut) for t in declared.trees]
    inputs += [EventInput(np.array(e.rows), e.class_name, np.array(e.weights), e.sample) for e in declared.event_lists]
    weights = class_weights(declared.weights, declared.common_weight, info.classes)
    given = {"cuts": declared.cuts, "weights": weights, "split": split, "diagnostics": diagnostics}
    data = streamed_dataset(info, inputs, **given) if split.streaming else None
    data = build_dataset(info, inputs, **given) if data is None else data
    diagnostics.issue()
    print_dataset(data, split, settings)
    return data


def check_in_memory(data: DataSet, what: str) -> None:
    """Raises OptionError where the events of a data set stay in their files."""
    if data.stream is not None:
        raise OptionError(
            f"{what} needs all events in memory, and data set '{data.info.name}' is streamed",
            code="stream-method",
            hint="leave Streaming out of PrepareTrainingAndTestTree, or take fewer events: nTrain_Signal=...",
        )


def class_weights(weights: dict[str, str], common: str, classes: Sequence[str]) -> dict[str, str]:
    """Weight expressions by class; `common` was given without a class and means Signal and Background.

    Raises
    ------
    DataError
        `common` would leave out a class. TMVA then adds classes Signal and Background that have no events.
    """
    if not common:
        return dict(weights)
    left_out = [name for name in classes if name not in (SIGNAL, BACKGROUND, *weights)]
    if left_out:
        raise DataError(
            f"the weight '{common}' was given without a class, which reaches Signal and Background but not {', '.join(left_out)}",
            code="weight-class",
            hint=f"call SetWeightExpression('{common}', '{left_out[0]}')",
        )
    return {**{name: common for name in (SIGNAL, BACKGROUND) if name in classes}, **weights}


def _for_every_class(options: str, classes: Sequence[str]) -> str:
    """Options with `{class}` in their name, written out for every class."""
    parts = []
    for part in options.split(":"):
        parts += [part.replace("{class}", name) for name in classes] if "{class}" in part else [part]
    return ":".join(parts)


def print_dataset(data: DataSet, split: SplitOptions, settings: LogSettings) -> None:
    """Classes, trees, numbers of events, weights, and the correlation matrices of the training sample."""
    info, report = data.info, data.report
    head = Log("DataSetInfo", settings, info.name)
    for name in info.classes:
        head.header(f'Added class "{name}"')
        for tree in report.trees:
            if tree.class_name == name:
                head.info(f"Add Tree {tree.name} of type {name} with {tree.n_entries} events")
    log = Log("DataSetFactory", settings, info.name)
    log.header("Number of events in input trees")
    log.info()
    log.lines(result_tables.event_count_table([(c.name, c.train.n, c.test.n) for c in report.classes]))
    log.info()
    log.lines(str(report).split("\n"))
    log.info()
    if data.stream is not None:
        log.info(f"Streaming: the training events are read from their files in every epoch, {split.memory} MB at a time")
        for name, events, there in (("training", data.train, "train"), ("test", data.test, "test")):
            n = sum(getattr(c, there).n for c in report.classes)
            what = f"all {n}" if n == len(events) else f"{len(events)} of {n}, drawn,"
            log.info(f"{what} {name} events are in memory, from which tables and histograms are made")
        log.info()
    if split.correlations and split.calc_correlations:
        _print_correlations(data, settings)


def _print_correlations(data: DataSet, settings: LogSettings) -> None:
    log, names = Log("DataSetInfo", settings), [v.label if v.index is None else v.internal for v in data.info.variables]
    if len(names) > PRINTED_VARIABLES:
        log.info(f"The correlation matrix of {len(names)} variables is not printed")
        return
    for index, name in enumerate(data.info.classes):
        chosen = data.train.class_index == index
        if chosen.any():
            log.header(f"Correlation matrix ({name}):")
            log.lines(result_tables.matrix_table(names, correlation_matrix(data.train.x, data.train.weight, chosen)))

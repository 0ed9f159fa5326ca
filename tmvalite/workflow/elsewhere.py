"""Networks of a Factory that an executor trains, each as one task, and what the Factory then does with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tmvalite.cluster import executor_of
from tmvalite.evaluation.result_tables import elapsed
from tmvalite.methods.base import Method
from tmvalite.workflow.log import Log
from tmvalite.workflow.part_training import Outcome, TrainingPart, train_parts
from tmvalite.workflow.results import MethodRecord
from tmvalite.workflow.training import keep


class Elsewhere:
    """The records that are trained elsewhere, and their outcomes in order."""

    def __init__(self, records: Sequence[MethodRecord], outcomes: Iterator[Outcome]):
        self._records, self._outcomes = list(records), outcomes

    def __contains__(self, record: MethodRecord) -> bool:
        return any(one is record for one in self._records)

    def next(self) -> Outcome:
        """That of the next record. Raises what its training raised."""
        return next(self._outcomes)


@contextlib.contextmanager
def trained_elsewhere(executor, records: Sequence[MethodRecord], progress: Callable[[MethodRecord], str]) -> Iterator[Elsewhere]:
    """Let an executor train the networks among records, one after the other by data set; nothing without an executor.

    Those that keep a checkpoint, or whose events stay in their files, are trained here.
    """
    if executor is None:
        yield Elsewhere((), iter(()))
        return
    networks = [record for record in records if _can_be_sent(record)]
    with executor_of(executor) as running, contextlib.ExitStack() as open_ones:

        def outcomes() -> Iterator[Outcome]:
            for data in {id(record.data): record.data for record in networks}.values():
                parts = [_part(record, progress(record)) for record in networks if record.data is data]
                yield from open_ones.enter_context(contextlib.closing(train_parts(running, parts, data.train, data.info)))

        yield Elsewhere(networks, outcomes())


def _can_be_sent(record: MethodRecord) -> bool:
    method = record.method
    return isinstance(method, Method) and record.data.stream is None and not method.bound.values.Checkpoint


def _part(record: MethodRecord, progress: str) -> TrainingPart:
    """The training of a method on all of the training sample, as a task."""
    everything, nothing = np.arange(len(record.data.train)), np.zeros(0, np.int64)
    return TrainingPart(record.title, record.method, everything, nothing, "table" if progress == "auto" else progress)


def take_over(log: Log, record: MethodRecord, outcome: Outcome, *, persist: bool) -> None:
    """What was trained elsewhere becomes the record's method; its weight file is written and read back."""
    log.header(f"Train method: {record.title} for {record.analysis_type.capitalize()}")
    log.info()
    for line in outcome.lines:
        log.plain(line)
    record.outputs.clear()
    record.method.take_training_of(outcome.method)
    record.train_seconds = outcome.seconds
    record.outputs["train"] = outcome.train_output
    n_events = len(record.data.train)
    log.info(f"Elapsed time for training with {n_events} events: {elapsed(record.train_seconds)}")
    keep(log, record, persist)

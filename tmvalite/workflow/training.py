"""One method from booked to trained: train, evaluate on the training sample, write the weight file, and read it back."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from tmvalite.errors import FileError
from tmvalite.evaluation.result_tables import elapsed
from tmvalite.io.atomic import make_folder
from tmvalite.models.checkpoint import PREVIOUS
from tmvalite.training.progress import make_progress
from tmvalite.workflow.log import Log
from tmvalite.workflow.results import MethodRecord

CHECKED_EVENTS = 100


def train_one(
    log: Log, record: MethodRecord, *, persist: bool, progress: str = "auto", resume: bool = False, workers=None
) -> None:
    """Train a booked method; `progress` is a mode of training.progress; `resume` its checkpoint, where there is one; `workers`
    do its training steps, where it is a network.

    Raises whatever its training raises, KeyboardInterrupt after what was learnt so far is written, and FileError if the
    weight file does not give the same values.
    """
    data, title = record.data, record.title
    events = data.train if data.stream is None else data.stream
    n_events = len(events)
    log.header(f"Train method: {title} for {record.analysis_type.capitalize()}")
    log.info()
    said = make_progress(progress, log.plain)
    begin = time.perf_counter()
    record.outputs.clear()
    try:
        begins: dict[str, Any] = _checkpoint_of(log, record) if resume else {}
        if workers is not None and hasattr(record.method.bound.values, "Shares"):
            begins["workers"] = workers
        record.method.train(events, data.info, progress=said, write=log.plain, **begins)
        record.train_seconds = time.perf_counter() - begin - said.compile_seconds
        log.info(f"Elapsed time for training with {n_events} events: {elapsed(record.train_seconds)}")
        begin = time.perf_counter()
        record.evaluate("train")
        n_events = len(data.train)
        Log(title, log.settings, data.info.name).header(f"Evaluation of {title} on training sample ({n_events} events)")
        log.info(f"Elapsed time for evaluation of {n_events} events: {elapsed(time.perf_counter() - begin)}")
    except KeyboardInterrupt:
        if not record.method.is_trained:
            log.info(f"Interrupted before '{title}' had learnt anything: no weight file is written")
            raise
        log.info(f"Interrupted: '{title}' keeps the best weights so far")
        keep(log, record, persist)
        raise
    keep(log, record, persist)


def _checkpoint_of(log: Log, record: MethodRecord) -> dict[str, str]:
    """The checkpoint that the method's training goes on from, if it has written one, as an argument."""
    path = getattr(record.method.bound.values, "Checkpoint", "")  # stand-ins have none
    if not path or not (os.path.exists(path) or os.path.exists(f"{path}{PREVIOUS}")):
        return {}
    log.info(f"'{record.title}' goes on from {path}")
    return {"resume": path}


def keep(log: Log, record: MethodRecord, persist: bool) -> None:
    """The method counts as trained; its weight file is written and read back."""
    record.trained = True
    if persist and record.method.writes_file:
        log.info(f"Creating xml weight file: {record.weight_file}")
        make_folder(os.path.dirname(record.weight_file))
        record.method.save(record.weight_file)
        check_weight_file(record)


def check_weight_file(record: MethodRecord) -> None:
    """Read the weight file back and compare its answers with the trained method's, bit for bit.

    TMVA replaces each method by its weight file before testing; here the two must be the same, or nothing is tested.
    """
    from tmvalite.methods import load

    x = record.inputs("train")[:CHECKED_EVENTS]
    values, again = record.values_of(record.method, x), record.values_of(load(record.weight_file), x)
    if not np.array_equal(again, values, equal_nan=True):
        raise FileError(
            f"the weight file '{record.weight_file}' does not give the values of the trained method",
            code="weight-file-differs",
            hint="this is a defect of tmvalite: please report it with the option string",
        )

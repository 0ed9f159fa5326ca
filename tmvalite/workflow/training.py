"""One method from booked to trained: train, evaluate on the training sample, write the weight file, and read it back."""

from __future__ import annotations

import os
import time

import numpy as np

from tmvalite.errors import FileError
from tmvalite.evaluation.tables import elapsed
from tmvalite.io.atomic import make_folder
from tmvalite.workflow.log import Log
from tmvalite.workflow.results import MethodRecord

CHECKED_EVENTS = 100


def train_one(log: Log, record: MethodRecord, *, persist: bool, progress: str = "auto") -> None:
    """Train a booked method; `progress` as for Method.train.

    Raises whatever its training raises, and FileError if the weight file does not give the same values.
    """
    data, title = record.data, record.title
    n_events = len(data.train)
    log.header(f"Train method: {title} for {record.analysis_type.capitalize()}")
    log.info()
    begin = time.perf_counter()
    record.outputs.clear()
    try:
        record.method.train(data.train, data.info, progress=progress, write=log.info)
    except KeyboardInterrupt:
        if record.method.is_trained:  # the old weight file stays: whether these weights replace it is for the user to say
            log.info(f"Interrupted; GetMethod('{data.info.name}', '{title}').save(file) writes the weights so far")
        raise
    log.info(f"Elapsed time for training with {n_events} events: {elapsed(time.perf_counter() - begin)}")
    begin = time.perf_counter()
    record.evaluate("train")
    record.trained = True
    Log(title, log.settings, data.info.name).header(f"Evaluation of {title} on training sample ({n_events} events)")
    log.info(f"Elapsed time for evaluation of {n_events} events: {elapsed(time.perf_counter() - begin)}")
    if persist:
        log.info(f"Creating xml weight file: {record.weight_file}")
        make_folder(os.path.dirname(record.weight_file))
        record.method.save(record.weight_file)
        check_weight_file(record)


def check_weight_file(record: MethodRecord) -> None:
    """Read the weight file back and compare its answers with the trained method's, bit for bit.

    TMVA replaces each method by its weight file before testing; here the two must be the same, or nothing is tested.
    """
    from tmvalite.methods import load

    again = load(record.weight_file)
    values = record.values_of(again, record.data.train.x[:CHECKED_EVENTS])
    if not np.array_equal(values, record.outputs["train"][:CHECKED_EVENTS], equal_nan=True):
        raise FileError(
            f"the weight file '{record.weight_file}' does not give the values of the trained method",
            code="weight-file-differs",
            hint="this is a defect of tmvalite: please report it with the option string",
        )

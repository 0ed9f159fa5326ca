"""What the weight files of all methods state beside the network: releases, seed, labels, options of ours."""

from __future__ import annotations

import json

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import FileError, quoted
from tmvalite.io.weight_file import WeightFile
from tmvalite.string_utils import OptionTable
from tmvalite.training.history import History
from tmvalite.training.losses import ANALYSIS_TYPES

# The versions whose schema is written; ROOT compares the numbers in brackets: major * 65536 + minor * 256 + patch.
RELEASES = {"TMVA Release": "4.2.1 [262657]", "ROOT Release": "6.32/04 [401412]"}
LABELS, SEED, OPTIONS, INTERRUPTED = "Class labels", "Random seed", "tmvalite options", "Training interrupted"


def own_facts(seed: int, info: DataSetInfo, labels: tuple) -> dict[str, str]:
    """Entries of GeneralInfo that are not TMVA's: the seed used, and what y called the classes if not by their names."""
    facts = {SEED: str(seed)}
    if labels and tuple(labels) != info.classes:
        facts[LABELS] = json.dumps(list(labels))
    return facts


def interrupt_fact(history: History) -> dict[str, str]:
    """The entry of GeneralInfo that says that a training was stopped by the user, and where; nothing for one that was not."""
    if not history.interrupted:
        return {}
    n = len(history.epochs)
    weights = "the last ones" if history.best_epoch is None else f"those of epoch {history.best_epoch}"
    return {INTERRUPTED: f"after {n} epoch{'s' * (n != 1)}; the weights are {weights}"}


def analysis_type_of(file: WeightFile) -> str:
    """Raises FileError unless it is one of the three."""
    analysis = file.analysis_type.lower()
    if analysis not in ANALYSIS_TYPES:
        raise FileError(
            f"the weight file states the analysis type {quoted(file.analysis_type)}",
            code="analysis-type",
            expected=ANALYSIS_TYPES,
        )
    return analysis


def option_text(file: WeightFile, table: OptionTable) -> str:
    """The options that the user of the training set, as a booking string."""
    own = file.info.get(OPTIONS, "").split(":") if file.info.get(OPTIONS) else []
    names = {piece.partition("=")[0] for piece in own}
    stated = [
        f"{o.name}={o.text.strip()}"
        for o in file.options
        if o.modified and o.name in table and o.name not in names and o.text.strip() and ":" not in o.text
    ]
    return ":".join([*stated, *own])


def labels_of(file: WeightFile, info: DataSetInfo) -> tuple:
    """What y called the classes: numbers stand in our own entry of GeneralInfo. Raises FileError."""
    text = file.info.get(LABELS)
    if text is None:
        return info.classes
    try:
        found = json.loads(text) if len(text) <= 100000 else None
    except (ValueError, RecursionError):
        found = None
    kinds = {type(value) for value in found} if isinstance(found, list) else set()
    if len(kinds) != 1 or not kinds <= {int, float, bool, str} or len(set(found)) != info.n_classes:
        raise FileError(
            f"the weight file has the class labels {quoted(text)}", code="labels", expected=f"{info.n_classes} names or numbers"
        )
    return tuple(found)

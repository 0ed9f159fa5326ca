"""The output ROOT file: TestTree and TrainTree of every data set, with the outputs of every method."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from tmvalite.workflow.log import Log, LogSettings
from tmvalite.workflow.results import MethodRecord

TREES = {"TestTree": "test", "TrainTree": "train"}


def as_target(target):
    """The Factory's target as a path or a writable file object; None and an empty path mean that no file is written."""
    if target is None or hasattr(target, "mktree"):
        return target
    if isinstance(target, os.PathLike):
        return os.fspath(target)
    name = target.GetName() if hasattr(target, "GetName") else target
    return str(name) or None


def tree_columns(records: Sequence[MethodRecord], sample: str) -> dict[str, object]:
    """The branches of TestTree or TrainTree, in TMVA's order (framework 3.9).

    Returns
    -------
    dict
        classID (N,) int32, className list of N str, variables, targets and spectators by internal name, weight, then one
        entry per method: (N,) float32 for a classification, a dict of (N,) float32 by class or target otherwise.
    """
    data, events = records[0].data, records[0].sample(sample)
    info = data.info
    columns: dict[str, object] = {
        "classID": events.class_index.astype(np.int32),
        "className": [info.classes[i] for i in events.class_index],
    }
    columns.update({v.internal: events.x[:, i] for i, v in enumerate(info.variables)})
    columns.update({v.internal: events.targets[:, i] for i, v in enumerate(info.targets)})
    columns.update({v.internal: events.spectators[v.internal] for v in info.spectators})
    columns["weight"] = events.weight.astype(np.float32)
    for record in records:
        output = np.asarray(record.outputs[sample] if sample in record.outputs else record.evaluate(sample))
        columns[record.title] = _leaves(record, output)
    return columns


def _leaves(record: MethodRecord, output: np.ndarray) -> np.ndarray | Mapping[str, np.ndarray]:
    if record.analysis_type == "classification":
        return output.astype(np.float32)
    info = record.data.info
    names = info.classes if record.analysis_type == "multiclass" else [v.internal for v in info.targets]
    return {name: output[:, i].astype(np.float32) for i, name in enumerate(names)}


def write_output(target, by_dataset: Mapping[str, Sequence[MethodRecord]], settings: LogSettings) -> None:
    """Write TestTree and TrainTree of every data set into `target`, a path or a writable file of uproot.

    Raises
    ------
    FileError
        The file cannot be written.
    MissingExtraError
        uproot is not installed.
    """
    from tmvalite.io.root_file import write_root_file

    folders = {
        name: {tree: tree_columns(records, sample) for tree, sample in TREES.items() if len(records[0].sample(sample))}
        for name, records in by_dataset.items()
    }
    write_root_file(target, folders)
    for name, records in by_dataset.items():
        log = Log(f"Dataset:{name}", settings)
        for tree in folders[name]:
            log.header(f"Created tree '{tree}' with {len(records[0].sample(TREES[tree]))} events")

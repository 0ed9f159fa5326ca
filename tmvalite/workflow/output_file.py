"""The output ROOT file of a Factory: what TMVA's macros draw of every data set and method, and the events with all outputs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from tmvalite.data.transforms import TransformChain
from tmvalite.errors import OptionError
from tmvalite.io import root_names
from tmvalite.io.open_root_file import OpenRootFile
from tmvalite.io.root_file import EventTree, RootFile
from tmvalite.workflow.input_histograms import correlation_matrices, input_histograms
from tmvalite.workflow.log import Log, LogSettings
from tmvalite.workflow.method_folder import method_folder
from tmvalite.workflow.results import MethodRecord

TREES = {"TestTree": "test", "TrainTree": "train"}


def as_target(target) -> str | None:
    """The Factory's target as a path; None and an empty path mean that no file is written.

    An open TFile takes what is written; anything else that has a name stands for the file of that name.

    Raises
    ------
    OptionError
        Something that is no path, such as a file that is open already: it would be written twice.
    """
    if target is None or isinstance(target, str):
        return target or None
    if isinstance(target, os.PathLike):
        return os.fspath(target)
    if hasattr(target, "IsWritable") and hasattr(target, "GetName"):
        return OpenRootFile(target)
    if hasattr(target, "GetName"):
        return str(target.GetName())
    raise OptionError(
        f"the output file is a {type(target).__name__}",
        code="target",
        expected="the path of a file, or None for no file",
        hint="write Factory(job, 'TMVA.root', options)",
    )


def event_tree(records: Sequence[MethodRecord], sample: str) -> EventTree:
    """The branches of TestTree or TrainTree, in TMVA's order (framework 3.9), the methods' outputs last."""
    data, events = records[0].data, records[0].sample(sample)
    info = data.info
    tree = EventTree.of_events(
        events.class_index,
        info.classes,
        {v.internal: events.x[:, i] for i, v in enumerate(info.variables)},
        {v.internal: events.targets[:, i] for i, v in enumerate(info.targets)},
        events.spectators,
        events.weight,
    )
    for record in records:
        output = np.asarray(record.outputs[sample] if sample in record.outputs else record.evaluate(sample))
        tree.add_output(record.title, output, record.method.value_names(info))
        if record.densities is not None:
            tree.add(f"prob_{record.title}", record.densities.probability(output).astype(np.float32))
    return tree


def _contents(records: Sequence[MethodRecord], chains: Sequence[TransformChain]):
    """(path, content) of everything but the trees of one data set."""
    info, train = records[0].data.info, records[0].data.train
    yield from correlation_matrices(info, train, records[0].analysis_type)
    met: Counter[str] = Counter()
    for chain in chains:
        folder = root_names.input_folder(info.name, chain.short_name, met[chain.short_name])
        met[chain.short_name] += 1
        for name, content in input_histograms(info, train, chain, chain.short_name):
            yield f"{folder}/{name}", content
    for record in records:
        yield from method_folder(record)


def _trees(dataset: str, records: Sequence[MethodRecord]):
    """(path, tree) of the samples that have events, each made when the one before is written."""
    for sample in TREES.values():
        if len(records[0].sample(sample)):
            yield root_names.tree(dataset, sample == "test"), event_tree(records, sample)


def write_output(
    path: str,
    by_dataset: Mapping[str, Sequence[MethodRecord]],
    chains: Mapping[str, Sequence[TransformChain]],
    settings: LogSettings,
) -> None:
    """Write correlations, input variables, methods and trees of every data set into a new file, whole or not at all.

    `chains`: those of the Factory's Transformations by data set, fitted; each gives a folder InputVariables_<chain>.

    Raises
    ------
    FileError
        The file cannot be written.
    MissingExtraError
        uproot is not installed.
    """
    file = RootFile(path)
    for name, records in by_dataset.items():
        file.add_made(partial(_contents, records, chains.get(name, ())))
        file.add_made(partial(_trees, name, records))
    file.write()
    for name, records in by_dataset.items():
        log = Log(f"Dataset:{name}", settings)
        for tree, sample in TREES.items():
            if len(records[0].sample(sample)):
                log.header(f"Created tree '{tree}' with {len(records[0].sample(sample))} events")
                log.info()

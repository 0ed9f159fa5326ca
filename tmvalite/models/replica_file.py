"""The replicas of a model as records of its weight file, and back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from tmvalite.errors import FileError
from tmvalite.graph import Graph
from tmvalite.io.weight_file import ReplicaRecord, ReplicasRecord
from tmvalite.models.blueprint import node_name
from tmvalite.models.form import Form
from tmvalite.models.replica_set import ReplicaSet
from tmvalite.training.parameters import Parameters, aligned


def replicas_record(replicas: ReplicaSet, blocks: Mapping[str, Graph], parameters: Parameters) -> ReplicasRecord:
    """The record; the first replica's numbers are those of the blocks, and are not written twice."""
    found = []
    for number, (seed, loss, epochs, numbers) in enumerate(
        zip(replicas.seeds, replicas.losses, replicas.epochs, replicas.parameters, strict=True)
    ):
        own = parameters.over(numbers)
        parts = [own.get(*place).ravel() for place in _places(blocks)] if number else [np.empty(0, numbers.dtype)]
        found.append(ReplicaRecord(seed, epochs, None if math.isnan(loss) else loss, np.concatenate(parts)))
    return ReplicasRecord(replicas.kind, found)


def replica_set(record: ReplicasRecord, form: Form, blocks: Mapping[str, Graph], parameters: Parameters) -> ReplicaSet:
    """What the record says; `parameters` are those of the first replica. Raises FileError for a method that has no replicas."""
    if "Replicas" not in form.table:
        message = f"the weight file of a Method{form.name} has replicas, which this method cannot have"
        raise FileError(message, code="network-settings")
    found = []
    for number, one in enumerate(record.replicas):
        other = parameters.over(aligned(len(parameters.flat), parameters.flat.dtype))
        if not number:
            other.flat[:] = parameters.flat
        start = 0
        for node, name in _places(blocks) if number else ():
            shape = other.slot(node, name).shape
            other.set(node, name, one.numbers[start : start + math.prod(shape)].reshape(shape))
            start += math.prod(shape)
        found.append(other.flat)
    losses = tuple(math.nan if one.loss is None else one.loss for one in record.replicas)
    seeds, epochs = (tuple(getattr(one, name) for one in record.replicas) for name in ("seed", "epochs"))
    return ReplicaSet(record.kind, seeds, losses, epochs, tuple(found))


def _places(blocks: Mapping[str, Graph]) -> Iterator[tuple[str, str]]:
    """Node and name of every matrix in the order of the file."""
    for block, graph in blocks.items():
        for node in graph.nodes:
            for parameter in node.parameters:
                yield node_name(block, node.name), parameter.name

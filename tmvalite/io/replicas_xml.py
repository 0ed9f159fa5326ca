"""The Replicas element of a Network: the numbers of further trainings of the same layers.

The parameters of the blocks are those of the first replica, whose own element holds none. The others have all numbers of
all Parameter elements, in the order of the file, one matrix after the other, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.io.layers_xml import DIGITS
from tmvalite.io.number_text import parse_parameters
from tmvalite.io.weight_file import BlockRecord, ReplicaRecord, ReplicasRecord
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter
from tmvalite.string_utils.replica_option import KINDS


def read_replicas(element: XmlElement, blocks: Sequence[BlockRecord], dtype: np.dtype) -> ReplicasRecord:
    """The record. Raises FileError where the numbers are not as many as those of the blocks."""
    element.check_attributes(("Kind", "NReplicas"))
    element.check_children(("Replica",))
    element.check_empty_text()
    element.check_count("NReplicas", len(element.children), "Replica elements")
    if not element.children:
        raise element.error("Replicas has no Replica", code="xml-missing")
    count = sum(array.size for block in blocks for node in block.nodes for _, array in node.parameters)
    found = [_read_replica(child, 0 if i == 0 else count, dtype) for i, child in enumerate(element.children)]
    return ReplicasRecord(element.choice("Kind", KINDS), found)


def _read_replica(element: XmlElement, count: int, dtype: np.dtype) -> ReplicaRecord:
    element.check_attributes(("Seed", "Epochs", "ValidationError", "NNumbers"))
    element.check_children(())
    stated = element.integer("NNumbers", 0)
    if stated != count:
        message = f"this Replica has {stated} numbers, but its blocks have {count}" if count else "the first Replica has numbers"
        raise element.error(message, code="xml-count", expected=f"NNumbers={count}")
    numbers = parse_parameters(element, 1, count, dtype)[0] if count else np.empty(0, dtype)
    loss = element.string("ValidationError")
    seed, epochs = element.integer("Seed", 1, 2**32 - 1), element.integer("Epochs", 1)
    return ReplicaRecord(seed, epochs, element.number("ValidationError") if loss else None, numbers)


def write_replicas(writer: XmlWriter, replicas: ReplicasRecord, precision: str) -> None:
    """The element. Raises FileError for numbers that are not finite."""
    with writer.element("Replicas", {"Kind": replicas.kind, "NReplicas": len(replicas.replicas)}):
        for one in replicas.replicas:
            values = one.numbers.astype(precision)
            loss = "" if one.loss is None else float(one.loss)
            sizes = {"Seed": one.seed, "Epochs": one.epochs, "ValidationError": loss, "NNumbers": values.size}
            if values.size:
                writer.numbers("Replica", sizes, values, DIGITS[values.dtype], 1)
            else:
                writer.empty("Replica", sizes)

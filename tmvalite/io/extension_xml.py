"""The Network element: networks that ROOT cannot run. Its schema is described in docs/weights-file.md.

It stands in the place of Weights, so that ROOT refuses the file instead of misreading it.
"""

from __future__ import annotations

import re

import numpy as np

from tmvalite.constants import PRECISIONS
from tmvalite.errors import FileError, quoted
from tmvalite.io.layers_xml import DIGITS
from tmvalite.io.number_text import parse_parameters
from tmvalite.io.replicas_xml import read_replicas, write_replicas
from tmvalite.io.weight_file import BlockRecord, NetworkRecord, NodeRecord, OutputRecord
from tmvalite.io.xml_element import MAX_INT, XmlElement
from tmvalite.io.xml_writer import XmlWriter

VERSION = 1
WHOLE_EVENT = "input"  # a source that means everything a block reads, also where its inputs have other names

_NAME = re.compile(r"[^\s+@,{}|=]+")
_SHAPE = re.compile(r"[0-9]{1,10}(\|[0-9]{1,10})*")


def read_network(section: XmlElement) -> NetworkRecord:
    """The extension. Raises FileError for forward or unknown sources, repeated names, sizes that cannot be."""
    version = section.integer("Version", 1)
    if version != VERSION:
        raise section.error(
            f"Network has version {version}, which is newer than this tmvalite",
            code="file-version",
            expected=f"version {VERSION}",
            hint="pip install -U tmvalite",
        )
    section.check_attributes(("Version", "Precision", "NSettings", "NBlocks"))
    section.check_children(("Setting", "Block", "Replicas"))
    section.check_empty_text()
    network = NetworkRecord([], section.choice("Precision", PRECISIONS))
    replicas = section.optional_child("Replicas")
    for child in section.children:
        if child is replicas:
            continue
        if child.tag == "Block":
            block = _read_block(child, np.dtype(network.precision))
            if any(block.name == other.name for other in network.blocks):
                raise child.error(f"Network has the block {quoted(block.name)} twice", code="xml-duplicate")
            network.blocks.append(block)
            continue
        child.check_attributes(("Name", "Value"))
        child.check_children(())
        child.check_empty_text()
        if child.string("Name") in network.settings:
            raise child.error(f"Network has the setting {quoted(child.string('Name'))} twice", code="xml-duplicate")
        network.settings[child.string("Name")] = child.string("Value")
    if not network.blocks:
        raise section.error("Network has no Block", code="xml-missing")
    section.check_count("NBlocks", len(network.blocks), "Block elements")
    section.check_count("NSettings", len(network.settings), "Setting elements")
    if replicas is not None:
        network.replicas = read_replicas(replicas, network.blocks, np.dtype(network.precision))
    return network


def _read_block(element: XmlElement, dtype: np.dtype) -> BlockRecord:
    element.check_attributes(("Name", "NInputs", "NLayers", "NOutputs"))
    element.check_children(("Input", "Layer", "Output"))
    element.check_empty_text()
    if element.string("Name"):
        _read_name(element)
    block = BlockRecord(element.string("Name"), [], [], [])
    known: set[str] = {WHOLE_EVENT}
    stage = 0  # inputs, then layers, then outputs
    for child in element.children:
        position = ("Input", "Layer", "Output").index(child.tag)
        if position < stage:
            raise child.error(
                f"{child.tag} stands behind a later part of its Block",
                code="xml-order",
                expected="first every Input, then every Layer, then every Output",
            )
        stage = position
        if child.tag == "Input":
            child.check_attributes(("Name", "Shape"))
            child.check_children(())
            child.check_empty_text()
            name = _new_name(child, known - {WHOLE_EVENT})
            block.inputs.append((name, _read_shape(child)))
        elif child.tag == "Layer":
            block.nodes.append(_read_node(child, known, dtype))
            name = block.nodes[-1].name
        else:
            block.outputs.append(_read_output(child, known))
            continue
        known.add(name)
    for attribute, found, tag in (
        ("NInputs", block.inputs, "Input"),
        ("NLayers", block.nodes, "Layer"),
        ("NOutputs", block.outputs, "Output"),
    ):
        element.check_count(attribute, len(found), f"{tag} elements")
        if not found:
            raise element.error(f"Block has no {tag}", code="xml-missing")
    return block


def _read_node(element: XmlElement, known: set[str], dtype: np.dtype) -> NodeRecord:
    element.check_attributes(("Name", "Index", "Fields", "Sources", "Shape", "NParameters"))
    element.check_children(("Parameter",))
    element.check_empty_text()
    name = _new_name(element, known)
    fields = element.string("Fields")
    if not fields.strip():
        raise element.error("Layer has empty Fields", code="xml-value", expected="a layer as in a layout, such as DENSE|8|RELU")
    sources = tuple(element.string("Sources").split("+"))
    for source in sources:
        _check_source(element, source, known)
    node = NodeRecord(name, fields, sources, _read_shape(element), index=element.integer("Index", 0))
    element.check_count("NParameters", len(element.children), "Parameter elements")
    for child in element.children:
        child.check_attributes(("Name", "Rows", "Columns"))
        child.check_children(())
        parameter = child.string("Name")
        if any(parameter == other for other, _ in node.parameters):
            raise child.error(f"Layer has the parameter {quoted(parameter)} twice", code="xml-duplicate")
        rows, columns = child.integer("Rows", 1), child.integer("Columns", 1)
        node.parameters.append((parameter, parse_parameters(child, rows, columns, dtype)))
    return node


def _read_output(element: XmlElement, known: set[str]) -> OutputRecord:
    element.check_attributes(("Source", "Loss", "Weight"))
    element.check_children(())
    element.check_empty_text()
    _check_source(element, element.string("Source"), known)
    return OutputRecord(element.string("Source"), element.string("Loss"), element.number("Weight"))


def _check_source(element: XmlElement, source: str, known: set[str]) -> None:
    if source not in known:
        raise element.error(
            f"{element.tag} reads {quoted(source)}, which is no input and no layer before it", code="network-source"
        )


def _new_name(element: XmlElement, known: set[str]) -> str:
    name = _read_name(element)
    if name in known:
        raise element.error(f"the name {quoted(name)} is there twice", code="xml-duplicate")
    return name


def _read_name(element: XmlElement) -> str:
    name = element.string("Name")
    if not _NAME.fullmatch(name):
        raise element.error(
            f"{element.tag} has Name={quoted(name)}", code="xml-value", expected="a name without blanks and + @ , { } | ="
        )
    return name


def _read_shape(element: XmlElement) -> tuple[int, ...]:
    """Sizes joined by |; their product is the number of values of one event."""
    text = element.string("Shape")
    shape = tuple(int(size) for size in text.split("|")) if _SHAPE.fullmatch(text) else (0,)
    total = 1
    for size in shape:
        total *= size
    if not 1 <= total <= MAX_INT:
        raise element.error(
            f"{element.tag} has Shape={quoted(text)}",
            code="xml-value",
            expected=f"whole numbers joined by |, their product from 1 to {MAX_INT}",
        )
    return shape


# ---- writing


def write_network(writer: XmlWriter, network: NetworkRecord) -> None:
    """Raises FileError for names that the file cannot hold; sources are checked on reading."""
    counts = {"NSettings": len(network.settings), "NBlocks": len(network.blocks)}
    with writer.element("Network", {"Version": VERSION, "Precision": network.precision} | counts):
        for name, value in network.settings.items():
            writer.empty("Setting", {"Name": name, "Value": value})
        for block in network.blocks:
            counts = {"NInputs": len(block.inputs), "NLayers": len(block.nodes), "NOutputs": len(block.outputs)}
            with writer.element("Block", {"Name": block.name} | counts):
                _write_block(writer, block, network.precision)
        if network.replicas is not None:
            write_replicas(writer, network.replicas, network.precision)


def _write_block(writer: XmlWriter, block: BlockRecord, precision: str) -> None:
    for name, shape in block.inputs:
        writer.empty("Input", {"Name": _checked(name), "Shape": _shape_text(shape)})
    for node in block.nodes:
        attributes = {
            "Name": _checked(node.name),
            "Index": node.index,
            "Fields": node.fields,
            "Sources": "+".join(node.sources),
            "Shape": _shape_text(node.shape),
            "NParameters": len(node.parameters),
        }
        with writer.element("Layer", attributes, content=bool(node.parameters)):
            for name, array in node.parameters:
                sizes = {"Name": name, "Rows": array.shape[0], "Columns": array.shape[1]}
                values = array.astype(precision)
                writer.numbers("Parameter", sizes, values, DIGITS[values.dtype], 2)
    for output in block.outputs:
        writer.empty("Output", {"Source": output.source, "Loss": output.loss, "Weight": float(output.weight)})


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FileError(
            f"the weight file cannot hold the name {quoted(name)}",
            code="file-content",
            expected="a name without blanks and + @ , { } | =",
        )
    return name


def _shape_text(shape: tuple[int, ...]) -> str:
    return "|".join(str(size) for size in shape)

"""Transformations: Normalize, Decorrelation, PCA and Gauss, as records that a method may accept or refuse by name.

There is one set of parameters for a single class, otherwise one for every class and a last one for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tmvalite.data.transforms.base import SelectionRecord, TransformRecord
from tmvalite.errors import FileError, did_you_mean, quoted
from tmvalite.io.number_text import parse_numbers
from tmvalite.io.pdf_xml import read_pdf, write_pdf
from tmvalite.io.sections_xml import check_position
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter

_TYPES = ("Variable", "Target", "Spectator")
# Ours: the class of N_Signal. ROOT does not store it, ignores it here, and evaluates with all classes together.
_REFERENCE = "ReferenceClass"


def n_sets(n_classes: int) -> int:
    """Number of parameter sets of a transformation in a data set of so many classes."""
    return 1 if n_classes <= 1 else n_classes + 1


def read_transforms(section: XmlElement, classes: Sequence[str]) -> list[TransformRecord]:
    """All transformations in the order applied; a name that TMVA does not write is an error."""
    section.check_attributes(("NTransformations",))
    return [_read_transform(child, classes) for child in section.only_children("Transform", "NTransformations")]


def write_transforms(writer: XmlWriter, transforms: list[TransformRecord]) -> None:
    with writer.element("Transformations", {"NTransformations": len(transforms)}, content=bool(transforms)):
        for transform in transforms:
            if transform.name not in _FORMS:
                raise FileError(
                    f"the weight file has no transformation {quoted(transform.name)}", code="file-content", expected=tuple(_FORMS)
                )
            attributes = {"Name": transform.name}
            if transform.name == "Gauss":
                attributes["FlatOrGauss"] = transform.parameters["shape"]
            elif transform.parameters.get("reference"):
                attributes[_REFERENCE] = transform.parameters["reference"]
            with writer.element("Transform", attributes):
                _write_selection(writer, transform)
                _FORMS[transform.name][1](writer, transform)


def _read_transform(element: XmlElement, classes: Sequence[str]) -> TransformRecord:
    name = element.string("Name")
    if name not in _FORMS:
        raise element.error(
            f"the transformation {quoted(name)} is not known",
            code="xml-unknown",
            expected=tuple(_FORMS),
            hint=did_you_mean(name, _FORMS),
        )
    element.check_empty_text()
    if element.optional_child("Selection") is None:
        raise element.error(
            f"{name} has no element Selection",
            code="xml-missing",
            hint="the old form of a transformation, without one, is not read",
        )
    element.check_attributes(("Name", "FlatOrGauss") if name == "Gauss" else ("Name",), () if name == "Gauss" else (_REFERENCE,))
    selection = element.child("Selection")
    selection.check_attributes(())
    selection.check_children(("Input", "Output"))
    selection.check_empty_text()
    record = TransformRecord(
        name, _read_selection(selection.child("Input"), "NInputs"), _read_selection(selection.child("Output"), "NOutputs"), {}
    )
    record.parameters = _FORMS[name][0](element, len(record.inputs), n_sets(len(classes)))
    if _REFERENCE in element.attributes:
        record.parameters["reference"] = element.choice(_REFERENCE, classes)
    return record


def _read_selection(element: XmlElement, count: str) -> list[SelectionRecord]:
    element.check_attributes((count,))
    entries = []
    for child in element.only_children(element.tag, count):
        child.check_attributes(("Type", "Label", "Expression"))
        child.check_children(())
        child.check_empty_text()
        entries.append(SelectionRecord(child.choice("Type", _TYPES), child.string("Label"), child.string("Expression")))
    return entries


def _write_selection(writer: XmlWriter, transform: TransformRecord) -> None:
    with writer.element("Selection"):
        for tag, count, entries in (("Input", "NInputs", transform.inputs), ("Output", "NOutputs", transform.outputs)):
            with writer.element(tag, {count: len(entries)}, content=bool(entries)):
                for entry in entries:
                    writer.empty(tag, {"Type": entry.type, "Label": entry.label, "Expression": entry.expression})


def _check_sets(element: XmlElement, found: int, sets: int, what: str) -> None:
    if found != sets:
        raise element.error(
            f"{element.string('Name')} has {found} {what}, but the classes of this file ask for {sets}", code="xml-count"
        )


# ---- Normalize: minimum and maximum of every input


def _read_normalize(element: XmlElement, inputs: int, sets: int) -> dict:
    element.check_children(("Selection", "Class"))
    classes = element.children[1:] if element.children[0].tag == "Selection" else None
    if classes is None:
        raise element.error("Selection is not the first element of Normalize", code="xml-order")
    _check_sets(element, len(classes), sets, "class sets")
    ranges = np.empty((sets, inputs, 2))
    for s, entry in enumerate(classes):
        entry.check_attributes(("ClassIndex",))
        check_position(entry, "ClassIndex", s)
        entry.check_children(("Ranges",))
        entry.check_empty_text()
        section = entry.child("Ranges")
        section.check_attributes(())
        section.check_children(("Range",))
        section.check_empty_text()
        if len(section.children) != inputs:
            raise section.error(f"Ranges has {len(section.children)} Range elements for {inputs} inputs", code="xml-count")
        for i, child in enumerate(section.children):
            child.check_attributes(("Index", "Min", "Max"))
            child.check_children(())
            child.check_empty_text()
            check_position(child, "Index", i)
            ranges[s, i] = child.number("Min"), child.number("Max")
    return {"ranges": ranges}


def _write_normalize(writer: XmlWriter, transform: TransformRecord) -> None:
    for s, ranges in enumerate(transform.parameters["ranges"]):
        with writer.element("Class", {"ClassIndex": s}), writer.element("Ranges", content=len(ranges) > 0):
            for index, (low, high) in enumerate(ranges):
                writer.empty("Range", {"Index": index, "Min": float(low), "Max": float(high)})


# ---- Decorrelation: the square root of the inverse covariance


def _read_decorrelation(element: XmlElement, inputs: int, sets: int) -> dict:
    element.check_children(("Selection", "Matrix"))
    found = [child for child in element.children if child.tag == "Matrix"]
    _check_sets(element, len(found), sets, "matrices")
    return {"matrices": [_read_matrix(child, ("Rows", "Columns"), (), inputs, inputs) for child in found]}


def _write_decorrelation(writer: XmlWriter, transform: TransformRecord) -> None:
    for matrix in transform.parameters["matrices"]:
        writer.numbers("Matrix", {"Rows": matrix.shape[0], "Columns": matrix.shape[1]}, matrix, 15, 1, last_blank=False)


# ---- PCA: means and eigenvectors


def _read_pca(element: XmlElement, inputs: int, sets: int) -> dict:
    element.check_children(("Selection", "Statistics", "Eigenvectors"))
    parts = {tag: [child for child in element.children if child.tag == tag] for tag in ("Statistics", "Eigenvectors")}
    for tag, found in parts.items():
        _check_sets(element, len(found), sets, f"{tag} elements")
        for s, child in enumerate(found):
            check_position(child, "ClassIndex", s)
    return {
        "classes": [child.string("Class") for child in parts["Statistics"]],
        "means": [_read_matrix(c, ("NRows",), ("Class", "ClassIndex"), inputs)[:, 0] for c in parts["Statistics"]],
        "eigenvectors": [
            _read_matrix(c, ("NRows", "NCols"), ("Class", "ClassIndex"), inputs, inputs) for c in parts["Eigenvectors"]
        ],
    }


def _write_pca(writer: XmlWriter, transform: TransformRecord) -> None:
    p = transform.parameters
    for s, (name, mean) in enumerate(zip(p["classes"], p["means"])):
        writer.numbers("Statistics", {"Class": name, "ClassIndex": s, "NRows": len(mean)}, mean, 8, 1)
    for s, (name, vectors) in enumerate(zip(p["classes"], p["eigenvectors"])):
        attributes = {"Class": name, "ClassIndex": s, "NRows": vectors.shape[0], "NCols": vectors.shape[1]}
        writer.numbers("Eigenvectors", attributes, vectors, 8, 1)


def _read_matrix(element: XmlElement, sizes: tuple[str, ...], other: tuple[str, ...], rows: int, columns: int = 1) -> np.ndarray:
    """A matrix whose declared sizes must be these; (rows, columns) float64."""
    element.check_attributes((*other, *sizes))
    element.check_children(())
    for name, size in zip(sizes, (rows, columns)):
        if element.integer(name, 0) != size:
            raise element.error(f"{element.tag} states {name}={element.string(name)} for {size} inputs", code="xml-count")
    return parse_numbers(element, rows * columns).reshape(rows, columns)


# ---- Gauss and Uniform: cumulative distributions


def _read_gauss(element: XmlElement, inputs: int, sets: int) -> dict:
    element.check_children(("Selection", "Variable"))
    found = [child for child in element.children if child.tag == "Variable"]
    if len(found) != inputs:
        raise element.error(f"Gauss has {len(found)} Variable elements for {inputs} inputs", code="xml-count")
    pdfs = []
    for i, variable in enumerate(found):
        variable.check_attributes(("VarIndex",))
        variable.check_empty_text()
        check_position(variable, "VarIndex", i)
        variable.check_children([f"CumulativePDF_cls{s}" for s in range(sets)])
        _check_sets(element, len(variable.children), sets, f"distributions of input {i}")
        row = []
        for s in range(sets):
            holder = variable.child(f"CumulativePDF_cls{s}")
            holder.check_attributes(())
            holder.check_children(("PDF",))
            holder.check_empty_text()
            row.append(read_pdf(holder.child("PDF")))
        pdfs.append(row)
    return {"shape": element.choice("FlatOrGauss", ("Gauss", "Flat")), "pdfs": pdfs}


def _write_gauss(writer: XmlWriter, transform: TransformRecord) -> None:
    for index, row in enumerate(transform.parameters["pdfs"]):
        with writer.element("Variable", {"VarIndex": index}):
            for s, pdf in enumerate(row):
                with writer.element(f"CumulativePDF_cls{s}"):
                    write_pdf(writer, pdf)


_FORMS: dict[str, tuple[Callable, Callable]] = {
    "Normalize": (_read_normalize, _write_normalize),
    "Decorrelation": (_read_decorrelation, _write_decorrelation),
    "PCA": (_read_pca, _write_pca),
    "Gauss": (_read_gauss, _write_gauss),
}

"""TMVA's weight file (XML) from and to the records of weight_file.py.

The sections each have a file: sections_xml, transforms_xml, pdf_xml, layers_xml, and extension_xml for what TMVA lacks.
Source: the files of MethodDL (ROOT 6.14 to 6.39) and MethodDNN (6.08 to 6.20).
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence

from tmvalite import constants
from tmvalite.errors import FileError, did_you_mean, quoted
from tmvalite.io.atomic import write_atomic
from tmvalite.io.extension_xml import read_network, write_network
from tmvalite.io.folds_xml import CROSS_VALIDATION, read_folds, write_folds
from tmvalite.io.layers_xml import declared_elements, read_weights_element, write_weights_element
from tmvalite.io.pdf_xml import read_pdfs, write_pdfs
from tmvalite.io.sections_xml import (
    SPECTATORS,
    TARGETS,
    VARIABLES,
    check_position,
    read_classes,
    read_info,
    read_options,
    read_variables,
    write_classes,
    write_info,
    write_options,
    write_variables,
)
from tmvalite.io.transforms_xml import read_transforms, write_transforms
from tmvalite.io.weight_file import PartRecord, WeightFile
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_guard import read_xml
from tmvalite.io.xml_writer import XmlWriter
from tmvalite.layers.base import WeightElement

METHOD_TYPES = ("DL", "DNN", "AE", "GAN", CROSS_VALIDATION)  # what files may be for, where the caller knows no other methods
CATEGORY = "Category"  # its file holds those of other methods
_KERAS = "its network stands in another file, of Keras or PyTorch; an ONNX file of it can be run by onnxruntime"
_ELSEWHERE = {"PyKeras": _KERAS, "PyTorch": _KERAS}  # why files of a method are not read
ANALYSIS_TYPES = tuple(sorted(name.capitalize() for name in constants.ANALYSIS_TYPES))  # as TMVA writes them

_OTHER_FORMATS = {
    ".onnx": "an ONNX model",
    ".root": "a ROOT file",
    **dict.fromkeys((".h5", ".hdf5", ".keras"), "a file of Keras"),
    **dict.fromkeys((".pt", ".pth"), "a file of PyTorch"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a pickle"),
    **dict.fromkeys((".npy", ".npz"), "an array of numpy"),
    ".json": "a JSON file",
    ".zip": "a ZIP archive",
}

_REQUIRED = ("GeneralInfo", "Options", "Variables", "Classes", "Transformations")
_SECTIONS = (
    "GeneralInfo",
    "Options",
    "Variables",
    "Spectators",
    "Classes",
    "Targets",
    "Transformations",
    "MVAPdfs",
    "Weights",
    "Network",
)


def read_weights(
    path: str | os.PathLike, elements: Mapping[str, WeightElement] | None = None, method_types: Sequence[str] = METHOD_TYPES
) -> WeightFile:
    """Read a weight file of MethodDL or MethodDNN as TMVA writes it, or one of our own with a Network element.

    Parameters
    ----------
    path : path
    elements : mapping of str to WeightElement, optional
        Layer elements by name; by default those that the registered layers declare.
    method_types : sequence of str
        The methods whose files are meant.

    Raises
    ------
    FileError
        The file is missing, cut off, damaged, contradicts itself or holds a transformation, layer or number that is not
        known; the message names the file, the line and the element. An unknown attribute or section elsewhere warns. A file
        that was read is complete: counts, sizes and numbers agree with what it states. Whether the layers fit together is not
        checked here.
    """
    root = read_xml(path)
    if root.tag != "MethodSetup":
        raise root.error(
            f"this is no weight file: its first element is {quoted(root.tag)}", code="xml-unknown", expected="MethodSetup"
        )
    root.check_attributes(("Method",), lenient=True)
    return _read_setup(root, declared_elements() if elements is None else elements, method_types)


def _read_setup(root: XmlElement, elements: Mapping[str, WeightElement], method_types: Sequence[str]) -> WeightFile:
    """One method: the whole file, or a category of it."""
    method_type, colons, title = root.string("Method").partition("::")
    method_type = method_type.rpartition(" ")[2]
    if not colons or method_type not in method_types:
        what = "this is a weight file" if root.parent is None else "a category is"
        raise root.error(
            f"{what} of the method {quoted(root.string('Method'))}; {method_type or 'it'} is not read by tmvalite",
            code="file-method",
            expected=f"a method of type {', '.join(method_types)}, such as DL::DNN_CPU",
            hint=_ELSEWHERE.get(method_type),
        )
    root.check_children(_SECTIONS, lenient=True)
    root.check_empty_text()
    sections = {tag: root.child(tag) if tag in _REQUIRED else root.optional_child(tag) for tag in _SECTIONS}
    file = WeightFile(method_type, title)
    _read_description(sections, file)
    if method_type == CATEGORY:
        file.parts = _read_parts(root.child("Weights"), elements, [name for name in method_types if name != CATEGORY])
    else:
        _read_layers(root, sections, file, elements)
    return file


def _read_parts(section: XmlElement, elements: Mapping[str, WeightElement], method_types: Sequence[str]) -> list[PartRecord]:
    """The categories of a MethodCategory, each a whole method."""
    section.check_attributes(("NSubMethods",), lenient=True)
    parts = []
    for position, entry in enumerate(section.only_children("SubMethod", "NSubMethods")):
        entry.check_attributes(("Index", "Method", "Cut", "Variables"), lenient=True)
        check_position(entry, "Index", position)
        parts.append(PartRecord(entry.string("Cut"), entry.string("Variables"), _read_setup(entry, elements, method_types)))
    return parts


def _read_description(sections: dict[str, XmlElement | None], file: WeightFile) -> None:
    file.info = read_info(sections["GeneralInfo"])
    if "AnalysisType" not in file.info:
        raise sections["GeneralInfo"].error("GeneralInfo has no AnalysisType", code="xml-missing", expected=ANALYSIS_TYPES)
    if sections["Weights"] is not None and file.info["AnalysisType"].lower() not in [name.lower() for name in ANALYSIS_TYPES]:
        raise sections["GeneralInfo"].error(
            f"AnalysisType is {quoted(file.info['AnalysisType'])}",
            code="xml-value",
            expected=ANALYSIS_TYPES,
            hint=did_you_mean(file.info["AnalysisType"], ANALYSIS_TYPES),
        )
    file.options = read_options(sections["Options"])
    file.variables = read_variables(sections["Variables"], VARIABLES)
    file.spectators = read_variables(sections["Spectators"], SPECTATORS) if sections["Spectators"] is not None else []
    file.targets = read_variables(sections["Targets"], TARGETS) if sections["Targets"] is not None else []
    file.classes = read_classes(sections["Classes"])
    file.transforms = read_transforms(sections["Transformations"], file.classes, file.variables, file.targets)
    file.pdfs = read_pdfs(sections["MVAPdfs"]) if sections["MVAPdfs"] is not None else []
    may_learn_its_input = sections["Network"] is not None or file.method_type == CROSS_VALIDATION
    if file.info["AnalysisType"].lower() == "regression" and not file.targets and not may_learn_its_input:
        raise sections["GeneralInfo"].error("AnalysisType is Regression, but there are no Targets", code="xml-missing")


def _read_layers(root: XmlElement, sections: dict[str, XmlElement | None], file: WeightFile, elements) -> None:
    weights, network = sections["Weights"], sections["Network"]
    if weights is not None and network is not None:
        raise network.error("the file has both Weights and Network", code="xml-duplicate")
    if network is not None:
        if file.method_type == "DNN":
            raise network.error("a file of MethodDNN cannot have a Network", code="xml-unknown", expected="Weights")
        file.extension = read_network(network)
    elif weights is not None and file.method_type == CROSS_VALIDATION:
        file.folds = read_folds(weights)
    elif weights is not None:
        file.header, file.network = read_weights_element(weights, file.method_type, elements)
    else:
        raise root.error("MethodSetup has neither Weights nor Network", code="xml-missing")


def write_weights(path: str | os.PathLike, file: WeightFile, elements: Mapping[str, WeightElement] | None = None) -> None:
    """Write a weight file, whole or not at all. `elements` as in `read_weights`.

    float32 parameters get 9 significant digits and float64 ones 17, so that reading restores every bit. A name that ends in
    .gz gives a packed file. Raises FileError if the file cannot be written, its name is that of another format, or a record
    holds what the file cannot state (a NaN, an unknown layer).
    """
    check_weight_file_name(path)
    text = weights_text(file, declared_elements() if elements is None else elements)
    packed = os.fspath(path).lower().endswith(".gz")
    write_atomic(path, gzip.compress(text.encode("utf-8"), mtime=0) if packed else text)


def check_weight_file_name(path: str | os.PathLike) -> None:
    """Raises FileError where the ending of a name belongs to a format that is no weight file."""
    name = os.fspath(path)
    stem, ending = os.path.splitext(name)
    if ending.lower() in _OTHER_FORMATS:
        raise FileError(
            f"a weight file is XML, but '{name}' names {_OTHER_FORMATS[ending.lower()]}",
            code="file-format",
            expected="a name that ends in .weights.xml, or .weights.xml.gz",
            hint=f"to_onnx('{name}') writes the model" if ending.lower() == ".onnx" else f"save('{stem}.weights.xml')",
        )


def weights_text(file: WeightFile, elements: Mapping[str, WeightElement]) -> str:
    """The whole file as one text, exactly as TMVA lays it out."""
    writer = XmlWriter()
    _write_setup(writer, "MethodSetup", {"Method": f"{file.method_type}::{file.title}"}, file, elements)
    return writer.text


def _write_setup(writer: XmlWriter, tag: str, attributes: dict, file: WeightFile, elements: Mapping[str, WeightElement]) -> None:
    """One method: the whole file, or a category of it."""
    if [bool(file.extension), bool(file.header), bool(file.folds), bool(file.parts)].count(True) != 1:
        raise FileError("a weight file holds either the layers of Weights with their header, or a Network", code="file-content")
    with writer.element(tag, attributes):
        write_info(writer, file.info)
        write_options(writer, file.options)
        write_variables(writer, file.variables, VARIABLES)
        write_variables(writer, file.spectators, SPECTATORS)
        write_classes(writer, file.classes)
        if file.targets:
            write_variables(writer, file.targets, TARGETS)
        write_transforms(writer, file.transforms)
        write_pdfs(writer, file.pdfs)
        if file.folds is not None:
            write_folds(writer, file.folds)
        elif file.parts:
            with writer.element("Weights", {"NSubMethods": len(file.parts)}):
                for index, part in enumerate(file.parts):
                    method = f"{part.file.method_type}::{part.file.title}"
                    named = {"Index": index, "Method": method, "Cut": part.cut, "Variables": part.variables}
                    _write_setup(writer, "SubMethod", named, part.file, elements)
        elif file.extension is not None:
            write_network(writer, file.extension)
        else:
            write_weights_element(writer, file.method_type, file.header, file.network, elements)

"""The Weights element: header and layers of a network that ROOT can run (MethodDL), or of its predecessor MethodDNN.

What the layer elements are called and hold is declared by the layers (`Layer.weight_element`); nothing here knows one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tmvalite.errors import FileError, did_you_mean, quoted
from tmvalite.io.number_text import parse_parameters
from tmvalite.io.weight_file import DL_HEADER, DNN_HEADER, LayerRecord
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter
from tmvalite.layers.base import Attribute, WeightElement
from tmvalite.losses import FUNCTION_OF_CODE, LETTERS
from tmvalite.optimizers import REGULARIZATIONS

# MethodDNN knows one kind of layer and spells its sizes otherwise.
DNN_LAYER = WeightElement(
    "Layer", (Attribute("ActivationFunction", "activation"),), (("Weights", "Weights"), ("Biases", "Biases"))
)

_CODES = {
    "LossFunction": tuple(LETTERS),
    "Initialization": ("X", "F", "G", "U", "I", "Z"),
    "Regularization": tuple(str(r.code) for r in REGULARIZATIONS.values()),
    "OutputFunction": tuple(FUNCTION_OF_CODE),
}
_POSITIVE = ("InputDepth", "InputHeight", "InputWidth", "BatchSize", "Depth", "NetDepth")
# digits after the point: 9 significant ones restore float32, 17 float64
DIGITS = {np.dtype(np.float32): 8, np.dtype(np.float64): 16}


def declared_elements() -> dict[str, WeightElement]:
    """The layer elements of all registered layers, by name."""
    from tmvalite.layers import REGISTRY

    return {cls.weight_element.name: cls.weight_element for cls in REGISTRY.values() if cls.weight_element is not None}


def read_weights_element(
    section: XmlElement, method_type: str, elements: Mapping[str, WeightElement]
) -> tuple[dict[str, int | float | str], list[LayerRecord]]:
    """Header and layers. Raises FileError for unknown layers, missing matrices, wrong counts."""
    dnn = method_type == "DNN"
    names = DNN_HEADER if dnn else DL_HEADER
    section.check_attributes(names, lenient=True)
    section.check_empty_text()
    header = {name: _read_header_value(section, name) for name in names}
    known = {DNN_LAYER.name: DNN_LAYER} if dnn else elements
    sizes = ("rows", "cols") if dnn else ("Rows", "Columns")
    section.check_count("Depth" if dnn else "NetDepth", len(section.children), "layers")
    layers = []
    for child in section.children:
        if child.tag not in known:
            raise child.error(
                f"the layer {quoted(child.tag)} is not known",
                code="xml-unknown",
                expected=tuple(sorted(known)),
                hint=did_you_mean(child.tag, known),
            )
        layers.append(_read_layer(child, known[child.tag], sizes))
    one_precision([layer.matrices for layer in layers])
    return header, layers


def _read_header_value(section: XmlElement, name: str):
    if name in _CODES:
        return section.choice(name, _CODES[name])
    if name == "WeightDecay":
        return section.number(name)
    return section.integer(name, 1 if name in _POSITIVE else 0)


def _read_layer(element: XmlElement, declared: WeightElement, sizes: tuple[str, str]) -> LayerRecord:
    named = {a.name: a.before if a.before in element.attributes else a.name for a in declared.attributes}
    absent = {a.name: a.absent for a in declared.attributes if a.absent and a.name not in element.attributes}
    element.check_attributes([name for own, name in named.items() if own not in absent])
    element.check_empty_text()
    record = LayerRecord(
        element.tag, {own: int(absent[own]) if own in absent else element.integer_or_number(name) for own, name in named.items()}
    )
    wanted = [name for name, _ in declared.matrices]
    element.check_children(wanted)
    found = [child.tag for child in element.children]
    for name in wanted:
        child = element.child(name)
        child.check_attributes(sizes)
        child.check_children(())
        record.matrices.append((name, parse_parameters(child, child.integer(sizes[0], 1), child.integer(sizes[1], 1))))
    if found != wanted:
        raise element.error(
            f"{element.tag} has its matrices in the order {', '.join(found)}", code="xml-order", expected=", ".join(wanted)
        )
    return record


def one_precision(groups: list[list[tuple[str, np.ndarray]]]) -> None:
    """Turns all matrices of a network into float64 if one of them is."""
    if any(array.dtype == np.float64 for group in groups for _, array in group):
        for group in groups:
            group[:] = [(name, array.astype(np.float64)) for name, array in group]


def write_weights_element(
    writer: XmlWriter, method_type: str, header: dict, layers: list[LayerRecord], elements: Mapping[str, WeightElement]
) -> None:
    """Header in TMVA's order (the number of layers is counted), then every layer as declared."""
    dnn = method_type == "DNN"
    names = DNN_HEADER if dnn else DL_HEADER
    header = header | {"Depth" if dnn else "NetDepth": len(layers)}
    _check_same_names("Weights", header, names)
    known = {DNN_LAYER.name: DNN_LAYER} if dnn else elements
    with writer.element("Weights", {name: header[name] for name in names}):
        for layer in layers:
            if layer.element not in known:
                raise FileError(
                    f"the weight file has no layer {quoted(layer.element)}", code="file-content", expected=tuple(sorted(known))
                )
            declared = known[layer.element]
            _check_same_names(layer.element, layer.attributes, [a.name for a in declared.attributes])
            _check_same_names(layer.element, [name for name, _ in layer.matrices], [name for name, _ in declared.matrices])
            attributes = {a.name: layer.attributes[a.name] for a in declared.attributes}
            with writer.element(layer.element, attributes, content=bool(layer.matrices)):
                for name, array in layer.matrices:
                    if dnn:
                        writer.numbers(name, {"rows": array.shape[0], "cols": array.shape[1]}, array, 16, 1)
                    else:
                        writer.numbers(name, {"Rows": array.shape[0], "Columns": array.shape[1]}, array, DIGITS[array.dtype], 2)


def _check_same_names(what: str, given, wanted) -> None:
    if sorted(given) != sorted(wanted):
        raise FileError(
            f"cannot write {what}: it was given {', '.join(given) or 'nothing'}",
            code="file-content",
            expected=", ".join(wanted) or "nothing",
        )

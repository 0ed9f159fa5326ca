"""A layer as an element of TMVA's weight file, and back. Generic: what is special about a layer stands in its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tmvalite.activations import ACTIVATIONS, BY_CODE
from tmvalite.errors import FileError, quoted
from tmvalite.layers.base import REGISTRY, ActivationName, Arg, Layer, Shape, declared_fields


def element_of(layer: Layer, *inputs: Shape) -> tuple[str, dict[str, str]] | None:
    """Name and attributes, in order, of the element that states a layer reading these shapes.

    None if TMVA's file cannot say it: the layer is ours, its padding is uneven, its activation has no code.

    Examples
    --------
    >>> from tmvalite.layers.dense import Dense
    >>> element_of(Dense(128, "TANH"), (4,))
    ('DenseLayer', {'Width': '128', 'ActivationFunction': '3'})
    """
    element = layer.weight_element
    values = layer.weight_fields(*inputs) if element is not None else None
    if values is None:
        return None
    args = _arguments(type(layer))
    texts = {}
    for attribute in element.attributes:
        text = _write(args[attribute.field], values[attribute.field])
        if text is None:
            return None
        texts[attribute.name] = text
    return element.name, texts


def layer_from_element(name: str, attributes: Mapping[str, str], *, place: str = "") -> Layer:
    """The layer that an element of a weight file states. Attributes that the layer does not declare are ignored.

    Raises
    ------
    FileError
        An unknown element, a missing attribute, or a value that cannot be; `place` says where.
    """
    cls = ELEMENTS.get(name)
    if cls is None:
        raise FileError(
            f"the weight file has an element {quoted(name)} that is no layer",
            code="element-unknown",
            where=place or None,
            expected=tuple(ELEMENTS),
        )
    args = _arguments(cls)
    values = {}
    for attribute in cls.weight_element.attributes:
        if not attribute.read:
            continue
        if attribute.name not in attributes:
            raise FileError(f"{name} has no attribute {attribute.name}", code="attribute-missing", where=place or None)
        text = attributes[attribute.name]
        try:
            values[attribute.field] = _read(args[attribute.field], text)
        except ValueError:
            raise FileError(
                f"{name} cannot have {attribute.name}={quoted(text)}", code="attribute-value", where=place or None
            ) from None
    return cls(**values)


def matrices_of(layer: Layer) -> tuple[tuple[str, str], ...]:
    """(element name, name of the parameter it holds) of every matrix in the weight file, in file order."""
    return layer.weight_element.matrices if layer.weight_element is not None else ()


def _arguments(cls: type[Layer]) -> dict[str, Arg]:
    return {f.name: f.metadata["arg"] for f in declared_fields(cls)}


def _write(arg: Arg, value: Any) -> str | None:
    if arg.type is ActivationName:
        code = ACTIVATIONS[value].code
        return None if code is None else str(code)
    if arg.type is float:
        return f"{value:.16e}"  # every bit, although TMVA holds it in single precision: what is loaded scores like what was saved
    return str(int(value))


def _read(arg: Arg, text: str) -> Any:
    """The value of an attribute; ValueError if it cannot be."""
    if len(text) > 40:
        raise ValueError
    if arg.type is ActivationName:
        if int(text) not in BY_CODE:
            raise ValueError
        return BY_CODE[int(text)]
    value = float(text) if arg.type is float else int(text)
    low = -math.inf if arg.minimum is None else arg.minimum
    high = 2**31 - 1 if arg.maximum is None else arg.maximum
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError
    return arg.type(value)


ELEMENTS: dict[str, type[Layer]] = {cls.weight_element.name: cls for cls in REGISTRY.values() if cls.weight_element is not None}

"""Values of options as Python writes them: lists, tuples and dicts become the text of the option.

    Layout=["TANH|5", "LINEAR"]                     TANH|5,LINEAR
    TrainingStrategy=[{"LearningRate": 1e-2}, ...]  LearningRate=1e-2|...
    InputLayout={"jets": (10, 4), "event": 5}       jets=10|4,event=5

Phases are joined by '|', items by ',', as jsMVA does. An option has a list of separators, outermost first; a flat list of
numbers or words belongs to the innermost level that can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmvalite.errors import OptionError
from tmvalite.string_utils.layout_errors import BLOCKS

NO_VALUES = (bytes, bytearray, set, frozenset, range, memoryview)


def value_text(name: str, value: Any) -> str:
    """The text of an option's value.

    Raises
    ------
    OptionError
        A list, dict or other object that has no meaning for this option.

    Examples
    --------
    >>> value_text("Layout", ["TANH|5", ("DENSE", 1, "LINEAR")])
    'TANH|5,DENSE|1|LINEAR'
    """
    write = WRITERS.get(name.lower())
    if hasattr(type(value), "Data"):
        value = str(value)  # ROOT's TString
    if hasattr(value, "tolist") and hasattr(value, "__len__"):
        value = value.tolist()  # an array
    if not _is_list(value) and not isinstance(value, Mapping):
        return _scalar(name, value)
    if write is None:
        raise _refused(name, value, "a single value")
    return write(name, value)


def _strategy(name: str, value: Any) -> str:
    phases = value if _is_list(value) else [value]
    if not phases:
        raise _refused(name, value, "at least one phase")
    if len(phases) > 1 and all(isinstance(phase, str) and phase.count("=") == 1 for phase in phases):
        keys = [phase.partition("=")[0].strip().lower() for phase in phases]
        if len(set(keys)) == len(keys):
            raise OptionError(
                f"{name} has {len(phases)} phases of one setting each, all different",
                code="list-value",
                where=name,
                expected="a text or a dict for each phase",
                hint="one phase is a text with ',' or a dict",
            )
    return "|".join(_phase(name, phase) for phase in phases)


def _phase(name: str, phase: Any) -> str:
    if isinstance(phase, Mapping):
        return ",".join(f"{key}={_setting(name, key, item)}" for key, item in phase.items())
    if _is_list(phase):
        return ",".join(_piece(name, item, "|") for item in phase)
    return _piece(name, phase, "|")


def _setting(name: str, key: Any, item: Any) -> str:
    if _is_list(item):  # DropConfig
        return "+".join(_piece(f"{key} in {name}", p, ",|+=") for p in item)
    return _piece(f"{key} in {name}", item, ",|")


def _layout(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        if not value or not set(value) <= set(BLOCKS):
            raise _refused(name, value, f"items, or blocks: {', '.join(BLOCKS)}")
        return "".join(f"{block}={{{_layout(name, items) if _is_list(items) else items}}}" for block, items in value.items())
    if not value:
        raise _refused(name, value, "at least one item")
    return ",".join(_fields(name, item) for item in value)


def _fields(name: str, item: Any) -> str:
    if _is_list(item):
        return "|".join(_piece(name, field, ",|") for field in item)
    return _piece(name, item, "")


def _sizes(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_fields(name, item)}" for key, item in value.items())
    if all(isinstance(item, str) and "=" in item for item in value):
        return ",".join(value)
    return "|".join(_piece(name, item, ",|") for item in value)


def _words(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        raise _refused(name, value, "a list of transformations")
    return ",".join(_piece(name, item, "") for item in value)


def _bars(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        raise _refused(name, value, "a list of values")
    return "|".join(_piece(name, item, ",|") for item in value)


WRITERS = {
    "trainingstrategy": _strategy,
    "layout": _layout,
    "inputlayout": _sizes,
    "batchlayout": _bars,
    "vartransform": _words,
    "prior": _bars,
}


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _piece(name: str, value: Any, forbidden: str) -> str:
    """One text or number of a list, without the separators around it."""
    text = _scalar(name, value)
    found = next((mark for mark in forbidden + ":" if mark in text), None)
    if found is not None:
        raise OptionError(
            f"{text!r} in the list of {name} has a {found!r} inside",
            code="list-value",
            where=name,
            expected="one piece for each element of the list",
        )
    return text


def _scalar(name: str, value: Any) -> str:
    nameless = type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__
    if isinstance(value, NO_VALUES) or _is_list(value) or isinstance(value, Mapping) or callable(value) or nameless:
        raise _refused(name, value, "a text, a number, or a list of them" if name.lower() in WRITERS else "a text or a number")
    return str(value)


def _refused(name: str, value: Any, expected: str) -> OptionError:
    return OptionError(f"{name} cannot be this {type(value).__name__}", code="list-value", where=name, expected=expected)

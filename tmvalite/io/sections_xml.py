"""The sections that describe the method and its data: GeneralInfo, Options, Variables, Spectators, Classes, Targets.

Each section has a function that reads it and one that writes it. An attribute or element that is not known warns: nothing in
these sections beside what is read changes a score. Schema: the files that ROOT 6.12 to 6.39 write.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tmvalite.data.info import NO_MAXIMUM, NO_MINIMUM, VariableInfo
from tmvalite.errors import quoted
from tmvalite.io.weight_file import OptionRecord
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter

# Section, child, attribute that counts, attribute that numbers.
VARIABLES = ("Variables", "Variable", "NVar", "VarIndex")
SPECTATORS = ("Spectators", "Spectator", "NSpec", "SpecIndex")
TARGETS = ("Targets", "Target", "NTrgt", "TargetIndex")

_FIELDS = ("Expression", "Label", "Title", "Unit", "Internal", "Type", "Min", "Max")

MAX_CLASSES = 1000  # unnamed ones; named ones take room in the file

_COLUMN_TYPE = re.compile(r"[A-Za-z](\[\])?")
_ARRAY_TITLE = re.compile(r"\[([0-9]{1,9})\]")


def read_info(section: XmlElement) -> dict[str, str]:
    """GeneralInfo: name -> value, in file order."""
    section.check_attributes((), lenient=True)
    section.check_children(("Info",), lenient=True)
    section.check_empty_text()
    info = {}
    for entry in section.children:
        entry.check_attributes(("name", "value"), lenient=True)
        entry.check_children((), lenient=True)
        entry.check_empty_text()
        if entry.string("name") in info:
            raise entry.error(f"GeneralInfo states {quoted(entry.string('name'))} twice", code="xml-duplicate")
        info[entry.string("name")] = entry.string("value")
    return info


def write_info(writer: XmlWriter, info: dict[str, str]) -> None:
    with writer.element("GeneralInfo", content=bool(info)):
        for name, value in info.items():
            writer.empty("Info", {"name": name, "value": value})


def read_options(section: XmlElement) -> list[OptionRecord]:
    section.check_attributes((), lenient=True)
    section.check_children(("Option",), lenient=True)
    section.check_empty_text()
    options = []
    names = set()
    for entry in section.children:
        entry.check_attributes(("name", "modified"), ("size",), lenient=True)
        entry.check_children((), lenient=True)
        name = entry.string("name")
        if name in names:
            raise entry.error(f"Options states {quoted(name)} twice", code="xml-duplicate")
        names.add(name)
        size = entry.integer("size", 0) if "size" in entry.attributes else None
        options.append(OptionRecord(name, entry.text, entry.choice("modified", ("Yes", "No")) == "Yes", size))
    return options


def write_options(writer: XmlWriter, options: Sequence[OptionRecord]) -> None:
    with writer.element("Options", content=bool(options)):
        for name, text, modified, *size in options:
            attributes = {"name": name, "modified": "Yes" if modified else "No"}
            if size and size[0] is not None:
                attributes["size"] = size[0]
            writer.leaf("Option", attributes, text)


def read_variables(section: XmlElement, names: tuple[str, str, str, str]) -> list[VariableInfo]:
    """Variables, spectators or targets; `names` is VARIABLES, SPECTATORS or TARGETS."""
    _, child, count, index = names
    section.check_attributes((count,), lenient=True)
    variables = []
    for position, entry in enumerate(section.only_children(child, count, lenient=True)):
        entry.check_attributes((index, *_FIELDS), lenient=True)
        entry.check_children((), lenient=True)
        entry.check_empty_text()
        check_position(entry, index, position)
        expression, title, type = entry.string("Expression"), entry.string("Title"), entry.string("Type")
        if not expression.strip():
            raise entry.error(f"{child} has an empty Expression", code="xml-value")
        if not _COLUMN_TYPE.fullmatch(type):
            raise entry.error(f"{child} has Type={quoted(type)}", code="xml-value", expected=("F", "D", "I", "F[]"))
        element = _ARRAY_TITLE.fullmatch(title) if type.endswith("[]") else None
        variables.append(
            VariableInfo(
                expression,
                entry.string("Label"),
                title,
                entry.string("Unit"),
                type,
                entry.string("Internal"),
                entry.number("Min"),
                entry.number("Max"),
                int(element[1]) if element else None,
            )
        )
    return variables


def write_variables(writer: XmlWriter, variables: Sequence[VariableInfo], names: tuple[str, str, str, str]) -> None:
    section, child, count, index = names
    with writer.element(section, {count: len(variables)}, content=bool(variables)):
        for position, v in enumerate(variables):
            writer.empty(
                child,
                {
                    index: position,
                    "Expression": v.expression,
                    "Label": v.label,
                    "Title": v.title,
                    "Unit": v.unit,
                    "Internal": v.internal,
                    "Type": v.type,
                    "Min": _range_text(v.minimum, NO_MINIMUM),
                    "Max": _range_text(v.maximum, NO_MAXIMUM),
                },
            )


def _range_text(value: float, never_filled: float) -> str:
    """A range is for information only: an infinite one must not cost anybody their training."""
    if math.isnan(value):
        value = never_filled
    return f"{max(NO_MAXIMUM, min(NO_MINIMUM, value)):.8e}"


def read_classes(section: XmlElement) -> list[str]:
    """Class names by index. Without names they are class0, class1, ..., as TMVA calls them."""
    section.check_attributes(("NClass",), lenient=True)
    if not section.children:
        section.check_empty_text()
        return [f"class{i}" for i in range(section.integer("NClass", 0, MAX_CLASSES))]
    classes = []
    for position, entry in enumerate(section.only_children("Class", "NClass", lenient=True)):
        entry.check_attributes(("Name", "Index"), lenient=True)
        entry.check_children((), lenient=True)
        entry.check_empty_text()
        check_position(entry, "Index", position)
        if entry.string("Name") in classes:
            raise entry.error(f"Classes has the class {quoted(entry.string('Name'))} twice", code="xml-duplicate")
        classes.append(entry.string("Name"))
    return classes


def write_classes(writer: XmlWriter, classes: Sequence[str]) -> None:
    with writer.element("Classes", {"NClass": len(classes)}, content=bool(classes)):
        for index, name in enumerate(classes):
            writer.empty("Class", {"Name": name, "Index": index})


def check_position(entry: XmlElement, attribute: str, position: int) -> None:
    """Entries stand in the order of their numbers; anything else means that one is missing or twice there."""
    if entry.integer(attribute) != position:
        raise entry.error(f"{entry.tag} has {attribute}={entry.string(attribute)} in place {position}", code="xml-order")

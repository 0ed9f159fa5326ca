"""Transformations of a weight file, as records that a method may accept or refuse.

What stands in a <Transform> is said by the transformation itself (data/transforms); here are the parts that all have: Name and
marking attribute, the selection of inputs, the class, and the helpers with which a transformation reads and writes the rest.
There is one set of parameters for a single class, otherwise one for every class and a last one for all of them together.
Before TMVA 4.1 an element had no Selection and meant all variables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.data.transforms import REGISTRY, PdfRecord, SelectionRecord, Transform, TransformRecord
from tmvalite.errors import FileError, TmvaliteWarning, did_you_mean, quoted, warn_user
from tmvalite.io.number_text import parse_numbers
from tmvalite.io.pdf_xml import read_pdf, write_pdf
from tmvalite.io.sections_xml import check_position
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter

_TYPES = ("Variable", "Target", "Spectator")
# Ours: the class of N_Signal. ROOT does not store it, ignores it here, and evaluates with all classes together.
_REFERENCE = "ReferenceClass"
_OLD_COUNTS = ("NVariables", "NTargets")  # of elements without a Selection


def n_sets(n_classes: int) -> int:
    """Number of parameter sets of a transformation in a data set of so many classes."""
    return 1 if n_classes <= 1 else n_classes + 1


class TransformReader:
    """A <Transform> element as its transformation reads it.

    Attributes
    ----------
    n_inputs, sets : int
        How many inputs and parameter sets there must be.
    old : bool
        Whether the element is of the form before TMVA 4.1, without a Selection.
    attributes : dict of str
    """

    def __init__(self, element: XmlElement, n_inputs: int, sets: int, old: bool):
        self.element, self.n_inputs, self.sets, self.old = element, n_inputs, sets, old
        self.attributes = element.attributes
        self._known = {"Selection"}

    def by_set(self, tag: str, what: str, *, numbered: bool = True) -> list[XmlElement]:
        """The children of a name, one for every set, in the order of ClassIndex where they are `numbered`."""
        found = self._children(tag)
        self._check_sets(len(found), what)
        for s, child in enumerate(found):
            if numbered:
                check_position(child, "ClassIndex", s)
        return found

    def by_input(self, tag: str, inner: str, content: str) -> list[list[XmlElement]]:
        """Of the children of a name, one for every input by VarIndex, what stands in `inner`, one for every set.

        `inner` is a name with {} for the number of the set; it holds one element `content` each.
        """
        found, rows = self._children(tag), []
        if len(found) != self.n_inputs:
            raise self.element.error(
                f"{self.element.string('Name')} has {len(found)} {tag} elements for {self.n_inputs} inputs", code="xml-count"
            )
        for i, child in enumerate(found):
            child.check_attributes(("VarIndex",))
            child.check_empty_text()
            check_position(child, "VarIndex", i)
            child.check_children([inner.format(s) for s in range(self.sets)])
            self._check_sets(len(child.children), f"distributions of input {i}")
            rows.append([self._inside(child.child(inner.format(s)), content) for s in range(self.sets)])
        return rows

    def entries(self, parent: XmlElement, tag: str, count: int, number: str, attributes: Collection[str] = ()) -> list:
        """The children of `parent`, all of one name and without content, `count` of them, in the order of `number`."""
        parent.check_children((tag,))
        parent.check_empty_text()
        if len(parent.children) != count:
            raise parent.error(f"{parent.tag} has {len(parent.children)} {tag} elements for {count} inputs", code="xml-count")
        for i, child in enumerate(parent.children):
            child.check_attributes((number, *attributes))
            child.check_children(())
            child.check_empty_text()
            check_position(child, number, i)
        return list(parent.children)

    def part(self, parent: XmlElement, tag: str, attributes: Collection[str] = ("ClassIndex",)) -> XmlElement:
        """The child of this name, without attributes, of a `parent` that has these attributes and nothing else."""
        parent.check_attributes(attributes)
        parent.check_children((tag,))
        parent.check_empty_text()
        child = parent.child(tag)
        child.check_attributes(())
        return child

    def matrix(self, element: XmlElement, sizes: tuple[str, str], other: tuple[str, ...] = ()) -> np.ndarray:
        """(K, K) float64 of an element that states its sizes in these attributes."""
        self._check_sizes(element, sizes, other)
        return parse_numbers(element, self.n_inputs**2).reshape(self.n_inputs, self.n_inputs)

    def vector(self, element: XmlElement, size: str, other: tuple[str, ...] = ()) -> np.ndarray:
        """(K,) float64 of an element that states its size in this attribute."""
        self._check_sizes(element, (size,), other)
        return parse_numbers(element, self.n_inputs)

    def pdf(self, element: XmlElement) -> PdfRecord:
        return read_pdf(element)

    def finish(self) -> None:
        """Nothing is left that nobody asked for."""
        self.element.check_children(tuple(self._known))

    def _children(self, tag: str) -> list[XmlElement]:
        self._known.add(tag)
        return [child for child in self.element.children if child.tag == tag]

    def _check_sets(self, found: int, what: str) -> None:
        if found != self.sets:
            raise self.element.error(
                f"{self.element.string('Name')} has {found} {what}, but the classes of this file ask for {self.sets}",
                code="xml-count",
            )

    def _check_sizes(self, element: XmlElement, sizes: tuple[str, ...], other: tuple[str, ...]) -> None:
        element.check_attributes((*other, *sizes))
        element.check_children(())
        for name in sizes:
            if element.integer(name, 0) != self.n_inputs:
                raise element.error(
                    f"{element.tag} states {name}={element.string(name)} for {self.n_inputs} inputs", code="xml-count"
                )

    @staticmethod
    def _inside(holder: XmlElement, tag: str) -> XmlElement:
        holder.check_attributes(())
        holder.check_children((tag,))
        holder.check_empty_text()
        return holder.child(tag)


class TransformWriter:
    """What a transformation writes its parameters with: the writer of the file, and `pdf`.

    Numbers are written with TMVA's digits, or with as many as restore every bit.
    """

    def __init__(self, writer: XmlWriter):
        self._writer, self.element, self.empty = writer, writer.element, writer.empty

    def numbers(self, tag, attributes, values, digits: int, blanks: int, last_blank: bool = True) -> None:
        self._writer.numbers(tag, attributes, values, digits, blanks, last_blank, exact=np.float64)

    def pdf(self, pdf: PdfRecord) -> None:
        write_pdf(self._writer, pdf)


def read_transforms(
    section: XmlElement, classes: Sequence[str], variables: Sequence[VariableInfo] = (), targets: Sequence[VariableInfo] = ()
) -> list[TransformRecord]:
    """All transformations in the order applied; one that is not known is an error."""
    section.check_attributes(("NTransformations",))
    children = section.only_children("Transform", "NTransformations")
    return [_read_transform(child, classes, variables, targets) for child in children]


def write_transforms(writer: XmlWriter, transforms: list[TransformRecord]) -> None:
    with writer.element("Transformations", {"NTransformations": len(transforms)}, content=bool(transforms)):
        for transform in transforms:
            member = REGISTRY.get(transform.name)
            if member is None or member.element is None:
                raise FileError(
                    f"the weight file has no transformation {quoted(transform.name)}",
                    code="file-content",
                    expected=tuple(name for name, cls in REGISTRY.items() if cls.element is not None),
                )
            attributes = {"Name": member.element.name, **dict([member.element.mark] if member.element.mark else [])}
            if transform.parameters.get("reference"):
                attributes[_REFERENCE] = transform.parameters["reference"]
            if member.element.remark:
                warn_user(TmvaliteWarning(member.element.remark, code="transform-release"))
            with writer.element("Transform", attributes):
                _write_selection(writer, transform)
                member.write_parameters(TransformWriter(writer), transform.parameters)


def _member_of(element: XmlElement) -> type[Transform]:
    """The transformation that an element states, by its Name and marking attribute. Raises FileError."""
    name = element.string("Name")
    forms = [cls for cls in REGISTRY.values() if cls.element is not None]
    named = [cls for cls in forms if name in (cls.element.name, *cls.element.other_names)]
    if not named:
        known = tuple(dict.fromkeys(cls.element.name for cls in forms))
        raise element.error(
            f"the transformation {quoted(name)} is not known", code="xml-unknown", expected=known, hint=did_you_mean(name, known)
        )
    for cls in named:
        mark = cls.element.mark
        if mark is None or name in cls.element.other_names or element.attributes.get(mark[0]) == mark[1]:
            return cls
        if mark[0] not in element.attributes and cls.element.unmarked:
            return cls
    marks = [cls.element.mark for cls in named if name == cls.element.name]
    element.choice(marks[0][0], [value for _, value in marks])  # raises: it is missing, or none of them
    raise AssertionError(f"no transformation for {name}")


def _read_transform(element: XmlElement, classes, variables, targets) -> TransformRecord:
    member, name = _member_of(element), element.string("Name")
    mark = [member.element.mark[0]] if member.element.mark else []
    element.check_empty_text()
    selection = element.optional_child("Selection")
    old = selection is None
    element.check_attributes(("Name",), (*mark, _REFERENCE, *(_OLD_COUNTS if old else ())))
    if old:
        inputs, outputs = (_all_inputs(element, variables, targets) for _ in range(2))
    else:
        if element.children[0] is not selection:
            raise element.error(f"Selection is not the first element of {name}", code="xml-order")
        selection.check_attributes(())
        selection.check_children(("Input", "Output"))
        selection.check_empty_text()
        inputs, outputs = (_read_selection(selection.child(tag), f"N{tag}s") for tag in ("Input", "Output"))
    reader = TransformReader(element, len(inputs), n_sets(len(classes)), old)
    record = TransformRecord(member.name, inputs, outputs, member.read_parameters(reader))
    reader.finish()
    if _REFERENCE in element.attributes:
        record.parameters["reference"] = element.choice(_REFERENCE, classes)
    return record


def _all_inputs(element: XmlElement, variables, targets) -> list[SelectionRecord]:
    """What an element without a Selection means: all variables, and as many targets as it states."""
    for attribute, known in zip(_OLD_COUNTS, (variables, targets)):
        if attribute in element.attributes and element.integer(attribute, 0) not in (
            len(known),
            *([0] if known is targets else []),
        ):
            element.check_count(attribute, len(known), "inputs in this file")
    n_targets = element.integer(_OLD_COUNTS[1], 0) if _OLD_COUNTS[1] in element.attributes else 0
    groups = (("Variable", variables), ("Target", targets[:n_targets]))
    return [SelectionRecord(kind, v.label, v.expression) for kind, group in groups for v in group]


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

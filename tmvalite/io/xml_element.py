"""One element of a weight file, with accessors that check what they give and say where the file is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from tmvalite.errors import FileError, TmvaliteWarning, did_you_mean, quoted, warn_user

MAX_INT = 2**31 - 1  # TMVA's sizes are C++ int

_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


class XmlElement:
    """An element as read: tag, attributes, children, text, and its line in the file."""

    __slots__ = ("file", "tag", "attributes", "line", "parent", "children", "text")

    def __init__(self, file: str, tag: str, attributes: dict[str, str], line: int, parent: XmlElement | None = None):
        self.file, self.tag, self.attributes, self.line, self.parent = file, tag, attributes, line, parent
        self.children: list[XmlElement] | tuple[()] = ()
        self.text = ""

    def add(self, child: XmlElement) -> None:
        if not self.children:
            self.children = []
        self.children.append(child)

    def path(self) -> str:
        """Tags from the root to here, counted where there are several alike: "MethodSetup > Weights > DenseLayer 2"."""
        parts, element = [], self
        while element is not None:
            parts.append(element._counted())
            element = element.parent
        return " > ".join(reversed(parts))

    def _counted(self) -> str:
        if self.parent is None:
            return self.tag
        alike = [child for child in self.parent.children if child.tag == self.tag]
        return self.tag if len(alike) < 2 else f"{self.tag} {next(i for i, c in enumerate(alike, 1) if c is self)}"

    def error(self, message: str, *, code: str, expected=(), hint: str | None = None) -> FileError:
        """An error about this element: file, what is wrong, line and path."""
        return FileError(
            f"'{self.file}': {message}", code=code, where=f"line {self.line}, {self.path()}", expected=expected, hint=hint
        )

    def remark(self, message: str) -> None:
        """Warn about this element: file, what is strange, line and path."""
        where = f"line {self.line}, {self.path()}"
        warn_user(TmvaliteWarning(f"'{self.file}': {message}", code="xml-unknown", where=where))

    # ---- structure

    def check_attributes(self, required: Collection[str], optional: Collection[str] = (), *, lenient: bool = False) -> None:
        """All required attributes are there, and none that is unknown.

        `lenient`, for what cannot change a score: an unknown one warns. TMVA asks for attributes by name and skips the others.
        """
        for name in required:
            if name not in self.attributes:
                raise self.error(f"{self.tag} has no attribute {name}", code="xml-missing")
        for name in self.attributes:
            if name not in required and name not in optional:
                if lenient:
                    self.remark(f"{self.tag} has the unknown attribute {quoted(name)}, which is left out")
                    continue
                known = (*required, *optional)
                raise self.error(
                    f"{self.tag} has the unknown attribute {quoted(name)}",
                    code="xml-unknown",
                    expected=known or "no attributes",
                    hint=did_you_mean(name, known),
                )

    def check_children(self, known: Collection[str], *, lenient: bool = False) -> None:
        """Every child is one of these. `lenient`, for what cannot change a score: an unknown one warns and is left out."""
        for child in list(self.children):
            if child.tag not in known:
                if lenient:
                    child.remark(f"{self.tag} has the unknown element {quoted(child.tag)}, which is left out")
                    self.children.remove(child)
                    continue
                raise child.error(
                    f"{self.tag} has the unknown element {quoted(child.tag)}",
                    code="xml-unknown",
                    expected=tuple(known) or "no elements",
                    hint=did_you_mean(child.tag, known),
                )

    def check_empty_text(self) -> None:
        """Nothing but blanks between the children."""
        if self.text and not self.text.isspace():
            raise self.error(
                f"{self.tag} holds the text {quoted(self.text.strip())}, where only elements may stand", code="xml-text"
            )

    def child(self, tag: str) -> XmlElement:
        """The one child of this name; none or several are an error."""
        found = self.optional_child(tag)
        if found is None:
            raise self.error(f"{self.tag} has no element {tag}", code="xml-missing")
        return found

    def optional_child(self, tag: str) -> XmlElement | None:
        """The one child of this name or None; several are an error."""
        found = [child for child in self.children if child.tag == tag]
        if len(found) > 1:
            raise found[1].error(f"{self.tag} has the element {tag} twice", code="xml-duplicate")
        return found[0] if found else None

    def only_children(self, tag: str, count_attribute: str, *, lenient: bool = False) -> list[XmlElement]:
        """The children, all of this name and as many as the attribute says."""
        self.check_children((tag,), lenient=lenient)
        self.check_empty_text()
        self.check_count(count_attribute, len(self.children), f"{tag} elements")
        return list(self.children)

    def check_count(self, attribute: str, count: int, what: str) -> None:
        stated = self.integer(attribute, 0)
        if stated != count:
            raise self.error(f"{self.tag} states {attribute}={stated}, but has {count} {what}", code="xml-count")

    # ---- values

    def string(self, name: str) -> str:
        """Text of an attribute that must be there."""
        try:
            return self.attributes[name]
        except KeyError:
            raise self.error(f"{self.tag} has no attribute {name}", code="xml-missing") from None

    def integer(self, name: str, minimum: int = -MAX_INT, maximum: int = MAX_INT) -> int:
        text = self.string(name).strip()
        if _INTEGER.fullmatch(text) and minimum <= int(text) <= maximum:
            return int(text)
        bound = f"a whole number from {minimum}" + ("" if maximum == MAX_INT else f" to {maximum}")
        raise self.error(
            f"{self.tag} has {name}={quoted(text)}",
            code="xml-number",
            expected="a whole number" if minimum == -MAX_INT else bound,
        )

    def number(self, name: str) -> float:
        """A finite number."""
        text = self.string(name).strip()
        if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        raise self.error(f"{self.tag} has {name}={quoted(text)}", code="xml-number", expected="a finite number")

    def integer_or_number(self, name: str) -> int | float:
        """int where the text has neither point nor exponent, otherwise float; finite."""
        return self.integer(name) if _INTEGER.fullmatch(self.string(name).strip()) else self.number(name)

    def choice(self, name: str, choices: Collection[str]) -> str:
        text = self.string(name)
        if text not in choices:
            raise self.error(
                f"{self.tag} has {name}={quoted(text)}",
                code="xml-value",
                expected=tuple(choices),
                hint=did_you_mean(text, choices),
            )
        return text

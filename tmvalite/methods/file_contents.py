"""What a weight file holds, printed: who made it, variables, classes or targets, transformations, options, layers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from tmvalite.data.info import VariableInfo
from tmvalite.graph import describe_all
from tmvalite.io.weight_file import WeightFile
from tmvalite.wrapping import wrapped


@dataclass(frozen=True)
class FileContents:
    """A weight file as read, and the method that it gives.

    file : the records of the file
    method : of `tmvalite.load`
    """

    file: WeightFile
    method: Any

    def as_text(self) -> str:
        """For people: one section each for what the file states."""
        file = self.file
        lines = [*wrapped(f"Method{file.method_type} '{file.title}', {self.method.analysis_type}"), ""]
        width = max(map(len, file.info), default=0)
        for name, text in file.info.items():
            lines += wrapped(f"{name.ljust(width)}  {text}", 0, width + 2)
        for title, variables in (("variables", file.variables), ("spectators", file.spectators), ("targets", file.targets)):
            if variables:
                lines += ["", title, *_variable_lines(variables)]
        if file.classes:
            lines += ["", *wrapped(f"classes: {', '.join(file.classes)}", 0, 2)]
        lines += ["", *wrapped(f"transformations: {', '.join(r.name for r in file.transforms) or 'none'}", 0, 2)]
        if file.pdfs:
            lines += wrapped("densities of the output: signal and background", 0, 2)
        given = [option for option in file.options if option.modified]
        if given:
            lines += ["", "options (those that were given)"]
            width = max(len(option.name) for option in given)
            for option in given:
                lines += wrapped(f"{option.name.ljust(width)}  {option.text}", 2, width + 4)
        if file.folds or file.parts:
            return "\n".join([*lines, "", str(self.method)])
        return "\n".join([*lines, "", describe_all(self.method.graphs)])

    def as_json(self) -> dict[str, Any]:
        """The same for programs: plain values only."""
        file = self.file
        return {
            "method": file.method_type,
            "title": file.title,
            "analysis_type": self.method.analysis_type,
            "info": dict(file.info),
            "variables": [_variable_json(v) for v in file.variables],
            "spectators": [_variable_json(v) for v in file.spectators],
            "targets": [_variable_json(v) for v in file.targets],
            "classes": list(file.classes),
            "transformations": [record.name for record in file.transforms],
            "densities": bool(file.pdfs),
            "options": {option.name: {"value": option.text, "set": option.modified} for option in file.options},
            "parts": [{"cut": part.cut, "method": part.file.method_type, "title": part.file.title} for part in file.parts],
            "folds": file.folds.n_folds if file.folds else 0,
        }


def file_contents(path: str | os.PathLike) -> FileContents:
    """Read a weight file. Raises FileError, which names the file."""
    from tmvalite.io.weights_xml import read_weights
    from tmvalite.methods import file_types, load

    return FileContents(read_weights(path, method_types=file_types()), load(path))


def _variable_lines(variables: list[VariableInfo]) -> list[str]:
    """One line each; the elements of an array variable, which may be thousands, share one."""
    rows = []
    for variable in variables:
        if variable.index:
            name, what, low, high = rows.pop()
            rows.append((name, variable.index + 1, min(low, variable.minimum), max(high, variable.maximum)))
        elif variable.index == 0:
            rows.append((variable.expression, 1, variable.minimum, variable.maximum))
        else:
            rows.append((variable.label, variable, variable.minimum, variable.maximum))
    lines = []
    for name, what, low, high in rows:
        text = f" array of {what}" if isinstance(what, int) else "" if what.label == what.expression else f" := {what.expression}"
        unit = "" if isinstance(what, int) or not what.unit else f" [{what.unit}]"
        lines += wrapped(f"{name}{text}{unit}" + (f", {low:.6g} to {high:.6g}" if low <= high else ""), 2, 4)
    return lines


def _variable_json(variable: VariableInfo) -> dict[str, Any]:
    filled = variable.minimum <= variable.maximum
    return {
        "label": variable.label,
        "expression": variable.expression,
        "unit": variable.unit,
        "type": variable.type,
        "range": [variable.minimum, variable.maximum] if filled else None,
    }

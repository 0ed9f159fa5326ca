"""A whole macro as a Python script."""

from __future__ import annotations

import re

from tmvalite.migration.counterparts import python_name
from tmvalite.migration.layout_lines import STEP
from tmvalite.migration.macro_nodes import Braces, MacroFunction, Simple, Unknown
from tmvalite.migration.python_lines import Writer, comment_lines
from tmvalite.migration.python_terms import Scope
from tmvalite.migration.statements import read_statements
from tmvalite.migration.tokens import tokenize

IMPORTS = {"math": "import math", "sys": "import sys", "np": "import numpy as np"}
IMPORTS["defaultdict"] = "from collections import defaultdict"
HEAD = '"""{name}, translated by tmvalite migrate. With ROOT: `import ROOT`, then `import tmvalite.pyroot`."""'


def migrate(text: str, name: str = "macro") -> str:
    """A Python script that makes the calls of a C++ macro.

    Parameters
    ----------
    text : str
        The macro.
    name : str
        Its file name without the ending: the function of this name is the one that the script calls.

    Returns
    -------
    str
        A script that imports tmvalite.pyroot as ROOT. What has no counterpart is a comment with the text of the macro.

    Raises
    ------
    OptionError
        Brackets that do not fit.
    """
    tokens = tokenize(text)
    statements = read_statements(tokens)
    scope = Scope()
    functions = [one for one in statements if isinstance(one, MacroFunction)]
    scope.names |= {one.name for one in functions}
    writer = Writer(tokens.source, scope)
    body: list[str] = []
    for constant, value in tokens.constants:
        if re.fullmatch(r'-?[\d.]+([eE][-+]?\d+)?|"[^"\\]*"', value):
            scope.names.add(constant)
            body.append(f"{python_name(constant)} = {value}")
    entry = _entry(functions, name)
    has_work = False
    for one in statements:
        if isinstance(one, MacroFunction):
            if one.name == "main" and one is not entry:
                continue
            body += ["", "", *comment_lines(one.comments, ""), *writer.one(one, ""), "", ""]
        elif isinstance(one, Braces):
            has_work = True
            body += [*comment_lines(one.comments, ""), *writer.block(one, "")]
        else:
            has_work = has_work or not isinstance(one, Simple | Unknown)
            body += writer.lines([one], "")
    if entry is not None and not any(isinstance(one, Braces) for one in statements):
        body += ["", "", 'if __name__ == "__main__":', f"{STEP}{python_name(entry.name)}()"]
    return _tidy([HEAD.format(name=name), "", *_import_lines(scope, body), "", "TMVA = ROOT.TMVA", "", *body])


def _entry(functions: list[MacroFunction], name: str) -> MacroFunction | None:
    """The function that ROOT would call: that of the file's name; else the last one that is not main; else main."""
    by_name = {one.name: one for one in functions}
    others = [one for one in functions if one.name != "main" and not any(d is None for _, _, d in one.parameters)]
    return by_name.get(name) or (others[-1] if others else by_name.get("main"))


def _import_lines(scope: Scope, body: list[str]) -> list[str]:
    standard = [IMPORTS[one] for one in ("math", "sys", "defaultdict") if one in scope.uses]
    others = [IMPORTS["np"]] if "np" in scope.uses else []
    standard = sorted(standard, key=lambda line: line.startswith("from"))
    return [*standard, *([""] if standard else []), *others, *([""] if others else []), "import tmvalite.pyroot as ROOT"]


def _tidy(lines: list[str]) -> str:
    """At most two empty lines together, and one at the end."""
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"

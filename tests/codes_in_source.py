"""The codes of errors and warnings that the package's source can give, found by reading it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def texts(node: ast.AST | None) -> list[str]:
    """The strings that an expression can be; of `"missing-{package}"` that with the gap as '*'."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return texts(node.args[1]) if len(node.args) > 1 else []
    return []


def places_of_code(tree: ast.Module) -> dict[str, tuple[int, ast.AST | None]]:
    """Of the functions and records of a file that take a `code`: its place among the arguments of a call, and its default."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if "code" in names:
                place = names.index("code")
                late = place - len(names) + len(node.args.defaults)
                default = node.args.defaults[late] if late >= 0 else None
                found[node.name] = (place - (names[0] in ("self", "cls")), default)
        elif isinstance(node, ast.ClassDef):
            fields = [f.target.id for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)]
            if "code" in fields:
                found[node.name] = (fields.index("code"), None)
    return found


def codes() -> dict[str, list[str]]:
    """Code -> "file:line" of every place that gives it."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "tmvalite").rglob("*.py"))}
    everywhere = {}
    for tree in trees.values():
        everywhere |= places_of_code(tree)
    found = defaultdict(list)
    for path, tree in trees.items():
        known = everywhere | places_of_code(tree)  # a file's own functions first
        for node in ast.walk(tree):
            given: list[ast.AST | None] = []
            if isinstance(node, ast.keyword) and node.arg == "code":
                given.append(node.value)
            elif isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                place, _ = known.get(name, (None, None))
                if place is not None and place < len(node.args):
                    given.append(node.args[place])
            elif isinstance(node, ast.FunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args]
                defaults = zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults)
                both = [*defaults, *zip(node.args.kwonlyargs, node.args.kw_defaults)]
                given += [default for argument, default in both if argument.arg == "code"]
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = {t.id for t in targets if isinstance(t, ast.Name)}
                if names & {"code", "default_code"}:
                    given.append(node.value)
                if "_CODES" in names and isinstance(node.value, ast.Dict):
                    given += node.value.values
            for text in (text for value in given for text in texts(value)):
                found[text].append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno if hasattr(node, 'lineno') else '?'}")
    return dict(found)


def computed_codes() -> list[str]:
    """Where `code=` is neither a string nor a code that was handed in: no list could have it."""
    found = []
    for path in sorted((ROOT / "tmvalite").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                value = node.value
                handed_on = getattr(value, "id", getattr(value, "attr", "")) == "code"
                literal = isinstance(value, ast.Constant | ast.IfExp)
                if not (handed_on or literal):
                    found.append(f"{path.relative_to(ROOT).as_posix()}:{value.lineno}")
    return found

"""Who may import whom: one direction, lark in one place, nothing that runs data as code."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ORDER = """constants registry wrapping error_codes errors cluster mathematics kernels activations losses optimizers string_utils
layers graph plan training data io evaluation cpp models estimators methods standins compression plots application
workflow jobs pyroot migration cli __main__""".split()
FORBIDDEN = {"eval", "exec", "pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
FILES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in (ROOT / "tmvalite").rglob("*.py")}


def imports():
    """(file, imported name in full), also from inside functions."""
    for file, tree in FILES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = file.split("/")[: -node.level] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                yield from ((file, f"{base}.{alias.name}") for alias in node.names)


def test_imports_never_point_back():
    inside = {(f, m) for f, m in imports() if m.startswith("tmvalite.") and f != "tmvalite/__init__.py"}
    back = [(f, m) for f, m in inside if ORDER.index(m.split(".")[1]) > ORDER.index(f.split("/")[1].removesuffix(".py"))]
    assert back == []


def test_no_imports_go_in_a_circle():
    """Tarjan's strongly connected components, without names that are imported for type checkers only."""
    modules = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}
    names = {file: module for module, file in modules.items()}
    reads = {module: set() for module in modules}
    for file, name in imports():
        found = name if name in modules else name.rpartition(".")[0]
        if found in modules and found != names[file] and name.startswith("tmvalite."):
            reads[names[file]].add(found)
    number, low, stack, circles = {}, {}, [], []

    def visit(module):
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in reads[module]:
            if other not in number:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == number[module]:
            circle = stack[stack.index(module) :]
            del stack[-len(circle) :]
            circles.extend([circle] if len(circle) > 1 else [])

    for module in modules:
        if module not in number:
            visit(module)
    assert circles == []


def test_kernels_know_nothing_but_kernels_and_lark_has_one_importer():
    outside = {
        (f, m)
        for f, m in imports()
        if f.startswith("tmvalite/kernels/") and m.startswith("tmvalite.") and not m.startswith("tmvalite.kernels")
    }
    assert outside == set()
    assert {f for f, m in imports() if m.split(".")[0] == "lark"} == {"tmvalite/string_utils/parse.py"}


def test_nothing_runs_data_as_code():
    calls = {(f, n.func.id) for f, t in FILES.items() for n in ast.walk(t) if isinstance(n, ast.Call) and hasattr(n.func, "id")}
    assert {(f, m) for f, m in imports() if m.split(".")[0] in FORBIDDEN} | {c for c in calls if c[1] in FORBIDDEN} == set()

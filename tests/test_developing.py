"""docs/developing.md: its table of files to touch is what the code has, and the members that it shows as examples work."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.layouts import EXAMPLES as LAYER_EXAMPLES
from tests.twins import NAIVE, TWINS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "developing.md"
MARK, END = "<!-- table filled by tests/test_developing.py -->\n", "<!-- end -->\n"
PACKAGES = {  # what a member is called: its package, the tests of every member
    "activation": ("activations", "tests/test_every_activation.py"),
    "loss": ("losses", "tests/test_every_loss.py"),
    "optimizer": ("optimizers", "tests/test_every_optimizer.py"),
    "layer": ("layers", "tests/test_every_layer.py"),
    "transformation": ("data/transforms", "tests/test_every_transform.py"),
    "source": ("data/sources", "tests/data/sources/test_doors.py"),
    "method": ("methods", "tests/models/test_new_method.py"),
    "verb": ("cli", "tests/test_every_verb.py"),
}


def registers(path: Path) -> bool:
    """Whether a file makes something known: `@register`, `@register(..)` or `register(..)` at its top level."""

    def is_call(node):
        node = node.func if isinstance(node, ast.Call) else node
        return isinstance(node, ast.Name) and node.id == "register"

    body = ast.parse(path.read_text("utf-8")).body
    return any(
        any(map(is_call, getattr(node, "decorator_list", []))) or (isinstance(node, ast.Expr) and is_call(node.value))
        for node in body
    )


def imported(path: Path) -> set[str]:
    """The modules of its own package that an `__init__.py` imports."""
    package = ".".join(path.parent.relative_to(ROOT).parts)
    names = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            names.add(node.module.removeprefix(f"{package}."))
    return names


def members(package: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "tmvalite" / package).glob("*.py") if path.stem != "base" and registers(path))


def table() -> str:
    lines = ["| To add a | New file | One import line in | Tested by | Today |", "|---|---|---|---|---|"]
    for noun, (package, tests) in PACKAGES.items():
        twin = ", `tests/naive/NAME.py`" * (noun == "layer")
        files = f"`tmvalite/{package}/NAME.py`{twin}"
        lines.append(f"| {noun} | {files} | `tmvalite/{package}/__init__.py` | `{tests}` | {len(members(package))} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("package", [package for package, _ in PACKAGES.values()])
def test_the_import_file_of_a_package_lists_all_that_it_registers(package):
    missing = set(members(package)) - imported(ROOT / "tmvalite" / package / "__init__.py")
    assert not missing, f"no import line in tmvalite/{package}/__init__.py: {', '.join(sorted(missing))}"


def test_a_member_is_named_in_no_other_file_than_its_import_line():
    """By its module: who needs a member asks the registry."""
    found = []
    for noun, (package, _) in PACKAGES.items():
        dotted, own = "tmvalite." + package.replace("/", "."), ROOT / "tmvalite" / package
        names = "|".join(members(package))
        pattern = re.compile(
            rf"(?:from|import) {re.escape(dotted)}\.(?:{names})\b|from {re.escape(dotted)} import .*\b(?:{names})\b"
        )
        for path in (ROOT / "tmvalite").rglob("*.py"):
            if own not in path.parents and pattern.search(path.read_text("utf-8")):
                found.append(f"{noun}: {path.relative_to(ROOT).as_posix()}")
    assert set(found) <= ALLOWED, found


ALLOWED = {
    "method: tmvalite/__init__.py",  # the public names
    "source: tmvalite/compression/root_files.py",  # which reads and writes the same kind of file
}


def test_a_layer_has_its_twin_in_tests_naive():
    assert NAIVE == ROOT / "tests" / "naive"
    kinds = {cls.kind for cls, _ in LAYER_EXAMPLES if hasattr(cls, "lower") and not cls.sink and not cls.marks_output}
    assert kinds <= set(TWINS)


def test_the_table_of_files_to_touch_is_what_the_code_has():
    text = PAGE.read_text("utf-8")
    found = text.partition(MARK)[2].partition(END)[0].strip() + "\n"
    assert found == table(), f"put this between the marks of docs/developing.md:\n{table()}"


def test_every_path_of_the_page_is_there():
    text = re.sub(r"```.*?```", "", PAGE.read_text("utf-8"), flags=re.DOTALL)
    shown = re.findall(r"`((?:tmvalite|tests|docs|benchmarks|grammar|examples)/[\w/.]+)`", text)
    examples = {path for path, _ in blocks()} | {f"tmvalite/{package}/NAME.py" for package, _ in PACKAGES.values()}
    later = {"tests/naive/NAME.py", "tmvalite/kernels/NAME.py", "tmvalite/kernels/bitcode/"}
    assert not [path for path in shown if path not in examples | later and not (ROOT / path).exists()]


def blocks() -> list[tuple[str, str]]:
    """The files that the page shows: path, text."""
    return re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def import_lines() -> list[tuple[str, str]]:
    """(import line, module of the package) of the page's members."""
    return re.findall(r"`(from (tmvalite\.[\w.]+) import \w+ as _\w+)`", PAGE.read_text("utf-8"))


def test_the_page_shows_a_member_of_every_kind_that_has_formulas_or_kernels():
    folders = {path.rpartition("/")[0].removeprefix("tmvalite/") for path, _ in blocks()}
    assert folders == {"activations", "losses", "optimizers", "data/transforms", "layers", "kernels", "tests/naive"}
    assert len(import_lines()) == 5


@pytest.mark.slow
def test_who_copies_the_members_of_the_page_has_working_ones(tmp_path):
    """In a copy of the checkout: each file and import line as the page has it, then the tests of these members."""
    for folder in ("tmvalite", "grammar", "tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.xz"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, text in blocks():
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(text, encoding="utf-8")
    for line, package in import_lines():
        init = tmp_path.joinpath(*package.split("."), "__init__.py")
        init.write_text(
            re.sub(rf"(?m)^from {re.escape(package)}\.base", rf"{line}\n\g<0>", init.read_text("utf-8"), count=1), "utf-8"
        )
    names = "MISH or LOGCOSH or SIGNUM or SCALE or (test_every_transform and A_Signal)"
    tests = [tests for _, tests in PACKAGES.values() if "every" in tests and "verb" not in tests]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "tests/layers/test_parts.py", *tests, "-k", names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 60

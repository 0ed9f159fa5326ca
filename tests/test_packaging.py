"""The package is whole: all folders and grammars are declared and found, installed or not; no source does what is forbidden."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "tmvalite").rglob("*.py"))
GRAMMARS = sorted(path.name for path in (ROOT / "grammar").glob("*.lark"))
# Reads a grammar the way the parser does and parses an option string, from wherever this interpreter finds the package.
PROBE = """
import pathlib, tmvalite
from tmvalite.string_utils import parse_options
parse_options("V:Layout=TANH|8,LINEAR")
print(pathlib.Path(tmvalite.__file__).resolve())
"""
# The files of the installed distribution, if there is one.
LISTING = """
import importlib.metadata
try:
    print(*(str(file).replace("\\\\", "/") for file in importlib.metadata.distribution("tmvalite").files or ()))
except importlib.metadata.PackageNotFoundError:
    pass
"""


def run(program, *, cwd, path=None):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run([sys.executable, "-c", program], cwd=cwd, env=environment, capture_output=True, text=True)


def test_every_folder_is_a_declared_package():
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in SOURCES}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"tmvalite.grammar"}


def test_there_are_grammars_and_they_are_package_data():
    assert GRAMMARS
    assert PROJECT["tool"]["setuptools"]["package-dir"]["tmvalite.grammar"] == "grammar"
    assert PROJECT["tool"]["setuptools"]["package-data"]["tmvalite.grammar"] == ["*.lark"]


def test_the_package_says_that_it_has_types():
    assert PROJECT["tool"]["setuptools"]["package-data"]["tmvalite"] == ["py.typed"]
    assert (ROOT / "tmvalite/py.typed").exists()


def test_the_tests_need_what_the_site_needs():
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(extras["docs"]) <= set(extras["test"])


def test_a_checkout_that_was_never_installed_finds_its_grammars(tmp_path):
    done = run(PROBE, cwd=tmp_path, path=ROOT)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == ROOT / "tmvalite" / "__init__.py"


def test_an_installed_package_is_complete_and_finds_its_grammars(tmp_path):
    listed = run(LISTING, cwd=tmp_path)  # elsewhere, since a build leaves metadata of its own in the checkout
    assert listed.returncode == 0, listed.stderr
    files = set(listed.stdout.split())
    if not files:
        pytest.skip("tmvalite is not installed")
    if "tmvalite/errors.py" in files:  # an ordinary install, not an editable one
        assert {f"tmvalite/grammar/{name}" for name in GRAMMARS} | {"tmvalite/py.typed"} <= files
        missing = {path.relative_to(ROOT).as_posix() for path in SOURCES} - files
        assert not missing, "installed before these files were written: install again"
    done = run(PROBE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_version_is_stated_once():
    import tmvalite

    assert tmvalite.__version__ == PROJECT["project"]["version"]
    assert f"version: {tmvalite.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_core_needs_three_packages_and_the_default_two_more():
    names = [requirement.partition(">")[0] for requirement in PROJECT["project"]["dependencies"]]
    assert names == ["numpy", "numba", "lark", "uproot", "rich"]


def test_no_source_catches_everything_unseen_or_reads_pickled_arrays():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(ROOT)} line {getattr(node, 'lineno', '?')}"
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{place}: bare except"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, place

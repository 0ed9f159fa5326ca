"""The slow twins of all layers, gathered from the files of tests/naive: LAYERS and TERMS by kind (see naive/layers.py)."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

NAIVE = Path(__file__).parent / "naive"
_FILES = [importlib.import_module(f"tests.naive.{path.stem}") for path in sorted(NAIVE.glob("*.py")) if path.stem != "__init__"]
TWINS = {kind: twin for file in _FILES for kind, twin in getattr(file, "LAYERS", {}).items()}
TERMS = {kind: term for file in _FILES for kind, term in getattr(file, "TERMS", {}).items()}


def twin_of(kind: str):
    """The functions of a layer; where there are none, the test fails and says what to write."""
    if kind not in TWINS:
        pytest.fail(f"{kind} has no slow twin: {missing(kind, 'LAYERS', '(forward, backward)')}", pytrace=False)
    return TWINS[kind]


def term_of(kind: str):
    """What a layer adds to the loss, likewise."""
    if kind not in TERMS:
        pytest.fail(f"{kind} has no slow twin of what it adds to the loss: {missing(kind, 'TERMS', 'term')}", pytrace=False)
    return TERMS[kind]


def missing(kind: str, name: str, value: str) -> str:
    return f"write tests/naive/{kind.lower()}.py with {name} = {{'{kind}': {value}}}, as tests/naive/layers.py describes them"

"""Expressions, cuts and split options that people wrote for TMVA."""

from __future__ import annotations

import json

import pytest

from tmvalite.data.expression import parse_expression
from tmvalite.data.formulas import expression_of
from tmvalite.data.info import declare
from tmvalite.data.split import read_split_options
from tmvalite.errors import ExpressionError


@pytest.fixture
def strings(physics_data):
    path = physics_data.parent / "corpus" / "strings.jsonl"
    if not path.exists():
        pytest.skip("the collected strings are not here")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of_kind(strings, kind):
    return list(dict.fromkeys(entry["string"] for entry in strings if entry["kind"] == kind))


def test_expressions_and_cuts_are_understood_except_calls_of_objects(strings):
    for text in of_kind(strings, "expression") + of_kind(strings, "cut"):
        try:
            if ":=" in text:
                expression_of(declare(text))
            else:
                parse_expression(text)
        except ExpressionError as problem:
            assert problem.code == "expression-method", text


def test_split_options_are_understood(strings):
    for text in of_kind(strings, "split"):
        read_split_options(text, ["Signal", "Background", "Regression"])

"""Expressions with one value per entry: which they are, and that they give what the evaluation of the whole gives."""

import numpy as np
import pytest

from tmvalite.data import row_values as module
from tmvalite.data.columns import Column
from tmvalite.data.expression import Context, evaluate, parse_expression
from tmvalite.data.row_values import has_one_value, row_values, side_by_side

N = 23
RNG = np.random.default_rng(3)
COLUMNS = {
    "a": Column(RNG.normal(size=N).astype(np.float32)),
    "b": Column(RNG.normal(size=N)),
    "i": Column(RNG.integers(0, 2**60, N)),
    "flag": Column(RNG.random(N) < 0.5),
    "word": Column(np.array(["x", "y"] * 11 + ["x"])),
    "v": Column(RNG.normal(size=(N, 3)).astype(np.float32)),
    "jagged": Column(np.arange(2.0 * N), 2 * np.arange(N + 1)),
}
ALIKE = ["a", "b*2", "sqrt(abs(a))+b", "v[1]", "v[0]*v[2]", "flag&&a>0", "a>0?b:-b", 'word=="x"', "pi*a", "i", "3.5", "pow(a,2)"]
OTHERS = ["v", "jagged", "jagged[0]", "Sum$(v)", "Length$(a)", "Entry$", "rndm", "Alt$(v[1],0)", "v[i]", "v[3]", "a[0]", "v[(1)]"]


@pytest.mark.parametrize("text", ALIKE)
def test_values_of_entries_are_those_of_the_whole_in_blocks_of_any_length(text, monkeypatch):
    expression = parse_expression(text)
    assert has_one_value(expression, COLUMNS)
    expected = evaluate(expression, COLUMNS, Context(N)).values
    for length in (1, 7, N, 100):
        monkeypatch.setattr(module, "BLOCK", length)
        found = row_values(expression, COLUMNS, N)
        assert found.shape == (N,) and np.array_equal(found.astype(np.float64), expected)


@pytest.mark.parametrize("text", OTHERS)
def test_what_depends_on_other_entries_or_has_several_values_is_left_to_the_evaluation_of_the_whole(text):
    assert not has_one_value(parse_expression(text), COLUMNS)


def test_a_column_comes_as_it_is_and_large_integers_as_float64():
    assert row_values(parse_expression("a"), COLUMNS, N) is COLUMNS["a"].values
    assert np.shares_memory(row_values(parse_expression("v[1]"), COLUMNS, N), COLUMNS["v"].values)
    assert row_values(parse_expression("i"), COLUMNS, N).dtype == np.float64


def test_an_element_of_an_array_of_variables():
    whole = parse_expression("v")
    assert has_one_value(whole, COLUMNS, 2) and not has_one_value(whole, COLUMNS, 3)
    assert not has_one_value(parse_expression("jagged"), COLUMNS, 0) and not has_one_value(parse_expression("v*2"), COLUMNS, 0)
    assert np.array_equal(row_values(whole, COLUMNS, N, 2), COLUMNS["v"].values[:, 2])


def test_columns_side_by_side(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 5)
    columns = [COLUMNS["a"].values, COLUMNS["b"].values, COLUMNS["v"].values[:, 1]]
    out = np.empty((N, 3), np.float32)
    side_by_side(columns, out)
    assert np.array_equal(out, np.stack(columns, axis=1).astype(np.float32))

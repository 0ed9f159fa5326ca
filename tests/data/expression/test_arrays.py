"""Arrays in expressions: elements, indices, reductions, lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import expression as naive
from tmvalite.data.columns import Column
from tmvalite.data.expression import Context, evaluate, parse_expression
from tmvalite.errors import ExpressionError

JETS = [[30.0, 20.0], [], [50.0, 40.0, 10.0], [5.0]]


def jagged(lists):
    return Column(np.array([v for one in lists for v in one]), np.cumsum([0] + [len(one) for one in lists]))


COLUMNS = {
    "jet": jagged(JETS),
    "eta": jagged([[1.0], [2.0], [0.5, -0.5], [3.0, 4.0]]),
    "n": Column(np.array([2, 0, 3, 1])),
    "fix": Column(np.arange(12.0).reshape(4, 3)),
    "word": Column(np.array(["abc", "b c", "abc", ""])),
    "grid": Column(np.arange(24.0).reshape(4, 2, 3)),
}


def lists_of(text):
    """Values entry by entry; an entry without a value is None."""
    values = evaluate(parse_expression(text), COLUMNS, Context(4))
    if values.counts is not None:
        return [v.tolist() for v in np.split(values.values, np.cumsum(values.counts)[:-1])]
    missing = np.zeros(4, bool) if values.missing is None else values.missing
    return [None if m else v for v, m in zip(values.values.tolist(), missing, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jet", JETS),
        ("jet+n", [[32, 22], [], [53, 43, 13], [6]]),
        ("jet*eta", [[30], [], [25, -20], [15]]),
        ("jet[1]", [20, None, 40, None]),
        ("jet[n-1]", [20, math.nan, 10, 5]),
        ("jet[1]+eta[0]", [21, None, 40.5, None]),
        ("fix[2]", [2, 5, 8, 11]),
        ("fix", [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]),
        ("grid[1][2]", [5, 11, 17, 23]),
        ("grid[1]", [[3, 4, 5], [9, 10, 11], [15, 16, 17], [21, 22, 23]]),
        ("Length$(jet)", [2, 0, 3, 1]),
        ("@jet.size()", [2, 0, 3, 1]),
        ("Sum$(jet)", [50, 0, 100, 5]),
        ("Sum$(jet>15)", [2, 0, 2, 0]),
        ("Sum$(jet)/n", [25, 0, 100 / 3, 5]),
        ("Min$(jet)", [20, 0, 10, 5]),
        ("Max$(-jet)", [-20, 0, -10, -5]),
        ("MaxIf$(jet,jet<45)", [30, 0, 40, 5]),
        ("MinIf$(jet,jet>15)", [20, 0, 40, 0]),
        ("Alt$(jet[1],-1)", [20, -1, 40, -1]),
        ("Alt$(jet[1],n)", [20, 0, 40, 1]),
        ("Alt$(n,5)*fix", [[0, 5, 10], [0, 20, 25], [18, 35, 40], [9, 50, 55]]),
        ("fix+Alt$(jet,0)", [[30, 21, 2], [3, 4, 5], [56, 47, 18], [14, 10, 11]]),
        ("jet-Max$(jet)", [[0, -10], [], [0, -10, -40], [0]]),
        ("jet*(Iteration$==1)", [[0, 20], [], [0, 40, 0], [0]]),
        ("Sum$(Iteration$*(jet>0))", [1, 0, 3, 0]),
        ("jet[Iteration$]+0*fix", [[30, 20, math.nan], [math.nan] * 3, [50, 40, 10], [5, math.nan, math.nan]]),
        ("Entry$", [0, 1, 2, 3]),
        ("Entries$", [4, 4, 4, 4]),
        ("Iteration$", [0, 0, 0, 0]),
        ("jet[-1]", [math.nan] * 4),
        ("Sum$(jet[0])", [30, 0, 50, 5]),
        ("Sum$(Sum$(jet)*fix)", [150, 0, 2100, 150]),
        ("n>1?jet[0]:jet[0]/2", [30, None, 50, 2.5]),
        ("n<Length$(jet)?jet[n]:-1", [-1, -1, -1, -1]),
        ("n>=3?jet[n-1]:n", [2, 0, 10, 1]),
        ("n<=2||jet[n]>0", [1, 1, math.nan, 1]),
        ("jet[n]>0||n<=2", [math.nan] * 4),  # what lies outside is no number, whatever is done with it
        ("isnan(jet[n])", [math.nan] * 4),
        ("isnan(Sum$(jet[n]))", [1] * 4),
        ("n<3?fix[n]:-1", [2, 3, -1, 10]),
        ("fix[n]", [2, 3, math.nan, 10]),
        ("Alt$(jet,-1)", [30, -1, 50, 5]),
        ("jet/Alt$(jet[0],1)", [[1, 20], [], [1, 40, 10], [1]]),
        ("n[0]+n[7]", [4, 0, 6, 2]),
        ("grid[][1]", [[1, 4], [7, 10], [13, 16], [19, 22]]),
        ("grid[][]-grid", [[0] * 6] * 4),
        ("Sum$(grid[][0])", [3, 15, 27, 39]),
        ("grid+fix", [[0, 1, 2, 4, 5, 6], [9, 10, 11, 13, 14, 15], [18, 19, 20, 22, 23, 24], [27, 28, 29, 31, 32, 33]]),
        ("jet[]", JETS),
        ("jet@.size()", [2, 0, 3, 1]),
        ("@fix.size()+@grid.size()", [5] * 4),
        ("Max$(jet/0+(jet<25)*jet)", [20, 0, 10, 5]),
        ('word=="abc"', [1, 0, 1, 0]),
        ('"b c"!=word', [1, 0, 1, 1]),
    ],
)
def test_arrays(text, expected):
    for value, wanted in zip(lists_of(text), expected, strict=True):
        if wanted is None:
            assert value is None
        else:
            np.testing.assert_allclose(value, wanted)


def test_columns_named_as_specials_win():
    assert evaluate(parse_expression("pi"), {"pi": Column(np.array([7.0]))}, Context(1)).values[0] == 7.0


def test_no_entries():
    empty = {"x": Column(np.empty(0)), "jet": Column(np.empty(0), np.zeros(1, np.int64))}
    for text in ("x+1", "jet", "jet[0]", "Sum$(jet)", "Max$(jet)", "Alt$(jet[0],1)", "1"):
        assert len(evaluate(parse_expression(text), empty, Context(0)).values) == 0


ARRAYS = st.lists(st.lists(st.sampled_from([-2.0, 0.0, 1.0, 3.5]), max_size=4), min_size=3, max_size=3)
TEXTS = st.sampled_from(
    [
        "a",
        "a+b",
        "a*x",
        "Sum$(a)",
        "Max$(a*x)-Min$(b)",
        "a-Sum$(b)",
        "Length$(a+b)",
        "Sum$(a*(b>0))",
        "a>b&&x",
        "x?a:b",
        "Sum$(a[0]*b)",
    ]
)


@given(TEXTS, ARRAYS, ARRAYS)
def test_arrays_agree_with_the_slow_evaluator(text, a, b):
    if "a[0]" in text:
        a = [one or [1.0] for one in a]
    x = [0.0, 2.0, -1.0]
    columns = {"a": jagged(a), "b": jagged(b), "x": Column(np.array(x))}
    values = evaluate(parse_expression(text), columns, Context(3))
    lengths = values.lengths()
    split = np.split(values.values, np.cumsum(lengths)[:-1])
    for i in range(3):
        expected = naive.evaluate(text, {"a": a[i], "b": b[i], "x": x[i]})
        np.testing.assert_allclose(split[i], expected if isinstance(expected, list) else [expected])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fix[3]", "index 3 is beyond 'fix', which has 3 elements\n  fix[3]\n  ^~~~~~\n  hint: the first index is 0"),
        ("@n.size()", "'n' is one number per entry, which has no size\n  @n.size()\n  ^~~~~~~~~\n  hint: Length$(x) is 1 for it"),
        ("jet[0][1]", "'jet' has 1 index, not 2\n  jet[0][1]\n  ^~~~~~~~~"),
    ],
)
def test_error_of_an_index(text, message):
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse_expression(text), COLUMNS, Context(4))
    assert str(caught.value) == message

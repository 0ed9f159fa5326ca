"""Width formulas: arithmetic in N, and where they fail."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmvalite.layers.formula import FormulaError, evaluate, evaluate_width


@pytest.mark.parametrize(
    "text, width",
    [
        ("64", 64),
        ("N", 5),
        ("n", 5),
        ("N+10", 15),
        ("2*N", 10),
        ("(N+100)*2", 210),
        ("N/2", 2),
        ("sqrt(N)", 2),
        ("sqrt(N*20)+1", 11),
        ("2^3^2", 512),
        ("-2+N", 3),
        ("+N", 5),
        ("--N", 5),
        ("10-3-2", 5),
        ("100/10/5", 2),
        ("-2^2+10", 6),
        ("2*-N+20", 10),
        ("pow(2,N)", 32),
        ("max(N,3)", 5),
        ("min(N, 3)", 3),
        ("abs(3-N)", 2),
        ("1e2", 100),
        ("2.5*2", 5),
        (".5*N", 2),
        ("0", 0),
        ("( N )", 5),
        ("exp(log(8.5))", 8),
        ("ceil(N/2)", 3),
        ("log10(1000)", 3),
        ("log2(8)", 3),
        ("floor(7.9)", 7),
        ("3.99", 3),
    ],
)
def test_the_value_is_truncated(text, width):
    assert evaluate_width(text, 5) == width


@pytest.mark.parametrize(
    "text, message, start, stop",
    [
        ("(N+", "the formula is not finished", 2, 3),
        ("", "the formula is not finished", 0, 1),
        ("(N", "a bracket is not closed", 0, 1),
        ("N)", "')' cannot stand here", 1, 2),
        ("64x", "'x' cannot stand here", 2, 3),
        ("2 N", "'N' cannot stand here", 2, 3),
        ("x+1", "'x' is no number", 0, 1),
        ("sqrt+1", "'sqrt' is no number", 0, 4),
        ("N+*2", "'*' is no number", 2, 3),
        ("1/0", "'/' has no value here", 1, 2),
        ("sqrt(-1)", "'sqrt' has no value here", 0, 4),
        ("2^9999", "'^' has no value here", 1, 2),
        ("max(1)", "2 arguments expected here, found 1", 5, 6),
        ("sqrt(1,2)", "1 argument expected here, found 2", 8, 9),
        ("(1,2)", "1 argument expected here, found 2", 4, 5),
        ("N-6", "a width cannot be -1", 0, 3),
        ("1e30", "a width cannot be 1e+30", 0, 4),
    ],
)
def test_a_formula_that_cannot_be_says_where(text, message, start, stop):
    with pytest.raises(FormulaError) as caught:
        evaluate_width(text, 5)
    assert (str(caught.value), caught.value.start, caught.value.stop) == (message, start, stop)


def test_deep_nesting_costs_no_recursion():
    assert evaluate_width("(" * 50_000 + "N" + ")" * 50_000, 3) == 3
    assert evaluate("-" * 50_001 + "1", 3) == -1


OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
ATOMS = st.integers(0, 9).map(lambda n: (str(n), float(n))) | st.just(("N", 7.0))


def combine(left, sign, right):
    return f"({left[0]}{sign}{right[0]})", OPERATIONS[sign](left[1], right[1])


@given(st.recursive(ATOMS, lambda inner: st.builds(combine, inner, st.sampled_from("+-*"), inner), max_leaves=12))
def test_a_formula_has_the_value_of_its_arithmetic(formula):
    text, expected = formula
    assert evaluate(text, 7) == expected  # whole numbers: exact


@given(st.text(alphabet="N0123456789.+-*/^(),sqrte ", max_size=30))
def test_any_text_is_a_number_or_a_formula_error(text):
    try:
        assert isinstance(evaluate(text, 3), float)
    except FormulaError as error:
        assert 0 <= error.start < error.stop

"""Values of expressions: TTreeFormula's table of operators, its special values, and a slow evaluator."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import expression as naive
from tmvalite.data.columns import Column
from tmvalite.data.expression import Context, evaluate, parse_expression, render_expression
from tmvalite.data.root_random import TRandom3
from tmvalite.errors import Diagnostics, ExpressionError


def value_of(text, **columns):
    """The value for one entry."""
    columns = {name: Column(np.array([value])) for name, value in columns.items()}
    return evaluate(parse_expression(text), columns, Context(1, TRandom3(1))).values[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2^3^2", 64),
        ("2**3**2", 64),
        ("2^-1", 0.5),
        ("-2^2", -4),
        ("7/2", 3.5),
        ("16/4*2", 8),
        ("8>>1*2", 2),
        ("5/2<<1", 4),
        ("1<<2<<1", 16),
        ("8>>2>>1", 4),
        ("7%4*2", 7),
        ("2*3%4", 2),
        ("12%5/2", 0),
        ("7%4<<1", 7),
        ("17%10%4", 1),
        ("-7%3", -1),
        ("7.9%3", 1),
        ("10-7%4", 7),
        ("1<<2+1", 5),
        ("1+10%3", 2),
        ("2==2==1", 0),
        ("1<2==1", 0),
        ("3>2==1", 1),
        ("1<2<3", 0),
        ("5&3==1", 0),
        ("4|2&1", 4),
        ("6&3|8", 10),
        ("1|0&&0", 0),
        ("1||0&&0", 1),
        ("0?1:0?2:3", 3),
        ("1==2!=0", 1),
        ("1!=2==1", 1),
        ("2*-3", -6),
        ("2^-2^2", 0.0625),
        ("3- -2", 5),
    ],
)
def test_operators_group_as_measured_in_root(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(("text", "value"), [("!x==0", 1), ("!b+1", 2), ("!x>0", 0), ("!!x", 1)])
def test_not_binds_tighter_than_arithmetic(text, value):
    assert value_of(text, x=3.0, b=0.0) == value


def test_equal_groups_looser_than_unequal():
    for a in (0.0, 1.0, 2.0):
        for b in (0.0, 1.0):
            assert value_of("a==b!=c", a=a, b=b, c=1.0) == float(a == float(b != 1.0))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/0", 0),
        ("0/0", 0),
        ("log(-1)", 0),
        ("log(0)", 0),
        ("log10(-2)", 0),
        ("asin(2)", 0),
        ("acos(-2)", 0),
        ("sqrt(-4)", math.nan),
        ("exp(1000)", math.exp(700)),
        ("pow(-1.5,0.5)", math.nan),
        ("TMath::Sqrt(-1)", math.nan),
        ("TMath::Log(-1)", math.nan),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("TMath::Nint(2.5)", 2),
        ("int(-2.7)", -2),
        ("sign(-3)", -1),
        ("5%0", math.nan),
        ("(int)2.7", 2.7),
        ("0x10", 16),
        (".5", 0.5),
        ("1.e3", 1000),
        ("1e3", 1000),
        ("max(2,3)", 3),
        ("min(2,3)", 2),
        ("TMath::Range(0,1,5)", 1),
        ("TMath::Even(4)", 1),
        ("TMath::Odd(4)", 0),
        ("TMath::Sign(2,-1)", -2),
        ("sq(3)", 9),
        ("fmod(-7.5,2)", -1.5),
        ("cbrt(-8)", -2),
        ("tgamma(5)", 24),
        ("1<<64", 1),
        ("5.9&6.9", 4),
        ("-7>>1", -3),
        ("-7&255", 249),
        ("-1|0", 2.0**64),
        ("0*1-7>>1", -3),
        ("(0-7)>>1", 2.0**63),
        ("2<<9>>1", 512),
        ("64>>1<<2", 4),
        ("!7^0", 1),
        ("!(7^0)", 0),
        ("2^!0", 2),
        ("-2^2", -4),
        ("acosh(0.5)", 0),
        ("atanh(2)", 0),
        ("TMath::ErfInverse(1)", 0),
        ("TMath::ACos(2)", math.nan),
        ("TMath::ASin(2)", math.nan),
        ("sign(pow(-1,0.5))", 1),
        ("min(pow(-1,0.5),2)", math.nan),
        ("min(2,pow(-1,0.5))", 2),
        ("max(pow(-1,0.5),2)", math.nan),
        ("log(pow(-1,0.5))", 0),
        ("(0-TMath::Infinity())^0.5", math.inf),
        ("TMath::Poisson(2,3)", 4.5 * math.exp(-3)),
        ("TMath::Freq(1)", 0.5 * (1 + math.erf(0.5**0.5))),
        ("TMath::BesselI0(1)", 1.2660658777520084),
        ("TMath::BesselJ1(1)", 0.4400505857449335),
        ("TMath::BesselK0(1)", 0.42102443824070834),
        ("ROOT::Math::normal_cdf(2,2)", 0.5 * (1 + math.erf(0.5**0.5))),
        ("ROOT::Math::chisquared_cdf_c(3,2)", math.exp(-1.5)),
        ("pi", math.pi),
        ("TMath::Pi()", math.pi),
        ("std::abs(-1)", 1),
        ("hypot(3,4)", 5),
        ("TMath::IsNaN(pow(-1,0.5))", 1),
    ],
)
def test_special_values_are_those_of_ttreeformula(text, value):
    np.testing.assert_allclose(value_of(text), value, rtol=2e-15)


def test_angles_move_into_one_turn():
    assert abs(value_of("TVector2::Phi_mpi_pi(x)", x=3.5) - (3.5 - 2 * math.pi)) < 1e-15
    assert value_of("TVector2::Phi_mpi_pi(x)", x=-math.pi) == -math.pi


def test_landau_density_is_its_integral():
    # phi(v) = 1/pi int_0^inf exp(-t ln t - v t) sin(pi t) dt; Kolbig and Schorr give about 7 digits.
    t = np.linspace(1e-9, 60.0, 400_001)
    for v in (-3.0, -0.2, 0.5, 3.0, 8.0, 30.0):
        integrand = np.exp(-t * np.log(t) - v * t) * np.sin(np.pi * t)
        integral = np.trapezoid(integrand, t) / np.pi
        np.testing.assert_allclose(value_of("TMath::Landau(x)", x=v), integral, rtol=2e-5)


def test_probability_functions():
    # Two degrees of freedom: exp(-chi2/2); one: erfc(sqrt(chi2/2)).
    for chi2 in (0.1, 1.0, 5.0, 40.0):
        np.testing.assert_allclose(value_of("TMath::Prob(x,2)", x=chi2), math.exp(-chi2 / 2), rtol=1e-12)
        np.testing.assert_allclose(value_of("TMath::Prob(x,1)", x=chi2), math.erfc(math.sqrt(chi2 / 2)), rtol=1e-12)
    for y in (-0.999, -0.3, 1e-12, 0.5):
        np.testing.assert_allclose(math.erf(value_of("TMath::ErfInverse(x)", x=y)), y, rtol=1e-13)
    np.testing.assert_allclose(value_of("TMath::Gaus(1,0,2,1)"), math.exp(-0.125) / (2 * math.sqrt(2 * math.pi)), rtol=2e-15)
    np.testing.assert_allclose(value_of("TMath::BreitWigner(1,0,2)"), 2 / (1 + 1) / (2 * math.pi), rtol=2e-15)


def test_every_integer_and_boolean_type_becomes_a_double():
    for kind in (bool, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64, np.float32):
        assert value_of("x/2", x=kind(1)) == 0.5


def test_random_numbers_differ_between_expressions_and_come_back_with_the_seed():
    context = Context(3, TRandom3(5))
    first, second = (evaluate(parse_expression("rndm"), {}, context).values for _ in range(2))
    assert np.array_equal(np.concatenate((first, second)), TRandom3(5).uniform(6))


ATOMS = st.sampled_from(["x", "y", "z", "0", "1", "2", "3.5", "0.25", "7"])


def combine(inner):
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "&", "|", "&&", "||", "^", "=="]), inner)
    return st.one_of(
        binary.map("".join),
        st.tuples(inner, st.sampled_from(["<", ">", "<=", ">=", "!=", "<<", ">>"]), inner).map(lambda p: f"({''.join(p)})"),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"-({e})"),
        inner.map(lambda e: f"!{e}" if not e.startswith("-") else f"!({e})"),
        st.tuples(st.sampled_from(["abs", "sqrt", "log", "sq", "int", "sign", "exp"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(st.sampled_from(["min", "max", "TMath::Hypot"]), inner, inner).map(lambda p: f"{p[0]}({p[1]},{p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]}?{p[1]}:{p[2]})"),
    )


EXPRESSIONS = st.recursive(ATOMS, combine, max_leaves=12)
NUMBERS = st.sampled_from([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, 6.0])


def parse_or_skip(text):
    """The expression, None for a mixture of comparisons that is refused on purpose."""
    try:
        return parse_expression(text)
    except ExpressionError as problem:
        assert problem.code in ("expression-comparison-chain", "expression-shift"), problem
        return None


@given(EXPRESSIONS, NUMBERS, NUMBERS, NUMBERS)
def test_values_agree_with_the_slow_evaluator(text, x, y, z):
    expression = parse_or_skip(text)
    if expression is None:
        return
    try:
        expected = naive.evaluate(text, {"x": x, "y": y, "z": z})
    except (OverflowError, ValueError):  # the slow one needs finite numbers for its integers
        return
    columns = {name: Column(np.array([value])) for name, value in (("x", x), ("y", y), ("z", z))}
    value = evaluate(expression, columns, Context(1)).values[0]
    large_integers = any(operator in text for operator in "%&|<>") and not abs(expected) < 2.0**52
    if not large_integers and not math.isnan(expected):
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-300)


@given(EXPRESSIONS)
def test_rendered_text_reads_back_as_the_same_expression(text):
    expression = parse_or_skip(text)
    if expression is not None:
        assert parse_expression(render_expression(expression)) == expression


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("( a + b ) * (c)", "(a+b)*c"),
        ("a-(b-c)", "a-(b-c)"),
        ("(a-b)-c", "a-b-c"),
        ("a**-b", "a^(-b)"),
        ("-(-a)", "-(-a)"),
        ("(a%b)%c", "(a%b)%c"),
        ("a%(b%c)", "a%b%c"),
        ("a<b<c", "a<(b<c)"),
        ("!(a&&b)", "!(a&&b)"),
        ("(int) x", "(int)x"),
        ("@ v.size ()", "@v.size()"),
        ("a?b:(c?d:e)", "a?b:c?d:e"),
        ("Sum$( x [ 0 ] )", "Sum$(x[0])"),
    ],
)
def test_canonical_text(text, canonical):
    assert render_expression(parse_expression(text)) == canonical


def test_casts_and_chains_of_comparisons_warn():
    diagnostics = Diagnostics()
    parse_expression("(int)x + (1<y<3)").warn(diagnostics)
    assert [w.code for w in diagnostics.warnings] == ["expression-cast", "expression-comparison-chain"]
    assert str(diagnostics.warnings[0]) == (
        "the cast (int) is ignored, as in ROOT: the value stays a double\n  (int)x + (1<y<3)\n  ^~~~~\n  hint: int(x) truncates"
    )


def test_long_and_deep_expressions_need_no_recursion():
    ones = Column(np.ones(2))
    for text, value in (
        ("+".join(["x"] * 5000), 5000),
        ("==".join(["x"] * 3001), 1),
        ("!" * 3000 + "x", 1),
        ("(" * 200 + "x" + ")" * 200, 1),
    ):
        expression = parse_expression(text)
        assert evaluate(expression, {"x": ones}, Context(2)).values[1] == value
        assert len(render_expression(expression)) > 0

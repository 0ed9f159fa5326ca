"""Whole messages for texts that are no expressions of TTreeFormula."""

from __future__ import annotations

import time

import pytest

from tmvalite.data.expression import parse_expression
from tmvalite.errors import ExpressionError

MESSAGES = [
    ("ln(x)", "there is no function 'ln'\n  ln(x)\n  ^~\n  hint: the natural logarithm is log(x)"),
    ("a=b", "'=' cannot stand here\n  a=b\n   ^\n  hint: write == to compare"),
    ("a<>b", "'>' cannot stand here\n  a<>b\n    ^\n  hint: write != for not equal"),
    ("a=>b", "'=' cannot stand here\n  a=>b\n   ^\n  hint: write >= instead of =>"),
    ("a=<b", "'=' cannot stand here\n  a=<b\n   ^\n  hint: write <= instead of =<"),
    ("a! =b", "'!' cannot stand here\n  a! =b\n   ^\n  expected an operator or the end"),
    ("+x", "'+' cannot stand here\n  +x\n  ^\n  hint: leave the sign away: TTreeFormula has no unary +"),
    ("--x", "'-' cannot stand here\n  --x\n   ^\n  hint: TTreeFormula has no --; write -(-x)"),
    (
        "a<b<=c",
        "'<' and '<=' cannot follow each other\n"
        "  a<b<=c\n"
        "   ^~~~\n"
        "  hint: join comparisons with &&, as in a<b && b<=c, or use parentheses",
    ),
    (
        "mod(x,2)",
        "there is no function 'mod'\n  mod(x,2)\n  ^~~\n  hint: fmod(x,y) is the remainder of doubles, x%y that of integers",
    ),
    ("max(a,b,c)", "max takes 2 arguments, not 3\n  max(a,b,c)\n  ^~~~~~~~~~"),
    ("not x", "'x' cannot stand here\n  not x\n      ^\n  hint: write ! for not"),
    ("x and y", "'and' cannot stand here\n  x and y\n    ^~~\n  hint: write && for and"),
    (
        "diTrk.Pt()",
        "'diTrk.Pt' would call a function of an object, which only ROOT can do\n"
        "  diTrk.Pt()\n"
        "  ^~~~~~~~\n"
        "  hint: store the value as a branch of numbers",
    ),
    ("vec.size()", "there is no function 'vec.size'\n  vec.size()\n  ^~~~~~~~\n  hint: write @vec.size()"),
    ("a?b", "a '?' has no ':'\n  a?b\n     ^\n  expected condition ? value : other value"),
    ("(a", "a parenthesis is not closed\n  (a\n    ^\n  expected ')'"),
    ("a[", "the expression ends too early\n  a[\n    ^\n  expected a number, a variable or a function"),
    ("a)", "')' cannot stand here\n  a)\n   ^\n  expected an operator or the end"),
    ("1.5f", "'f' cannot stand here\n  1.5f\n     ^\n  expected an operator or the end"),
    ("sin()", "sin takes 1 argument, not 0\n  sin()\n  ^~~~~"),
    ("p<<q<r", "'<<' before '<' needs parentheses: ROOT reads p<<q<r as p<<(q<r)\n  p<<q<r\n   ^~~~\n  hint: write (p<<q)<r"),
    ("x == 'a'", "''' cannot stand here\n  x == 'a'\n       ^\n  hint: write a text between double quotes, as in s==\"abc\""),
    ("a**", "the expression ends too early\n  a**\n     ^\n  expected a number, a variable or a function"),
    ("TMath::Sqr(x)", "there is no function 'TMath::Sqr'\n  TMath::Sqr(x)\n  ^~~~~~~~~~\n  hint: did you mean 'TMath::Sqrt'?"),
    ("1e999", "the number is too large\n  1e999\n  ^~~~~"),
    ("a b", "'b' cannot stand here\n  a b\n    ^\n  hint: a name with a blank stands between back-ticks: `a b`"),
    ("a 2", "'2' cannot stand here\n  a 2\n    ^\n  expected an operator or the end"),
    ("Sum$", "Sum$ needs an argument\n  Sum$\n  ^~~~\n  expected Sum$(...)"),
    ("{x}", "'{' cannot stand here\n  {x}\n  ^\n  hint: use parentheses"),
    ("std::max(a,b)", "there is no function 'std::max'\n  std::max(a,b)\n  ^~~~~~~~\n  hint: write max(a,b)"),
    ("", "the expression is empty"),
    ("jet$", "there is no function 'jet$'\n  jet$\n  ^~~~\n  hint: did you mean 'Entry$'?"),
    ("~x", "'~' cannot stand here\n  ~x\n  ^\n  hint: write !x for not; there is no bitwise complement"),
    ("x:=y", "':' cannot stand here\n  x:=y\n   ^\n  hint: 'label := expression' is for variables only"),
    ("a &&", "the expression ends too early\n  a &&\n      ^\n  expected a number, a variable or a function"),
    ("Length$(a,b)", "Length$ takes 1 argument, not 2\n  Length$(a,b)\n  ^~~~~~~~~~~~"),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES, ids=[repr(text) for text, _ in MESSAGES])
def test_error_of_a_text(text, message):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert str(caught.value) == message


def test_error_names_the_place():
    with pytest.raises(ExpressionError) as caught:
        parse_expression("x+", where="the cut of class 'Signal'")
    assert str(caught.value).splitlines()[3] == "  in the cut of class 'Signal'"


def test_error_of_nesting_and_length():
    with pytest.raises(ExpressionError, match="nested more than 200 deep"):
        parse_expression("(" * 201 + "x" + ")" * 201)
    with pytest.raises(ExpressionError, match="more than 65536 characters"):
        parse_expression("x" * 70_000)


@pytest.mark.parametrize(
    "char", ["(", "[", "!", "-", "x", "1", ".", "x.", "::", "(int)", "?", "1e", "@x", "&", "\x00", "\u00e9", "\U0001f600"]
)
def test_time_is_linear_in_nonsense(char):
    text = char * (60_000 // len(char))
    start = time.process_time()
    try:
        parse_expression(text)
    except ExpressionError as problem:
        assert len(str(problem)) < 1000
    assert time.process_time() - start < 20

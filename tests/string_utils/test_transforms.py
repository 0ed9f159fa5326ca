import pytest

from tests.string_utils.tools import codes, error, message, published, read
from tmvalite.errors import Source
from tmvalite.string_utils import parse_options, parse_transformations, parse_var_transform, render


def items(text):
    return [
        (item.name.text, item.reference and item.reference.text, [word.text for word in item.selection])
        for item in read(parse_var_transform, text)[0].items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N", [("N", None, [])]),
        ("D,G", [("D", None, []), ("G", None, [])]),
        ("Norm+PCA", [("Norm", None, []), ("PCA", None, [])]),
        ("G_Signal", [("G", "Signal", [])]),
        ("G_my_class(_V_,_T0_)", [("G", "my_class", ["_V_", "_T0_"])]),
        ("N(log(pt),x+y),U", [("N", None, ["log(pt)", "x+y"]), ("U", None, [])]),
        ("N(f(a,b),c)", [("N", None, ["f(a,b)", "c"])]),
        ("None", []),
        ("", []),
    ],
)
def test_transformations(text, expected):
    assert items(text) == expected
    assert codes(parse_var_transform, text) == []


@pytest.mark.parametrize(
    ("text", "code"), [("N,,P", "empty-transform"), ("N(a,,b)", "empty-variable"), ("N, P", "blank-in-value")]
)
def test_what_is_dropped_warns(text, code):
    assert codes(parse_var_transform, text) == [code]


def test_lists_of_the_factory():
    assert [render(chain) for chain in parse_transformations(Source("I;D;P;G,D"))] == ["I", "D", "P", "G,D"]
    assert [render(chain) for chain in parse_transformations(Source("I;"))] == ["I"]
    assert parse_transformations(Source("")) == ()


def test_published_transformations_parse():
    for text in published("dl", "dnn", "factory"):
        options = parse_options(text)
        for option in options.options:
            if option.name.text == "VarTransform":
                parse_var_transform(options.source, option.value.span)
            if option.name.text == "Transformations":
                parse_transformations(options.source, option.value.span)


ERRORS = [
    ("N_", "no class is named behind N_", 0, 2, ["  hint: write N for all classes, or N_Signal"]),
    ("N(a", "the '(' is never closed", 1, 1, ["  expected ')'", "  hint: write ')' behind the last variable"]),
    ("N)", "')' has no '(' before it", 1, 1, ["  hint: remove it"]),
    ("(a)", "'(' has no transformation before it", 0, 1, ["  hint: write the transformation first, as in N(_V_)"]),
    ("N()", "the parentheses of N name no variable", 0, 3, ["  hint: write N alone, or N(_V_) for all variables"]),
    ("N P", "a separator is missing before 'P'", 2, 1, ["  hint: separate transformations by ',' or '+'"]),
    (
        "I;D",
        "';' does not belong into VarTransform",
        1,
        1,
        ["  hint: only the Factory's Transformations takes several lists; separate transformations by ','"],
    ),
    (",", "VarTransform names no transformation", 0, 1, ["  hint: write VarTransform=None for no transformation"]),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), ERRORS, ids=[e[0] for e in ERRORS])
def test_error_of_a_transformation(text, first, at, length, rest):
    prefix = "  VarTransform="
    marker = " " * (len(prefix) + at) + "^" + "~" * (length - 1)
    assert error(parse_var_transform, text, "VarTransform") == message(first, prefix + text, marker, "  in VarTransform", *rest)

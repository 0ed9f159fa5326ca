import pytest

from tests.string_utils.tools import codes, error, message, read, warning
from tmvalite.string_utils import parse_batch_layout, parse_input_layout, parse_validation_size
from tmvalite.string_utils.syntax import ValidationSize


def inputs(text):
    return [(shape.name and shape.name.text, shape.sizes) for shape in read(parse_input_layout, text)[0].inputs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1|16|16", [(None, (1, 16, 16))]),
        ("10|30", [(None, (10, 30))]),
        ("0|0|0", [(None, (0, 0, 0))]),
        ("jets=10|4,event=5", [("jets", (10, 4)), ("event", (5,))]),
        ("event=5.0", [("event", (5,))]),
    ],
)
def test_input_layouts(text, expected):
    assert inputs(text) == expected
    assert codes(parse_input_layout, text) == []


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("-1|16|16", (1, 16, 16), "negative-size"),
        ("1|2|3|4|5", (1, 2, 3), "surplus-size"),
        ("1|16x|16", (1, 16, 16), "text-after-number"),
        ("1||16", (1, 16), "empty-field"),
        ("1 |16", (1, 16), "blank-in-value"),
    ],
)
def test_what_tmva_changes_silently_in_an_input_layout_warns(text, expected, code):
    assert inputs(text) == [(None, expected)]
    assert codes(parse_input_layout, text) == [code]


def test_batch_layout():
    assert read(parse_batch_layout, "1|128|7")[0] == (1, 128, 7)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [("20%", "fraction", 0.2), ("0.2", "fraction", 0.2), (".5", "fraction", 0.5), ("100", "count", 100), ("1.0", "count", 1)],
)
def test_validation_sizes(text, kind, value):
    assert read(parse_validation_size, text)[0] == ValidationSize(kind, value)


def test_part_of_an_event_is_cut_off_with_a_warning():
    assert read(parse_validation_size, "10.5")[0] == ValidationSize("count", 10)
    assert codes(parse_validation_size, "10.5") == ["validation-size"]


@pytest.mark.parametrize("text", ["", "abc", "12abc", "nan", "inf", "%", "0", "0%", "-3", "100%", "--1"])
def test_sizes_of_nothing_are_refused(text):
    assert "expected a percentage" in error(parse_validation_size, text)


def test_error_of_a_validation_size():
    assert error(parse_validation_size, "2O%", "ValidationSize") == message(
        "'2O%' is no size of a validation sample",
        "  ValidationSize=2O%",
        "                 ^~~",
        "  in ValidationSize",
        "  expected a percentage (20%), a fraction (0.2) or a number of events (100)",
    )


INPUT = "  InputLayout="
ERRORS = [
    ("a|2", "'a' is not a number; TMVA would read a size as 0", 0, 1, ["  in InputLayout", "  expected a whole number"]),
    (
        "j=10|4,5",
        "one of several inputs has no name",
        7,
        1,
        ["  in InputLayout, input 2", "  hint: name every input, as in jets=10|4,event=5"],
    ),
    ("j=1,j=2", "two inputs are called j", 4, 1, ["  in InputLayout"]),
    ("j=1@k", "an input reads nothing", 4, 1, ["  in InputLayout", "  hint: remove the '@' and what follows"]),
    (
        "1##2",
        "InputLayout describes the shape of one event, not blocks",
        3,
        1,
        ["  in InputLayout", "  expected sizes, as in 1|16|16 or jets=10|4,event=5"],
    ),
    ("3000000000", "the size '3000000000' is too large", 0, 10, ["  in InputLayout", "  expected at most 2147483647"]),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), ERRORS, ids=[e[0] for e in ERRORS])
def test_error_of_an_input_layout(text, first, at, length, rest):
    marker = " " * (len(INPUT) + at) + "^" + "~" * (length - 1)
    assert error(parse_input_layout, text, "InputLayout") == message(first, INPUT + text, marker, *rest)


def test_error_of_a_batch_layout():
    assert error(parse_batch_layout, "1|128", "BatchLayout") == message(
        "BatchLayout needs three whole numbers",
        "  BatchLayout=1|128",
        "              ^~~~~",
        "  in BatchLayout",
        "  expected depth|height|width, as in 1|128|7, or 0|0|0 for TMVA's choice",
    )


def test_error_text_of_the_warning_about_a_negative_size():
    assert warning(parse_input_layout, "-1|8|8", "InputLayout") == message(
        "the size -1 is read as 1, as TMVA does",
        "  InputLayout=-1|8|8",
        "              ^~",
        "  in InputLayout",
        "  hint: write 1",
    )

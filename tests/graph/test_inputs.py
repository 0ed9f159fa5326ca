"""Shapes of the inputs by InputLayout."""

import pytest

from tmvalite.errors import Diagnostics, OptionError, Source
from tmvalite.graph import event_shape, input_shapes, stored_sizes, variables_of
from tmvalite.string_utils import parse_input_layout


def shapes(text, n_variables):
    source = Source(text)
    diagnostics = Diagnostics(source)
    return input_shapes(parse_input_layout(source, None, diagnostics), n_variables, diagnostics)


@pytest.mark.parametrize(
    "text, n_variables, shape",
    [
        ("0|0|0", 7, (7,)),
        ("0", 7, (7,)),
        ("7", 7, (7,)),
        ("1|1|7", 7, (7,)),
        ("1|7", 7, (7,)),
        ("10|30", 300, (10, 30)),
        ("1|16|16", 256, (1, 16, 16)),
        ("3|4|5", 60, (3, 4, 5)),
        ("1|2|40", 80, (1, 2, 40)),
        ("10|1|30", 300, (10, 1, 30)),
    ],
)
def test_one_input_is_called_input(text, n_variables, shape):
    assert shapes(text, n_variables) == (("input", shape),)


def test_no_layout_is_all_variables():
    assert input_shapes(None, 4, Diagnostics()) == (("input", (4,)),)


def test_named_inputs_take_the_variables_in_order():
    assert shapes("jets=10|4,event=5", 45) == (("jets", (10, 4)), ("event", (5,)))
    assert shapes("event=0|0|0", 5) == (("event", (5,)),)


@pytest.mark.parametrize("text, number", [("0|0|0", None), ("1|16|16", 256), ("jets=10|4,event=5", 45), ("10|30", 300)])
def test_a_layout_may_say_how_many_variables_there_are(text, number):
    assert variables_of(parse_input_layout(Source(text))) == number


@pytest.mark.parametrize(
    "sizes, shape", [((1, 1, 4), (4,)), ((10, 1, 30), (10, 30)), ((3, 4, 5), (3, 4, 5)), ((1, 2, 40), (1, 2, 40))]
)
def test_the_sizes_of_a_weight_file_give_the_shape_back(sizes, shape):
    assert event_shape(*sizes) == shape and stored_sizes(shape) == sizes


@pytest.mark.parametrize(
    "text, n_variables, message",
    [
        ("1|16|16", 255, "InputLayout holds 256 values, but the event has 255 variables\n  1|16|16\n  ^~~~~~~\n  in InputLayout"),
        (
            "jets=10|4,event=5",
            44,
            "InputLayout holds 45 values, but the event has 44 variables\n"
            "  jets=10|4,event=5\n  ^~~~~~~~~~~~~~~~~\n  in InputLayout",
        ),
        (
            "1|0|16",
            16,
            "InputLayout has a size of 0\n  1|0|16\n  ^~~~~~\n  in InputLayout\n"
            "  expected width, steps|width or channels|rows|columns\n  hint: 0|0|0 stands for all variables in one row",
        ),
        ("input=4,event=5", 9, "'input' is the name of the whole event\n  input=4,event=5\n  ^~~~~\n  in InputLayout"),
    ],
)
def test_error_shapes_that_do_not_fit_the_event(text, n_variables, message):
    with pytest.raises(OptionError) as caught:
        shapes(text, n_variables)
    assert str(caught.value) == message

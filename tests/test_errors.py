"""Messages: the nearest known word, warnings that an error keeps, and manners."""

import pytest

from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import PYTHON, Diagnostics, OptionError, Source, Span, TmvaliteWarning, did_you_mean, nearest, typing_errors
from tmvalite.layers import REGISTRY


@pytest.mark.parametrize(
    "a, b, errors",
    [("RELU", "RELU", 0), ("RLEU", "RELU", 1), ("RELUU", "RELU", 1), ("REU", "RELU", 1), ("RULE", "RELU", 2), ("", "AB", 2)],
)
def test_typing_errors_are_letters_dropped_added_replaced_or_swapped(a, b, errors):
    assert typing_errors(a, b, 5) == typing_errors(b, a, 5) == errors


def test_more_typing_errors_than_asked_for_are_not_counted():
    assert typing_errors("SIGMOID", "TANH", 2) == typing_errors("A", "ABCD", 2) == 3


@pytest.mark.parametrize(
    "word, known, right",
    [
        ("CUP", ("STANDARD", "CPU", "GPU", "OPENCL", "CUDNN"), "CPU"),
        ("GUP", ("STANDARD", "CPU", "GPU", "OPENCL", "CUDNN"), "GPU"),
        ("Noen", ("NONE", "L1", "L2"), "NONE"),
        ("RLEU", (*REGISTRY, *ACTIVATIONS), "RELU"),
        ("REL", (*REGISTRY, *ACTIVATIONS), "RELU"),
        ("ElU", (*REGISTRY, *ACTIVATIONS), "ELU"),
        ("LSMT", (*REGISTRY, *ACTIVATIONS), "LSTM"),
        ("AD", (*REGISTRY, *ACTIVATIONS), "ADD"),
        ("CROSSENTROPPY", ("CROSSENTROPY", "SUMOFSQUARES"), "CROSSENTROPY"),
        ("LearnRate", ("LearningRate", "LearningRateDecay"), "LearningRate"),
        ("XYZ", (*REGISTRY, *ACTIVATIONS), None),
        ("X", ("N", "D"), None),
    ],
)
def test_the_nearest_word(word, known, right):
    assert nearest(word, known) == right


def test_a_word_that_resembles_nothing_has_no_hint():
    assert did_you_mean("QQQQ", ACTIVATIONS) is None


def warned(diagnostics, message, **keywords):
    diagnostics.warn(message, code=message, span=Span(0, 1), source=Source("text"), **keywords)


def failing(diagnostics):
    with pytest.raises(OptionError) as caught, diagnostics.telling():
        raise OptionError("the end", code="end")
    return caught.value


def test_error_begins_with_the_warnings_that_lost_something_and_names_the_others():
    diagnostics = Diagnostics()
    warned(diagnostics, "remark")
    warned(diagnostics, "loss", lost=True)
    error = failing(diagnostics)
    assert str(error) == "loss\n  text\n  ^\nand then: the end\n  also: remark"
    assert (error.message, [w.code for w in error.earlier]) == ("the end", ["remark", "loss"])


def test_error_names_few_of_many_warnings_and_counts_the_rest():
    diagnostics = Diagnostics()
    for number in range(9):
        warned(diagnostics, f"warning {number}", lost=number < 5)
    lines = str(failing(diagnostics)).splitlines()
    assert [line for line in lines if "warning" in line] == [
        "warning 0",
        "warning 1",
        "warning 2",
        "  also: warning 3",
        "  also: warning 4",
        "  also: warning 5",
        "  and 3 more warnings",
    ]


def test_error_does_not_repeat_warnings_that_were_issued_or_stand_in_it_already():
    diagnostics = Diagnostics()
    warned(diagnostics, "told")
    with pytest.warns(TmvaliteWarning, match="told"):
        diagnostics.issue()
    assert failing(diagnostics).earlier == ()
    warned(diagnostics, "new")
    with pytest.raises(OptionError) as caught, diagnostics.telling(), diagnostics.telling():
        raise OptionError("the end")
    assert [w.message for w in caught.value.earlier] == ["new"]


def test_a_slip_is_a_warning_in_tmvas_manner_and_an_error_in_pythons():
    slip = {"refused": "is wrong", "code": "slip", "span": Span(0, 1), "source": Source("text")}
    tmva = Diagnostics()
    tmva.slip("is ignored", **slip)
    assert [(w.message, w.lost) for w in tmva.warnings] == [("is ignored", True)]
    for diagnostics, message in ((Diagnostics(manner=PYTHON), "is wrong"), (Diagnostics(strict=True), "is ignored")):
        with pytest.raises(OptionError) as caught:
            diagnostics.slip("is ignored", **slip)
        assert (caught.value.message, caught.value.code) == (message, "slip")

"""Hints: what somebody who wrote this most likely meant."""

import pytest

from tests.layers.tools import read_layer
from tests.string_utils.tools import METHOD_DL, read
from tmvalite.errors import OptionError, Source, Span
from tmvalite.layers.context import missing_bar
from tmvalite.string_utils import parse_input_layout
from tmvalite.string_utils.hidden_defaults import DEFAULT_STRATEGY, probably_meant
from tmvalite.string_utils.key_hints import OTHER_NAMES, OTHER_OPTIONS, decimal_comma, hint_for_entry, hint_for_key
from tmvalite.string_utils.numbers import number_hint, read_number
from tmvalite.string_utils.training_keys import KEYS, find_key


@pytest.mark.parametrize(
    "text, hint",
    [
        ("1e\N{MINUS SIGN}3", "write 1e-3 in plain characters"),
        ("\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT TWO}", "write 12 in plain characters"),
        ("\N{FULLWIDTH DIGIT THREE}0", "write 30 in plain characters"),
        ("1-e3", "did you mean 1e-3?"),
        ("1ee-3", "did you mean 1e-3?"),
        ("10^-3", "did you mean 1e-3?"),
        ("2*10**-3", "did you mean 2e-3?"),
        ("1OO", "did you mean 100?"),
        ("fast", None),
        ("100", None),
    ],
)
def test_a_spoilt_number(text, hint):
    assert number_hint(text) == hint


@pytest.mark.parametrize("text, value", [("1e2", 100), ("100.0", 100), ("2.5e1", 25), ("+7", 7), ("9007199254740993", 2**53 + 1)])
def test_whole_numbers_in_any_form(text, value):
    number = read_number(text, int, Source(text), Span(0, len(text)), name="n")
    assert (number.value, number.ignored) == (value, None)


def test_what_is_no_whole_number_is_read_up_to_its_point():
    assert read_number("2.5", int, Source("2.5"), Span(0, 3), name="n").value == 2
    with pytest.raises(OptionError, match="too large"):
        read_number("1e999", int, Source("1e999"), Span(0, 5), name="n")


def test_digits_of_other_scripts_are_no_numbers():
    for text in ("\N{FULLWIDTH DIGIT THREE}", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT ONE}"):
        for name in ("RandomSeed", "InputLayout", "ValidationSize"):
            with pytest.raises(OptionError):
                bound = METHOD_DL.bind(f"{name}={text}")
                parse_input_layout(*bound.place(name))
        with pytest.raises(OptionError):
            read_layer(f"CONV|{text}|3|3|1|1")
        with pytest.raises(OptionError):
            read_layer(f"DENSE|{text}|RELU")


@pytest.mark.parametrize(
    "text, hint",
    [
        ("DENSE16", "write DENSE|16"),
        ("16RELU", "write 16|RELU"),
        ("RESHAPEFLAT", "write RESHAPE|FLAT"),
        ("ADD RELU", "write ADD|RELU"),
        ("3x3", "write 3|3"),
        ("BNORMDENSE", "write BNORM|DENSE"),
        ("DENSE", None),
        ("STEM16", None),
        ("0.001", None),
        ("16", None),
    ],
)
def test_a_missing_bar(text, hint):
    assert missing_bar(text) == hint


def test_a_word_of_other_programs_leads_to_the_key_or_option():
    assert all(find_key(name) for name in OTHER_NAMES.values())
    assert not any(find_key(word) for word in OTHER_NAMES) and not any(word in METHOD_DL for word in OTHER_OPTIONS)
    assert hint_for_key("n_epochs") == "did you mean 'MaxEpochs'?"
    assert hint_for_key("Optimiser") == "did you mean 'Optimizer'?"
    assert (
        hint_for_key("VarTransfrom", ("VarTransform",))
        == "did you mean the option 'VarTransform'? write ':' before it, and not ','"
    )
    assert hint_for_key("qqqq") is None
    with pytest.raises(OptionError) as caught:
        METHOD_DL.bind("Loss=CROSSENTROPY")
    assert caught.value.hint == "did you mean 'ErrorStrategy'?"
    with pytest.raises(OptionError) as caught:
        METHOD_DL.bind("epochs=3")
    assert caught.value.hint == "MaxEpochs belongs into TrainingStrategy: write TrainingStrategy=MaxEpochs=...,..."


@pytest.mark.parametrize(
    "text, before, hint",
    [
        ("0.5", "DropConfig", "join the probabilities by '+', as in DropConfig=0.0+0.5"),
        ("0.5", "", "write key=value"),
        ("adam", "", "write Optimizer=ADAM"),
        ("L2", "", "write Regularization=L2"),
        ("BatchSize 50", "", "write BatchSize=50"),
        ("LearningRateDecay~0.1", "", "write LearningRateDecay=0.1"),
        ("MaxEpochs", "", "write MaxEpochs=value"),
    ],
)
def test_an_entry_without_an_equal_sign(text, before, hint):
    assert hint_for_entry(text, before) == hint


def test_a_comma_in_a_number():
    assert decimal_comma("learningrate", "0", "001") == ("0,001", "LearningRate=0.001")
    assert decimal_comma("LearningRate", "1", "5e-3") == ("1,5e-3", "LearningRate=1.5e-3")
    assert decimal_comma("MaxEpochs", "1", "000") == ("1,000", "MaxEpochs=1000")
    assert (
        decimal_comma("MaxEpochs", "1", "ADAM") is decimal_comma("Optimizer", "1", "5") is decimal_comma("lr", "1", "5") is None
    )


def test_the_keys_whose_default_may_surprise_are_those_of_the_default_string():
    assert probably_meant() == {"LearningRate": 1e-3, "Momentum": 0.0, "TestRepetitions": 1}
    written = dict(part.split("=") for part in DEFAULT_STRATEGY.split(","))
    same = {key.name for key in KEYS if key.type in (int, float) and key.name in written} - set(probably_meant())
    assert same == {"ConvergenceSteps", "MaxEpochs", "BatchSize", "WeightDecay"}


@pytest.mark.parametrize(
    "text, hint", [("img=1x8x8", "write 1|8|8"), ("10.30", "write 10|30"), ("1O", "did you mean 10?"), ("10cm", "write 10")]
)
def test_sizes_with_other_separators(text, hint):
    (warning,) = read(parse_input_layout, text, "InputLayout")[1]
    assert warning.hint == hint

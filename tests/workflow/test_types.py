"""TMVA's enumerations and settings."""

import doctest

import pytest

from tmvalite import OptionError, Types, gConfig
from tmvalite.workflow import types
from tmvalite.workflow.types import ETreeType, method_type, tree_type


def test_values_are_those_of_tmva():
    assert (Types.kVariable, Types.kBDT, Types.kMLP, Types.kCategory, Types.kDNN) == (0, 9, 13, 20, 21)
    assert (Types.kClassification, Types.kRegression, Types.kMulticlass) == (0, 1, 2)
    assert (Types.kTraining, Types.kTesting, Types.kMaxTreeType) == (0, 1, 2)
    assert Types.kSignal == 0


@pytest.mark.parametrize("given", [Types.kDL, int(Types.kDL), "DL", "kDL", "dl", "kdl"])
def test_method_types_by_member_number_and_name(given):
    assert method_type(given) is Types.kDL


def test_names_that_begin_with_k():
    assert method_type("KNN") is method_type("kKNN") is Types.kKNN


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("train", ETreeType.kTraining),
        ("Test", ETreeType.kTesting),
        ("Training and Testing", ETreeType.kMaxTreeType),
        ("", ETreeType.kMaxTreeType),
        (Types.kTesting, ETreeType.kTesting),
        (0, ETreeType.kTraining),
    ],
)
def test_tree_types(given, expected):
    assert tree_type(given) is expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("BTD", "there is no method type 'BTD'\n  hint: did you mean Types.kBDT?"),
        ("Transformer", "there is no method type 'Transformer'\n  hint: deep learning is Types.kDL"),
        (999, "there is no method type number 999"),
    ],
)
def test_error_of_an_unknown_method_type(given, message):
    with pytest.raises(OptionError) as caught:
        method_type(given)
    assert str(caught.value) == message


def test_error_of_an_unknown_tree_type():
    with pytest.raises(OptionError) as caught:
        tree_type("validation")
    assert str(caught.value) == (
        "there is no tree type 'validation'\n  expected one of: train, test, Types.kTraining, Types.kTesting"
    )


def test_examples_in_the_docstrings():
    assert doctest.testmod(types).failed == 0


def test_settings_can_be_changed_as_in_tmva_scripts():
    names = gConfig().GetIONames()
    assert (names.fWeightFileDir, names.fWeightFileExtension) == ("weights", "weights")
    plotting = gConfig().GetVariablePlotting()
    plotting.fNbins1D, before = 10, plotting.fNbins1D
    try:
        assert gConfig().fVariablePlotting.fNbins1D == 10
    finally:
        plotting.fNbins1D = before

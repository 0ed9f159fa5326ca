"""Options as Python values: lists, tuples and dicts, and what has no meaning."""

from pathlib import Path

import numpy as np
import pytest

from tests.string_utils.tools import METHOD_DL
from tmvalite.errors import OptionError
from tmvalite.string_utils.option_table import keyword_text

MEANT = [
    ("Layout", ["TANH|5", "LINEAR"], "TANH|5,LINEAR"),
    ("Layout", ("TANH|5", ("DENSE", 1, "LINEAR")), "TANH|5,DENSE|1|LINEAR"),
    ("Layout", {"Encoder": ["TANH|5", "TANH|2"], "Decoder": "TANH|5,LINEAR"}, "Encoder={TANH|5,TANH|2}Decoder={TANH|5,LINEAR}"),
    ("VarTransform", ["N", "G_Signal(_V_,_T_)"], "N,G_Signal(_V_,_T_)"),
    ("TrainingStrategy", {"LearningRate": 1e-2, "BatchSize": 50}, "LearningRate=0.01,BatchSize=50"),
    ("TrainingStrategy", [{"LearningRate": 1e-2}, {"LearningRate": 1e-3}], "LearningRate=0.01|LearningRate=0.001"),
    (
        "TrainingStrategy",
        ["LearningRate=1e-2,MaxEpochs=3", "LearningRate=1e-3"],
        "LearningRate=1e-2,MaxEpochs=3|LearningRate=1e-3",
    ),
    ("TrainingStrategy", ({"MaxEpochs": np.int64(3)}, "MaxEpochs=4"), "MaxEpochs=3|MaxEpochs=4"),
    ("TrainingStrategy", {"DropConfig": [0, 0.5], "Regularization": None}, "DropConfig=0+0.5,Regularization=None"),
    ("trainingstrategy", [["LearningRate=1e-2", "MaxEpochs=3"], "MaxEpochs=4"], "LearningRate=1e-2,MaxEpochs=3|MaxEpochs=4"),
    ("InputLayout", (1, 16, 16), "1|16|16"),
    ("InputLayout", np.array([10, 4]), "10|4"),
    ("InputLayout", {"jets": (10, 4), "event": 5}, "jets=10|4,event=5"),
    ("InputLayout", ["jets=10|4", "event=5"], "jets=10|4,event=5"),
    ("BatchLayout", [1, 128, 7], "1|128|7"),
    ("Prior", ("GAUSS", 0, 2.5), "GAUSS|0|2.5"),
    ("ValidationSize", 0.2, "0.2"),
    ("RandomSeed", np.int32(7), "7"),
    ("VarTransform", None, "None"),
    ("Layout", Path("LINEAR"), "LINEAR"),
]


@pytest.mark.parametrize(("name", "value", "text"), MEANT, ids=[str(i) for i in range(len(MEANT))])
def test_a_value_becomes_the_text_of_the_option(name, value, text):
    assert keyword_text(name, value) == f"{name}={text}"


def test_true_and_false_set_and_negate():
    assert (keyword_text("V", True), keyword_text("V", False)) == ("V", "!V")


REFUSED = [
    ("RandomSeed", [1, 2], "RandomSeed cannot be this list"),
    ("RandomSeed", {"seed": 1}, "RandomSeed cannot be this dict"),
    ("Layout", {"TANH": 5}, "Layout cannot be this dict"),
    ("Layout", [], "Layout cannot be this list"),
    ("Layout", [["TANH", [5]]], "Layout cannot be this list"),
    ("Layout", [{"TANH": 5}], "Layout cannot be this dict"),
    ("Layout", {"TANH|5", "LINEAR"}, "Layout cannot be this set"),
    ("Layout", b"TANH|5", "Layout cannot be this bytes"),
    ("Layout", object(), "Layout cannot be this object"),
    ("Layout", len, "Layout cannot be this builtin_function_or_method"),
    ("Layout", ["TANH|5:V"], "'TANH|5:V' in the list of Layout has a ':' inside"),
    ("Layout", [("TANH|5", 3)], "'TANH|5' in the list of Layout has a '|' inside"),
    ("VarTransform", {"N": 1}, "VarTransform cannot be this dict"),
    ("TrainingStrategy", [], "TrainingStrategy cannot be this list"),
    (
        "TrainingStrategy",
        {"LearningRate": "1e-3,MaxEpochs=2"},
        "'1e-3,MaxEpochs=2' in the list of LearningRate in TrainingStrategy",
    ),
    (
        "TrainingStrategy",
        ["MaxEpochs=2|MaxEpochs=3"],
        "'MaxEpochs=2|MaxEpochs=3' in the list of TrainingStrategy has a '|' inside",
    ),
    (
        "TrainingStrategy",
        ["LearningRate=1e-3", "MaxEpochs=2"],
        "TrainingStrategy has 2 phases of one setting each, all different",
    ),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_error_of_what_has_no_meaning(name, value, message):
    with pytest.raises(OptionError) as caught:
        METHOD_DL.bind("", {name: value})
    assert caught.value.message.startswith(message) and caught.value.code == "list-value" and caught.value.expected

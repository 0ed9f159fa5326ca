"""Items that are several layers."""

import pytest

from tests.layers.tools import read_steps


def kinds(text):
    return [(step.index, step.layer.kind) for step in read_steps(text)[0]]


def test_a_kind_that_tmva_lacks_starts_a_new_layer_and_after_it_any_kind_does():
    assert kinds("CONV|6|3|3|1|1|0|0|RELU|PADDING2D|1|1|1|1|MAXPOOL|2|2|2|2,RESHAPE|FLAT") == [
        (0, "CONV"),
        (0, "PADDING2D"),
        (0, "MAXPOOL"),
        (1, "RESHAPE"),
    ]
    assert kinds("DENSE|64|RELU|DROPOUT|0.5|DENSE|32|RELU") == [(0, "DENSE"), (0, "DROPOUT"), (0, "DENSE")]
    assert kinds("PADDING2D|1|1|1|1|CONV|6|3|3|1|1") == [(0, "PADDING2D"), (0, "CONV")]
    assert kinds("64|TANH|ACT|RELU") == [(0, "DENSE"), (0, "ACT")]


@pytest.mark.parametrize("text", ["64|TANH|DENSE", "DENSE|64|TANH", "DENSE|DENSE|64|TANH"])
def test_tmva_kinds_alone_stay_one_layer(text):
    assert kinds(text) == [(0, "DENSE")]


def test_a_tmva_kind_among_the_fields_of_another_is_ignored_with_a_warning():
    steps, (warning,) = read_steps("DENSE|64|RELU|BNORM")
    assert len(steps) == 1
    assert warning.message == "DENSE has no activation 'BNORM'; RELU is used"


def test_the_first_part_has_the_sources_and_the_last_one_the_name():
    steps, _ = read_steps("x=DENSE|64|RELU|DROPOUT|0.5|DENSE|32|RELU@a")
    assert [[w.text for w in step.item.sources] for step in steps] == [["a"], [], []]
    assert [step.item.name.text for step in steps] == ["DENSE#1", "DROPOUT#1.2", "x"]
    assert [step.named for step in steps] == [False, False, True]


def test_words_of_fields_are_not_taken_for_kinds():
    assert kinds("UPSAMPLE|2|2|NEAREST") == [(0, "UPSAMPLE")]
    assert kinds("CORRUPT|0.1|GAUSS") == [(0, "CORRUPT")]


def test_a_hidden_dense_layer_without_a_width_warns():
    _, (warning,) = read_steps("DENSE|64|TANH,DENSE,BNORM,DENSE|1|LINEAR")
    assert str(warning) == "\n".join(
        [
            "DENSE without a width has as many nodes as the method has outputs, 1, also inside the network",
            "  DENSE|64|TANH,DENSE,BNORM,DENSE|1|LINEAR",
            "                ^~~~~",
            "  in Layout, layer 2 (DENSE)",
            "  hint: write its number of nodes",
        ]
    )


def test_the_last_dense_layer_needs_no_width():
    assert not read_steps("TANH|64,LINEAR,ACT|RELU")[1]

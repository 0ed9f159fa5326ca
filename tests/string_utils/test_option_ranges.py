"""{16,32,64} in option strings: what is a range, what its alternatives are called, and what cannot be one."""

import pytest

from tmvalite.errors import OptionError
from tmvalite.string_utils.option_ranges import combinations, count, find_ranges, with_choice

TEXT = (
    "!V:Layout=TANH|{16, 32},TANH|{8,16},LINEAR:TrainingStrategy=LearningRate={1e-2,1e-3},BatchSize=100:VarTransform={N,G,None}"
)


def test_ranges_are_named_by_the_key_or_the_option_before_them():
    ranges = find_ranges(TEXT)
    assert [(r.name, r.texts) for r in ranges] == [
        ("Layout 1", ("16", "32")),
        ("Layout 2", ("8", "16")),
        ("LearningRate", ("1e-2", "1e-3")),
        ("VarTransform", ("N", "G", "None")),
    ]
    assert [TEXT[r.span.start : r.span.stop] for r in ranges][0] == "{16, 32}"
    assert count(ranges) == 24 == len(list(combinations(ranges))) and list(combinations(ranges))[1] == ("16", "8", "1e-2", "G")


def test_a_choice_takes_the_place_of_the_braces():
    chosen = with_choice(TEXT, find_ranges(TEXT), ("32", "8", "1e-3", "None"))
    assert chosen == "!V:Layout=TANH|32,TANH|8,LINEAR:TrainingStrategy=LearningRate=1e-3,BatchSize=100:VarTransform=None"
    assert find_ranges(chosen) == () and with_choice(chosen, (), ()) == chosen


def test_blocks_of_layouts_are_none_but_may_hold_some():
    text = "Layout=Encoder={DENSE|{8,16}|RELU,LATENT|{1,2}}Decoder={DENSE|N|LINEAR}:KLWeight={0.1,1}"
    assert [(r.name, r.texts) for r in find_ranges(text)] == [
        ("Layout 1", ("8", "16")),
        ("Layout 2", ("1", "2")),
        ("KLWeight", ("0.1", "1")),
    ]


def test_semicolons_separate_texts_with_commas_and_braces():
    (found,) = find_ranges("Layout={TANH|16,LINEAR;Encoder={DENSE|2},Decoder={DENSE|3}}")
    assert found.texts == ("TANH|16,LINEAR", "Encoder={DENSE|2},Decoder={DENSE|3}")
    assert find_ranges("{A,B}")[0].name == "option" and find_ranges("") == ()


@pytest.mark.parametrize(
    "text, message",
    [
        ("Layout=TANH|{8,LINEAR", "this range is never closed"),
        ("Layout=TANH|{8},LINEAR", "a range needs different alternatives"),
        ("RandomSeed={1,1}", "a range needs different alternatives"),
        ("RandomSeed={}", "a range needs different alternatives"),
    ],
)
def test_what_is_no_range_is_named_with_its_place(text, message):
    with pytest.raises(OptionError) as caught:
        find_ranges(text)
    assert caught.value.message == message and caught.value.code == "range-of-options" and "^" in str(caught.value)

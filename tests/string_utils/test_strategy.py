import pytest

from tests.string_utils.tools import codes, error, message, published, read, warning
from tmvalite.string_utils import parse_drop_config, parse_options, parse_strategy

PREFIX = "  TrainingStrategy="


def settings(text):
    strategy, _ = read(parse_strategy, text)
    return [[(s.key.text, s.value.text) for s in phase.settings] for phase in strategy.phases]


def mark(at, length=1):
    return " " * (len(PREFIX) + at) + "^" + "~" * (length - 1)


def test_phases_and_settings():
    assert settings("A=1,B=x=y|C=0.0+0.5") == [[("A", "1"), ("B", "x=y")], [("C", "0.0+0.5")]]


def test_blanks_are_removed_as_in_tmva_but_do_not_cut():
    assert settings("Learning Rate= 1e-1, Momentum=0 |\n A=1") == [[("LearningRate", "1e-1"), ("Momentum", "0")], [("A", "1")]]
    assert codes(parse_strategy, "A= 1|B=2, C=3") == ["blank-in-value"]


def test_a_value_may_be_missing():
    assert settings("A=,B=1") == [[("A", ""), ("B", "1")]]


def test_a_phase_of_commas_runs_with_defaults_as_in_tmva():
    assert settings("A=1|,") == [[("A", "1")], []]
    assert codes(parse_strategy, "A=1|,") == ["phase-without-settings"]


def test_spans_of_settings():
    strategy, _ = read(parse_strategy, "A=1,BatchSize = 20", "TrainingStrategy")
    setting = strategy.phases[0].settings[1]
    assert [strategy.source.text[n.span.start : n.span.stop] for n in (setting, setting.key, setting.value)] == [
        "BatchSize = 20",
        "BatchSize",
        "20",
    ]


def test_published_strategies_parse():
    for text in published("dl", "dnn"):
        options = parse_options(text)
        for option in options.options:
            if option.name.text == "TrainingStrategy":
                strategy = parse_strategy(options.source, option.value.span)
                assert len(strategy.phases) == option.value.text.count("|") + 1


WARNINGS = [
    ("A=1||B=2", "an empty phase is dropped", 4, 1, ["  in TrainingStrategy", "  hint: remove the extra '|'"]),
    ("A=1|", "an empty phase is dropped", 3, 1, ["  in TrainingStrategy", "  hint: remove the '|' at the end"]),
    ("A=1,", "an empty entry is dropped", 3, 1, ["  in TrainingStrategy, phase 1", "  hint: remove the ',' at the end"]),
    (
        "A=1|foo,B=2",
        "'foo' is ignored, as TMVA does: it has no '='",
        4,
        3,
        ["  in TrainingStrategy, phase 2", "  hint: write key=value"],
    ),
    (
        "=5,A=1",
        "'=5' is ignored, as TMVA does: it has no key before its '='",
        0,
        2,
        ["  in TrainingStrategy, phase 1", "  hint: write key=value"],
    ),
    (
        ",|A=1",
        "the phase has no settings; as in TMVA it runs with the default of every key",
        0,
        1,
        ["  in TrainingStrategy, phase 1", "  hint: remove the phase"],
    ),
    (
        "A=1, B=2",
        "the value of TrainingStrategy has a blank inside; TMVA would stop there and ignore 'B=2'",
        4,
        1,
        ["  hint: remove the blank, so that TMVA reads the whole value too"],
    ),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), WARNINGS, ids=[w[0] for w in WARNINGS])
def test_error_texts_of_warnings_about_a_strategy(text, first, at, length, rest):
    assert warning(parse_strategy, text, "TrainingStrategy") == message(first, PREFIX + text, mark(at, length), *rest)


def test_error_of_an_empty_strategy():
    assert error(parse_strategy, "|", "TrainingStrategy") == message(
        "TrainingStrategy has no phase",
        "  TrainingStrategy=|",
        "                   ^",
        "  in TrainingStrategy",
        "  hint: write at least one setting, as in MaxEpochs=20",
    )


def test_drop_config():
    assert read(parse_drop_config, "0.0+0.5+.25+0.")[0] == (0.0, 0.5, 0.25, 0.0)


def test_empty_probabilities_are_dropped_as_in_tmva():
    assert read(parse_drop_config, "0.1++0.2")[0] == (0.1, 0.2)
    assert codes(parse_drop_config, "0.1++0.2") == ["empty-probability"]


def test_no_probability_at_all_drops_nothing():
    assert read(parse_drop_config, "")[0] == ()
    assert codes(parse_drop_config, "+") == ["value-missing"]


@pytest.mark.parametrize("text", ["1.0", "-0.1", "1e5"])
def test_error_of_a_probability_out_of_range(text):
    assert error(parse_drop_config, f"0.0+{text}", "DropConfig") == message(
        f"probability 2 of DropConfig cannot be '{text}'",
        f"  DropConfig=0.0+{text}",
        "                 ^" + "~" * (len(text) - 1),
        "  in DropConfig",
        "  expected a probability: at least 0, less than 1",
    )

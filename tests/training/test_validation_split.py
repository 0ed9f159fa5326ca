"""Which events validate."""

import numpy as np
import pytest

from tmvalite.errors import OptionError, Source, Span
from tmvalite.string_utils import parse_validation_size
from tmvalite.training.validation_split import drawn_events, last_events, validation_count


def count(text, n):
    source = Source(f"ValidationSize={text}", ":")
    return validation_count(parse_validation_size(source, Span(15, len(source.text))), n, source=source)


@pytest.mark.parametrize(
    "text, n, expected",
    [
        ("20%", 100, 20),
        ("20%", 99, 19),
        ("0.2", 10, 2),
        ("7", 10, 7),
        ("1.0", 10, 1),
        ("30%", 10, 3),
        ("0.1%", 1000, 1),
        ("70%", 10, 7),
    ],
)
def test_sizes_are_rounded_down_as_in_tmva(text, n, expected):
    assert count(text, n) == expected


def test_error_nothing_left_to_train():
    with pytest.raises(OptionError) as caught:
        count("100", 80)
    assert str(caught.value) == (
        "ValidationSize leaves no event for training: 100 of 80 training events would validate\n"
        "  ValidationSize=100\n"
        "                 ^~~\n"
        "  expected a number of events between 1 and 79\n"
        "  hint: ValidationSize=20% takes a fifth of them"
    )


def test_error_nothing_left_to_validate():
    with pytest.raises(OptionError) as caught:
        count("20%", 4)
    assert str(caught.value) == (
        "ValidationSize leaves no event for validation: 20 % of 4 training events is 0\n"
        "  ValidationSize=20%\n"
        "                 ^~~\n"
        "  expected a number of events between 1 and 3\n"
        "  hint: give more training events or a larger ValidationSize"
    )


def test_the_factory_takes_the_last_events():
    train, valid = last_events(10, 3)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6] and valid.tolist() == [7, 8, 9]


def test_a_drawn_split_takes_every_event_once_and_depends_on_the_seed():
    train, valid = drawn_events(None, 50, 10, seed=1)
    assert sorted([*train, *valid]) == list(range(50)) and len(valid) == 10
    assert np.array_equal(valid, drawn_events(None, 50, 10, seed=1)[1])
    assert not np.array_equal(valid, drawn_events(None, 50, 10, seed=2)[1])


def test_every_class_gives_its_share():
    classes = np.repeat([0, 1, 2], [60, 30, 10])
    _, valid = drawn_events(classes, 100, 21, seed=3)
    shares = np.bincount(classes[valid])
    assert shares.sum() == 21 and shares[0] in (12, 13) and shares[1] in (6, 7) and shares[2] in (2, 3)


def test_a_small_class_stands_on_both_sides():
    classes = np.repeat([0, 1], [98, 2])
    train, valid = drawn_events(classes, 100, 5, seed=4)
    assert np.bincount(classes[valid]).tolist() == [4, 1] and np.bincount(classes[train]).tolist() == [94, 1]
    train, valid = drawn_events(classes, 100, 95, seed=4)
    assert np.bincount(classes[train]).tolist() == [4, 1]

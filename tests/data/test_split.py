"""TMVA's split: random numbers and shuffles of ROOT, numbers of events, modes, options."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.root_random import TRandom3
from tmvalite.data.split import (
    FREE,
    TEST,
    TRAIN,
    Numbers,
    SplitOptions,
    class_numbers,
    mix_classes,
    read_split_options,
    split_classes,
)
from tmvalite.errors import DataError, OptionError

# Read from ROOT built with GCC 11 or later on Linux.
FIRST_NUMBERS = {
    100: [2333906439, 2882591511, 1195587394, 1769725798, 1823289174],
    1: [1791095844, 4282876138, 3093770123, 4005303367, 491262],
}
SHUFFLES = [
    (100, 5, [2, 1, 3, 4, 0]),
    (100, 6, [3, 4, 5, 0, 1, 2]),
    (100, 10000, [8228, 339, 5600, 5085, 1447, 6586]),
    (100, 10001, [8231, 8478, 5599, 9714, 8156, 6585]),
    (100, 70000, [9223, 24444, 3298, 5329, 9321, 59157]),
    (1, 5, [1, 0, 2, 3, 4]),
    (1, 6, [1, 0, 2, 5, 3, 4]),
    (1, 10000, [1033, 5211, 397, 5108, 3428, 3343]),
]


@pytest.mark.parametrize("seed", FIRST_NUMBERS)
def test_generator_gives_roots_numbers(seed):
    assert (TRandom3(seed).words(5) - 1).tolist() == FIRST_NUMBERS[seed]


@pytest.mark.parametrize(("seed", "n", "first"), SHUFFLES)
def test_shuffle_is_that_of_libstdcxx(seed, n, first):
    order = TRandom3(seed).shuffle(n)
    assert order[: len(first)].tolist() == first
    assert np.array_equal(np.sort(order), np.arange(n))


def test_generator_goes_on_from_shuffle_to_shuffle():
    generator = TRandom3(100)
    signal, background = generator.shuffle(10000), generator.shuffle(10000)
    assert signal[7000:7005].tolist() == [6717, 2966, 2605, 282, 7537]
    assert background[:5].tolist() == [8392, 502, 2383, 6291, 9322]


def test_words_that_would_favour_small_numbers_are_thrown_away():
    # One number at a time, as C++ writes it, against blocks; a range just above 2**31 throws about half of the words away.
    ranges = np.full(6000, 2**31 + 1, np.uint64)
    generator = TRandom3(7)
    words = iter((TRandom3(7).words(30000) - 1).tolist())
    expected = []
    for k in ranges.tolist():
        product = next(words) * k
        while product % 2**32 < k and product % 2**32 < (2**32 - k) % k:
            product = next(words) * k
        expected.append(product >> 32)
    assert generator.below(ranges).tolist() == expected
    assert generator.words(1)[0] - 1 == next(words)


def test_a_long_shuffle_is_that_of_single_swaps():
    n, generator = 80_001, TRandom3(7)
    words, order = iter((TRandom3(7).words(2 * n) - 1).tolist()), list(range(n))
    for i in range(1, n):
        product = next(words) * (i + 1)
        while product % 2**32 < i + 1 and product % 2**32 < (2**32 - i - 1) % (i + 1):
            product = next(words) * (i + 1)
        order[i], order[product >> 32] = order[product >> 32], order[i]
    assert generator.shuffle(n).tolist() == order
    assert generator.words(1)[0] - 1 == next(words)


def test_a_shuffle_of_a_million_keeps_every_number():
    assert len(np.unique(TRandom3(3).shuffle(10**6))) == 10**6


@pytest.mark.parametrize(
    ("r", "s", "u", "train", "test", "numbers"),
    [
        (0, 0, 10, 0, 0, (5, 5, 5, 5)),
        (0, 0, 11, 0, 0, (5, 5, 5, 5)),  # one event is not used
        (6, 2, 4, 0, 0, (6, 6, 6, 6)),
        (6, 2, 3, 0, 0, (6, 5, 6, 5)),
        (2, 6, 3, 0, 0, (5, 6, 5, 6)),
        (0, 0, 10, 7, 0, (7, 3, 7, 3)),
        (5, 0, 5, 3, 0, (5, 5, 3, 5)),
        (0, 0, 10, 0, 1, (9, 1, 9, 1)),
        (0, 4, 6, 0, 3, (6, 4, 6, 3)),
        (0, 0, 10, 4, 2, (6, 4, 4, 2)),
        (3, 1, 6, 4, 2, (6, 4, 4, 2)),
    ],
)
def test_numbers_of_a_class(r, s, u, train, test, numbers):
    assert class_numbers(r, s, u, train, test, "Signal") == Numbers(*numbers)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (
            (0, 0, 10, 11, 0),
            "class 'Signal' has 10 events after cuts to train on, but 11 are requested\n  hint: lower nTrain_Signal",
        ),
        (
            (0, 4, 6, 0, 11),
            "class 'Signal' has 10 events after cuts to test on, but 11 are requested\n  hint: lower nTest_Signal",
        ),
        (
            (0, 0, 10, 8, 3),
            "class 'Signal' has 10 events after cuts, but 8 + 3 to train and test on are requested\n"
            "  hint: lower nTrain_Signal or nTest_Signal",
        ),
    ],
)
def test_error_when_more_is_requested_than_there_is(numbers, message):
    with pytest.raises(DataError) as caught:
        class_numbers(*numbers, "Signal")
    assert str(caught.value) == message


def split_one(kinds, **options):
    options = {"split_mode": "Block", **options}
    return [a.tolist() for a in split_classes([np.array(kinds)], [1.0], ["S"], SplitOptions(**options), TRandom3(100))[0]]


def test_block_takes_the_first_events_to_train():
    assert split_one([FREE] * 6) == [[0, 1, 2], [3, 4, 5]]
    assert split_one([FREE] * 6, n_train={"S": 2}, n_test={"S": 1}) == [[0, 1], [3]]


def test_alternate_takes_turns_until_the_training_is_full():
    assert split_one([FREE] * 7, split_mode="Alternate", n_train={"S": 2}) == [[0, 2], [1, 3, 4, 5, 6]]
    assert split_one([FREE] * 6, split_mode="Alternate") == [[0, 2, 4], [1, 3, 5]]


def test_events_of_fixed_trees_come_first():
    assert split_one([TRAIN, FREE, TEST, FREE, FREE, TEST, FREE]) == [[0, 1, 3], [2, 5, 4]]


def test_random_shortening_draws_once_more_per_sample():
    train, test = split_one([FREE] * 6, split_mode="Random", n_train={"S": 2}, n_test={"S": 1})
    # free = 3, so 2 + 1 are put into training, 3 into test
    generator = TRandom3(100)
    order = generator.shuffle(6)
    keep = np.ones(3, bool)
    keep[generator.shuffle(3)[:1]] = False
    assert train == order[:3][keep].tolist()
    keep = np.ones(3, bool)
    keep[generator.shuffle(3)[:2]] = False
    assert test == order[3:][keep].tolist()


def test_efficiency_scales_requests_only_if_asked():
    options = SplitOptions(split_mode="Block", n_train={"S": 4}, scale_with_presel_eff=True)
    train, test = split_classes([np.zeros(10, int)], [0.5], ["S"], options, TRandom3(1))[0]
    assert (len(train), len(test)) == (2, 8)


def test_fraction_overrides_numbers():
    train, test = split_one([FREE] * 10, train_fraction={"S": 0.75}, n_train={"S": 1}, n_test={"S": 1})
    assert (len(train), len(test)) == (7, 3)


def test_mixing():
    assert mix_classes([2, 3], "Block", TRandom3(1)).tolist() == [0, 1, 2, 3, 4]
    assert mix_classes([3, 3], "Alternate", TRandom3(1)).tolist() == [0, 3, 1, 4, 2, 5]
    assert mix_classes([2, 2, 2], "Alternate", TRandom3(1)).tolist() == [0, 2, 4, 1, 3, 5]
    assert mix_classes([1, 3], "Alternate", TRandom3(1)).tolist() == [0, 1, 2, 3]
    assert mix_classes([3, 1], "Alternate", TRandom3(1)).tolist() == [0, 3, 1, 2]
    assert mix_classes([2, 3], "Random", TRandom3(100)).tolist() == [2, 1, 3, 4, 0]


def test_options_of_classes_with_underscores():
    text = (
        "nTrain_bg=3:nTrain_bg_2=4:nTest_bg_2=5:TrainTestSplit_Signal=0.8:SplitMode=Alternate:NormMode=NumEvents:!V:SplitSeed=0"
    )
    options = read_split_options(text, ["Signal", "bg", "bg_2"])
    assert options.n_train == {"Signal": 0, "bg": 3, "bg_2": 4} and options.n_test["bg_2"] == 5
    assert options.train_fraction["Signal"] == 0.8
    assert (options.split_mode, options.mixing, options.norm_mode, options.split_seed) == (
        "Alternate",
        "Alternate",
        "NumEvents",
        0,
    )


def test_defaults_are_tmvas():
    assert read_split_options("", ["Signal"]) == SplitOptions(
        n_train={"Signal": 0}, n_test={"Signal": 0}, train_fraction={"Signal": 0.0}
    )


def test_error_of_options():
    with pytest.raises(OptionError) as caught:
        read_split_options("nTrain_Sgnal=3", ["Signal"])
    assert "nTrain_Signal" in str(caught.value)
    with pytest.raises(OptionError) as caught:
        read_split_options("V:TrainTestSplit_Signal=1.5", ["Signal"])
    assert str(caught.value) == (
        "TrainTestSplit_Signal cannot be 1.5\n"
        "  TrainTestSplit_Signal=1.5\n"
        "                        ^~~\n"
        "  expected a fraction above 0 and below 1"
    )
    with pytest.raises(OptionError, match="differ in case only"):
        read_split_options("", ["sig", "Sig"])

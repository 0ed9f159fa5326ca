"""What is said of a sample before it trains: constants, twins, negative weights, integers that float32 rounds."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.checks import events_without_value, is_rounded, sample_remarks
from tmvalite.data.dataset import TreeInput, build_dataset
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.split import SplitOptions
from tmvalite.data.tables import event_matrix
from tmvalite.errors import DataError, Diagnostics, OptionError, TmvaliteWarning


def test_constant_and_equal_variables_and_negative_weights_are_named_once_each():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    x[:, 1], x[:, 3], x[:, 4] = 7.0, x[:, 0], x[:, 0]
    weight = np.where(np.arange(200) % 5 == 0, -0.5, 1.0)
    texts = [str(remark) for remark in sample_remarks(x, list("abcde"), weight)]
    assert texts == [
        "variable 'b' is constant over the training events",
        "variables 'a' and 'd', 'a' and 'e' are equal in all events\n  hint: leave one of them out: it tells nothing new",
        "40 of 200 event weights are negative (20 %); their sum is -20, that of all weights 140\n"
        "  hint: they count as they are; IgnoreNegWeightsInTraining leaves such events out of the training",
    ]
    assert sample_remarks(x[:, :1], ["a"], np.ones(200)) == []


def test_the_factory_says_the_same():
    rng = np.random.default_rng(1)
    a = rng.normal(size=40)
    table = {"a": a, "c": a + 0.0, "w": np.where(np.arange(40) < 4, -1.0, 1.0)}
    diagnostics = Diagnostics()
    info = DataSetInfo((declare("a"), declare("c")), classes=("S",))
    build_dataset(
        info, [TreeInput(table, "S")], weights={"S": "w"}, split=SplitOptions(split_mode="Block"), diagnostics=diagnostics
    )
    said = [warning.message for warning in diagnostics.warnings]
    assert any(text.startswith("variables 'a' and 'c' are equal") for text in said)
    assert any(text.startswith("4 of 20 event weights are negative (20 %); their sum is -4") for text in said)


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.uint64])
def test_integers_that_float32_rounds_warn_with_their_variable(kind):
    x = np.array([[1, 2], [3, 2**24 + 1], [4, 5]], kind)
    with pytest.warns(TmvaliteWarning, match="variable 'var2' has integers above 2\\^24, which float32 rounds"):
        event_matrix(x, np.dtype(np.float32))
    event_matrix(x, np.dtype(np.float64))
    event_matrix(np.array([[2.0**24], [2.0**30], [1e10 / 3]]), np.dtype(np.float32))  # kept, or no whole numbers
    assert not is_rounded(np.array([2**25]), np.array([2**25], np.float32))


def test_events_without_a_value():
    values = np.array([[0.5], [np.nan], [1.0], [np.nan]])
    assert events_without_value(values, "mark").tolist() == [False, True, False, True]
    with pytest.raises(DataError) as caught:
        events_without_value(values, "raise")
    assert str(caught.value).splitlines()[0] == "X contains NaN or infinity in 2 of 4 events (rows 1, 3)"
    with pytest.raises(OptionError):
        events_without_value(values, "ignore")

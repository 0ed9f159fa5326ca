"""One class against the rest, confusion by pairs, ranking of variables."""

import numpy as np
import pytest

from tests.naive.roc import pairwise_area
from tmvalite.errors import DataError
from tmvalite.evaluation import confusion, one_against_rest, rank_classification, rank_regression
from tmvalite.evaluation.ranking import correlation_ratio


def sample():
    rng = np.random.default_rng(11)
    index = rng.integers(0, 3, 150)
    outputs = rng.normal(size=(150, 3))
    outputs[np.arange(150), index] += 1.0
    return outputs, index, rng.uniform(0.5, 2.0, 150)


def test_one_against_rest_is_the_binary_number_of_each_column():
    outputs, index, weights = sample()
    for c, found in enumerate(one_against_rest(outputs, index, weights)):
        assert found.area == pytest.approx(pairwise_area(outputs[:, c], index == c, weights), abs=1e-12)


def test_confusion_compares_two_classes_by_the_output_of_the_row():
    # class 0 scores 1 in its own column, class 1 half above and half below it, class 2 always below
    index = np.array([0, 0, 1, 1, 2, 2])
    outputs = np.zeros((6, 3))
    outputs[:, 0] = [1.0, 1.0, 2.0, 0.0, 0.0, 0.0]
    matrix = confusion(outputs, index, 0.3)
    assert np.isnan(matrix.diagonal()).all()
    assert matrix[0, 1] == 0.0 and matrix[0, 2] == 1.0
    assert confusion(outputs, index, 0.5)[0, 1] == 1.0


def test_confusion_with_a_class_without_events_is_not_a_number():
    outputs, index, weights = sample()
    matrix = confusion(outputs, np.where(index == 2, 1, index), 0.1, weights)
    assert np.isnan(matrix[:, 2]).all() and np.isfinite(matrix[0, 1])


def test_ranking_puts_the_separating_variable_first():
    rng = np.random.default_rng(3)
    index = rng.integers(0, 2, 500)
    x = rng.normal(size=(500, 3))
    x[:, 1] += 2.0 * index
    found = rank_classification(x, index, ["a", "b", "c"])
    assert found.discriminator == "Separation"
    assert found.entries[0][0] == "b" and found.entries[0][1] > 5 * found.entries[1][1]


def test_ranking_of_several_classes_is_the_mean_against_the_rest():
    rng = np.random.default_rng(4)
    index = rng.integers(0, 3, 600)
    x = rng.normal(size=(600, 2))
    x[:, 1] += 3.0 * (index == 2)
    assert [name for name, _ in rank_classification(x, index, ["a", "b"]).entries] == ["b", "a"]


def test_regression_has_four_rankings_and_a_parabola_shows_in_three():
    rng = np.random.default_rng(6)
    x = rng.uniform(-1, 1, size=(4000, 2))
    target = x[:, 0] ** 2
    rankings = {r.discriminator: dict(r.entries) for r in rank_regression(x, target, ["par", "noise"])}
    assert list(rankings) == ["|Correlation with target|", "Mutual information", "Correlation Ratio", "Correlation Ratio (T)"]
    assert rankings["|Correlation with target|"]["par"] < 0.1
    assert rankings["Mutual information"]["par"] > 5 * rankings["Mutual information"]["noise"]
    assert rankings["Correlation Ratio"]["par"] > 0.95


def test_correlation_ratio_of_a_step_is_one_and_of_a_constant_zero():
    x = np.r_[np.zeros(10), np.ones(10)]
    assert correlation_ratio(x, 5.0 * x, np.ones(20)) == pytest.approx(1.0)
    assert correlation_ratio(x, np.ones(20), np.ones(20)) == 0.0


def test_error_of_outputs_that_do_not_fit():
    with pytest.raises(DataError) as caught:
        one_against_rest(np.zeros((3, 2)), [0, 1])
    assert str(caught.value) == "outputs of shape (3, 2) do not fit 2 events"

"""Bias, RMS, truncated forms, deviations, mutual information: always weighted."""

import numpy as np
import pytest

from tmvalite.errors import DataError
from tmvalite.evaluation.regression import mutual_information, mutual_information_of_cells, regression_deviation


def sample(n=400):
    rng = np.random.default_rng(5)
    truth = rng.uniform(0, 10, n)
    return truth + rng.normal(0.3, 1.0, n), truth, rng.integers(1, 5, n)


def test_numbers_are_those_of_the_deviations():
    prediction, truth, _ = sample()
    found = regression_deviation(prediction, truth)
    d = prediction - truth
    assert found.bias == pytest.approx(d.mean())
    assert found.rms == pytest.approx(d.std())
    assert found.mean_absolute == pytest.approx(np.abs(d).mean())
    kept = d[np.abs(d - d.mean()) <= 2 * d.std()]
    assert 0 < len(kept) < len(d)
    assert found.bias_truncated == pytest.approx(kept.mean())
    assert found.rms_truncated == pytest.approx(kept.std())
    assert found.dev == pytest.approx(np.sqrt((d**2).mean()))
    assert found.dev90 == pytest.approx(np.sqrt(np.sort(d**2)[:360].mean()))
    assert found.correlation == pytest.approx(np.corrcoef(prediction, truth)[0, 1])


def test_an_integer_weight_is_that_many_events_in_every_number():
    prediction, truth, weights = sample()
    weighted = regression_deviation(prediction, truth, weights)
    repeated = regression_deviation(np.repeat(prediction, weights), np.repeat(truth, weights))
    for name in ("bias", "rms", "mean_absolute", "mutual_information", "correlation", "bias_truncated", "rms_truncated", "dev"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-9), name


def test_a_perfect_prediction_deviates_by_nothing():
    _, truth, weights = sample()
    found = regression_deviation(truth, truth, weights)
    assert (found.bias, found.rms, found.dev, found.dev90, found.rms_truncated) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert found.correlation == pytest.approx(1.0)


def test_one_event_keeps_itself_in_dev90():
    assert regression_deviation([3.0], [1.0]).dev90 == 2.0


def test_mutual_information_of_independent_and_of_equal_quantities():
    assert mutual_information_of_cells(np.outer([1, 2, 3], [4, 5])) == pytest.approx(0.0, abs=1e-15)
    assert mutual_information_of_cells(np.diag([2.0, 2.0, 2.0, 2.0])) == pytest.approx(np.log(4.0))
    rng = np.random.default_rng(0)
    x = rng.normal(size=20000)
    assert mutual_information(x, x, bins=(10, 10)) > 1.0 > mutual_information(x, rng.normal(size=20000), bins=(10, 10))


@pytest.mark.parametrize(
    ("prediction", "truth", "weights", "message"),
    [
        ([1.0, 2.0], [1.0], None, "2 predictions do not fit 1 true values"),
        ([], [], None, "0 predictions do not fit 0 true values"),
        ([1.0, 2.0], [1.0, 2.0], [1.0, -1.0], "the event weights sum to 0, so no mean can be given"),
    ],
)
def test_error_of_a_deviation_that_cannot_be_computed(prediction, truth, weights, message):
    with pytest.raises(DataError) as caught:
        regression_deviation(prediction, truth, weights)
    assert str(caught.value) == message

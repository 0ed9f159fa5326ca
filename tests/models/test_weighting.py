"""Event weights and the ROC area of the validation events."""

import numpy as np
import pytest

from tmvalite.errors import DataError
from tmvalite.models.weighting import mean_one, normalised, roc_area

INDEX = np.array([0, 0, 1, 1, 1])
WEIGHT = np.array([1.0, 3.0, 0.5, 0.5, 1.0])
CLASSES = ("Signal", "Background")


@pytest.mark.parametrize("mode, factors", [(None, (1, 1)), ("NumEvents", (2 / 4, 3 / 2)), ("EqualNumEvents", (2 / 4, 2 / 2))])
def test_the_three_modes_of_tmva(mode, factors):
    assert np.allclose(normalised(WEIGHT, INDEX, CLASSES, mode), WEIGHT * np.array(factors)[INDEX], rtol=1e-15)


def test_error_class_of_negative_weight():
    with pytest.raises(DataError) as caught:
        normalised(np.array([1.0, 1.0, 1.0, -2.0, 0.5]), INDEX, CLASSES, None)
    assert str(caught.value) == "the weights of class 'Background' add up to -0.5 (3 events); their sum must be positive"


def test_mean_one():
    assert mean_one(WEIGHT, "training").mean() == pytest.approx(1.0, rel=1e-15)


def test_error_mean_of_nothing():
    with pytest.raises(DataError) as caught:
        mean_one(np.zeros(4), "validation")
    assert str(caught.value) == (
        "the weights of the 4 validation events add up to 0; their sum must be positive\n"
        "  hint: IgnoreNegWeightsInTraining gives negative weights the value 0"
    )


def test_the_area_counts_pairs_and_ties_half():
    rng = np.random.default_rng(2)
    values, signal, w = rng.integers(0, 6, 40), rng.random(40) < 0.4, rng.normal(1, 1, 40)
    pairs = total = 0.0
    for i in np.flatnonzero(signal):
        for j in np.flatnonzero(~signal):
            total += w[i] * w[j]
            pairs += w[i] * w[j] * ((values[i] > values[j]) + 0.5 * (values[i] == values[j]))
    assert roc_area(values, signal, w)[0] == pytest.approx(pairs / total, rel=1e-12)
    assert np.isnan(roc_area(values, np.ones(40, bool), w)).all()


def test_the_error_of_the_area_is_what_chance_gives():
    rng = np.random.default_rng(3)
    signal, w = np.arange(200) < 80, np.where(np.arange(200) % 2, 1.0, 0.5)
    areas, errors = zip(*(roc_area(rng.random(200), signal, w) for _ in range(400)))
    assert np.std(areas) == pytest.approx(errors[0], rel=0.15) and len(set(errors)) == 1

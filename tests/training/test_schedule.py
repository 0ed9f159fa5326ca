"""Learning rates along a phase."""

import math

import pytest

from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training.schedule import LearningRate


def rates(epochs, **settings):
    rate = LearningRate(PhaseSettings(learning_rate=0.8, **settings))
    return [rate.at(e) for e in range(1, epochs + 1)]


def test_tmvas_rate_is_constant():
    assert rates(4, max_epochs=4) == [0.8] * 4


def test_decay_multiplies_after_every_epoch():
    assert rates(3, learning_rate_decay=0.25) == pytest.approx([0.8, 0.6, 0.45])


def test_step_and_the_smallest_rate():
    settings = {"learning_rate_schedule": "STEP", "learning_rate_step": 2, "learning_rate_factor": 0.1}
    assert rates(6, learning_rate_minimum=0.05, **settings) == pytest.approx([0.8, 0.8, 0.08, 0.08, 0.05, 0.05])


def test_cosine_goes_from_the_rate_to_the_minimum():
    values = rates(5, learning_rate_schedule="COSINE", learning_rate_minimum=0.2, max_epochs=5)
    assert values == pytest.approx([0.2 + 0.3 * (1 + math.cos(math.pi * k / 4)) for k in range(5)])
    assert values[-1] == pytest.approx(0.2)
    assert rates(1, learning_rate_schedule="COSINE", max_epochs=1) == [0.8]


def test_plateau_waits_for_more_than_its_patience_then_starts_anew():
    rate = LearningRate(
        PhaseSettings(learning_rate=1.0, learning_rate_schedule="PLATEAU", learning_rate_patience=2, learning_rate_factor=0.5)
    )
    seen = []
    for epoch, improved in enumerate([False, False, True, False, False, False, False, False, False], 1):
        seen.append(rate.at(epoch))
        rate.validated(1, improved)
    assert seen == [1.0] * 6 + [0.5] * 3
    assert rate.at(10) == 0.25


def test_plateau_counts_epochs_not_validations():
    rate = LearningRate(PhaseSettings(learning_rate=1.0, learning_rate_schedule="PLATEAU", learning_rate_patience=4))
    rate.validated(5, False)
    assert rate.at(6) == pytest.approx(0.1)

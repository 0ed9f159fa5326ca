"""The exact area against its pairwise definition, and what the curve promises."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.naive.roc import pairwise_area, rates
from tmvalite.errors import DataError
from tmvalite.evaluation import efficiency, roc, roc_area, roc_curve
from tmvalite.evaluation.efficiency import maximum_significance, signal_efficiencies


def sample(seed, n, levels=None, negative=0.0):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 3 != 0
    scores = rng.normal(size=n) + truth
    if levels:
        scores = np.round(scores * levels) / levels
    weights = rng.uniform(0.1, 2.0, size=n)
    weights[rng.random(n) < negative] *= -0.5
    return scores, truth, weights


@pytest.mark.parametrize("levels", [None, 7, 1])
@pytest.mark.parametrize("negative", [0.0, 0.3])
def test_area_is_the_weighted_pair_count(levels, negative):
    for seed in range(5):
        scores, truth, weights = sample(seed, 101, levels, negative)
        assert roc_area(scores, truth, weights) == pytest.approx(pairwise_area(scores, truth, weights), abs=1e-12)


@given(
    scores=hnp.arrays(np.float32, 13, elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 0.5, 1.0, np.inf])),
    truth=hnp.arrays(bool, 13),
    weights=hnp.arrays(np.int64, 13, elements=st.integers(-2, 9)),
)
def test_area_is_the_pair_count_for_ties_and_integer_weights(scores, truth, weights):
    sums = weights[truth].sum(), weights[~truth].sum()
    if not truth.any() or truth.all() or 0 in sums:
        return
    assert roc_area(scores, truth, weights) == pytest.approx(pairwise_area(scores, truth, weights), rel=1e-12, abs=1e-12)


def test_area_does_not_depend_on_the_order_of_tied_events():
    scores, truth, weights = sample(3, 60, levels=2)
    order = np.random.default_rng(0).permutation(60)
    assert roc_area(scores, truth, weights) == pytest.approx(roc_area(scores[order], truth[order], weights[order]), abs=1e-14)


def test_area_of_a_constant_output_is_one_half():
    assert roc_area(np.full(5, 0.3), [True, False, True, False, False], [1, 2, 3, -1, 5]) == 0.5


def test_swapping_the_classes_mirrors_the_area():
    scores, truth, weights = sample(1, 50, levels=3, negative=0.2)
    assert roc_area(scores, truth, weights) + roc_area(scores, ~truth, weights) == pytest.approx(1.0, abs=1e-12)


def test_a_weight_of_two_is_two_events():
    scores, truth, _ = sample(2, 30, levels=3)
    doubled = roc_area(np.concatenate([scores, scores[:7]]), np.concatenate([truth, truth[:7]]))
    assert roc_area(scores, truth, np.where(np.arange(30) < 7, 2.0, 1.0)) == pytest.approx(doubled, abs=1e-14)


def test_the_curve_runs_from_nothing_kept_to_everything_kept():
    curve = roc_curve(*sample(4, 40, levels=3))
    assert (curve.signal_efficiency[0], curve.background_rejection[0]) == (0.0, 1.0)
    assert (curve.signal_efficiency[-1], curve.background_rejection[-1]) == (1.0, 0.0)
    assert np.all(np.diff(curve.threshold) < 0) and np.all(np.diff(curve.signal_efficiency) >= 0)


def test_each_point_of_the_curve_is_a_cut():
    scores, truth, weights = sample(5, 31, levels=4, negative=0.2)
    curve = roc_curve(scores, truth, weights)
    for k in range(1, len(curve.threshold)):
        expected = rates(scores, truth, weights, curve.threshold[k])
        assert (curve.signal_efficiency[k], curve.background_efficiency[k]) == pytest.approx(expected, abs=1e-12)


def test_the_trapezoid_under_the_curve_is_the_area():
    curve = roc_curve(*sample(6, 200, levels=5, negative=0.3))
    assert np.trapezoid(curve.background_rejection, curve.signal_efficiency) == pytest.approx(curve.area, abs=1e-12)


def test_efficiency_takes_the_upper_end_of_a_vertical_piece_at_any_background():
    # 100 background events; a block of signal sits between background events 10 and 11, another between 30 and 31
    background = np.arange(100, 0, -1.0)
    signal = np.r_[np.full(4, 90.5), np.full(6, 70.5)]
    scores, truth = np.r_[background, signal], np.r_[np.zeros(100, bool), np.ones(10, bool)]
    curve = roc_curve(scores, truth, np.full(110, 0.1))
    assert [curve.signal_efficiency_at(b) for b in (0.0, 0.09, 0.10, 0.29, 0.30, 1.0)] == pytest.approx([0, 0, 0.4, 0.4, 1, 1])


def test_efficiency_is_interpolated_where_both_classes_share_an_output():
    curve = roc_curve(np.zeros(4), [True, True, False, False])
    assert curve.signal_efficiency_at(0.3) == pytest.approx(0.3)


def test_efficiencies_come_with_binomial_errors_of_the_effective_number():
    scores, truth, weights = sample(7, 400)
    found = signal_efficiencies(scores, truth, weights)
    w = weights[truth]
    number = w.sum() ** 2 / (w**2).sum()
    assert found.errors[1] == pytest.approx(np.sqrt(found.at[1] * (1 - found.at[1]) / number))
    assert found.at[0] < found.at[1] < found.at[2] <= 1.0


def test_the_best_cut_of_separated_classes_keeps_all_the_signal():
    assert maximum_significance(roc_curve([3.0, 2.0, 1.0], [True, True, False]), 100.0, 1e6) == (10.0, 2.0)


@pytest.mark.parametrize("module", [roc, efficiency])
def test_examples_in_the_docstrings(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("scores", "truth", "weights", "message"),
    [
        (
            [1.0, np.nan],
            [1, 0],
            None,
            "1 of 2 outputs are not a number\n"
            "  hint: look for NaN or infinity among the inputs of these events, or leave them out",
        ),
        ([1.0, 2.0], [1, 1], None, "a ROC curve needs events of both kinds, but there is no background event"),
        ([1.0, 2.0], [0, 0], None, "a ROC curve needs events of both kinds, but there is no signal event"),
        ([1.0, 2.0, 3.0], [1, 0, 0], [1, 2, -2], "the weights of the background events sum to 0, so no rate can be given"),
        ([1.0, 2.0], [1, 0], [1], "1 weights do not fit 2 events"),
        ([1.0, 2.0], [1, 0], [1, np.inf], "1 of 2 event weights are not finite"),
        ([1.0, 2.0], [1, 0, 1], None, "3 truth values do not fit 2 events"),
    ],
)
def test_error_of_a_curve_that_cannot_be_drawn(scores, truth, weights, message):
    with pytest.raises(DataError) as caught:
        roc_curve(scores, truth, weights)
    assert str(caught.value) == message

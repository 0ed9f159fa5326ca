"""Separation, significance, Kolmogorov-Smirnov, matrices."""

import numpy as np
import pytest

from tmvalite.evaluation import (
    correlation_matrix,
    cross_correlation,
    effective_number,
    kolmogorov_smirnov,
    overlap_matrix,
    separation,
    significance,
)
from tmvalite.evaluation.binned import histogram_edges
from tmvalite.evaluation.classification import kolmogorov_probability, separation_of_histograms


def test_separation_is_zero_for_equal_and_one_for_disjoint_shapes():
    assert separation_of_histograms([1, 2, 3], [2, 4, 6]) == 0.0
    assert separation_of_histograms([1, 0, 3], [0, 5, 0]) == 1.0
    assert separation_of_histograms([3, 1], [1, 3]) == pytest.approx(0.5 * 2 * 0.5**2 / 1.0)


def test_separation_ignores_the_scale_of_the_weights():
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.4
    values = rng.normal(size=500) + truth
    weights = rng.uniform(0.5, 1.5, 500)
    scaled = np.where(truth, 7.0, 0.01) * weights
    assert separation(values, truth, scaled) == pytest.approx(separation(values, truth, weights), abs=1e-12)


def test_significance_of_two_gaussians_is_their_distance_in_widths():
    values = np.array([1.0, 3.0, 11.0, 15.0])
    truth = np.array([False, False, True, True])
    assert significance(values, truth) == pytest.approx((13 - 2) / np.hypot(1, 2))
    # a weight of 3 on the event at 1 moves the mean to 1.5 and the RMS to sqrt(3)/2
    assert significance(values, truth, [3, 1, 1, 1]) == pytest.approx((13 - 1.5) / np.sqrt(0.75 + 4))


@pytest.mark.parametrize(
    ("z", "p"), [(0.0, 1.0), (0.5, 0.963945), (0.7, 0.711235), (0.9, 0.392731), (1.36, 0.049486), (3.0, 3.046e-8)]
)
def test_kolmogorov_probability_agrees_with_the_published_table(z, p):
    assert kolmogorov_probability(z) == pytest.approx(p, rel=1e-3, abs=1e-9)


def test_both_series_of_the_kolmogorov_probability_meet():
    assert kolmogorov_probability(0.75 - 1e-9) == pytest.approx(kolmogorov_probability(0.75 + 1e-9), abs=1e-8)


def test_kolmogorov_smirnov_of_one_sample_with_itself_and_with_another():
    values = np.linspace(0, 1, 50)
    assert kolmogorov_smirnov(values, values) == (0.0, 1.0)
    distance, probability = kolmogorov_smirnov(values, values + 2)
    assert distance == pytest.approx(1.0) and probability < 1e-10


def test_kolmogorov_smirnov_uses_weights_and_effective_numbers():
    # weights 1 and 3 on 0 and 1: the distribution of 1 + 3 events, but of fewer effective ones
    distance, probability = kolmogorov_smirnov([0.0, 1.0], [0.0, 1.0], [1.0, 3.0], [1.0, 1.0])
    assert distance == pytest.approx(0.25)
    n = 16 / 10
    assert probability == pytest.approx(kolmogorov_probability(0.25 * np.sqrt(n * 2 / (n + 2))))
    assert kolmogorov_smirnov([0.0], [1.0], [-1.0])[1] != kolmogorov_smirnov([0.0], [1.0], [-1.0])[1]  # NaN


def test_binned_kolmogorov_smirnov_forgets_what_happens_inside_a_bin():
    a, b = np.array([0.1, 0.2, 0.9]), np.array([0.3, 0.4, 0.6])
    assert kolmogorov_smirnov(a, b, edges=np.array([0.0, 0.5, 1.0]))[0] == 0.0
    assert kolmogorov_smirnov(a, b)[0] > 0.0


def test_effective_number():
    assert effective_number(np.ones(7)) == 7.0
    assert effective_number([2.0, 2.0, -1.0]) == 1.0
    assert effective_number([]) == 0.0


def test_histogram_range_is_the_data_clipped_to_the_widest_band():
    values = np.r_[np.linspace(-1, 1, 1000), 1e6]
    edges = histogram_edges([(values, np.ones(1001))], max_rms=3.0)
    mean, rms = values.mean(), values.std()
    assert edges[0] == -1.0 and edges[-1] == pytest.approx(mean + 3 * rms)
    assert len(edges) == 41


def test_histogram_of_integers_has_a_bin_for_each_and_a_constant_has_a_range():
    values = np.array([1.0, 2.0, 4.0])
    edges = histogram_edges([(values, np.ones(3))], integer=True)
    assert np.histogram(values, edges)[0].tolist() == [1, 1, 0, 1]
    assert histogram_edges([(np.full(3, 2.0), np.ones(3))])[[0, -1]].tolist() == [1.5, 2.5]


def test_correlation_matrix_equals_numpys_for_integer_weights():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3))
    weights = rng.integers(1, 4, 40)
    assert correlation_matrix(x, weights) == pytest.approx(np.corrcoef(np.repeat(x, weights, axis=0).T), abs=1e-12)


def test_a_constant_column_correlates_with_nothing():
    matrix = correlation_matrix(np.c_[np.ones(5), np.arange(5.0)])
    assert matrix.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_cross_correlation_has_variables_as_rows():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(50, 3))
    outputs = np.c_[x[:, 1], -x[:, 2]]
    found = cross_correlation(outputs, x)
    assert found.shape == (3, 2)
    assert found[1, 0] == pytest.approx(1.0) and found[2, 1] == pytest.approx(-1.0)


def test_overlap_is_the_weighted_share_of_equal_answers():
    outputs = np.array([[0.9, 0.1], [0.8, 0.7], [0.1, 0.2], [0.2, 0.9]])
    assert overlap_matrix(outputs, [0.5, 0.5], [1, 2, 3, 4])[0, 1] == pytest.approx(0.5)
    assert overlap_matrix(outputs, [0.5, 0.5]).diagonal().tolist() == [1.0, 1.0]

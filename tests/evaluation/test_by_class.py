"""Sums and histograms by class: numpy's for few events, compiled ones for many, the same numbers."""

import numpy as np
import pytest

from tmvalite.evaluation import by_class, comparison, correlation_matrix, cross_correlation, roc, separation
from tmvalite.evaluation.by_class import histograms, moments


@pytest.fixture(params=["few", "many"])
def any_number(request, monkeypatch):
    """Both ways, whatever the number of events."""
    monkeypatch.setattr(by_class, "MANY", 0 if request.param == "many" else 10**9)


def sample(dtype=np.float32):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2500, 3)).astype(dtype)
    return x, rng.integers(0, 3, 2500), rng.normal(0.5, 1.0, 2500)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_moments_are_those_of_every_class_alone(any_number, dtype):
    x, classes, weights = sample()
    x = (10 * x).astype(dtype)
    found = moments(x, classes, weights, 3)
    for c in range(3):
        of_class, w = x[classes == c].astype(np.float64), weights[classes == c]
        mean = np.average(of_class, axis=0, weights=w)
        assert found.low[c].tolist() == of_class.min(axis=0).tolist()
        assert found.high[c].tolist() == of_class.max(axis=0).tolist()
        assert found.mean[c] == pytest.approx(mean, rel=1e-10)
        assert found.rms[c] == pytest.approx(np.sqrt(np.average((of_class - mean) ** 2, axis=0, weights=w)), rel=1e-10)


def test_a_class_without_events_and_weights_without_a_sum(any_number):
    x, classes, _ = sample()
    found = moments(x, np.where(classes == 1, 0, classes), np.ones(len(x)), 3)
    assert np.isinf(found.low[1]).all() and np.isinf(found.high[1]).all() and np.isnan(found.mean[1]).all()
    assert np.isfinite(found.rms[[0, 2]]).all()
    cancelled = moments(np.ones((2, 1)), np.zeros(2, np.int64), np.array([1.0, -1.0]), 1)
    assert np.isnan(cancelled.mean[0, 0]) and np.isnan(cancelled.rms[0, 0])


def test_negative_weights_never_give_a_negative_variance(any_number):
    found = moments(np.array([[0.0], [1.0], [2.0]]), np.zeros(3, np.int64), np.array([-1.0, 3.0, -1.0]), 1)
    assert found.rms[0, 0] == 0.0 and found.mean[0, 0] == 1.0


def test_histograms_have_numpys_bins(any_number):
    x, classes, weights = sample()
    x[:4, 0] = -1.0, 1.0, np.nan, np.inf  # both ends, and what is nowhere
    edges = np.stack([np.linspace(-1, 1, 9), np.linspace(-9, 9, 9), np.array([-2, -1.9, -1.5, 0, 0.1, 0.2, 0.3, 0.4, 3.0])])
    contents, squares = histograms(x, classes, weights, edges, 3)
    for c in range(3):
        for v in range(3):
            of_class, w = x[classes == c, v], weights[classes == c]
            assert contents[c, v] == pytest.approx(np.histogram(of_class, edges[v], weights=w)[0], abs=1e-10)
            assert squares[c, v] == pytest.approx(np.histogram(of_class, edges[v], weights=w * w)[0], abs=1e-10)
    counts, _ = histograms(x, classes, np.ones(len(x)), edges, 3)
    assert counts[0, 0].tolist() == np.histogram(x[classes == 0, 0], edges[0])[0].tolist()


def test_separation_is_the_same_both_ways(monkeypatch):
    x, classes, weights = sample()
    values, truth = x[:, 0] + (classes == 0), classes == 0
    found = []
    for many in (0, 10**9):
        monkeypatch.setattr(by_class, "MANY", many)
        found.append(separation(values, truth, np.abs(weights)))
    assert found[0] == pytest.approx(found[1], rel=1e-12) and 0.05 < found[0] < 0.5


@pytest.mark.parametrize("levels", [None, 5])
def test_a_roc_curve_of_many_events_has_the_bits_of_one_of_few(monkeypatch, levels):
    x, classes, weights = sample()
    scores, truth = x[:, 0], classes == 0
    scores = np.round(scores * levels) / levels if levels else scores
    scores = np.float32(scores)
    scores[:3] = np.inf, -np.inf, -0.0
    curves = []
    for many in (0, 10**9):
        monkeypatch.setattr(roc, "MANY", many)
        curves.append(roc.roc_curve(scores, truth, weights))
    for name in ("threshold", "signal_efficiency", "background_efficiency", "area"):
        assert np.array_equal(getattr(curves[0], name), getattr(curves[1], name))


def test_an_efficiency_is_that_of_the_whole_curve_in_parts_of_any_length(monkeypatch):
    x, classes, weights = sample()
    curve = roc.roc_curve(np.round(x[:, 0], 1), classes == 0, weights)
    levels = (-0.1, 0.0, 0.01, 0.1, 0.3, 0.999, 1.0, 2.0)
    whole = [curve.signal_efficiency_at(level) for level in levels]
    monkeypatch.setattr(roc, "_POINTS", 3)
    assert np.array_equal([curve.signal_efficiency_at(level) for level in levels], whole, equal_nan=True)
    assert 0.0 < whole[3] < 1.0 and np.isnan(whole[-1])


def test_correlations_of_chosen_events_are_those_of_these_events_alone(monkeypatch):
    monkeypatch.setattr(comparison, "_EVENTS", 700)
    x, classes, weights = sample()
    chosen, weights = classes == 1, np.abs(weights)
    expected = np.corrcoef(x[chosen].T.astype(np.float64))
    assert correlation_matrix(x, None, chosen) == pytest.approx(expected, abs=1e-12)
    outputs = x[:, :1] * x[:, 1:2]
    one, other = cross_correlation(outputs, x, weights, chosen), cross_correlation(outputs[chosen], x[chosen], weights[chosen])
    assert one == pytest.approx(other, abs=1e-12) and one.shape == (3, 1)

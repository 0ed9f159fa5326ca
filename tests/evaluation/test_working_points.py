"""Cuts, their errors and limits, the best one, and bins of an output."""

import doctest

import numpy as np
import pytest

from tests.evaluation.test_roc import sample
from tests.naive import working_points as naive
from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation import bin_score, intervals, optimal_cuts, roc_curve

UNWEIGHTED = np.ones(4)


def test_the_loosest_cut_within_the_background_and_the_tightest_with_the_signal():
    curve = roc_curve([4.0, 3.0, 3.0, 2.0, 1.0, 0.0], [1, 1, 0, 0, 1, 0])
    assert curve.at(b_eff=0.0).cut == 4.0 and curve.at(b_eff=0.3).cut == 4.0
    assert curve.at(b_eff=1 / 3).cut == 3.0 and curve.at(b_eff=0.67).cut == 1.0
    assert curve.at(b_eff=1.0).cut == 0.0
    assert curve.at(s_eff=0.0).cut == np.inf and curve.at(s_eff=0.5).cut == 3.0 and curve.at(s_eff=1.0).cut == 1.0
    between = curve.at(cut=2.5)
    assert (between.cut, between.signal.value, between.background.value) == (2.5, 2 / 3, 1 / 3)
    assert curve.at(cut=9.0).signal.value == 0.0 and curve.at(cut=3.0).signal.value == 2 / 3


@pytest.mark.parametrize("negative", [0.0, 0.3])
def test_efficiencies_and_errors_of_weighted_events(negative):
    scores, truth, weights = sample(3, 203, 5, negative)
    curve = roc_curve(scores, truth, weights)
    for cut in np.unique(scores)[1::4]:
        point = curve.at(cut=cut)
        for rate, which in ((point.signal, True), (point.background, False)):
            assert rate.value == pytest.approx(naive.efficiency(scores, truth, weights, cut, which), abs=1e-12)
            assert rate.error == pytest.approx(naive.error(scores, truth, weights, cut, which), rel=1e-9)
            assert 0.0 <= rate.low <= rate.high <= 1.0


def test_the_interval_is_that_of_clopper_and_pearson():
    beta = pytest.importorskip("scipy.stats", reason="needs scipy").beta
    tail = (1 - intervals.ONE_SIGMA) / 2
    for kept, total in [(3, 20), (1, 7), (19, 20), (250, 1000), (5.5, 12.25), (99_000, 1_000_000)]:
        low, high = intervals.clopper_pearson(kept, total)
        assert low == pytest.approx(beta.ppf(tail, kept, total - kept + 1), rel=1e-9)
        assert high == pytest.approx(beta.ppf(1 - tail, kept + 1, total - kept), rel=1e-9)
    assert intervals.clopper_pearson(0, 5)[0] == 0.0 and intervals.clopper_pearson(5, 5)[1] == 1.0


def test_an_efficiency_of_zero_has_no_error_but_a_limit():
    rate = roc_curve([3.0, 2.0, 1.0, 0.0], [1, 1, 0, 0]).at(b_eff=0.0).background
    assert (rate.value, rate.error, rate.low) == (0.0, 0.0, 0.0)
    assert rate.high == pytest.approx(1 - (0.5 * (1 - intervals.ONE_SIGMA)) ** 0.5)


@pytest.mark.parametrize("sigma", [0.0, 0.2])
def test_the_best_cut_is_the_best_of_all(sigma):
    scores, truth, weights = sample(5, 301, 6)
    curve = roc_curve(scores, truth, weights)
    of = {
        "AsimovZ": lambda s, b: naive.asimov(s, b, sigma) if s > 0 and b > 0 else 0.0,
        "S/sqrt(S+B)": lambda s, b: s / (s + b + (sigma * b) ** 2) ** 0.5 if s + b > 0 else 0.0,
        "S/sqrt(B)": lambda s, b: s / (b + (sigma * b) ** 2) ** 0.5 if b > 0 else 0.0,
    }
    for fom, value in of.items():
        best = curve.best_cut(120.0, 700.0, fom, sigma)
        every = {}
        for cut in np.unique(scores):
            rates = [naive.efficiency(scores, truth, weights, cut, which) for which in (True, False)]
            every[cut] = value(120.0 * rates[0], 700.0 * rates[1])
        assert best.value == pytest.approx(max(every.values()), rel=1e-9)
        assert best.cut == max(every, key=every.get) and best.fom == fom
        assert best.n_signal == pytest.approx(120.0 * best.point.signal.value) and 0.0 < best.error < best.value


def test_the_table_of_optimal_cuts():
    scores, truth, weights = sample(5, 301, 6)
    table = optimal_cuts({"DNN": roc_curve(scores, truth, weights)}, 100.0, 50.0)
    assert table.splitlines()[0] == "for 100 signal and 50 background events before the cut"
    assert table.splitlines()[2].split()[:2] == ["DNN", f"{roc_curve(scores, truth, weights).best_cut(100.0, 50.0).cut:.4g}"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "0 of b_eff, s_eff and cut are given"),
        ({"b_eff": 0.1, "cut": 0.2}, "2 of b_eff, s_eff and cut are given"),
        ({"b_eff": 1.5}, "b_eff=1.5 is no efficiency"),
        ({"s_eff": float("nan")}, "s_eff=nan is no efficiency"),
    ],
)
def test_error_of_a_working_point(arguments, message):
    with pytest.raises(OptionError) as caught:
        roc_curve([1.0, 0.0], [1, 0]).at(**arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("arguments", [(1.0, 2.0, "S/B"), (0.0, 2.0), (1.0, -2.0), (1.0, 2.0, "AsimovZ", -0.1)])
def test_error_of_a_best_cut(arguments):
    with pytest.raises(OptionError):
        roc_curve([1.0, 0.0], [1, 0]).best_cut(*arguments)


# ---- bins


def shares(scores, chosen, weights, edges):
    found = np.histogram(scores[chosen], edges, weights=weights[chosen])[0]
    return found / weights[chosen].sum()


@pytest.mark.parametrize("how, which", [("equalS", True), ("equalB", False)])
def test_bins_with_equal_parts(how, which):
    scores, truth, weights = sample(5, 4000)
    edges = bin_score(scores, truth, weights, n=8, how=how)
    found = shares(scores, truth == which, weights, edges)
    assert len(edges) == 9 and (np.diff(edges) > 0).all()
    assert found.sum() == pytest.approx(1.0) and np.allclose(found, 1 / 8, atol=2.5 / np.sum(truth == which))


def test_bins_of_transform_d_are_closed_as_soon_as_they_hold_enough():
    scores, truth, weights = sample(5, 4000)
    edges = bin_score(scores, truth, weights, n=10, how="transformD")
    s, b = (shares(scores, truth == which, weights, edges) for which in (True, False))
    z = 5 * (s + b)
    assert 9 <= len(z) <= 10 and s.sum() == pytest.approx(1.0)
    assert (z[1:] > 1.0).all() and (z[1:] < 1.02).all()


def test_equal_bins_and_ties():
    edges = bin_score([0.0, 1.0, 2.0, 2.0], [0, 1, 1, 0], n=4, how="equal")
    assert edges[:-1].tolist() == [0.0, 0.5, 1.0, 1.5] and 2.0 < edges[-1] < 2.0 + 1e-9
    tied = bin_score(np.repeat([1.0, 2.0], 50), np.arange(100) % 2, n=10, how="equalS")
    assert tied[0] == 1.0 and len(tied) <= 3


def test_bins_with_few_background_events_join_those_below():
    scores, truth, weights = sample(5, 2000)
    edges = bin_score(scores, truth, weights, n=12, how="equalS", min_neff=40.0)
    number = []
    for low, high in zip(edges, edges[1:]):
        w = weights[~truth & (scores >= low) & (scores < high)]
        number.append(w.sum() ** 2 / (w**2).sum())
    assert min(number) >= 40.0 and 2 < len(number) < 12
    assert len(bin_score(scores, truth, weights, n=12, min_neff=1e9)) == 2


@pytest.mark.parametrize(
    "arguments, error", [({"how": "equalQ"}, OptionError), ({"n": 0}, OptionError), ({"is_signal": [1, 1]}, DataError)]
)
def test_error_of_bins(arguments, error):
    with pytest.raises(error):
        bin_score(**{"scores": [0.0, 1.0], "is_signal": [0, 1], **arguments})


def test_examples_of_the_docstrings():
    assert doctest.testmod(intervals).failed == 0

"""Sums in bins of many columns: numpy's for few events, compiled ones for many, both as the slow twin gives them."""

import numpy as np
import pytest

from tests.naive import histograms as naive
from tmvalite.evaluation import axis_sums, by_class
from tmvalite.evaluation.axis_sums import Axes, AxisSums, Pairs, ProfileSums
from tmvalite.evaluation.by_class import moments_of_blocks

N, CLASSES = 700, 2
EDGES = [np.linspace(-1.0, 1.5, 8), np.linspace(-0.3, 1.7, 301), np.array([0.0, 1.0]), np.linspace(-3, 4, 8)]


@pytest.fixture(params=["few", "many"])
def any_number(request, monkeypatch):
    """Both ways, whatever the number of events."""
    for module in (axis_sums, by_class):
        monkeypatch.setattr(module, "MANY", 0 if request.param == "many" else 10**9)


def sample(dtype=np.float32):
    """Values below, on and above all edges, NaN and infinity; weights of both signs; one class that is not counted."""
    rng = np.random.default_rng(4)
    x = rng.normal(0.3, 1.0, (N, len(EDGES))).astype(dtype)
    for v, edges in enumerate(EDGES):
        on = edges[:12].astype(dtype)
        x[: len(on), v] = on
        x[20:26, v] = edges[-1], np.nextafter(dtype(edges[-1]), dtype(9)), np.nan, 1e30, edges[0], -1e30
    x[30, 1] = np.inf
    return x, rng.integers(-1, CLASSES + 1, N), rng.normal(0.5, 1.0, N)


def blocks(*columns, lengths=(1, 299, 0, 400)):
    """Parts of unequal length."""
    start = 0
    for length in lengths:
        yield [np.ascontiguousarray(column[start : start + length]) for column in columns]
        start += length


def close(found, expected):
    return np.allclose(found, expected, rtol=1e-12, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_along_axes_are_those_of_a_loop(any_number, dtype):
    x, classes, weights = sample(dtype)
    found = AxisSums(Axes(EDGES), CLASSES, N)
    for block in blocks(x, classes, weights):
        found.add(*block)
    for c in range(CLASSES):
        chosen = classes == c
        assert found.entries[c] == chosen.sum()
        for v, edges in enumerate(EDGES):
            expected = naive.axis_sums(x[chosen, v].astype(float), weights[chosen], edges)
            assert found.of(v).shape == (CLASSES, len(edges) + 1, 4) and close(found.of(v)[c], expected)


@pytest.mark.parametrize("columns", [1, 3, 4])
def test_profiles_are_those_of_a_loop(any_number, columns):
    x, classes, weights = sample()
    x = np.ascontiguousarray(np.where(np.abs(x) > 1e6, np.float32(2.5), x)[:, :columns])
    found = ProfileSums(Axes(EDGES[:columns]), CLASSES, N)
    for block in blocks(x, classes, weights):
        found.add(*block)
    for c in range(CLASSES):
        chosen = classes == c
        for v in range(columns):
            for u in range(v, columns):
                expected = naive.profile(x[chosen, v].astype(float), x[chosen, u].astype(float), weights[chosen], EDGES[v])
                assert close(found.profile(v, u)[c], expected)


def test_pairs_are_those_of_a_loop(any_number):
    x, classes, weights = sample()
    found = Pairs(Axes(EDGES), CLASSES, N)
    for block in blocks(x, classes, weights):
        found.add(*block)
    for i, j in ((0, 1), (1, 0), (2, 3), (3, 3)):
        contents = found.contents(i, j, classes, weights)
        for c in range(CLASSES):
            chosen = classes == c
            expected = naive.scatter(*x[chosen][:, [i, j]].T.astype(float), weights[chosen], EDGES[i], EDGES[j])
            assert close(contents[c], expected)


def test_an_axis_of_more_bins_than_two_bytes_count_is_filled_too(monkeypatch):
    monkeypatch.setattr(axis_sums, "MANY", 0)
    edges = np.linspace(0, 70_000, 70_001)
    found = AxisSums(Axes([edges]), 1, 3)
    found.add(np.float32([[69_999.0], [65_536.0], [-1.0]]), np.zeros(3, np.int64), np.array([2.0, 3.0, 5.0]))
    assert np.flatnonzero(found.of(0)[0, :, 0]).tolist() == [0, 65_537, 70_000] and found.entries.tolist() == [3]


def test_moments_of_blocks_are_those_of_the_whole(any_number):
    rng = np.random.default_rng(5)
    x, weights = rng.normal(1e3, 1.0, (N, 3)).astype(np.float32), rng.normal(1.0, 0.5, N)
    found = moments_of_blocks(blocks(x, weights), 3)
    mean = np.average(x.astype(float), axis=0, weights=weights)
    assert found.low.tolist() == x.min(axis=0).tolist() and found.high.tolist() == x.max(axis=0).tolist()
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert found.rms == pytest.approx(np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weights)), rel=1e-9)


def test_without_events_or_weights_there_are_no_moments():
    empty = moments_of_blocks([], 2)
    assert np.isinf(empty.low).all() and np.isnan(empty.mean).all() and np.isnan(empty.rms).all()
    nothing = moments_of_blocks([(np.ones((2, 1), np.float32), np.array([1.0, -1.0]))], 1)
    assert nothing.low[0] == 1.0 and np.isnan(nothing.mean[0])

"""Variations of a distribution: ratios, rates, and errors against their definition and against repetition."""

import numpy as np
import pytest

from tmvalite import DataError
from tmvalite.evaluation.systematics import shape_variation

EDGES = np.array([0.0, 0.3, 0.7, 1.0])


def test_rate_and_ratios_are_sums_of_weights():
    rng = np.random.default_rng(1)
    x, n, v = rng.uniform(size=50), rng.uniform(0.5, 2, 50), rng.uniform(0.5, 2, 50)
    found = shape_variation((x, n), (x, v), EDGES, same_events=True)
    for i in range(3):
        bin_ = (x >= EDGES[i]) & (x < EDGES[i + 1])
        ratio = v[bin_].sum() / n[bin_].sum()
        assert found.ratio[i] == pytest.approx(ratio)
        assert found.error[i] == pytest.approx(np.sqrt(np.sum((v[bin_] - ratio * n[bin_]) ** 2)) / n[bin_].sum())
    assert found.rate == pytest.approx(v.sum() / n.sum())
    assert np.allclose(found.shape, (found.varied / v.sum()) / (found.nominal / n.sum()))


@pytest.mark.parametrize("same", [True, False])
def test_the_error_is_the_spread_of_repeated_samples(same):
    ratios, errors = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        count, other = rng.poisson(300, size=2)
        x, n = rng.uniform(size=count), rng.uniform(0.5, 1.5, count)
        y, v = (x, n * (1 + 0.2 * rng.normal(size=count))) if same else (rng.uniform(size=other), rng.uniform(0.5, 1.5, other))
        found = shape_variation((x, n), (y, v), EDGES, same_events=same)
        ratios.append(found.ratio)
        errors.append(found.error)
    # 400 repetitions know a spread to 3.5 %
    assert np.allclose(np.std(ratios, axis=0), np.mean(errors, axis=0), rtol=0.14)


def test_an_empty_bin_has_no_ratio():
    found = shape_variation(([0.1], None), ([0.5], [2.0]), EDGES)
    assert np.isnan(found.ratio[1:]).all() and found.ratio[0] == 0.0 and found.rate == 2.0


def test_error_other_events():
    with pytest.raises(DataError, match="2 varied events are not the 1 nominal ones"):
        shape_variation(([0.1], None), ([0.5, 0.6], None), EDGES, same_events=True)

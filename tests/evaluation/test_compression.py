"""Residuals and responses: a known smear gives the known numbers, and nothing that is outside is lost."""

import numpy as np
import pytest

from tmvalite.errors import DataError
from tmvalite.evaluation.compression import compare_column, spread, wrap_angle


def test_a_known_smear_gives_its_mean_and_rms_within_errors():
    rng = np.random.default_rng(1)
    n = 40000
    before = rng.uniform(50.0, 150.0, n)
    after = before * (1.0 + rng.normal(0.01, 0.03, n))
    found = compare_column("pt", before, after)
    assert abs(found.response.mean - 1.0) < 4.0 * 3.0 / np.sqrt(n)
    assert abs(found.response.rms - 3.0) < 4.0 * 3.0 / np.sqrt(2.0 * n)
    assert found.residual.rms == pytest.approx((after - before).std())
    low, high = np.quantile(100.0 * (after / before - 1.0), (0.001, 0.999))
    assert (found.response.low, found.response.high) == pytest.approx((low, high))
    assert found.residual.largest == pytest.approx(np.abs(after - before).max())


def test_every_entry_is_in_the_histogram_or_counted_outside():
    values = np.concatenate([np.random.default_rng(0).normal(size=999), [50.0, -60.0, 70.0]])
    found = spread(values)
    assert found.contents.sum() + found.underflow + found.overflow == found.count == 1002
    assert found.overflow >= 2 and found.underflow >= 1
    assert found.edges[0] == -found.edges[-1] == pytest.approx(-5.0), "1-2-5 number above 99 %"
    assert found.contents[len(found.contents) // 2] > 0
    assert spread(values, limit=100.0).overflow == 0


def test_residuals_of_integers_stand_in_the_middle_of_their_bins():
    before = np.arange(1000)
    found = compare_column("n", before, before + np.resize([-1, 0, 0, 1, 2], 1000)).residual
    centres = 0.5 * (found.edges[1:] + found.edges[:-1])
    assert dict(zip(centres[found.contents > 0].tolist(), found.contents[found.contents > 0].tolist())) == {
        -1.0: 200,
        0.0: 400,
        1.0: 200,
        2.0: 200,
    }
    wide = spread(np.arange(-700, 701), whole=True)
    assert wide.contents.sum() == 1401 and set(np.diff(wide.edges)) == {19.0}


def test_angles_are_compared_on_the_circle():
    before = np.array([3.1, -3.1, 0.5])
    after = np.array([-3.1, 3.1, 0.6])
    found = compare_column("phi", before, after, angle=True)
    assert found.residual.largest == pytest.approx(2.0 * np.pi - 6.2 if 2 * np.pi - 6.2 > 0.1 else 0.1)
    assert compare_column("phi", before, after).residual.largest == pytest.approx(6.2)


def test_wrapped_angles_lie_above_minus_pi_and_up_to_pi():
    angles = np.linspace(-20.0, 20.0, 4001)
    wrapped = wrap_angle(angles)
    assert wrapped.min() > -np.pi and wrapped.max() <= np.pi
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * angles), atol=1e-12)
    assert wrap_angle(np.pi) == np.pi and wrap_angle(-np.pi) == np.pi and wrap_angle(1e-30) == 1e-30


def test_zeros_have_no_response_and_gaps_no_residual():
    before = np.array([0.0, 1.0, np.nan, np.nan, 2.0, np.inf])
    after = np.array([0.5, 1.1, np.nan, 1.0, np.inf, np.inf])
    found = compare_column("x", before, after)
    assert (found.equal, found.skipped, found.zeros) == (2, 4, 1)
    assert found.residual.count == 2 and found.response.count == 1
    assert found.response.mean == pytest.approx(10.0)


def test_a_column_that_did_not_change():
    x = np.arange(5)
    found = compare_column("x", x, x)
    assert found.equal == 5 and found.residual.rms == 0.0 and found.residual.contents.sum() == 5
    assert compare_column("e", x[:0], x[:0]).residual.count == 0


def test_error_of_columns_that_do_not_fit():
    with pytest.raises(DataError) as caught:
        compare_column("x", np.zeros(3), np.zeros(4))
    assert str(caught.value) == "column 'x' has the shape (3,) before and (4,) after"
    with pytest.raises(DataError) as caught:
        compare_column("x", np.array(["a"]), np.array(["a"]))
    assert str(caught.value) == "column 'x' holds no numbers"

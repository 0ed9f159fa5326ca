"""The fit of a peak: true values within errors, errors of the right size, and a smear that adds in quadrature."""

import numpy as np
import pytest

from tmvalite.errors import DataError
from tmvalite.evaluation.peak import compare_peaks, fit_peak


def sample(seed, n=6000, mass=173.0, width=5.5):
    rng = np.random.default_rng(seed)
    line = 300.0 - 220.0 * np.sqrt(rng.uniform(size=n))  # falls along a straight line from 80 to 300
    return np.concatenate([rng.normal(mass, width, n), line])


def test_mass_and_width_are_right_and_so_are_their_errors():
    fits = [fit_peak(sample(seed)) for seed in range(40)]
    assert all(fit.converged for fit in fits)
    mass = np.array([(fit.mass - 173.0) / fit.mass_error for fit in fits])
    width = np.array([(fit.width - 5.5) / fit.width_error for fit in fits])
    for pull in (mass, width):
        assert abs(pull.mean()) < 3.5 / np.sqrt(40) and 0.7 < pull.std() < 1.35
    events = np.array([fit.events for fit in fits])
    assert abs(events.mean() - 6000.0) < 60.0
    deviance = np.array([fit.deviance / fit.degrees for fit in fits])
    assert 0.9 < deviance.mean() < 1.1


@pytest.mark.parametrize("smear", [2.0, 5.0, 10.0])
def test_a_known_smear_adds_to_the_width_in_quadrature(smear):
    before = sample(3, 20000)
    after = before + np.random.default_rng(4).normal(1.0, smear, len(before))
    change = compare_peaks("m", before, after)
    expected = np.hypot(change.before.width, smear)
    assert abs(change.after.width - expected) < 4.0 * change.after.width_error
    assert abs(change.after.mass - change.before.mass - 1.0) < 4.0 * np.hypot(change.after.mass_error, smear / 200.0)
    assert change.shift == pytest.approx(100.0 * (change.after.mass - change.before.mass) / change.after.mass)
    assert change.broadening == pytest.approx(100.0 * (change.after.width / change.before.width - 1.0))


def test_the_curve_has_as_many_events_as_the_histogram():
    fit = fit_peak(sample(1))
    centres = 0.5 * (fit.edges[1:] + fit.edges[:-1])
    assert fit.curve(centres).sum() == pytest.approx(fit.contents.sum(), rel=1e-3)
    assert fit.outside + fit.contents.sum() == 12000


def test_the_order_and_entries_that_are_no_numbers_do_not_matter():
    x = sample(2)
    spoiled = np.concatenate([[np.nan, np.inf], x[::-1]])
    assert fit_peak(spoiled).mass == fit_peak(x).mass
    scaled = fit_peak(1000.0 * x, (1e5, 2.25e5))
    assert scaled.mass == pytest.approx(1000.0 * fit_peak(x).mass, rel=1e-6)
    assert scaled.width_error == pytest.approx(1000.0 * fit_peak(x).width_error, rel=1e-4)


def test_a_peak_without_background_and_one_at_the_edge():
    rng = np.random.default_rng(6)
    fit = fit_peak(rng.normal(173.0, 4.0, 5000))
    assert fit.converged and abs(fit.width - 4.0) < 5.0 * fit.width_error
    gone = fit_peak(np.concatenate([rng.normal(260.0, 20.0, 4000), rng.uniform(100.0, 225.0, 3000)]))
    assert not gone.converged or gone.mass_error > 1.0, "a peak outside the window is not found with confidence"


def test_error_of_too_few_values():
    with pytest.raises(DataError) as caught:
        fit_peak(np.full(20, 173.0))
    assert str(caught.value) == "\n".join(
        ["only 20 values lie between 100 and 225, too few to fit a peak", "  expected at least 50"]
    )
    with pytest.raises(DataError) as caught:
        fit_peak(sample(1), (200.0, 100.0))
    assert str(caught.value) == "the window from 200 to 100 is empty\n  expected the lower end first"

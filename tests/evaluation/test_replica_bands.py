"""Mean and spread of the ROC curves of several trainings: against pairs of events, and against each curve alone."""

import math

import numpy as np
import pytest

from tests.naive import replicas as naive
from tests.naive.roc import pairwise_area, rates
from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation import MeanAndSpread, roc_band, roc_curve

RNG = np.random.default_rng(5)
TRUTH = RNG.random(40) < 0.4
WEIGHTS = RNG.uniform(0.5, 2.0, 40)
OUTPUTS = [np.round(RNG.normal(size=40) + TRUTH, 1) for _ in range(4)]  # with ties


def test_areas_are_those_of_pairs_with_their_mean_and_spread():
    band = roc_band(OUTPUTS, TRUTH, WEIGHTS)
    areas = [pairwise_area(values.tolist(), TRUTH.tolist(), WEIGHTS.tolist()) for values in OUTPUTS]
    assert np.allclose(band.areas, areas, rtol=1e-12) and len(band) == 4
    (mean,), (spread,) = naive.mean_and_spread([[a] for a in areas])
    assert math.isclose(band.area.value, mean) and math.isclose(band.area.error, spread)
    assert str(band).startswith(f"4 replicas: area {mean:.4f} +- {spread:.4f}; signal efficiency ")


def test_a_point_of_a_curve_lies_where_its_cut_puts_it():
    values = OUTPUTS[0]
    efficiency, background = rates(values.tolist(), TRUTH.tolist(), WEIGHTS.tolist(), sorted(values)[25])
    band = roc_band([values, values], TRUTH, WEIGHTS, points=10_001)
    found = np.interp(efficiency, band.signal_efficiency, band.background_rejection)
    assert abs(found - (1 - background)) < 0.06 and not band.rejection_error.any()  # a step of one event is 1/24


def test_the_band_is_mean_and_spread_of_the_curves():
    band = roc_band(OUTPUTS, TRUTH, WEIGHTS, points=11, backgrounds=(0.2, 0.5))
    curves = [roc_curve(values, TRUTH, WEIGHTS) for values in OUTPUTS]
    each = [np.interp(np.linspace(0, 1, 11), c.signal_efficiency, c.background_rejection).tolist() for c in curves]
    means, spreads = naive.mean_and_spread(each)
    assert np.allclose(band.background_rejection, means) and np.allclose(band.rejection_error, spreads)
    assert band.backgrounds == (0.2, 0.5)
    at = [curve.signal_efficiency_at(0.5) for curve in curves]
    assert band.at(0.5) == MeanAndSpread(pytest.approx(np.mean(at)), pytest.approx(np.std(at, ddof=1)))


def test_what_a_band_cannot_give_is_said():
    with pytest.raises(DataError, match="a spread needs at least 2 replicas, there are 1"):
        roc_band(OUTPUTS[:1], TRUTH)
    with pytest.raises(OptionError, match="not made at a background efficiency of 0.05") as caught:
        roc_band(OUTPUTS, TRUTH).at(0.05)
    assert "backgrounds=(0.05,)" in caught.value.hint


def test_a_picture_has_a_band_behind_its_curve():
    pytest.importorskip("matplotlib")
    from tmvalite.evaluation.plots import roc_figure

    curves = [("one", roc_curve(OUTPUTS[0], TRUTH)), ("several", roc_curve(np.mean(OUTPUTS, axis=0), TRUTH))]
    band = roc_band(OUTPUTS, TRUTH)
    (axes,) = roc_figure(curves, bands={"several": band}).axes
    assert len(axes.collections) == 1
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == f"one ({curves[0][1].area:.3f})" and labels[1].endswith(
        f"; one training {band.area.value:.3f} ± {band.area.error:.3f})"
    )

"""Densities of the output: the slow twin, what must hold for every curve, settings, files that cannot be."""

import math

import numpy as np
import pytest

from tests.naive import density as naive
from tmvalite.data.transforms.base import PdfRecord
from tmvalite.errors import FileError
from tmvalite.models.density import Density, _regions, _smoothed
from tmvalite.models.density_options import METHODS, density_settings
from tmvalite.models.options import BASE_OPTIONS
from tmvalite.models.output_densities import OutputDensities, check_records, density_records

CONTENTS = np.array([0.5, 1.5, 3.0, 1.0, 0.0, 0.0, 0.25, 0.75])


def record(contents=CONTENTS, low=-1.0, high=3.0, method="Spline2", **attributes):
    given = {"Name": "p", "MinNSmooth": 0, "MaxNSmooth": 0, "InterpolMethod": METHODS.index(method), "KDE_type": 1}
    given |= {"KDE_iter": 1, "KDE_border": 1, "KDE_finefactor": 1.0} | attributes
    return PdfRecord(given, "DL_tr_S_original", low, high, np.asarray(contents, float))


def values_of(text):
    return BASE_OPTIONS.bind(text).values


def test_a_density_is_that_of_the_slow_twin():
    made, twin = Density(record()), naive.table(-1.0, 3.0, CONTENTS.tolist())
    assert np.allclose(made.table, twin, rtol=1e-9, atol=1e-12)
    at = np.array([-1.5, -1.0, -0.99997, 0.3, 1.25, 1.7, 2.9999, 3.0, 4.0])
    assert np.allclose(made(at), [naive.value(x, -1.0, 3.0, twin) for x in at], rtol=1e-7, atol=1e-12)
    assert np.allclose(made.below(at), [min(1.0, naive.below(x, -1.0, 3.0, twin)) for x in at], rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_every_curve_has_area_one_and_is_nowhere_below_the_least(method):
    made = Density(record(method=method))
    at = np.linspace(-2, 4, 301)
    assert float(np.sum(made.table * np.diff(made.table_edges))) == pytest.approx(1.0)
    assert (made(at) >= 1e-12).all() and (np.diff(made.below(at)) >= 0).all()
    assert made.below(np.array([-1.0, 3.0, 9.0])).tolist() == pytest.approx([0.0, 1.0, 1.0])
    assert np.isnan(made(np.array([np.nan]))[0]) and np.isnan(made.below(np.array([np.nan]))[0])


def test_without_a_curve_the_histogram_itself_is_read():
    made = Density(record(method="Spline0"))
    assert np.allclose(made(np.array([-0.75, 0.25, 2.9])), np.array([0.5, 3.0, 0.75]) / (CONTENTS.sum() * 0.5))


def test_a_kernel_is_a_gaussian_around_the_centre_of_its_bin():
    contents = np.zeros(9)
    contents[4] = 2.0
    made = Density(record(contents, 0.0, 9.0, method="KDE"))
    width = math.sqrt(2) * (4 / 3) ** 0.2 * 1.0 * 2.0**-0.2  # an RMS of 0 counts as a bin
    x = np.array([3.1, 4.5, 6.0])
    inside = math.erf(4.5 / width)
    assert np.allclose(made(x), np.exp(-(((x - 4.5) / width) ** 2)) / (width * math.sqrt(math.pi) * inside), rtol=1e-4)


def test_borders_of_kernels_keep_or_mirror_what_would_leave():
    contents = np.zeros(20)
    contents[0] = contents[10] = 1.0

    def first_bins(**settings):
        return Density(record(contents, 0.0, 20.0, method="KDE", **settings)).below(np.array([2.0]))[0]

    nothing, renormalised, mirrored = (first_bins(KDE_border=border) for border in (1, 2, 3))
    assert nothing < renormalised < 0.2 and nothing < mirrored
    assert first_bins(KDE_iter=2, KDE_finefactor=0.05) > nothing  # a narrow kernel stays where its bin is


def test_smoothing_takes_what_the_file_says():
    rough = np.array([1.0, 4, 9, 2, 8, 7, 7, 7, 3, 12, 5, 0, 0, 0, 6])
    once = [4, 4, 4.75, 6.25, 7, 7, 7, 7, 6.5, 5.5, 3.75, 1.25, 0, 0, 0]  # ROOT's own, as the transformations have it
    assert _smoothed(rough, 1, 1).tolist() == once and _smoothed(rough, 0, 0) is rough
    assert Density(record(rough, MinNSmooth=1, MaxNSmooth=1)).smoothed.tolist() == once
    assert _smoothed(np.array([3.0]), 5, 5).tolist() == [3.0]


def test_empty_bins_are_smoothed_more_often_than_full_ones():
    assert _regions(np.array([True, True, False, True, False, True, True])) == 1  # the last run does not end before the end
    counts = np.array([400.0, 400, 100, 2, 1, 2, 100, 400, 400, 400])
    assert not np.array_equal(_smoothed(counts, 0, 3), _smoothed(counts, 0, 0))
    assert np.array_equal(_smoothed(np.full(6, 9.0), 1, 4), np.full(6, 9.0))


@pytest.mark.parametrize(
    "text, end, expected",
    [
        ("CreateMVAPdfs", "MVAPdfSig", {"least": 0, "most": 0, "bins": 0, "per_bin": 50, "method": "Spline2"}),
        ("CreateMVAPdfs:NbinsMVAPdf=50:NsmoothMVAPdf=10", "MVAPdfBkg", {"least": 10, "most": 10, "bins": 50}),
        ("CreateMVAPdfs:NSmoothMVAPdf=3:NSmoothMVAPdfSig=1", "MVAPdfSig", {"least": 1, "most": 1}),
        ("CreateMVAPdfs:MinNSmoothMVAPdf=2:MaxNSmoothMVAPdf=5", "MVAPdfSig", {"least": 2, "most": 5}),
        ("CreateMVAPdfs:PDFInterpolMVAPdf=spline3:PDFInterpolMVAPdfBkg=KDE", "MVAPdfBkg", {"method": "KDE"}),
        ("CreateMVAPdfs:PDFInterpolMVAPdf=spline3:PDFInterpolMVAPdfBkg=KDE", "MVAPdfSig", {"method": "Spline3"}),
        ("CreateMVAPdfs:KDEiterMVAPdf=Adaptive:KDEborderMVAPdf=Mirror", "MVAPdfSig", {"adaptive": True, "border": 3}),
    ],
)
def test_settings_of_one_density_are_those_of_both_unless_given(text, end, expected):
    settings = density_settings(values_of(text), end)
    assert {name: getattr(settings, name) for name in expected} == expected


def test_the_number_of_bins_follows_from_the_events():
    assert density_settings(values_of("CreateMVAPdfs"), "MVAPdfSig").bins_for(1049) == 20
    assert density_settings(values_of("CreateMVAPdfs:NAvEvtPerBinMVAPdf=500"), "MVAPdfSig").bins_for(70) == 1
    assert density_settings(values_of("CreateMVAPdfs:PDFInterpolMVAPdf=KDE:NbinsMVAPdf=7"), "MVAPdfSig").bins_for(70) == 35


def test_records_hold_weighted_histograms_of_area_one():
    outputs = np.array([0.0, 0.1, 0.6, 1.0, 0.9, 0.2, np.nan])
    is_signal = np.array([False, False, True, True, True, True, True])
    weights = np.array([1.0, 3.0, 1.0, 2.0, 4.0, 1.0, 9.0])
    signal, background = density_records("T", "DL", outputs, is_signal, weights, values_of("CreateMVAPdfs:NbinsMVAPdf=2"))
    assert (signal.attributes["Name"], background.attributes["Name"]) == ("T_PDFSig", "T_PDFBkg")
    assert (signal.histogram, background.histogram) == ("DL_tr_S_original", "DL_tr_B_original")
    assert (signal.low, signal.high) == (0.0, 1.0)
    assert signal.contents.tolist() == [0.25, 1.75] and background.contents.tolist() == [2.0, 0.0]  # the largest output counts
    assert density_records("T", "DL", outputs, is_signal, np.where(is_signal, weights, 0.0), values_of("CreateMVAPdfs")) is None


def test_equal_outputs_make_a_density_around_them():
    pair = density_records("T", "DL", np.ones(9), np.arange(9) < 4, np.ones(9), values_of("CreateMVAPdfs"))
    made = OutputDensities(pair)
    assert made.probability(1.0) == 0.5 and made.rarity(0.5) == 0.0 and made.rarity(1.5) == 1.0


def test_probability_and_rarity_of_two_boxes():
    signal, background = record([0.0, 2.0], 0.0, 1.0, method="Spline0"), record([1.0, 1.0], 0.0, 1.0, method="Spline0")
    made = OutputDensities((signal, background))
    assert made.probability(0.75) == pytest.approx(2 / 3) and made.probability(0.75, 0.2) == pytest.approx(0.4 / 1.2)
    assert made.probability(np.array([0.25, 0.75])).tolist() == pytest.approx([0.0, 2 / 3], abs=1e-9)
    assert made.rarity(0.75) == 0.75 and made.rarity(0.75, of_signal=True) == 0.5
    assert made.rarity(np.array([-1.0, 0.3, 2.0])).tolist() == pytest.approx([0.0, 0.3, 1.0])
    assert made.probability(0.75, 0.0) == 0.0


@pytest.mark.parametrize(
    "made, text",
    [
        (record(InterpolMethod=6), "a density of the output has InterpolMethod=6"),
        (record(InterpolMethod=1.5), "a density of the output has InterpolMethod=1.5"),
        (record(low=3.0, high=3.0), "the bins of a density of the output do not ascend"),
    ],
)
def test_error_of_a_file_whose_densities_cannot_be(made, text):
    with pytest.raises(FileError) as caught:
        check_records([made])
    assert caught.value.message == text and caught.value.code == "pdfs"

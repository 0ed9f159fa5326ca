"""Histograms of values: flow, moments, areas; profiles; what uproot reads of them."""

import numpy as np
import pytest

from tmvalite.io.histograms import NO_STATS, Histogram, PointGraph, Profile, bins_of
from tmvalite.io.root_file import RootFile

uproot = pytest.importorskip("uproot")

EDGES = np.array([0.0, 1.0, 2.0, 4.0])
X = np.array([-1.0, 0.0, 0.5, 1.0, 3.0, 4.0, 4.5, np.nan])
W = np.array([1.0, 2.0, 3.0, 4.0, 5.0, -1.0, 7.0, 2.0])


def read(tmp_path, content):
    file = RootFile(tmp_path / "a.root")
    file.add("d/x", content)
    file.write()
    return uproot.open(tmp_path / "a.root")["d/x"]


def test_the_last_edge_belongs_to_the_last_bin_and_nan_is_above():
    assert bins_of(X, EDGES).tolist() == [0, 1, 1, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("bins", [1, 7, 300])
def test_equal_bins_are_found_as_a_search_finds_them(bins):
    edges = np.linspace(-0.3, 1.7, bins + 1)
    x = np.concatenate([edges, np.nextafter(edges, -9), np.nextafter(edges, 9), np.random.default_rng(2).normal(0.7, 1, 500)])
    x = np.concatenate([x, [np.inf, -np.inf, np.nan, 1e300]])
    found = np.searchsorted(edges, x, side="right")
    found[x == edges[-1]] = bins
    assert bins_of(x, edges).tolist() == found.tolist()


def test_a_filled_histogram_has_flow_weights_and_the_moments_of_the_values_themselves(tmp_path):
    made = Histogram.of(X, W, EDGES, title="t", double=True, axes=("x", "y"))
    assert made.contents.tolist() == [5, 4, 4] and made.flow.tolist() == [1, 5, 4, 4, 9]
    assert made.sumw2.tolist() == [13, 16, 26] and made.entries == 8
    assert made.moments == (13.0, 55.0, 0 + 1.5 + 4 + 15 - 4, 0.75 + 4 + 45 - 16)
    found = read(tmp_path, made)
    assert found.classname == "TH1D" and found.values(flow=True).tolist() == [1, 5, 4, 4, 9]
    assert found.variances().tolist() == [13, 16, 26] and found.axis().edges().tolist() == EDGES.tolist()
    assert [found.member(name) for name in ("fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2")] == list(made.moments)
    assert (found.member("fXaxis").member("fTitle"), found.member("fYaxis").member("fTitle")) == ("x", "y")


def test_a_histogram_of_area_one():
    made = Histogram.of(X, np.abs(W), [0.0, 2.0, 4.0]).of_area()
    assert np.sum(made.contents) * 2.0 == pytest.approx(1.0) and made.entries == 8
    factor = 1.0 / 30.0
    assert made.contents.tolist() == pytest.approx([9 * factor, 6 * factor])
    assert made.sumw2.tolist() == pytest.approx([29 * factor**2, 26 * factor**2])
    assert made.moments[0] == pytest.approx(15 * factor) and made.moments[1] == pytest.approx(55 * factor**2)
    assert made.flow.tolist() == pytest.approx([factor, 9 * factor, 6 * factor, 9 * factor])
    nothing = Histogram.of([], [], [0.0, 1.0])
    assert nothing.of_area() is nothing


def test_two_dimensions_with_flow_and_without_a_box_of_numbers(tmp_path):
    flow = np.arange(12.0).reshape(4, 3)
    for stats in (False, True):
        found = read(tmp_path, Histogram(flow[1:-1, 1:-1], ([0, 1, 2], [0, 1]), flow=flow, stats=stats))
        assert found.values(flow=True).tolist() == flow.tolist()
        (bits,) = (base._members["@fBits"] for base in found.base(uproot.models.TObject.Model_TObject))
        assert bool(bits & NO_STATS) is not stats


def test_a_profile_has_the_means_of_y(tmp_path):
    of_y = np.array(
        [[9.0, 81.0, 1.0, 1.0], [11.0, 29.0, 5.0, 13.0], [20.0, 100.0, 4.0, 16.0], [43.0, 309.0, 6.0, 26.0], [65, 569, 9, 53]]
    )
    of_x = np.array(
        [[-1.0, 1.0, 1.0, 1.0], [1.5, 0.75, 5.0, 13.0], [4.0, 4.0, 4.0, 16.0], [19.0, 61.0, 6.0, 26.0], [31.5, 141.75, 9, 53]]
    )
    made = Profile.of_sums(EDGES, of_y, of_x, 8, title="p", axes=("x", "y"))
    found = read(tmp_path, made)
    assert found.classname == "TProfile"
    assert found.values().tolist() == pytest.approx([(2 * 1 + 3 * 3) / 5, 5.0, (5 * 7 + 8) / 6])
    assert found.member("fEntries") == 8.0 and found.member("fTsumwy") == pytest.approx(2 + 9 + 20 + 35 + 8)
    sums = ("fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2", "fTsumwy", "fTsumwy2")
    assert [found.member(name) for name in sums] == [15.0, 55.0, 24.5, 65.75, 74.0, 438.0]


def test_a_histogram_of_sums_is_that_of_the_values():
    made = Histogram.of(X, W, EDGES, title="t")
    sums = np.array([[1, 1, -1, 1], [5, 13, 1.5, 0.75], [4, 16, 4, 4], [4, 26, 11, 29], [9, 53, np.nan, np.nan]])
    other = Histogram.of_sums(sums, EDGES, 8, title="t")
    for name in ("contents", "sumw2", "flow"):
        assert getattr(other, name).tolist() == getattr(made, name).tolist()
    assert (other.entries, other.moments) == (made.entries, made.moments)


def test_a_graph_keeps_its_title_and_those_of_its_axes(tmp_path):
    found = read(tmp_path, PointGraph(np.array([0.0, 1.0]), np.array([2.0, 3.0]), "t", ("a", "b")))
    assert (found.member("fName"), found.member("fTitle")) == ("x", "t;a;b")
    assert read(tmp_path, PointGraph(np.array([0.0]), np.array([2.0]), "t")).member("fTitle") == "t"

"""The toy data of the examples are what their descriptions say."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tmvalite.evaluation.peak import fit_peak

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import toys  # noqa: E402

sys.path.pop(0)


@pytest.fixture(scope="module")
def table():
    return toys.jets(20000, seed=5)


def test_the_table_has_24_columns_of_which_four_follow_exactly(table):
    assert len(table) == 24 and {name for name, x in table.items() if x.dtype == np.int32} == set(toys.INTEGERS)
    for jet in ("jet1", "jet2"):
        pt, eta, m, e = (table[f"{jet}_{name}"].astype(float) for name in ("pt", "eta", "m", "e"))
        np.testing.assert_allclose(e, np.sqrt(m**2 + (pt * np.cosh(eta)) ** 2), rtol=1e-6)
        np.testing.assert_array_equal(table[f"{jet}_nconst"], table[f"{jet}_nch"] + table[f"{jet}_nneu"])


def test_values_are_in_their_ranges(table):
    assert all(np.isfinite(x).all() for x in table.values())
    for name, x in table.items():
        if name.endswith("phi"):
            assert -np.pi <= x.min() and x.max() <= np.float32(np.pi)
        elif name.endswith(("chf", "fem")):
            assert 0.0 < x.min() and x.max() < 1.0
        elif not name.endswith("eta"):
            assert x.min() >= 0
    assert (table["jet1_pt"] >= table["jet2_pt"]).all()


def test_the_peak_is_where_it_was_put(table):
    fit = fit_peak(toys.dijet_mass(table))
    assert abs(fit.mass - toys.PEAK) < 4.0 * fit.mass_error and abs(fit.width - toys.WIDTH) < 4.0 * fit.width_error
    assert abs(fit.events - 10000.0) < 500.0
    np.testing.assert_allclose(toys.dijet_mass(table), toys.numbers(20000, seed=5)[0], rtol=1e-4)


def test_a_seed_gives_the_same_events_and_another_seed_others():
    a, b, c = toys.jets(50, 1), toys.jets(50, 1), toys.jets(50, 2)
    assert all(np.array_equal(a[name], b[name]) for name in a) and not np.array_equal(a["met"], c["met"])


def test_squares_are_256_different_images_of_81_pixels():
    images = toys.squares()
    assert images.shape == (256, 24, 24) and (images.sum(axis=(1, 2)) == 81).all()
    assert len(np.unique(images.reshape(256, -1), axis=0)) == 256
    assert images[16 * 3 + 5, 3, 5] == 1.0 and images[16 * 3 + 5, 2, 5] == 0.0

"""Curves through points: ROOT's own values, polynomials that a curve of their degree must be, few points."""

import json
from pathlib import Path

import numpy as np
import pytest

from tmvalite.models import splines

ROOTS = json.loads((Path(__file__).resolve().parents[1] / "oracles" / "data" / "root_splines.json").read_text("utf-8"))


@pytest.mark.parametrize("row", ROOTS, ids=lambda row: f"{len(row['x'])} points")
def test_cubic_and_quintic_are_roots_own_also_half_a_bin_outside(row):
    x, y, at = (np.array(row[name]) for name in ("x", "y", "q"))
    assert np.allclose(splines.cubic(x, y, at), row["s3"], rtol=0, atol=2e-15)
    if "s5" in row:
        assert np.allclose(splines.quintic(x, y, at), row["s5"], rtol=0, atol=1e-14)


@pytest.mark.parametrize("curve, degree", [(splines.linear, 1), (splines.quadratic, 2), (splines.cubic, 3)])
def test_a_curve_gives_back_a_polynomial_of_its_degree(curve, degree):
    x = np.array([0.0, 0.5, 2.0, 2.25, 4.0, 5.5, 6.0])
    at = np.linspace(-0.5, 6.5, 29)
    p = np.polynomial.Polynomial([1.0, -2.0, 0.5, 0.25][: degree + 1])
    assert np.allclose(curve(x, p(x), at), p(at), rtol=0, atol=1e-12)


def test_a_natural_quintic_gives_back_a_parabola_over_uneven_knots():
    x, p = np.array([0.0, 0.5, 2.0, 2.25, 4.0]), np.polynomial.Polynomial([1.0, -2.0, 0.5])
    at = np.linspace(0, 4, 17)
    assert np.allclose(splines.quintic(x, p(x), at), p(at), rtol=0, atol=1e-12)


def test_the_quadratic_curve_is_the_mean_of_two_parabolas_inside():
    x, y = np.arange(5.0), np.array([0.0, 1.0, 0.0, 2.0, 5.0])
    # between 1 and 2: through (0,0) (1,1) (2,0) it is 3/4 at 1.5, through (1,1) (2,0) (3,2) it is 1/8
    assert splines.quadratic(x, y, np.array([1.5])) == pytest.approx([(0.75 + 0.125) / 2])
    # in the first piece and in the last one there is one parabola
    assert splines.quadratic(x, y, np.array([0.5, 3.5])) == pytest.approx([0.75, 3.375])


@pytest.mark.parametrize("curve", [splines.linear, splines.quadratic, splines.cubic, splines.quintic])
def test_one_point_is_a_constant(curve):
    assert curve(np.array([1.0]), np.array([7.0]), np.array([0.0, 1.0, 3.0])).tolist() == [7.0] * 3


def test_two_points_are_a_line_or_the_nearer_value_to_the_left():
    x, y, at = np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.array([0.25, 1.5])
    for curve in (splines.linear, splines.cubic, splines.quintic):
        assert curve(x, y, at).tolist() == [1.5, 4.0]
    assert splines.quadratic(x, y, at).tolist() == [1.0, 3.0]

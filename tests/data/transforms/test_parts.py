"""The parts of transformations: smoothing, eigenvectors, covariance, quantiles, sorting, against slow or known values."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import transforms as naive
from tmvalite.data.transforms.cumulative import _distributions, _weight_per_bin
from tmvalite.data.transforms.linear_map import map_rows
from tmvalite.data.transforms.moments import mean_and_covariance
from tmvalite.data.transforms.smooth import smooth
from tmvalite.data.transforms.symmetric import eigenvectors


def test_smoothing_gives_what_root_gives():
    x = np.array([1, 4, 9, 2, 8, 7, 7, 7, 3, 12, 5, 0, 0, 0, 6.0])
    assert smooth(x).tolist() == [4, 4, 4.75, 6.25, 7, 7, 7, 7, 6.5, 5.5, 3.75, 1.25, 0, 0, 0]  # TH1::Smooth of ROOT 6.40
    assert smooth(x[:2]).tolist() == [1, 4]


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=40))
def test_smoothing_is_that_of_the_slow_twin(contents):
    assert smooth(np.array(contents, float)).tolist() == pytest.approx(naive.smooth([float(c) for c in contents]), abs=1e-12)


def test_eigenvectors_have_the_order_and_signs_of_roots_principal_components():
    events = np.array([[1, 2, 0.5], [2, 1, 4], [-1, 0.25, 3], [0, -2, 1.5], [4, 5, -6], [0.5, 1, 2]], np.float32)
    covariance = mean_and_covariance(events)[1]
    expected = [  # TPrincipal of ROOT 6.40, option ""
        [-0.3452751749121046, -0.4433673269216693, -0.8271701560185479],
        [-0.4752991048267489, -0.6773751483660809, 0.5614745491355069],
        [0.8092439771418175, -0.5870164578564753, -0.02314872923791344],
    ]
    np.testing.assert_allclose(eigenvectors(covariance / np.trace(covariance))[1], expected, atol=1e-14)


@pytest.mark.parametrize("k", [1, 2, 3, 7, 30])
def test_eigenvectors_diagonalise(k):
    rng = np.random.default_rng(k)
    a = rng.standard_normal((k, k))
    matrix = a @ a.T
    values, vectors = eigenvectors(matrix)
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, matrix, atol=1e-12 * k * np.abs(matrix).max())
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-13 * k)
    assert (np.diff(values) <= 0).all()
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1], atol=1e-12 * k * values[0])


def test_eigenvectors_of_what_is_diagonal_already_and_of_nothing():
    values, vectors = eigenvectors(np.diag([1.0, 3.0, 0.0, 3.0]))
    assert values.tolist() == [3, 3, 1, 0] and np.array_equal(np.abs(vectors).sum(axis=0), np.ones(4))
    assert eigenvectors(np.zeros((2, 2)))[0].tolist() == [0, 0]


def test_eigenvectors_against_root():
    ROOT = pytest.importorskip("ROOT")
    rng = np.random.default_rng(5)
    for _ in range(20):
        k = int(rng.integers(2, 8))
        events = (rng.standard_normal((40, k)) @ rng.standard_normal((k, k))).astype(np.float32)
        principal = ROOT.TPrincipal(k, "")
        for event in events.astype(float):
            principal.AddRow(np.ascontiguousarray(event))
        principal.MakePrincipals()
        expected = principal.GetEigenVectors()
        covariance = mean_and_covariance(events)[1]
        found = eigenvectors(covariance / np.trace(covariance))[1]
        np.testing.assert_allclose(found, [[expected(i, j) for j in range(k)] for i in range(k)], atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_covariance_is_that_of_the_slow_twin_far_from_zero(weighted):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((300, 3)) * [1.0, 1e-2, 50.0] + [1e3, -5.0, 0.0]).astype(np.float32)
    weights = rng.uniform(-0.2, 2.0, 300) if weighted else np.ones(300)
    mean, covariance = mean_and_covariance(x, weights if weighted else None)
    expected = naive.mean_and_covariance(x.tolist(), weights.tolist())
    np.testing.assert_allclose(mean, expected[0], rtol=1e-13)
    np.testing.assert_allclose(covariance, expected[1], rtol=1e-9, atol=1e-12)


def test_shares_of_rows_add_up_the_same_for_any_number_of_threads(monkeypatch):
    from tmvalite.data.transforms import rows

    x = np.random.default_rng(2).standard_normal((2 * rows.SHARE + 77, 3)).astype(np.float32)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(rows, "threads_for", lambda n, threads=threads: threads)
        found.append(mean_and_covariance(x)[1].tobytes())
    assert len(set(found)) == 1


@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [2, 3], [3, 0], [1]])
def test_rows_times_a_matrix_in_any_columns(columns):
    rng, k = np.random.default_rng(3), len(columns)
    x, matrix = rng.standard_normal((301, 4)).astype(np.float32), rng.standard_normal((k, k))
    before, after = rng.standard_normal(k), rng.standard_normal(k)
    out = x.copy()
    map_rows(x, out, np.array(columns), before, matrix, after)
    expected = x.copy()
    expected[:, columns] = (x[:, columns].astype(float) - before) @ matrix + after
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-6)
    again = x.copy()
    map_rows(again, again, np.array(columns), before, matrix, after)  # in place
    assert again.tobytes() == out.tobytes()


def test_gaussian_quantiles_are_right_to_the_last_digit():
    from tmvalite.data.transforms.base import PdfRecord
    from tmvalite.data.transforms.gauss import Gauss
    from tmvalite.data.transforms.selection import Input

    edges = np.array([-1.0, 0.0, 1.0, 2.0])  # the cumulative at x is x itself between 0.5 and 1.5 of the centres
    pdf = PdfRecord({"Name": "p"}, "h", -1.0, 2.0, np.array([-0.5, 0.5, 1.5]), edges)
    transform = Gauss((Input("Variable", 0),), "", {"pdfs": [[pdf]]})
    x = np.concatenate([np.linspace(0.0, 1.0, 4001), 10.0 ** -np.arange(1.0, 9.0)]).astype(np.float32)[:, None]
    out = np.empty_like(x)
    transform.apply(x, out, "Variable")
    cumulative = naive.apply_uniform
    found = naive.table_of(edges.tolist(), pdf.contents.tolist())
    c = np.array([cumulative([float(v)], [found])[0] for v in x[:, 0]])
    expected = [NormalDist().inv_cdf(min(max(v, 5e-9), 1 - 5e-9)) * (1.414213562 / 2**0.5) for v in c]
    np.testing.assert_allclose(out[:, 0], expected, rtol=1.2e-7, atol=1e-12)


@given(
    st.lists(st.tuples(st.integers(-4, 9), st.sampled_from([0.25, 0.5, 1.0, 2.0]), st.integers(0, 1)), min_size=2, max_size=80)
)
def test_distributions_with_ties_and_weights_are_those_of_the_slow_twin(events):
    """Few values, many of them equal; two classes and all together."""
    x, w, c = (np.array(column) for column in zip(*events))
    if len(set(c.tolist())) < 2:
        return
    x, w = x.astype(np.float32), w.astype(np.float32)
    found = _distributions(x, w, c, _weight_per_bin(w, c, 3))
    for s, (edges, contents) in enumerate(found):
        own = c == s if s < 2 else c >= 0
        expected = naive.distribution(x[own].tolist(), w[own].tolist(), w[own].min())
        assert edges.tolist() == expected[0]
        if max(expected[1]) > 0:
            np.testing.assert_allclose(contents, expected[1], rtol=1e-6)
        else:
            assert contents.tolist() == [0.0] * (len(contents) - 1) + [1.0]  # a constant


def test_negative_weights_make_as_many_edges_as_they_need():
    rng = np.random.default_rng(4)
    x = np.sort(rng.standard_normal(30_000)).astype(np.float32)
    w = np.where(np.arange(30_000) < 15_000, 1.0, -0.99).astype(np.float32)
    ((edges, contents),) = _distributions(x, w, np.zeros(30_000, np.int64), _weight_per_bin(w, np.zeros(30_000, np.int64), 1))
    assert len(edges) > 10_000 and (np.diff(edges) >= 0).all() and np.isfinite(contents).all() and contents[-1] == 1

"""Importances by shuffling and by subsets: right values and errors against plain loops and against many samples."""

import numpy as np
import pytest

from tests.naive.roc import pairwise_area
from tmvalite.evaluation.importance import Importance, permutation_importance, subset_importance
from tmvalite.evaluation.paired import Measured, measured_area, measured_areas, measured_rms
from tmvalite.evaluation.roc import roc_area


def sample(n=150, seed=1):
    rng = np.random.default_rng(seed)
    signal = rng.random(n) < 0.4
    x = rng.normal(size=(n, 3)) + np.outer(signal, [1.5, 0.5, 0.0])
    return x, signal, rng.uniform(0.5, 1.5, n)


def test_the_area_is_the_exact_one_and_its_parts_sum_to_nothing():
    x, signal, w = sample()
    scores = np.round(x[:, 0], 1)  # with ties
    found = measured_area(scores, signal, w)
    assert found.value == pytest.approx(pairwise_area(scores, signal, w), abs=1e-12)
    assert found.parts.shape == (150,) and found.parts.sum() == pytest.approx(0, abs=1e-12)
    # the share of the background below a signal event, by a plain loop
    i = int(np.argmax(signal))
    share = np.average(
        np.where(scores[~signal] < scores[i], 1.0, np.where(scores[~signal] == scores[i], 0.5, 0)), weights=w[~signal]
    )
    assert found.parts[i] == pytest.approx(w[i] / w[signal].sum() * (share - found.value))


@pytest.mark.parametrize("measure", ["area", "areas", "rms"])
def test_errors_of_differences_are_the_spread_over_many_samples(measure):
    def once(seed):
        x, signal, _ = sample(200, seed)
        a, b = x[:, 0] + x[:, 1], x[:, 0] + 0.3 * x[:, 2]
        if measure == "area":
            return measured_area(a, signal).gain_over(measured_area(b, signal))
        if measure == "areas":
            index = np.where(signal, 0, 1)
            return measured_areas(np.stack([a, -a], 1), index).gain_over(measured_areas(np.stack([b, -b], 1), index))
        return measured_rms(a, signal).gain_over(measured_rms(b, signal))

    gains, errors = np.array([once(seed) for seed in range(300)]).T
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.15)  # 300 samples know a spread to 4 %


def test_rms_is_that_of_the_formula():
    values, truth, w = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([1.0, 3.0])
    found = measured_rms(values, truth, w)
    assert found.value == pytest.approx(np.sqrt((0.5 * 1 + 8.0 * 3) / 4)) and not found.larger_is_better
    assert measured_rms(truth, truth).value == 0.0


def test_a_shuffled_variable_costs_what_a_plain_loop_says():
    x, signal, w = sample()

    def scores(x):
        return 2 * x[:, 0] + x[:, 1]

    found = permutation_importance(lambda x: measured_area(scores(x), signal, w), x, "abc", n_repeats=3, seed=4)
    assert found.reference == pytest.approx(roc_area(scores(x), signal, w)) and found.label == "loss of ROC-integ"
    for v in range(3):
        losses = []
        for repeat in range(3):
            again = x.copy()
            again[:, v] = x[np.random.default_rng((4, v, repeat)).permutation(len(x)), v]
            losses.append(found.reference - roc_area(scores(again), signal, w))
        assert found.values[v] == pytest.approx(np.mean(losses), abs=1e-12)
        assert found.errors[v] >= np.std(losses, ddof=1) / np.sqrt(3)
    assert found.values[2] == found.errors[2] == 0.0 and found.values[0] > found.values[1] > 3 * found.errors[1] / 3
    assert [name for name, _, _ in found.ranked()] == ["a", "b", "c"]
    assert permutation_importance(lambda x: measured_area(scores(x), signal, w), x, "abc", n_repeats=1).values[2] == 0.0


def test_sums_over_subsets_have_the_error_of_the_sum():
    rng = np.random.default_rng(3)
    parts = {s: rng.normal(size=5) for s in (0b11, 0b01, 0b10)}
    measured = {s: Measured(0.5 + 0.1 * s, p) for s, p in parts.items()} | {0: Measured(0.5, np.zeros(5))}
    terms = [[(1, 0b11), (-1, 0b10), (1, 0b01), (-1, 0)], [(1, 0b11), (-1, 0b01), (1, 0b10), (-1, 0)]]
    found = subset_importance(measured, terms, ["a", "b"])
    assert found.values == pytest.approx([0.1 + 0.1, 0.2 + 0.2]) and found.reference == 0.8
    assert found.errors[0] == pytest.approx(np.sqrt(np.sum((parts[3] - parts[2] + parts[1]) ** 2)))
    assert found.percent == pytest.approx([100 / 3, 200 / 3])
    worse = {s: Measured(m.value, m.parts, "RMS", False) for s, m in measured.items()}
    assert subset_importance(worse, terms, ["a", "b"]).values == pytest.approx(-found.values)


def test_it_is_a_table_and_a_picture():
    found = Importance(
        ("a", "a very long expression of several variables indeed"), np.array([0.1, 0.3]), np.array([0.01, 0.02]), 0.9, "loss"
    )
    text = str(found)
    assert text.splitlines()[3].split()[2] == "a" and max(map(len, text.splitlines())) <= 80 and "0.9 with all" in text
    pytest.importorskip("matplotlib")
    figure = found.figure()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][0] == "a" and found._repr_png_()[:4] == b"\x89PNG"
    assert np.isnan(Importance(("a",), np.zeros(1), np.zeros(1), 0.5, "loss").percent).all()

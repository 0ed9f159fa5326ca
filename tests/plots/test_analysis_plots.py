"""Pictures of variables, outputs, targets, classes, networks: they show the numbers that they were given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from tests.evaluation.test_roc import sample
from tests.networks import graph_of
from tests.plots.test_plots import check
from tmvalite.errors import DataError, MissingExtraError, OptionError
from tmvalite.evaluation import kolmogorov_smirnov, roc_curve
from tmvalite.plots import (
    confusion_figure,
    correlation_figure,
    cuts_figure,
    network_figure,
    score_figure,
    styled,
    target_figure,
    variables_figure,
    weights_figure,
)


def texts(figure):
    from matplotlib.text import Text

    return [one.get_text() for one in figure.findobj(Text)]


def test_each_variable_has_its_panel_and_classes_are_scaled_to_one():
    x, index = np.random.default_rng(1).normal(size=(90, 4)), np.arange(90) % 3
    figure = check(
        variables_figure(x, index, np.ones(90), names=["pt [GeV]", "eta", "m", "n"], classes=["a", "b", "c"], title="t")
    )
    assert [ax.get_xlabel() for ax in figure.axes if ax.get_visible()] == ["pt [GeV]", "eta", "m", "n"]
    from matplotlib.patches import StepPatch

    sums = [patch.get_data().values.sum() for patch in figure.axes[0].findobj(StepPatch)]
    assert np.allclose(sums, 1.0) and {"a", "b", "c"} <= set(texts(figure))
    many = variables_figure(np.zeros((5, 31)), np.zeros(5), names=[f"v{i}" for i in range(31)], title="all")
    assert "all (the first 30 of 31)" in texts(many)


def test_correlations_are_in_percent():
    figure = check(correlation_figure([[1.0, -0.5], [-0.5, 1.0]], ["a", "b"], title="Signal"))
    assert {"100", "-50", "Signal"} <= set(texts(figure))


def test_outputs_of_both_samples_with_kolmogorovs_probability():
    scores, truth, weights = sample(1, 400)
    other, other_truth, other_weights = sample(2, 300)
    classes = ["Signal", "Background"]
    figure = check(score_figure((scores, 1 - truth, weights), (other, 1 - other_truth, other_weights), classes=classes, log=True))
    p = kolmogorov_smirnov(scores[truth], other[other_truth], weights[truth], other_weights[other_truth])[1]
    assert f"Signal, training (KS {p:.3g})" in texts(figure) and figure.axes[0].get_yscale() == "log"
    check(score_figure((scores, 1 - truth, None), classes=classes, bins=10))


def test_cuts_name_the_best_one():
    curve = roc_curve(*sample(1, 200))
    best = curve.best_cut(100.0, 900.0)
    figure = check(cuts_figure(curve, 100.0, 900.0))
    assert f"100 signal and 900 background events: cut at {best.cut:.4g}" in texts(figure)


def test_deviations_of_a_target():
    rng = np.random.default_rng(1)
    truth = rng.uniform(0, 10, 300)
    figure = check(target_figure(truth + rng.normal(0.5, 0.1, 300), truth, name="m [GeV]"))
    assert "true m [GeV]" in texts(figure) and any(text.startswith("bias 0.5") for text in texts(figure))


def test_a_confusion_matrix_shows_its_numbers():
    assert {"0.750", "-", "a"} <= set(texts(check(confusion_figure([[0.75, 0.25], [np.nan, 1.0]], ["a", "b"]))))


def test_a_drawing_has_every_layer_and_every_link():
    from matplotlib.patches import FancyArrowPatch

    graph = graph_of("h=DENSE|6|TANH,b=DENSE|6|LINEAR,s=ADD|RELU@h+b,DENSE|1|LINEAR@s", 4)
    figure = check(network_figure({"Encoder": graph}, title="n"))
    links = sum(len(node.inputs) for node in graph.nodes)
    assert len(figure.axes[0].findobj(FancyArrowPatch)) == links == 5
    assert {"DENSE|6|TANH", "ADD|RELU", "Encoder", "6, 30 parameters"} <= set(texts(figure))
    with pytest.raises(DataError, match="62 layers in a row are too many"):
        network_figure(graph_of(",".join(["DENSE|2|RELU"] * 60 + ["DENSE|1|LINEAR"]), 2))


def test_parameters_as_ranges():
    figure = check(weights_figure({"h.Weights": np.arange(12.0), "h.Biases": np.zeros(3), "none": np.empty(0)}))
    assert "h.Weights (12)" in texts(figure) and "none (0)" not in texts(figure)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: variables_figure(np.zeros((3, 2)), np.zeros(3), names=["a"]),
        lambda: correlation_figure(np.eye(2), ["a"]),
        lambda: score_figure(([], [], None)),
        lambda: target_figure([1.0], [1.0, 2.0]),
        lambda: confusion_figure(np.eye(2), ["a"]),
        lambda: weights_figure({}),
    ],
)
def test_error_of_what_does_not_fit(draw):
    with pytest.raises(DataError):
        draw()


def test_a_style_holds_inside_only():
    import matplotlib

    before = matplotlib.rcParams["axes.grid"]
    with styled("ggplot"):
        assert matplotlib.rcParams["axes.grid"]
    assert matplotlib.rcParams["axes.grid"] == before
    with pytest.raises((OptionError, MissingExtraError)), styled("no such style"):
        pass

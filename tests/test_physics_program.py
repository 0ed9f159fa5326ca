"""The program benchmarks/physics.py: statistics of pairs, what passes, what is printed and written. Nothing is trained."""

import json
import math

import numpy as np
import pytest

from benchmarks import images_series, peer_layers, physics, studies, toys
from benchmarks.tutorials import TUTORIALS, Pairs, student_quantile


@pytest.mark.parametrize("p, degrees, expected", [(0.975, 1, 12.706), (0.975, 9, 2.2622), (0.95, 19, 1.7291)])
def test_quantiles_of_students_t(p, degrees, expected):
    assert student_quantile(p, degrees) == pytest.approx(expected, rel=1e-4)


def test_a_pair_passes_when_its_whole_interval_does():
    theirs = [0.900, 0.902, 0.904, 0.906]
    worse = [value - 0.002 for value in theirs]
    assert Pairs("ROC area", worse, theirs, (0.003, False)).passes
    assert not Pairs("ROC area", [value - 0.004 for value in theirs], theirs, (0.003, False)).passes
    noisy = Pairs("ROC area", [0.905, 0.892, 0.910, 0.897], theirs, (0.003, False))
    assert noisy.mean > -0.003 and not noisy.passes  # four noisy seeds show nothing
    assert noisy.half_width == pytest.approx(3.1824 * np.std(noisy.differences, ddof=1) / 2.0, rel=1e-4)


def test_a_smaller_deviation_is_a_better_one():
    better = Pairs("RMS", [0.60, 0.61, 0.62], [0.63, 0.64, 0.65], (0.05, True))
    assert better.mean == pytest.approx(0.03) and better.passes
    assert better.allowed == pytest.approx(0.032)
    assert not Pairs("RMS", [0.68, 0.69, 0.70], [0.63, 0.64, 0.65], (0.05, True)).passes
    assert Pairs("|bias|", [9.0, 9.0], [0.0, 0.0]).passes  # no margin is set


def test_the_recipe_of_the_peer_is_the_published_string():
    import tmvalite
    from tmvalite.data.info import DataSetInfo

    for name, tutorial in TUTORIALS.items():
        text = tutorial.options.replace("Architecture=GPU", "Architecture=CPU")
        analysis = tutorial.analysis.lower()
        method = tmvalite.MethodDL(text, analysis_type=analysis)
        (phase,), recipe = method.phases, tutorial.recipe
        assert (phase.learning_rate, phase.batch_size, phase.max_epochs, phase.convergence_steps, phase.optimizer) == (
            recipe.learning_rate,
            recipe.batch_size,
            recipe.max_epochs,
            recipe.convergence_steps,
            "ADAM",
        ), name
        assert (
            [d for d in phase.drop_config if d] == [d for d in recipe.drop if d]
            and phase.regularization == "NONE"
            and phase.test_repetitions == 1
        )
        classes = {"classification": ("S", "B"), "multiclass": ("a", "b", "c", "d"), "regression": ("Regression",)}[analysis]
        n = method.booking.n_variables or 2
        info = DataSetInfo.from_names([f"x{i}" for i in range(n)], ["t"] if analysis == "regression" else [], classes=classes)
        layers = [node.output.size for node in method.blueprint(info).graph.nodes]
        assert layers == [width for width, _ in recipe.layers], name


@pytest.mark.parametrize(
    "a, b, p",
    [
        ([1, 2, 3], [4, 5, 6], 2 / 20),  # one way of 20 is as far off, and its mirror image
        ([1, 4, 6], [2, 3, 5], 1.0),
        ([1, 2, 2], [2, 5, 6], 6 / 20),  # midranks 1 3 3 of 1 3 3 3 5 6: a sum of 7 in three ways
    ],
)
def test_the_rank_test_counts_all_ways_to_share_out_the_ranks(a, b, p):
    assert images_series.rank_test(a, b) == pytest.approx(min(1.0, p))
    assert images_series.rank_test(b, a) == pytest.approx(min(1.0, p))


def test_the_rank_test_of_fifteen_and_fifteen():
    """Against the normal limit, whose tails are good to a tenth here."""
    low, high = np.arange(15.0), np.arange(15.0) + 4.5
    below = sum(float(x < y) for x in low for y in high)
    z = (below - 112.5 - 0.5) / np.sqrt(15 * 15 * 31 / 12)
    assert images_series.rank_test(low, high) == pytest.approx(math.erfc(z / math.sqrt(2.0)), rel=0.1)


@pytest.mark.parametrize("name, study", [(n, s) for s, script in images_series.SCRIPTS.items() for n in script.networks])
def test_the_network_of_the_peer_is_the_published_string(name, study):
    """Written down twice and given the same numbers, the two networks answer alike."""
    torch = pytest.importorskip("torch")
    import tmvalite
    from tmvalite.data.info import DataSetInfo
    from tmvalite.training.initialisation import initialise

    size = 256 if study == "images" else 300
    with pytest.warns(tmvalite.TmvaliteWarning):
        method = tmvalite.MethodDL(images_series.SCRIPTS[study].networks[name], Strict=False)
    (phase,), recipe = method.phases, images_series.RECIPE
    assert (phase.learning_rate, phase.batch_size, phase.max_epochs, phase.convergence_steps, phase.optimizer) == (
        recipe.learning_rate,
        recipe.batch_size,
        recipe.max_epochs,
        recipe.convergence_steps,
        "ADAM",
    )
    assert method.bound.values.WeightInitialization == images_series.SCRIPTS[study].start
    info = DataSetInfo.from_names([f"x{i}" for i in range(size)], classes=("Signal", "Background"))
    network = method.blueprint(info).network(precision="float32", threads=1)
    numbers = peer_layers.drawn(name, "PyTorch", 3)
    initialise(network, "XAVIER", 1)  # for BNORM's vectors
    images_series.set_numbers(network, numbers)
    x = np.random.default_rng(1).normal(size=(7, size)).astype(np.float32)
    with torch.inference_mode():
        theirs = peer_layers.start_from(peer_layers.network(name), numbers).eval()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(network.outputs(x), theirs, rtol=1e-4, atol=1e-5)


def test_adams_epsilon_is_where_tmva_has_it():
    """One step of gradients as small as epsilon: lr sqrt(1 - b2) g / (sqrt(1 - b2) |g| + eps), with b1 corrected away."""
    torch = pytest.importorskip("torch")
    from benchmarks.peer_training import EPSILON, Recipe, train

    moved = {}
    for tmva in (False, True):
        model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
        torch.nn.init.zeros_(model[0].weight)
        sample = np.full((2, 1), 1e-3, np.float32), np.full((2, 1), 1e-3, np.float32), np.ones(2, np.float32)
        recipe = Recipe((), "SUMOFSQUARES", 1.0, 2, 1, 1)
        apply, _, _ = train(recipe, sample, sample, seed=1, model=model, tmva_epsilon=tmva)
        moved[tmva] = float(apply(np.ones((1, 1), np.float32))[0, 0])
    size, root = 2e-6, math.sqrt(1e-3)  # of the gradient, -2 x y
    assert moved[False] == pytest.approx(size / (size + EPSILON), rel=1e-4)
    assert moved[True] == pytest.approx(root * size / (root * size + EPSILON), rel=1e-4)


def test_a_start_from_given_numbers_lasts_as_long_as_the_block():
    from tmvalite.models import fitting

    before = fitting.initialise
    with images_series.started_from([np.zeros(1)]):
        assert fitting.initialise is not before
    assert fitting.initialise is before


@pytest.mark.parametrize("method, scale", [("XAVIER", 0.8796), ("XAVIERUNIFORM", 1.0 / math.sqrt(3.0))])
def test_the_peer_draws_from_the_distribution_in_the_string(method, scale):
    """Standard deviation in units of sqrt(6/(m+n)): a Gaussian cut at two sigma, and a uniform distribution."""
    pytest.importorskip("torch")
    first, bias = peer_layers.drawn("dense", method, 1)[:2]
    assert first.std() / math.sqrt(6.0 / 356) == pytest.approx(scale, rel=0.02)  # 25600 numbers
    assert not bias.any()


def test_the_toys_of_the_tutorials_have_the_shape_of_their_files():
    signal, background = toys.tutorial_image_trees(300, 1)
    x = np.concatenate([signal["vars"], background["vars"]])
    assert x.shape == (600, 256) and x.mean() == pytest.approx(10_000 / 256, rel=0.01)
    ratio = toys.image_likelihood_ratio(x)
    # the area of 300 + 300 images has a standard deviation of 0.009
    assert np.mean(ratio[:300, None] > ratio[None, 300:]) == pytest.approx(0.945, abs=0.03)
    series, _ = toys.tutorial_series_trees(20, 1)
    assert {k: v.shape for k, v in series.items()} == {f"vars_time{i}": (20, 30) for i in range(10)}


def test_the_image_study_judges_ranks_and_the_better_string(monkeypatch, capsys):
    row = {"tmvalite": [0.6], "pairs": [0.6], "own draws": [0.6], "p": 0.5}
    better = {"areas": [0.79, 0.9, 0.9], "seconds": [0.4, 0.4, 0.4], "likelihood ratio": 0.945}
    monkeypatch.setattr(studies, "has_torch", lambda: True)
    monkeypatch.setattr(images_series, "compared", lambda name, shared, seeds, progress: {"CNN": {"string": row}})
    monkeypatch.setattr(images_series, "better", lambda shared, own_split: better)
    assert physics.main(["images"]) == 0
    assert "better string, 3 other seeds, the same split: 0.900 [0.790, 0.900], likelihood ratio 0.945, 0.40 s a training" in (
        capsys.readouterr().out
    )
    better["areas"][0] = 0.76
    assert physics.main(["images"]) == 1
    better["areas"][0] = 0.79
    assert physics.main(["images", "--seeds", "4"]) == 1  # no two samples of four differ by p < 0.01
    row["p"] = 0.009
    assert physics.main(["images"]) == 1


def test_the_likelihood_ratio_of_the_ring_is_that_of_its_events():
    """Signal and background counts in rings of equal likelihood ratio have that ratio."""
    x, y = toys.ring_in_disc(400_000, seed=9)
    ratio = np.exp(toys.ring_likelihood_ratio(x))
    edges = np.linspace(0.1, 1.0, 10)
    signal, background = (np.histogram(ratio[chosen], edges)[0] for chosen in (y, ~y))
    mean = np.array([ratio[(ratio >= a) & (ratio < b)].mean() for a, b in zip(edges, edges[1:])])
    found = signal / background / mean
    assert np.ptp(found) / found.mean() < 0.06  # at least 10000 events of each kind in a bin: 1.4 % each


def test_the_program_prints_writes_and_judges(monkeypatch, capsys, tmp_path):
    areas = {"as it is": 0.97, "input 1 permuted": 0.97, "input 2 permuted": 0.505}
    monkeypatch.setattr(studies, "inputs", lambda seed: areas)
    path = tmp_path / "physics.json"
    assert physics.main(["inputs", "--seeds", "2", "--json", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "seed 1: as it is 0.9700, input 1 permuted 0.9700, input 2 permuted 0.5050",
        "seed 2: as it is 0.9700, input 1 permuted 0.9700, input 2 permuted 0.5050",
        "inputs: passes",
        "",
    ]
    content = json.loads(path.read_text())
    assert content["inputs"]["rows"][1] == {"seed": 2, **areas} and content["machine"]["cores"] >= 1
    areas["input 2 permuted"] = 0.53
    assert physics.main(["inputs"]) == 1
    assert "inputs: DOES NOT PASS" in capsys.readouterr().out


def test_without_the_data_the_program_says_where_it_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("TMVALITE_SHARED", str(tmp_path))
    with pytest.raises(SystemExit, match="TMVALITE_SHARED"):
        physics.main(["files"])

"""The program benchmarks/physics.py: statistics of pairs, what passes, what is printed and written. Nothing is trained."""

import json

import numpy as np
import pytest

from benchmarks import physics, studies, toys
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
        method = tmvalite.MethodDL(text, analysis_type=name)
        (phase,), recipe = method.phases, tutorial.recipe
        assert (phase.learning_rate, phase.batch_size, phase.max_epochs, phase.convergence_steps, phase.optimizer) == (
            recipe.learning_rate, recipe.batch_size, recipe.max_epochs, recipe.convergence_steps, "ADAM"), name
        assert phase.drop_config == recipe.drop and phase.regularization == "NONE" and phase.test_repetitions == 1
        classes = {"classification": ("S", "B"), "multiclass": ("a", "b", "c", "d"), "regression": ("Regression",)}[name]
        info = DataSetInfo.from_names(["x", "y"], ["t"] if name == "regression" else [], classes=classes)
        layers = [node.output.size for node in method.blueprint(info).graph.nodes]
        assert layers == [width for width, _ in recipe.layers], name


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

"""AddSystematic: weights and trees of a variation, and what they do to the score."""

import json

import numpy as np
import pytest

from tmvalite import DataError, DataLoader, Factory, OptionError, Types
from tmvalite.cli import main
from tmvalite.workflow.variations import score_variations

STRATEGY = "TrainingStrategy=LearningRate=1e-2,MaxEpochs=1,BatchSize=20,TestRepetitions=1:RandomSeed=1"


def sample(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    x = {name: rng.normal(size=n) + shift for name in "ab"}
    return x | {"w": rng.uniform(0.5, 1.5, n), "w_up": rng.uniform(1.0, 2.0, n)}


@pytest.fixture
def loader():
    loader = DataLoader("data")
    for name in "ab":
        loader.AddVariable(name)
    loader.AddSignalTree(sample(80, 1, 0.5), 3.0)
    loader.AddBackgroundTree(sample(90, 2))
    loader.SetSignalWeightExpression("w")
    loader.PrepareTrainingAndTestTree("", "nTrain_Signal=40:nTrain_Background=40:SplitMode=Random:!V")
    return loader


@pytest.fixture
def record(loader, in_tmp_path):
    factory = Factory("j", "!V:Silent:!ModelPersistence")
    factory.BookMethod(loader, Types.kDL, "DNN", f"!V:Layout=TANH|3,LINEAR:{STRATEGY}")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    return factory.record("data", "DNN")


def test_weights_of_a_variation_take_the_place_of_the_weights(loader, record):
    loader.AddSystematic("pileup", "w_up", "0.5*w", "Signal")
    loader.AddSystematic("lumi", "1.1", "0.9")
    up = loader.varied("pileup", "up")
    assert np.array_equal(up.test.x, record.data.test.x)
    found = score_variations(record, loader, n_bins=7)
    assert list(found) == ["pileup", "lumi"] and list(found["pileup"]) == ["Signal", "Background"]
    down = found["pileup"]["Signal"]["down"]
    assert np.allclose(down.ratio[down.nominal > 0], 0.5, rtol=1e-6) and down.rate == pytest.approx(0.5, rel=1e-6)
    assert np.nanmax(down.error) < 1e-6  # every event is scaled alike
    assert found["pileup"]["Background"]["up"].rate == 1.0
    signal = record.data.test.class_index == 0
    rate = up.test.original_weight[signal].sum() / record.data.test.original_weight[signal].sum()
    assert found["pileup"]["Signal"]["up"].rate == pytest.approx(rate) and 1.3 < rate < 1.7
    assert found["lumi"]["Background"]["up"].rate == pytest.approx(1.1, rel=1e-6)


def test_trees_of_a_variation_take_the_place_of_the_trees_of_a_class(loader, record):
    moved = sample(80, 1, 0.5) | {"a": sample(80, 1, 0.5)["a"] + 0.3}
    loader.AddSystematic("scale", moved, sample(80, 1, 0.5), "Signal")
    shapes = score_variations(record, loader)["scale"]["Signal"]
    assert np.nanmax(np.abs(shapes["down"].ratio - 1.0)) == 0.0
    assert shapes["up"].rate == pytest.approx(1.0) and np.nanmax(np.abs(shapes["up"].ratio - 1.0)) > 0.1
    x = record.data.test.x[record.data.test.class_index == 0]
    up = loader.varied("scale", "up").test
    assert np.allclose(up.x[up.class_index == 0], x + np.array([0.3, 0.0]), atol=1e-6)
    assert loader.MakeCopy("other").systematics == loader.systematics


def test_error_variations_that_cannot_be(loader):
    with pytest.raises(OptionError, match="cannot name a variation"):
        loader.AddSystematic("a b", "w", "w")
    with pytest.raises(OptionError, match="one direction is a table"):
        loader.AddSystematic("x", "w", "up.root:tree")
    with pytest.raises(OptionError, match="need a class"):
        loader.AddSystematic("x", "up.root:t", "down.root:t")
    loader.AddSystematic("x", "w", "w", "Sgnal")
    with pytest.raises(OptionError, match="is called 'x' already"):
        loader.AddSystematic("x", "w", "w")
    with pytest.raises(DataError, match="is for class Sgnal"):
        loader.varied("x", "up")
    with pytest.raises(OptionError, match="no variation 'y'"):
        loader.varied("y", "up")
    with pytest.raises(OptionError, match="no direction"):
        loader.varied("x", "left")
    loader.AddSystematic("z", [sample(9, 1), sample(9, 2)], [sample(9, 1), sample(9, 2)], "Signal")
    with pytest.raises(DataError, match="has 2 tables, class Signal has 1"):
        loader.varied("z", "up")


def test_a_job_has_variations_too(in_tmp_path, capsys):
    np.savez("s.npz", **sample(80, 1, 0.5))
    np.savez("b.npz", **sample(90, 2))
    (in_tmp_path / "job.toml").write_text(
        '[job]\nname = "J"\n[data]\nvariables = ["a", "b"]\n[[tree]]\nfile = "s.npz"\nclass = "Signal"\n'
        '[[tree]]\nfile = "b.npz"\nclass = "Background"\n'
        '[[systematic]]\nname = "pu"\nup = "1.2"\ndown = "0.8"\nclass = "Signal"\n'
        f'[[method]]\ntitle = "DNN"\noptions = "Layout=TANH|3,LINEAR:{STRATEGY.replace("MaxEpochs=1", "MaxEpochs=20")}"\n'
    )
    assert main(["train", "job.toml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  pu: Signal +20.0 % -20.0 %, Background +0.0 % +0.0 %"
    assert main(["test", "job.toml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["methods"]["DNN"]["systematics"]["pu"]
    assert found["Signal"]["up"]["rate"] == pytest.approx(1.2) and len(found["Signal"]["up"]["ratio"]) == 40

"""A method with any transformation trains, saves, loads and applies with the same bits, by every face."""

from __future__ import annotations

import numpy as np
import pytest

import tmvalite as tmva
from tests.methods.samples import line, options, two_classes
from tmvalite.data.transforms import REGISTRY
from tmvalite.workflow.types import Types

LETTERS = [cls.words[0] for cls in REGISTRY.values()]
CHAINS = [*LETTERS, "G,D", "N,P", "D+U", "S(_V0_),G_Signal", "Gauss,Deco", "U_AllClasses"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:G_Signal"),
    pytest.mark.filterwarnings("ignore:ROOT before 6.38 reads the transformation S"),
]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_classification(chain, tmp_path):
    X, y = two_classes()
    method = tmva.MethodDL(options(more=f"VarTransform={chain}:RandomSeed=5")).fit(X, y, progress="silent")
    values = method.GetMvaValues(X)
    assert method.score(X, y) > 0.7
    assert [method.GetMvaValue(x) for x in X[:9]] == values[:9].tolist()
    method.save(tmp_path / "w.xml")
    again = tmva.load(tmp_path / "w.xml")
    assert np.array_equal(again.GetMvaValues(X), values)
    again.save(tmp_path / "again.xml")
    assert transformations(tmp_path / "again.xml") == transformations(tmp_path / "w.xml")


def transformations(path):
    return path.read_text().split("<Transformations")[1].split("</Transformations>")[0]


@pytest.mark.parametrize("chain", [*LETTERS, "G(_T_)", "U(_V_),N", "D,N(_T_),S(_T_)", "G,U(_T_),N(_T_)"])
def test_a_regression_gives_targets_in_their_own_units(chain, tmp_path):
    X, t = line()
    t = (t - t.mean()) / t.std()  # whether it is transformed or not
    method = tmva.MethodDL(options(60, more=f"VarTransform={chain}:RandomSeed=5"), analysis_type="regression")
    method.fit(X, t, progress="silent")
    values = method.GetRegressionValues(X)
    assert np.corrcoef(values.ravel(), t.ravel())[0, 1] > 0.9
    assert 0.7 < np.std(values) / np.std(t) < 1.3
    method.save(tmp_path / "w.xml")
    assert np.array_equal(tmva.load(tmp_path / "w.xml").GetRegressionValues(X), values)


@pytest.mark.parametrize("chain", [*LETTERS, "N,D", "N,P", "N,P,G"])
def test_an_autoencoder_gives_its_input_back_in_original_units(chain, tmp_path):
    rng = np.random.default_rng(2)
    X = (rng.standard_normal((400, 1)) * [1.0, 20.0, 300.0] + [5.0, 0.0, -100.0]).astype(np.float32)
    X += (rng.standard_normal(X.shape) * [0.3, 6.0, 90.0]).astype(np.float32)
    layout = "Encoder={DENSE|16|TANH,DENSE|3|LINEAR}Decoder={DENSE|16|TANH,DENSE|N|LINEAR}"
    strategy = "LearningRate=1e-2,BatchSize=50,MaxEpochs=40,ConvergenceSteps=40,TestRepetitions=7"
    method = tmva.MethodAE(f"VarTransform={chain}:RandomSeed=1:Layout={layout}:TrainingStrategy={strategy}")
    method.fit(X, progress="silent")
    back = method.reconstruct(X)
    if chain[0] not in "IDP":  # which leave values too large for tanh
        assert (((back - X).std(axis=0) / X.std(axis=0)) < 0.45).all()
    method.save(tmp_path / "w.xml")
    assert np.array_equal(tmva.load(tmp_path / "w.xml").reconstruct(X), back)


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_a_job_and_its_reader(in_tmp_path):
    X, y = two_classes()
    factory = tmva.Factory("Job", "!V:Silent:!Color:!DrawProgressBar:Transformations=I;D;P;U;G;S:AnalysisType=Classification")
    loader = tmva.DataLoader("dataset")
    for name in "abc":
        loader.AddVariable(name)
    for cls, add in ((1, loader.AddSignalTree), (0, loader.AddBackgroundTree)):
        add(dict(zip("abc", X[np.asarray(y) == cls].T)))
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    methods = {}
    for chain in CHAINS:
        text = options(3, more=f"VarTransform={chain}:RandomSeed=5")
        methods[chain] = factory.BookMethod(loader, Types.kDL, f"M{len(methods)}", text)
    factory.TrainAllMethods()
    for number, (chain, method) in enumerate(methods.items()):
        reader = tmva.Reader("!Color:Silent")
        for name in "abc":
            reader.AddVariable(name)
        reader.BookMVA(chain, f"dataset/weights/Job_M{number}.weights.xml")
        assert np.array_equal(reader.EvaluateMVA(X, chain), method.GetMvaValues(X))
        assert reader.EvaluateMVA(X[3], chain) == method.GetMvaValues(X)[3]


def test_the_tables_of_the_factory_show_what_each_chain_does(in_tmp_path, capsys):
    X, y = two_classes()
    factory = tmva.Factory("Job", "!V:!Silent:!Color:!DrawProgressBar:Transformations=I;D;P;U;G;G,D:AnalysisType=Classification")
    loader = tmva.DataLoader("dataset")
    for name in "abc":
        loader.AddVariable(name)
    for cls, add in ((1, loader.AddSignalTree), (0, loader.AddBackgroundTree)):
        add(dict(zip("abc", X[np.asarray(y) == cls].T)))
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(loader, Types.kDL, "M", options(1, more="RandomSeed=5"))
    capsys.readouterr()
    factory.TrainAllMethods()
    lines = capsys.readouterr().out.splitlines()
    at = [i for i, text in enumerate(lines) if text.startswith("TFHandler_Factory")]
    assert len(at) == 6
    numbers = [
        [[float(word) for word in text.replace("[", "").replace("]", "").split(":")[1].split()] for text in lines[i + 3 : i + 6]]
        for i in at
    ]
    plain, deco, pca, uniform, gauss, both = map(np.array, numbers)
    train = loader.dataset().train
    np.testing.assert_allclose(plain[:, 0], np.average(train.x, axis=0, weights=train.weight), rtol=1e-4)
    np.testing.assert_allclose(deco[:, 1], 1.0, atol=1e-4)
    assert (np.diff(pca[:, 1]) < 0).all() and np.abs(pca[:, 0]).max() < 1e-4
    assert (uniform[:, 2:] >= 0).all() and (uniform[:, 2:] <= 1).all() and np.abs(uniform[:, 0] - 0.5).max() < 0.1
    assert np.abs(gauss[:, :2] - [0, 1]).max() < 0.6  # of 120 events, those in the upper half of the last bin are at 5.73
    np.testing.assert_allclose(both[:, 1], 1.0, atol=1e-4)


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_the_output_file_has_the_inputs_after_each_chain(in_tmp_path):
    uproot = pytest.importorskip("uproot")
    X, y = two_classes()
    factory = tmva.Factory(
        "Job", "out.root", "!V:Silent:!Color:!DrawProgressBar:Transformations=I;G,D:AnalysisType=Classification"
    )
    loader = tmva.DataLoader("dataset")
    for name in ("a", "log(b)", "c"):
        loader.AddVariable(name)
    columns = dict(zip("abc", np.abs(X).T))
    for cls, add in ((1, loader.AddSignalTree), (0, loader.AddBackgroundTree)):
        add({name: values[np.asarray(y) == cls] for name, values in columns.items()})
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(loader, Types.kDL, "M", options(1, more="RandomSeed=5"))
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    events = loader.dataset().train
    with uproot.open("out.root") as file:
        for chain in ("Id", "Gauss_Deco"):
            found = [f"{name}__{cls}_{chain}" for name in ("a", "log_b_", "c") for cls in ("Signal", "Background")]
            keys = file[f"dataset/InputVariables_{chain}"].keys(recursive=False, cycle=False)
            assert sorted(keys) == sorted([*found, "CorrelationPlots"])
        total = 0.0
        for index, cls in enumerate(("Signal", "Background")):
            histogram = file[f"dataset/InputVariables_Id/a__{cls}_Id"]
            assert len(histogram.values()) == 40
            assert histogram.axis().edges()[0] == pytest.approx(events.x[:, 0].min())
            chosen = events.class_index == index
            expected = np.histogram(events.x[chosen, 0], histogram.axis().edges(), weights=events.weight[chosen])[0]
            np.testing.assert_allclose(histogram.values(), expected, rtol=1e-6)
            total += histogram.values().sum()
        assert total == pytest.approx(events.weight.sum())

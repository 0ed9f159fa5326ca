"""MethodDNN: its own keys, start and stop, its weight file, and its place in a job."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tmvalite
from tests.methods.samples import line, three_classes, two_classes
from tests.naive.weight_file import scores
from tmvalite import MethodDL, MethodDNN, OptionError, TmvaliteWarning
from tmvalite.io.weights_xml import read_weights
from tmvalite.methods.understood import understand
from tmvalite.models.form import FORMS
from tmvalite.training.loop import Training

STRATEGY = "LearningRate=1e-1,Momentum=0.5,ConvergenceSteps=4,BatchSize=40,TestRepetitions=2"


def options(more="RandomSeed=5", layout="TANH|8,TANH|4,LINEAR", strategy=STRATEGY):
    return f"!H:!V:Layout={layout}:TrainingStrategy={strategy}:{more}"


def trained(text=None, data=two_classes, analysis_type="classification", title="old"):
    return MethodDNN(text or options(), analysis_type=analysis_type, title=title).fit(*data(), progress="silent")


def codes(text, **more):
    return [w.code for w in understand(text, method="DNN", **more).diagnostics.warnings]


def test_the_options_are_those_of_tmva_in_their_order():
    tmva = "V VerbosityLevel VarTransform H CreateMVAPdfs IgnoreNegWeightsInTraining Layout ValidationSize ErrorStrategy"
    names = [name for name in FORMS["DNN"].table.names if name not in FORMS["DNN"].extensions]
    assert names == [*tmva.split(), "WeightInitialization", "Architecture", "TrainingStrategy"]


def test_the_default_strategy_is_that_of_tmva():
    first, second = MethodDNN("Layout=TANH|8,LINEAR").phases
    assert [p.learning_rate for p in (first, second)] == [0.1, 1e-4]
    assert [p.batch_size for p in (first, second)] == [30, 20]
    assert (first.drop_config, second.drop_config) == ((0.0,), (0.0, 0.5, 0.5))
    assert {(p.optimizer, p.momentum, p.convergence_steps, p.test_repetitions) for p in (first, second)} == {("SGD", 0.3, 50, 7)}
    assert {p.regularization for p in (first, second)} == {"NONE"}  # Renormalize does nothing


def test_it_is_steepest_descent_whatever_optimizer_is_named():
    with pytest.warns(TmvaliteWarning, match="Optimizer has no effect: MethodDNN has SGD with Momentum only"):
        (phase,) = MethodDNN(options(strategy=f"{STRATEGY},Optimizer=ADAM")).phases
    assert (phase.optimizer, phase.momentum) == ("SGD", 0.5)
    assert codes(options(strategy=f"{STRATEGY},ADAM_beta1=0.8")) == ["key-without-effect"]


def test_a_limit_of_epochs_is_followed_and_said_to_be_ours():
    with pytest.warns(TmvaliteWarning, match="MaxEpochs is followed; TMVA's MethodDNN does not read it"):
        method = trained(options(strategy=f"{STRATEGY},MaxEpochs=3"))
    assert len(method.history["epoch"]) == 3
    assert (
        codes(options(strategy=f"{STRATEGY},Repetitions=1,Renormalize=L2,DropRepetitions=5,Multithreading=True"))
        == ["key-without-effect"] * 4
    )


def test_the_learning_rate_that_is_not_written_is_one_of_tmvas_hidden_defaults():
    with pytest.warns(TmvaliteWarning, match="LearningRate=1e-05 is used, as in TMVA") as caught:
        MethodDNN(options(strategy="ConvergenceSteps=4"))
    assert "write LearningRate=0.1" in str(caught[0].message)


@pytest.mark.parametrize("name, scale, uniform", [("XAVIER", 2.0, False), ("XAVIERUNIFORM", 2.0, True)])
def test_the_first_weights_have_the_width_of_methoddnn(name, scale, uniform, monkeypatch):
    """sqrt(2/n) for n inputs: normal, or uniform between minus and plus; MethodDL's XAVIER has sqrt(6/(m + n))."""
    seen = {}
    monkeypatch.setattr(Training, "run", lambda self: seen.update(w=self._start) or self.history)
    MethodDNN(options(f"WeightInitialization={name}:RandomSeed=3", "TANH|400,LINEAR")).fit(*two_classes(), progress="silent")
    first = seen["w"][: 3 * 400]
    width = np.sqrt(scale / 3)
    assert first.std() == pytest.approx(width / (np.sqrt(3) if uniform else 1.0), rel=0.06)
    assert (np.abs(first).max() <= width) == uniform


@pytest.mark.parametrize("layout", ["TANH|8,TANH|4,LINEAR", "8|TANH,4|TANH,LINEAR", "TANH|2*N+2,TANH|N+1,LINEAR"])
def test_activations_or_widths_may_come_first(layout):
    graph = understand(options(layout=layout), method="DNN", n_variables=3).graphs[""]
    assert [node.shape[0] for node in graph.nodes] == [8, 4, 1]
    assert [node.layer.activation for node in graph.nodes] == ["TANH", "TANH", "LINEAR"]


@pytest.mark.parametrize(
    "layout, what",
    [
        ("TANH|4,BNORM,LINEAR", "not BNORM"),
        ("ELU|4,LINEAR", "not DENSE|4|ELU"),
        ("a=DENSE|4|TANH,b=DENSE|4|TANH@a,ADD@a+b,LINEAR", "not ADD"),
        ("a=DENSE|4|TANH,DENSE|1|LINEAR@a,OUTPUT|CROSSENTROPY|0.5", "not OUTPUT"),
    ],
)
def test_error_layers_that_methoddnn_does_not_have(layout, what):
    with pytest.raises(OptionError) as caught:
        understand(options(layout=layout), method="DNN")
    assert caught.value.code == "dnn-layer" and what in str(caught.value) and "MethodDL" in caught.value.hint


def test_error_an_option_that_only_methoddl_has():
    with pytest.raises(OptionError, match="no option is called 'InputLayout'"):
        MethodDNN("InputLayout=1|1|4:Layout=TANH|8,LINEAR")


@pytest.mark.filterwarnings("ignore:the network is hardly trained")  # which is what the rate is for
def test_an_epoch_counts_if_it_lowers_the_error_by_a_thousandth():
    """A rate that changes next to nothing: MethodDL sees improvement in every epoch, MethodDNN stops."""
    strategy = "LearningRate=1e-7,Momentum=0.0,ConvergenceSteps=6,BatchSize=40,TestRepetitions=2"
    dnn = trained(options(strategy=strategy))
    dl = MethodDL(options(strategy=f"{strategy},Optimizer=SGD,MaxEpochs=40")).fit(*two_classes(), progress="silent")
    assert len(dnn.history["epoch"]) == 8 and len(dl.history["epoch"]) == 40


CASES = {
    "classification": lambda: trained(options("VarTransform=N:RandomSeed=5")),
    "regression": lambda: trained(options("VarTransform=N:RandomSeed=5:ErrorStrategy=SUMOFSQUARES"), line, "regression"),
    "multiclass": lambda: trained(None, three_classes, "multiclass"),
    "float64": lambda: trained(options("Precision=float64:RandomSeed=5")),
}


@pytest.mark.parametrize("case", CASES)
def test_the_file_has_tmvas_schema_and_gives_the_same_bits(case, tmp_path):
    method = CASES[case]()
    method.save(tmp_path / "a.weights.xml")
    root = ElementTree.parse(tmp_path / "a.weights.xml").getroot()
    assert root.get("Method") == "DNN::old"
    weights = root.find("Weights")
    assert list(weights.attrib) == ["InputWidth", "Depth", "LossFunction", "OutputFunction"] and weights.get("Depth") == "3"
    assert [(layer.tag, list(layer.attrib), [m.tag for m in layer]) for layer in weights] == [
        ("Layer", ["ActivationFunction"], ["Weights", "Biases"])
    ] * 3
    assert [layer.get("ActivationFunction") for layer in weights] == ["3", "3", "0"]
    assert all(list(matrix.attrib) == ["rows", "cols"] for layer in weights for matrix in layer)
    assert "RandomSeed" not in [o.get("name") for o in root.iter("Option")]
    again = tmvalite.load(tmp_path / "a.weights.xml")
    assert type(again) is MethodDNN
    x = {"regression": line, "multiclass": three_classes}.get(case, two_classes)()[0]
    assert np.array_equal(again.GetMvaValues(x), method.GetMvaValues(x))
    assert again.bound.values.RandomSeed == 5
    again.save(tmp_path / "b.weights.xml")
    assert (tmp_path / "b.weights.xml").read_bytes() == (tmp_path / "a.weights.xml").read_bytes()
    if case != "regression":
        assert np.allclose(scores(tmp_path / "a.weights.xml", x)[:, 0], method.GetMvaValues(x), atol=1e-6)


def test_it_learns(tmp_path):
    X, y = two_classes(n=1000)
    method = MethodDNN(options()).fit(X, y, progress="silent")
    assert method.score(X, y) > 0.85


def test_methoddl_reads_a_file_of_methoddnn_and_writes_its_own(tmp_path):
    method = trained()
    method.save(tmp_path / "old.weights.xml")
    converted = MethodDL.load(tmp_path / "old.weights.xml")
    converted.save(tmp_path / "new.weights.xml")
    assert read_weights(tmp_path / "new.weights.xml").method_type == "DL"
    x = two_classes()[0]
    assert np.array_equal(tmvalite.load(tmp_path / "new.weights.xml").GetMvaValues(x), method.GetMvaValues(x))


def test_a_job_books_trains_and_applies_it(in_tmp_path):
    X, y = two_classes(n=400)
    loader = tmvalite.DataLoader("dataset")
    for name in ("a", "b", "c"):
        loader.AddVariable(name)
    for index, add in ((1, loader.AddSignalTree), (0, loader.AddBackgroundTree)):
        add(dict(zip("abc", X[y == index].T, strict=True)))
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:SplitSeed=3:!V")
    factory = tmvalite.Factory("Job", "Silent:AnalysisType=Classification")
    booked = factory.BookMethod(loader, tmvalite.Types.kDNN, "DNN", options())
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    assert (booked.GetMethodTypeName(), booked.GetMethodType()) == ("DNN", tmvalite.Types.kDNN)
    assert factory.GetROCIntegral(loader, "DNN") > 0.85
    reader = tmvalite.Reader("Silent")
    for name in ("a", "b", "c"):
        reader.AddVariable(name)
    read = reader.BookMVA("DNN", "dataset/weights/Job_DNN.weights.xml")
    assert read.GetMethodTypeName() == "DNN"
    assert np.array_equal(reader.EvaluateMVA(X, "DNN"), booked.method.GetMvaValues(X))

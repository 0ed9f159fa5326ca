"""Replicas in TMVA's faces: Factory, Reader, apply and the report give the mean, and the spread where TMVA has errors."""

import ctypes
from array import array

import numpy as np
import pytest

import tmvalite as tmva
from tests.methods.samples import options, two_classes
from tests.workflow.test_html_report import Checked, loader_of
from tmvalite.errors import OptionError

ANALYSES = {"Classification": "DENSE|6|TANH,DENSE|1|LINEAR", "Multiclass": "TANH|6,LINEAR", "Regression": "TANH|6,LINEAR"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(analysis, replicas="3|bootstrap", more=""):
    factory = tmva.Factory("job", f"!V:Silent:AnalysisType={analysis}")
    loader = loader_of(analysis)
    text = options(12, ANALYSES[analysis], f"RandomSeed=5:VarTransform=N:Replicas={replicas}{more}", LearningRate="3e-2")
    face = factory.BookMethod(loader, tmva.Types.kDL, "DNN", text)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    return factory, loader, face


def reader_of(analysis="Classification", tag="DNN"):
    """A Reader over three arrays of one float."""
    reader, places = tmva.Reader("Silent"), [array("f", [0.0]) for _ in range(3)]
    for name, place in zip(("a", "b", "c*2 := c"), places, strict=True):
        reader.AddVariable(name, place)
    reader.BookMVA(tag, "dataset/weights/job_DNN.weights.xml")
    return reader, places


def test_a_reader_gives_the_mean_and_the_spread_of_the_event(here):
    _, _, face = trained("Classification")
    reader, places = reader_of()
    x = np.array([[0.5, -1, 2], [3, 0, 0.25]], np.float32)
    values, errors = face.values_and_errors(x)
    assert reader.GetMVAError() == -1.0  # nothing was asked for
    for event, value, error in zip(x, values, errors, strict=True):
        for place, number in zip(places, event, strict=True):
            place[0] = number
        assert reader.EvaluateMVA("DNN") == value
        assert reader.GetMVAError() == reader.GetMVAErrorUpper() == reader.GetMVAErrorLower() == error
    assert np.array_equal(reader.EvaluateMVA(x, "DNN"), values) and np.array_equal(reader.GetMVAError(), errors)


def test_an_error_belongs_to_the_last_value(here):
    trained("Classification", "2")
    reader, places = reader_of()
    assert reader.EvaluateMVA("DNN") > 0 and reader.GetMVAError() > 0
    trained("Classification", "1")
    other, others = reader_of()
    other.BookMVA("again", "dataset/weights/job_DNN.weights.xml")
    assert other.EvaluateMVA("again") > 0 and other.GetMVAError() == -1.0
    reader.BookMVA("one", "dataset/weights/job_DNN.weights.xml")
    for _ in range(3):
        reader.EvaluateMVA("DNN")
        assert reader.GetMVAError() > 0
        reader.EvaluateMVA("one")
        assert reader.GetMVAError() == -1.0
    places[0][0] = float("nan")
    with pytest.warns(tmva.TmvaliteWarning, match="is not finite"):
        assert reader.EvaluateMVA("DNN") == -999.0
    assert reader.GetMVAError() == -1.0


def test_error_arguments_of_the_getters_are_filled(here):
    _, _, face = trained("Classification")
    x = np.array([[0.5, -1, 2], [3, 0, 0.25]], np.float32)
    values, errors = face.values_and_errors(x)
    for method in (face, face.method, reader_of()[0].FindMVA("DNN")):
        low, high = ctypes.c_double(), array("d", [0.0])
        assert method.GetMvaValue(x[0], low, high) == values[0] and low.value == high[0] == errors[0]
        many = np.zeros(2)
        assert np.array_equal(method.GetMvaValue(x, many), values) and np.array_equal(many, errors.astype(float))
        with pytest.raises(OptionError, match="an array of 1 has no room for the errors of 2 events"):
            method.GetMvaValue(x, high)
    _, _, plain = trained("Classification", "1")
    assert plain.GetMvaValue(x[0], low) > 0 and low.value == -1.0


def columns(n=31):
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=n).astype(np.float32) for name in "abc"}


@pytest.mark.parametrize(
    "analysis, names",
    [
        ("Classification", ["DNN", "DNN_error"]),
        ("Multiclass", ["DNN_higgs", "DNN_top____b_", "DNN_w", "DNN_higgs_error", "DNN_top____b__error", "DNN_w_error"]),
        ("Regression", ["DNN_t", "DNN_t_error"]),
    ],
)
def test_apply_writes_the_errors_beside_the_scores(analysis, names, here):
    _, _, face = trained(analysis)
    table = columns()
    tmva.apply("dataset/weights/job_DNN.weights.xml", table, "out.npz", keep=[])
    with np.load("out.npz") as out:
        found = {name: out[name] for name in out.files}
    x = np.stack([table["a"], table["b"], table["c"]], axis=1)
    values, errors = (one.reshape(len(x), -1) for one in face.values_and_errors(x))
    assert sorted(found) == sorted(names)
    for name, column in zip(names, np.concatenate([values, errors], axis=1).T, strict=True):
        assert np.array_equal(found[name], column), name
    limit = float(np.median(errors[:, 0]))
    tmva.apply("dataset/weights/job_DNN.weights.xml", table, "cut.npz", keep=["a"], cut=f"{names[-1]}<{limit!r}")
    with np.load("cut.npz") as out:
        assert np.array_equal(out["a"], table["a"][errors[:, -1] < limit])


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_tables_and_the_report_have_mean_and_spread(analysis, here, capsys):
    pytest.importorskip("matplotlib")
    factory, loader, face = trained(analysis)
    factory.EvaluateAllMethods()
    said = capsys.readouterr().out
    assert "Mean and spread of the replicas one by one, test sample" in said and max(map(len, said.splitlines())) <= 80
    factory.report("report.html")
    text = (here / "report.html").read_text("utf-8")
    Checked(text)
    assert "The outputs are the mean of 3 trainings (bootstrap), RandomSeed 5 to 7." in text
    assert ("RMS of" if analysis == "Regression" else "ROC area") in text and "validation error" in text


def test_the_band_of_a_booked_method_is_that_of_its_replicas(here):
    _, _, face = trained("Multiclass")
    record = face._record
    x, truth, weights = record.inputs("test"), record.is_class("test", 1), record.sample("test").weight
    areas = [tmva.evaluation.roc_area(face.replica(i).GetMulticlassValues(x)[:, 1], truth, weights) for i in range(3)]
    assert np.allclose(face.roc_band("test", 1).areas, areas, rtol=0, atol=1e-12)
    with pytest.raises(OptionError, match="has no ROC curve"):
        trained("Regression")[2].roc_band()


def test_check_says_what_the_replicas_are(capsys):
    from tmvalite.methods.understood import understand

    report = understand("Layout=TANH|4,LINEAR:Replicas=20|folds", n_variables=2)
    assert "replicas: 20 trainings, each with a RandomSeed of its own" in " ".join(report.as_text().split())
    assert report.as_json()["replicas"] == {"count": 20, "kind": "folds"}
    assert "replicas: " not in understand("Layout=TANH|4,LINEAR", n_variables=2).as_text()


def test_cross_validated_replicas_and_pickled_folds_work(here):
    X, y = two_classes()
    loader = tmva.DataLoader("dataset")
    loader.AddVariable("a")
    loader.AddVariable("b")
    table = {"a": X[:, 0], "b": X[:, 1]}
    loader.AddSignalTree({key: column[y == 1] for key, column in table.items()})
    loader.AddBackgroundTree({key: column[y == 0] for key, column in table.items()})
    loader.PrepareTrainingAndTestTree("", "!V")
    cv = tmva.CrossValidation("cv", loader, "!V:Silent:AnalysisType=Classification:NumFolds=2:OutputEnsembling=Avg")
    cv.BookMethod(tmva.Types.kDL, "DNN", options(6, "TANH|4,LINEAR", "RandomSeed=5:Replicas=2"))
    cv.Evaluate()
    reader = tmva.Reader("Silent")
    reader.AddVariable("a")
    reader.AddVariable("b")
    reader.BookMVA("DNN", "dataset/weights/cv_DNN.weights.xml")
    folds = [tmva.load(f"dataset/weights/cv_DNN_fold{i}.weights.xml") for i in (1, 2)]
    assert all(len(fold.replicas) == 2 for fold in folds)
    mean = np.mean([fold.GetMvaValues(X[:9, :2]) for fold in folds], axis=0)
    assert np.allclose(reader.EvaluateMVA(np.ascontiguousarray(X[:9, :2]), "DNN"), mean, atol=1e-6)
    assert reader.GetMVAError() == -1.0

"""MethodAE booked by a Factory, read by a Reader, checked on the command line."""

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, curved, options
from tmvalite.cli import main
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.factory import Factory
from tmvalite.workflow.reader import Reader
from tmvalite.workflow.types import Types, method_type

NAMES = ("a", "b", "c", "d")


def columns(n=300, seed=1):
    return dict(zip(NAMES, curved(n, seed).T.copy()))


def trained(tmp_path, monkeypatch, analysis, kind, layout=PLAIN):
    """A Factory after all three calls, and its method."""
    monkeypatch.chdir(tmp_path)
    factory = Factory("job", f"!V:Silent:AnalysisType={analysis}")
    loader = DataLoader("data")
    for name in NAMES:
        loader.AddVariable(name)
    if analysis == "Regression":
        loader.AddTarget("a")
        loader.AddRegressionTree(columns())
    else:
        for i, name in enumerate(("Signal", "Background", "Third")[: 2 + (analysis == "Multiclass")]):
            shift = {key: column + 3 * i for key, column in columns(150, i).items()}
            loader.AddTree(shift, name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    method = factory.BookMethod(loader, kind, "AE", options(layout, 5))
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    return factory, loader, method


def reader():
    made = Reader("!Color:Silent")
    for name in NAMES:
        made.AddVariable(name)
    made.BookMVA("AE", "data/weights/job_AE.weights.xml")
    return made


def test_the_type_has_names():
    assert method_type("AE") is method_type("kAE") is method_type(Types.kAE) is method_type(int(Types.kAE)) is Types.kAE


def test_a_classification_ranks_events_by_their_anomaly_score(tmp_path, monkeypatch, capsys):
    factory, loader, method = trained(tmp_path, monkeypatch, "Classification", Types.kAE)
    record = factory.record(loader, "AE")
    assert record.output("test").ndim == 1 and 0 <= factory.GetROCIntegral(loader, "AE") <= 1
    X = record.data.test.x[:20]
    assert np.array_equal(reader().EvaluateMVA(X, "AE"), method.GetMvaValues(X))


def test_a_regression_compares_the_reconstruction_with_the_variables(tmp_path, monkeypatch, capsys):
    factory, loader, method = trained(tmp_path, monkeypatch, "Regression", "AE")
    record = factory.record(loader, "AE")
    assert record.output("test").shape == (len(record.data.test), 4)
    assert method.value_names(record.data.info) == list(NAMES)
    truth = record.data.test.x[:, 2]
    assert np.isclose(record.deviation("test", 2).rms, np.std(record.output("test")[:, 2] - truth), rtol=0.2)
    assert np.array_equal(reader().EvaluateRegression(record.data.test.x[:5], "AE"), record.output("test")[:5])


@pytest.mark.parametrize("head", [False, True])
def test_several_classes_need_a_head_to_be_compared(tmp_path, monkeypatch, capsys, head):
    layout = PLAIN + ("Head={DENSE|3|LINEAR}" if head else "")
    factory, loader, _ = trained(tmp_path, monkeypatch, "Multiclass", Types.kAE, layout)
    record = factory.record(loader, "AE")
    assert record.output("test").shape == ((len(record.data.test), 3) if head else (len(record.data.test),))
    assert 0 <= factory.GetROCIntegral(loader, "AE", 1) <= 1


def test_check_prints_the_blocks(capsys):
    assert main(["check", "--method", "AE", "--variables", "4", f"Layout={PLAIN}:LatentLoss=ADV"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "MethodAE, classification, 4 variables"
    assert [line for line in lines if line in ("Encoder", "Decoder", "Head", "Discriminator")] == [
        "Encoder",
        "Decoder",
        "Discriminator",
    ]
    assert "  2  DENSE|4|LINEAR  layer 1  4               68" in lines

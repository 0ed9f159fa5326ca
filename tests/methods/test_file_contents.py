"""`tmvalite check FILE.weights.xml`: what a weight file says, for people and for programs."""

import json

import numpy as np
import pytest

import tmvalite as tmva
from tmvalite.cli import main


@pytest.fixture
def weight_file(in_tmp_path):
    """A Factory's file with an expression, an array variable and a spectator."""
    generator = np.random.default_rng(5)
    signal, background = ({"var1": generator.normal(s, 1, 300), "var2": generator.normal(0, 1, 300)} for s in (0, 1))
    for table in (signal, background):
        table["jet"] = generator.normal(0, 1, (300, 3))
    loader = tmva.DataLoader("dataset")
    loader.AddVariable("myvar := var1+2*var2", "My variable", "GeV", "F")
    loader.AddVariablesArray("jet", 3)
    loader.AddSpectator("var1*2")
    loader.AddSignalTree(signal)
    loader.AddBackgroundTree(background)
    loader.PrepareTrainingAndTestTree("", "SplitSeed=3")
    factory = tmva.Factory("Job", "!V:Silent:AnalysisType=Classification")
    factory.BookMethod(
        loader,
        "DL",
        "Net",
        "VarTransform=N:Layout=TANH|5,LINEAR:TrainingStrategy=LearningRate=1e-2,MaxEpochs=1,TestRepetitions=1",
    )
    factory.TrainAllMethods()
    return "dataset/weights/Job_Net.weights.xml"


def test_a_weight_file_is_described(weight_file, capsys):
    assert main(["check", weight_file]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "MethodDL 'Net', classification"
    at = lines.index("variables")
    assert lines[at + 1].startswith("  myvar := var1+2*var2 [GeV], -")
    assert lines[at + 2].startswith("  jet array of 3, -")  # one line for all its elements
    assert lines[at + 4 : at + 5] == ["spectators"]
    assert "classes: Signal, Background" in lines and "transformations: Normalize" in lines
    assert "1  DENSE|5|TANH    input    5               25" in lines
    assert max(map(len, lines)) <= 80


def test_a_program_reads_the_same(weight_file, capsys):
    assert main(["check", "--json", weight_file]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["method"], found["title"], found["analysis_type"]) == ("DL", "Net", "classification")
    assert [v["expression"] for v in found["variables"]] == ["var1+2*var2", "jet", "jet", "jet"]
    assert [v["unit"] for v in found["variables"]] == ["GeV", "", "", ""]
    low, high = found["variables"][0]["range"]
    assert low < -2 and high > 2
    assert found["options"]["VarTransform"] == {"value": "N", "set": True}
    assert found["options"]["WeightInitialization"]["set"] is False
    assert found["transformations"] == ["Normalize"]


def test_a_file_that_is_no_weight_file_is_refused(in_tmp_path, capsys):
    (in_tmp_path / "a.xml").write_text("<Nothing/>")
    assert main(["check", "a.xml"]) == 2
    assert "a.xml" in capsys.readouterr().err

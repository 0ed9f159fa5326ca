"""Jobs of the same names in one folder: the second one stops before it trains; what a killed one left is no hindrance."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.workflow.fake import FakeMethod
from tests.workflow.test_factory import loader
from tmvalite.errors import FileError
from tmvalite.kernels.jit.process import machine

OPTIONS = "!V:Silent:!Color:Transformations=None:AnalysisType=Classification"


def lock(path, pid):
    """The lock of another process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), "node": "here", "pid": pid}))


def files(folder):
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def booked(target=None):
    factory = tmvalite.Factory("Job", target, OPTIONS)
    factory.BookMethod(loader(), tmvalite.Types.kDL, "A")
    return factory


@pytest.mark.parametrize("path", ["dataset/weights/.Job.tmvalite-lock", ".out.root.tmvalite-lock"])
def test_error_of_a_job_that_another_one_is_running(fake_method, monkeypatch, path):
    monkeypatch.setattr(FakeMethod, "train", lambda *_, **__: pytest.fail("trained"))
    factory = booked("out.root")
    lock(fake_method / path, os.getppid())
    with pytest.raises(FileError) as caught:
        factory.TrainAllMethods()
    assert caught.value.code == "file-in-use" and f"process {os.getppid()} on here" in str(caught.value)
    assert files(fake_method) == [Path(path).name]


def test_a_job_holds_its_files_until_the_output_file_is_written(fake_method):
    lock(fake_method / "dataset/weights/.Job.tmvalite-lock", 2**22 + 1)  # no process has this number
    factory = booked("out.root")
    factory.TrainAllMethods()
    assert files(fake_method) == [".Job.tmvalite-lock", ".out.root.tmvalite-lock", "Job_A.weights.xml"]
    booked("out.root").TrainAllMethods()  # the same process may, as a notebook that runs a cell again
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    assert files(fake_method)[-2:] == ["Job_A.weights.xml", "out.root"]


def test_without_an_output_file_it_ends_with_the_training(fake_method):
    booked().TrainAllMethods()
    assert files(fake_method) == ["Job_A.weights.xml"]


def test_a_factory_that_is_thrown_away_gives_its_files_back(fake_method):
    factory = booked("out.root")
    factory.TrainAllMethods()
    del factory
    assert files(fake_method) == ["Job_A.weights.xml"]


def test_error_of_a_cross_validation_that_another_one_is_running(in_tmp_path):
    lock(in_tmp_path / "dataset/weights/.Job.tmvalite-lock", os.getppid())
    data, rng = tmvalite.DataLoader("dataset"), np.random.default_rng(1)
    data.AddVariable("a")
    for shift, name in enumerate(("Signal", "Background")):
        data.AddTree({"a": rng.normal(size=40) + shift}, name)
    data.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=NumEvents:!V")
    validation = tmvalite.CrossValidation("Job", data, "!V:Silent:AnalysisType=Classification:NumFolds=2")
    validation.BookMethod(tmvalite.Types.kDL, "DNN", "!H:!V:Layout=TANH|3,LINEAR")
    with pytest.raises(FileError, match="the weight files of job 'Job' are being written by another job"):
        validation.Evaluate()
    assert files(Path("dataset")) == [".Job.tmvalite-lock"]

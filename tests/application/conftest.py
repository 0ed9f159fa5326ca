"""Small trained methods as weight files, and tables of events."""

import numpy as np
import pytest

from tmvalite import DataLoader, Factory, MethodAE, MethodDL, Types, load

STRATEGY = "TrainingStrategy=LearningRate=1e-2,MaxEpochs=1,BatchSize=20,TestRepetitions=1:RandomSeed=7"


def events(n=137, seed=1):
    """Columns a, b, c float32, run int32, event int64, and what a method reads: two of them summed."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(size=n).astype(np.float32) for name in "abc"}
    columns["run"] = np.full(n, 7, np.int32)
    columns["event"] = 2**40 + np.arange(n)
    return columns


def matrix(columns):
    """(N, 3) variables of `dnn`, in float64 as expressions are computed, then rounded."""
    a, b, c = (np.asarray(columns[name], np.float64) for name in "abc")
    return np.stack([a, b + c, np.sqrt(np.abs(a)) * b], axis=1).astype(np.float32)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def dnn(folder):
    """A classification of the expressions a, s := b+c and sqrt(abs(a))*b, as the Factory writes it."""
    import os

    here = os.getcwd()
    os.chdir(folder)
    try:
        loader = DataLoader("data")
        for text in ("a", "s := b+c", "sqrt(abs(a))*b"):
            loader.AddVariable(text)
        loader.AddSignalTree(events(90, 2))
        loader.AddBackgroundTree(events(80, 3))
        loader.PrepareTrainingAndTestTree("", "!V")
        factory = Factory("job", "!V:Silent")
        factory.BookMethod(loader, Types.kDL, "DNN", f"!V:Layout=TANH|5,LINEAR:VarTransform=N:{STRATEGY}")
        factory.TrainAllMethods()
    finally:
        os.chdir(here)
    return folder / "data" / "weights" / "job_DNN.weights.xml"


def _saved(folder, name, method, y):
    x = events(60, 4)
    method.fit({key: x[key] for key in "abc"}, y(x), progress="silent")
    path = folder / f"{name}.weights.xml"
    method.save(path)
    return path


@pytest.fixture(scope="session")
def classes(folder):
    method = MethodDL(f"Layout=TANH|5,LINEAR:{STRATEGY}", analysis_type="multiclass", title="MC")
    return _saved(folder, "classes", method, lambda x: np.array(["bg0", "sig", "bg1"])[np.arange(60) % 3])


@pytest.fixture(scope="session")
def targets(folder):
    method = MethodDL(f"Layout=TANH|5,LINEAR:{STRATEGY}", analysis_type="regression", title="REG")
    return _saved(folder, "targets", method, lambda x: np.stack([x["a"], x["b"] * 2], axis=1))


@pytest.fixture(scope="session")
def autoencoder(folder):
    method = MethodAE(f"Layout=Encoder={{DENSE|2|TANH}}Decoder={{DENSE|N|LINEAR}}:{STRATEGY}", title="AE")
    return _saved(folder, "autoencoder", method, lambda x: None)


@pytest.fixture
def score(dnn):
    """The scores of `dnn` for columns, as a Reader gives them for arrays."""
    method = load(dnn)
    return lambda columns: method.GetMvaValues(matrix(columns))

"""Small samples with something to learn, and option strings that train in milliseconds."""

import numpy as np

from tmvalite.data.info import DataSetInfo, Events


def two_classes(n=240, width=3, seed=1):
    """(X (N, width) float32, y (N,) of 0 and 1); signal lies higher in every variable."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return (rng.normal(size=(n, width)) + 1.5 * y[:, None]).astype(np.float32), y


def three_classes(n=300, seed=2):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.normal(size=(n, 2)) + np.array([[0, 0], [3, 0], [0, 3]])[y]
    return X.astype(np.float32), np.array(["bg0", "bg1", "Signal"])[y]


def line(n=240, seed=3):
    """X and a target far from zero: y = 1000 + 50 x0 - 20 x1."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2)).astype(np.float32)
    return x, 1000 + 50 * x[:, 0].astype(float) - 20 * x[:, 1]


def strategy(epochs=8, **settings):
    given = {"LearningRate": "1e-2", "BatchSize": 40, "TestRepetitions": 1, "MaxEpochs": epochs, **settings}
    return ",".join(f"{key}={value}" for key, value in given.items())


def options(epochs=8, layout="TANH|8,LINEAR", more="RandomSeed=5", **settings):
    return f"!H:!V:Layout={layout}:TrainingStrategy={strategy(epochs, **settings)}:{more}"


def as_events(X, y, weight=None):
    """A training sample of a data set, Signal first, and its names."""
    info = DataSetInfo.from_names([f"var{i + 1}" for i in range(X.shape[1])], classes=("Signal", "Background"))
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, float)
    return Events(X, np.empty((len(y), 0), np.float32), {}, weight, (np.asarray(y) == 0).astype(np.int64)), info

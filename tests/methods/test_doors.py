"""`fit`, the getters and the Reader take tables of any kind: the same bits as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite import MethodAE, MethodDL, Reader
from tmvalite.errors import DataError, TmvaliteWarning

STRATEGY = "LearningRate=1e-2,BatchSize=20,MaxEpochs=8,TestRepetitions=1"
OPTIONS = f"Layout=TANH|4,LINEAR:TrainingStrategy={STRATEGY}:RandomSeed=3:ErrorStrategy=CROSSENTROPY"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Arrays, classes, and the same events in a ROOT file."""
    uproot = pytest.importorskip("uproot")
    rng = np.random.default_rng(7)
    X = rng.normal(size=(80, 2)).astype(np.float32)
    y = (np.arange(80) % 2).astype(int)
    X[y == 1] += 1.5
    path = tmp_path_factory.mktemp("doors") / "t.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {"a": "float32", "b": "float32"})
        file["events"].extend({"a": X[:, 0], "b": X[:, 1]})
    return X, y, path


def fitted(X, y):
    return MethodDL(OPTIONS).fit(X, y, progress="silent")


def test_a_tree_trains_as_its_array_and_scores_from_any_table(sample, tmp_path):
    import uproot

    X, y, path = sample
    plain = fitted(X, y)
    with uproot.open(path) as file:
        tree = file["events"]
        method = fitted(tree, y)
        values = plain.GetMvaValues(X)
        assert [v.label for v in method.info.variables] == ["a", "b"]
        for table in (tree, tree.arrays(["b", "a"]), f"{path}:events", {"b": X[:, 1], "z": y, "a": X[:, 0]}):
            assert np.array_equal(method.GetMvaValues(table), values)
            assert np.array_equal(method.predict(table), plain.predict(X))
    method.save(tmp_path / "m.weights.xml")
    reader = Reader("!Color:Silent")
    reader.AddVariable("a")
    reader.AddVariable("b")
    reader.BookMVA("DL", tmp_path / "m.weights.xml")
    assert np.array_equal(reader.EvaluateMVA(f"{path}:events", "DL"), values)


def test_autoencoders_take_tables(sample):
    X, _, path = sample
    options = (
        "Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}:"
        "TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=1,TestRepetitions=1:RandomSeed=3"
    )
    methods = [MethodAE(options).fit(table, progress="silent") for table in (X, f"{path}:events")]
    assert np.array_equal(methods[0].GetMvaValues(X), methods[1].GetMvaValues({"b": X[:, 1], "a": X[:, 0]}))
    with pytest.raises(DataError, match="^X has 1 masked values"):
        MethodAE(options).fit(np.ma.masked_array(X, np.arange(160).reshape(80, 2) == 9), progress="silent")


def test_predict_refuses_events_without_a_value_or_marks_them(sample):
    X, y, _ = sample
    method, bad = fitted(X, y), X[:4].copy()
    bad[1, 0], bad[3, 1] = np.nan, np.inf
    with pytest.raises(DataError, match=r"X contains NaN or infinity in 2 of 4 events \(rows 1, 3\)"):
        method.predict(bad)
    marked = method.predict(bad, not_finite="mark")
    assert marked[[1, 3]].tolist() == [-1, -1] and np.array_equal(marked[[0, 2]], method.predict(X[[0, 2]]))
    with pytest.raises(DataError, match="in 1 of 1 events"):
        method.predict(bad[1:2])
    names = fitted(X, np.array(["b", "Signal"])[y]).predict(bad, not_finite="mark")
    assert names[[1, 3]].tolist() == ["", ""]


def test_remarks_about_the_sample_come_with_fit(sample):
    X, y, _ = sample
    with pytest.warns(TmvaliteWarning, match="variables 'var1' and 'var3' are equal in all events"):
        fitted(np.stack([X[:, 0], X[:, 1], X[:, 0]], axis=1), y)
    with pytest.warns(TmvaliteWarning, match=r"10 of 80 event weights are negative \(12.5 %\)"):
        MethodDL(OPTIONS).fit(X, y, np.where(np.arange(80) < 10, -0.1, 1.0), progress="silent")

"""Classes, targets and weights by the name of their column in the events' table."""

import numpy as np
import pytest

from tmvalite import MethodDL
from tmvalite.errors import DataError

RNG = np.random.default_rng(5)
A, B = RNG.normal(size=(2, 80)).astype("float32")
Y = np.where(A + B > 0, "Signal", "jets")
W = RNG.uniform(0.5, 1.5, 80)
OPTIONS = "!V:RandomSeed=2:Layout=TANH|3,LINEAR:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=8,TestRepetitions=1"


def scores(method):
    return method.GetMvaValues({"a": A, "b": B})


def test_columns_of_the_table_are_classes_and_weights_and_no_variables():
    named = MethodDL(OPTIONS).fit({"w": W, "a": A, "y": Y, "b": B}, "y", "w")
    given = MethodDL(OPTIONS).fit({"a": A, "b": B}, Y, W)
    assert named.feature_names_in_.tolist() == ["a", "b"]
    assert np.array_equal(scores(named), scores(given)) and named.predict({"a": A, "b": B, "y": Y}).shape == (80,)


def test_targets_are_a_list_of_columns_in_a_regression():
    columns = {"a": A, "b": B, "s": A + B, "d": A - B}
    named = MethodDL(OPTIONS, analysis_type="regression").fit(columns, ["s", "d"])
    given = MethodDL(OPTIONS, analysis_type="regression").fit({"a": A, "b": B}, np.stack([A + B, A - B], axis=1))
    assert np.array_equal(named.GetRegressionValues({"a": A, "b": B}), given.GetRegressionValues({"a": A, "b": B}))


def test_a_tree_holds_its_classes_and_validates_by_name(tmp_path):
    uproot = pytest.importorskip("uproot")
    with uproot.recreate(tmp_path / "t.root") as file:
        file.mktree("events", {"a": "float32", "b": "float32", "is_signal": "int32"})
        file["events"].extend({"a": A, "b": B, "is_signal": (Y == "Signal").astype("int32")})
    tree = f"{tmp_path}/t.root:events"
    named = MethodDL(OPTIONS).fit(tree, "is_signal", eval_set=(tree, "is_signal"))
    X = np.stack([A, B], axis=1)
    given = MethodDL(OPTIONS).fit(X, Y == "Signal", eval_set=(X, Y == "Signal"))
    assert np.array_equal(scores(named), given.GetMvaValues(X))


def test_error_of_a_name_that_no_column_has():
    with pytest.raises(DataError, match="X has no column 'clas'\n  in the dict of arrays\n  hint: did you mean 'class'?"):
        MethodDL(OPTIONS).fit({"a": A, "class": Y}, "clas")
    with pytest.raises(DataError, match="X has no column 'y': it is no table"):
        MethodDL(OPTIONS).fit(np.stack([A, B], axis=1), "y")
    with pytest.raises(DataError, match="column 'v' has several values per event"):
        MethodDL(OPTIONS).fit({"a": A, "y": Y, "v": np.ones((80, 2))}, "y", "v")

"""What goes into TestTree and TrainTree."""

from pathlib import Path

import numpy as np

from tests.workflow.test_factory import QUIET, loader, multiclass_loader, regression_loader, run
from tmvalite import Factory, Types
from tmvalite.workflow.output import as_target, tree_columns


class Named:
    def GetName(self):
        return "file.root"


def test_targets_are_paths_or_writable_files():
    assert as_target(None) is None and as_target("") is None
    assert as_target("a.root") == as_target(Path("a.root")) == "a.root"
    assert as_target(Named()) == "file.root"


def columns(factory, data, sample="test"):
    return tree_columns(list(factory._records[data.name].values()), sample)


def test_branches_of_a_classification_in_tmvas_order(fake_method):
    data = loader()
    data.AddSpectator("spec := t*2")
    found = columns(run(Factory("Job", QUIET), data, ("A", "B")), data)
    assert list(found) == ["classID", "className", "a", "b", "spec", "weight", "A", "B"]
    events = data.dataset().test
    assert found["classID"].dtype == np.int32 and set(found["className"]) == {"Signal", "Background"}
    assert np.array_equal(found["A"], events.x.sum(axis=1)) and found["A"].dtype == np.float32
    assert np.array_equal(found["weight"], events.weight.astype(np.float32))


def test_the_training_tree_has_the_normalised_weights(fake_method):
    data = loader()
    found = columns(run(Factory("Job", QUIET), data), data, "train")
    for index in (0, 1):
        chosen = found["classID"] == index
        assert np.isclose(found["weight"][chosen].sum(), chosen.sum(), rtol=1e-5)


def test_regression_and_multiclass_have_one_leaf_per_output(fake_method):
    data = regression_loader()
    found = columns(run(Factory("Job", "Silent:!Color:AnalysisType=Regression"), data, ("R",)), data)
    assert list(found) == ["classID", "className", "a", "t", "b", "weight", "R"]
    assert list(found["R"]) == ["t", "b"]
    data = multiclass_loader()
    found = columns(run(Factory("Job", "Silent:!Color"), data, ("M",)), data)
    assert list(found["M"]) == ["Signal", "bg0", "bg1"]


def test_a_method_that_was_not_run_on_the_training_sample_is_run_now(fake_method):
    data = loader()
    factory = Factory("Job", QUIET)
    method = factory.BookMethod(data, Types.kDL, "D")
    factory.TrainAllMethods()
    factory.record(data, "D").outputs.clear()
    assert np.array_equal(columns(factory, data)["D"], method.GetMvaValues(data.dataset().test.x))

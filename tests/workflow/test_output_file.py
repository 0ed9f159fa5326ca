"""What goes into TestTree and TrainTree."""

from pathlib import Path

import numpy as np
import pytest

from tests.workflow.test_factory import QUIET, loader, multiclass_loader, regression_loader, run
from tmvalite import Factory, OptionError, Types
from tmvalite.workflow.output_file import as_target, event_tree


class Named:
    def GetName(self):
        return "file.root"


def test_targets_are_paths():
    assert as_target(None) is None and as_target("") is None
    assert as_target("a.root") == as_target(Path("a.root")) == "a.root"
    assert as_target(Named()) == "file.root"


def tree(factory, data, sample="test"):
    return event_tree(list(factory._records[data.name].values()), sample)


def test_branches_of_a_classification_in_tmvas_order(fake_method):
    data = loader()
    data.AddSpectator("spec := t*2")
    found = tree(run(Factory("Job", QUIET), data, ("A", "B")), data)
    assert list(found.columns) == ["classID", "className", "a", "b", "spec", "weight", "A", "B"]
    events = data.dataset().test
    assert found.classes == ("Signal", "Background")
    assert np.array_equal(found.columns["A"], events.x.sum(axis=1)) and found.columns["A"].dtype == np.float32
    assert np.array_equal(found.columns["weight"], events.weight.astype(np.float32))


def test_the_training_tree_has_the_normalised_weights(fake_method):
    data = loader()
    found = tree(run(Factory("Job", QUIET), data), data, "train").columns
    for index in (0, 1):
        chosen = found["classID"] == index
        assert np.isclose(found["weight"][chosen].sum(), chosen.sum(), rtol=1e-5)


def test_regression_and_multiclass_have_one_leaf_per_output(fake_method):
    data = regression_loader()
    found = tree(run(Factory("Job", "Silent:!Color:AnalysisType=Regression"), data, ("R",)), data)
    assert list(found.columns)[-3:] == ["weight", "R.t", "R.t2"]
    data = multiclass_loader()
    found = tree(run(Factory("Job", "Silent:!Color"), data, ("M",)), data)
    assert list(found.columns)[-3:] == ["M.Signal", "M.bg0", "M.bg1"]


def test_the_file_holds_both_trees_of_every_data_set(fake_method, capsys):
    import uproot

    factory, one, two = Factory("Job", "out.root", QUIET.replace("Silent", "!Silent")), loader("one"), loader("two")
    factory.BookMethod(one, Types.kDL, "D")
    run(factory, two, ("D",))
    assert "Dataset:one              : Created tree 'TestTree' with 70 events" in capsys.readouterr().out
    with uproot.open("out.root") as file:
        for data in (one, two):
            found = file[f"{data.name}/TestTree"]
            assert np.array_equal(found["D"].array(library="np"), factory.record(data, "D").outputs["test"])
            assert set(found["className"].array(library="np")) == {"Signal", "Background"}
            assert type(file.file.compression) is uproot.ZSTD
            assert file[f"{data.name}/TrainTree"].num_entries == len(data.dataset().train)


def test_error_of_a_target_that_is_no_path():
    with pytest.raises(OptionError) as caught:
        Factory("Job", 3.5, "!V")
    assert str(caught.value) == (
        "the output file is a float\n  expected the path of a file, or None for no file\n"
        "  hint: write Factory(job, 'TMVA.root', options)"
    )


def test_a_method_that_was_not_run_on_the_training_sample_is_run_now(fake_method):
    data = loader()
    factory = Factory("Job", QUIET)
    method = factory.BookMethod(data, Types.kDL, "D")
    factory.TrainAllMethods()
    factory.record(data, "D").outputs.clear()
    assert np.array_equal(tree(factory, data).columns["D"], method.GetMvaValues(data.dataset().test.x))

"""The Reader of scripts: what was skipped in the training is skipped here; other files that are missing are errors."""

from array import array

import numpy as np
import pytest

import tmvalite.pyroot as ROOT
from tmvalite.errors import FileError, TmvaliteWarning
from tmvalite.workflow.reader import Reader


@pytest.fixture
def reader(in_tmp_path):
    (in_tmp_path / "dataset" / "weights").mkdir(parents=True)
    (in_tmp_path / "dataset" / "weights" / "Job_DNN.weights.xml").write_text("<MethodSetup/>")
    reader = ROOT.TMVA.Reader("!Color:Silent")
    reader.AddVariable("x", array("f", [1.0]))
    return reader


def test_a_method_without_a_file_beside_others_is_skipped_with_one_line(reader):
    assert isinstance(reader, Reader)
    with pytest.warns(TmvaliteWarning, match="skipped: 'BDT method' gives -999 for every event") as said:
        method = reader.BookMVA("BDT method", "dataset/weights/Job_BDT.weights.xml")
    assert len(said) == 1 and said[0].message.code == "weight-file-skipped"
    assert not method and not reader.FindMVA("BDT method")
    assert reader.EvaluateMVA("BDT method") == -999.0
    assert reader.EvaluateMVA(np.zeros((3, 1)), "BDT method").tolist() == [-999.0] * 3
    assert reader.EvaluateRegression("BDT method")[0] == reader.EvaluateMulticlass("BDT method")[0] == -999.0
    assert reader.EvaluateRegression(np.zeros((2, 1)), "BDT method").shape == (2, 1)
    assert method.GetProba() == -1.0 and method.GetRarity() == 0.0


@pytest.mark.parametrize("path", ["dataset/weights/Other_DNN.weights.xml", "nosuch/Job_DNN.weights.xml", "Job_DNN.weights.xml"])
def test_error_of_a_file_that_is_not_there_alone(reader, path):
    with pytest.raises(FileError, match="there is no weight file"):
        reader.BookMVA("DNN method", path)


def test_a_file_that_is_there_is_read(reader):
    with pytest.raises(FileError) as caught:
        reader.BookMVA("DNN method", "dataset/weights/Job_DNN.weights.xml")
    assert "there is no weight file" not in str(caught.value)

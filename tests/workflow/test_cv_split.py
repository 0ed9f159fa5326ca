"""CvSplitKFolds and a DataLoader whose samples are the folds, one after the other."""

import numpy as np
import pytest

from tests.workflow.test_cross_validation import SPLIT, loader
from tmvalite import CvSplitKFolds, OptionError, Types


@pytest.mark.parametrize("arguments", [(3,), (3, "", False, 7), (3, SPLIT)])
def test_every_event_tests_in_one_fold_and_trains_in_the_others(arguments):
    data, split = loader(), CvSplitKFolds(*arguments)
    assert split.GetNumFolds() == 3 and not split.NeedsRebuild()
    with pytest.raises(OptionError, match="call MakeKFoldDataSet first"):
        data.PrepareFoldDataSet(split, 0)
    whole = data.dataset()
    data.MakeKFoldDataSet(split)
    split.MakeKFoldDataSet(data.GetDataSetInfo())  # once is enough
    assert split.NeedsRebuild()
    numbers, tested = whole.train.spectators["eventID"], []
    for fold in range(3):
        data.PrepareFoldDataSet(split, fold)
        here = data.dataset()
        train, test = here.train.spectators["eventID"], here.test.spectators["eventID"]
        assert sorted([*train, *test]) == sorted(numbers)
        assert np.array_equal(here.test.x, whole.train.x[np.isin(numbers, test)])
        if len(arguments) == 2:
            assert (test % 3 == fold).all()
        tested += test.tolist()
    assert sorted(tested) == sorted(numbers)
    with pytest.raises(OptionError) as caught:
        data.PrepareFoldDataSet(split, 3)
    assert caught.value.code == "index"
    data.PrepareFoldDataSet(split, 0, Types.kTesting)
    assert len(data.dataset().train) + len(data.dataset().test) == len(whole.test)
    data.RecombineKFoldDataSet(split)
    assert data.dataset() is whole and not split.NeedsRebuild()


def test_one_fold_is_none():
    with pytest.raises(OptionError, match="1 folds are too few"):
        CvSplitKFolds(1)

"""TMVA's CvSplit and CvSplitKFolds: the training sample of a DataLoader in folds, and one fold after the other as test sample."""

from __future__ import annotations

import numpy as np

from tmvalite.data.fold_expression import FoldExpression
from tmvalite.data.folds import SEED, check_folds, expression_folds, random_folds, stratified_folds
from tmvalite.data.info import DataSet, DataSetInfo, Events
from tmvalite.errors import OptionError
from tmvalite.workflow.building import check_in_memory
from tmvalite.workflow.members import TmvaNames
from tmvalite.workflow.types import ETreeType, sample_name


class CvSplit(TmvaNames):
    """What divides events into folds; `assign(events, info)` says the fold of each."""

    def __init__(self, numFolds):
        self.n_folds = int(numFolds)
        if self.n_folds < 2:
            raise OptionError(f"{self.n_folds} folds are too few", code="range", where="NumFolds", expected="at least 2")
        self._original: DataSet | None = None
        self._folds: dict[str, np.ndarray] = {}

    def assign(self, events: Events, info: DataSetInfo) -> np.ndarray:
        """(N,) int64, the fold of every event, from 0."""
        raise NotImplementedError

    def GetNumFolds(self) -> int:
        """The number of folds."""
        return self.n_folds

    def NeedsRebuild(self) -> bool:
        """Whether the folds were made."""
        return self._original is not None

    def MakeKFoldDataSet(self, loader) -> None:
        """Give every event of the loader's training and test sample its fold, once; a DataSetInfo stands for it."""
        loader = _loader_of(loader)
        if self._original is not None:
            return
        data = loader.dataset()
        check_in_memory(data, "a split into folds")
        for name, events in (("train", data.train), ("test", data.test)):
            self._folds[name] = np.asarray(self.assign(events, data.info)) if len(events) else np.zeros(0, np.int64)
        check_folds(self._folds["train"], self.n_folds)
        self._original = data

    def PrepareFoldDataSet(self, loader, foldNumber, tt=ETreeType.kTraining) -> None:
        """Let fold `foldNumber`, from 0, of the training (or test) sample test, and the others train.

        Raises
        ------
        OptionError
            There is no such fold, or MakeKFoldDataSet was not called.
        """
        loader, fold, sample = _loader_of(loader), int(foldNumber), sample_name(tt)
        if self._original is None:
            raise OptionError("there are no folds yet", code="call-order", hint="call MakeKFoldDataSet first")
        if not 0 <= fold < self.n_folds:
            raise OptionError(f"there is no fold {fold}", code="index", expected=f"0 to {self.n_folds - 1}")
        events = getattr(self._original, sample)
        tests = self._folds[sample] == fold
        order = [np.flatnonzero(self._folds[sample] == other) for other in range(self.n_folds) if other != fold]
        train = events.take(np.concatenate(order))
        loader.use(DataSet(train, events.take(np.flatnonzero(tests)), self._original.info, self._original.report))

    def RecombineKFoldDataSet(self, loader, tt=ETreeType.kTraining) -> None:
        """The loader's samples as they were before; the folds are forgotten."""
        if self._original is not None:
            _loader_of(loader).use(self._original)
        self._original, self._folds = None, {}


class CvSplitKFolds(CvSplit):
    """CvSplitKFolds(numFolds, splitExpr="", stratified=True, seed=100).

    With a SplitExpr that decides; otherwise folds are drawn, `stratified` within every class. Seed 0 draws one.
    """

    def __init__(self, numFolds, splitExpr="", stratified=True, seed=SEED):
        super().__init__(numFolds)
        self.expression = FoldExpression(str(splitExpr)) if str(splitExpr).strip() else None
        self.stratified, self.seed = bool(stratified), int(seed)

    def assign(self, events: Events, info: DataSetInfo) -> np.ndarray:
        """(N,) int64, the fold of every event, from 0."""
        if self.expression is not None:
            return expression_folds(self.expression, events, info, self.n_folds)
        if self.stratified:
            return stratified_folds(events.class_index, self.n_folds, self.seed)
        return random_folds(len(events), self.n_folds, self.seed)


def _loader_of(given):
    """The DataLoader, or that of a DataSetInfo."""
    return getattr(given, "loader", given)

"""Which fold of a cross-validation an event belongs to: TMVA's numbers and TMVA's random stream."""

from __future__ import annotations

import secrets

import numpy as np

from tmvalite.data.fold_expression import FoldExpression
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.root_random import TRandom3
from tmvalite.errors import DataError

SEED = 100  # TMVA's


def drawn(seed: int) -> int:
    """The seed, or a drawn one for 0."""
    return seed or secrets.randbelow(2**32 - 1) + 1


def random_folds(n: int, n_folds: int, seed: int = SEED) -> np.ndarray:
    """(N,) int64: the numbers 0, 1, ..., n_folds - 1, 0, 1, ... shuffled."""
    return (np.arange(n) % n_folds)[TRandom3(drawn(seed)).shuffle(n)]


def stratified_folds(class_index: np.ndarray, n_folds: int, seed: int = SEED) -> np.ndarray:
    """(N,) int64: the same within every class, one class after the other, so that each fold has its share of all of them."""
    generator, folds = TRandom3(drawn(seed)), np.zeros(len(class_index), np.int64)
    for index in range(int(class_index.max(initial=-1)) + 1):
        at = np.flatnonzero(class_index == index)
        folds[at] = (np.arange(len(at)) % n_folds)[generator.shuffle(len(at))]
    return folds


def expression_folds(expression: FoldExpression, events: Events, info: DataSetInfo, n_folds: int) -> np.ndarray:
    """(N,) int64: what SplitExpr says of every event. Raises OptionError and DataError."""
    columns = expression.columns_of(info, events.spectators, events.x)
    folds = expression.folds(columns, n_folds)
    return np.broadcast_to(folds, (len(events),)) if not columns else folds


def check_folds(folds: np.ndarray, n_folds: int) -> None:
    """Every fold needs events that train and events that test. Raises DataError."""
    counts = np.bincount(folds, minlength=n_folds)
    if (counts == 0).any():
        empty = int(np.argmin(counts))
        raise DataError(
            f"fold {empty + 1} of {n_folds} has none of the {len(folds)} events",
            code="fold-empty",
            hint="take fewer folds, or another SplitExpr",
        )

"""What a DataLoader has been told, before anything is read: trees, weights, cuts, single events, and how to split."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import DataError, OptionError
from tmvalite.workflow.types import ETreeType

SIGNAL, BACKGROUND, REGRESSION = "Signal", "Background", "Regression"  # classes that have calls of their own
SAMPLES = {ETreeType.kTraining: "train", ETreeType.kTesting: "test", ETreeType.kMaxTreeType: None}


@dataclass(frozen=True)
class TreeDeclaration:
    """One tree of one class.

    Attributes
    ----------
    tree : object
        An uproot tree, a `file.root:tree` string, a dict of arrays, a pandas or an awkward table.
    class_name : str
    weight : float
        Factor of every event weight of this tree.
    cut : str
        Cut of this tree alone, besides that of its class.
    sample : "train", "test" or None
        Where its events must go; None leaves it to the split.
    """

    tree: object
    class_name: str
    weight: float = 1.0
    cut: str = ""
    sample: str | None = None


@dataclass(frozen=True)
class Systematic:
    """A systematic uncertainty: expressions in place of event weights, or tables in place of those of a class.

    class_name : the class that is varied; "" for all of them
    tables : whether `up` and `down` are tables
    """

    name: str
    up: object
    down: object
    class_name: str = ""
    tables: bool = False


@dataclass
class EventList:
    """Events given one by one to one class and one sample: rows of variables, targets, spectators, and weights."""

    class_name: str
    sample: str
    rows: list[list[float]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Declarations:
    """All that a DataLoader was told, as it is when the data are read.

    Attributes
    ----------
    info : DataSetInfo
        Variables, targets, spectators, classes and the name of the data set.
    trees, event_lists : tuple
    cuts, weights : dict of str
        Expressions by class.
    common_weight : str
        Weight expression that was given without a class.
    split_options, split_keywords
        How to split, as PrepareTrainingAndTestTree was told.
    """

    info: DataSetInfo
    trees: tuple[TreeDeclaration, ...]
    event_lists: tuple[EventList, ...]
    cuts: dict[str, str]
    weights: dict[str, str]
    common_weight: str
    split_options: str
    split_keywords: dict


@dataclass(frozen=True)
class PrepareCall:
    """A PrepareTrainingAndTestTree call understood: cuts by class (None = every class) and the text of the options."""

    cuts: tuple[tuple[str | None, str], ...]
    options: str


def understand_prepare_call(args, has_keywords: bool) -> PrepareCall:
    """The forms of PrepareTrainingAndTestTree.

    (cut, options), (signal cut, background cut, options), (cut, nTrain, nTest=-1),
    (cut, nSigTrain, nBkgTrain, nSigTest, nBkgTest, options=""); with keywords the options are left out.

    Raises
    ------
    OptionError
        None of these.
    """
    numbers = [isinstance(a, (int, float, np.number)) and not isinstance(a, bool) for a in args]
    texts = [str(a) for a in args]
    if len(args) >= 5 and all(numbers[1:5]) and len(args) <= 6:
        names = ("nTrain_Signal", "nTrain_Background", "nTest_Signal", "nTest_Background")
        counts = ":".join(f"{name}={int(n)}" for name, n in zip(names, args[1:5], strict=True))
        return PrepareCall(((None, texts[0]),), ":".join([counts, *texts[5:]]))
    if len(args) in (2, 3) and all(numbers[1:]):
        n_train, n_test = int(args[1]), int(args[2]) if len(args) == 3 else -1
        counts = [f"nTrain_{{class}}={n_train}"] + ([f"nTest_{{class}}={n_test}"] if n_test >= 0 else [])
        return PrepareCall(((None, texts[0]),), ":".join(counts))
    if not any(numbers):
        n_cuts = len(args) - (0 if has_keywords else 1)
        if has_keywords and len(args) == 3:  # string and keywords: the option table says which option is given twice
            n_cuts = 2
        options = texts[n_cuts] if len(args) > n_cuts >= 0 else ""
        if n_cuts <= 1:
            return PrepareCall(((None, texts[0]),) if n_cuts == 1 else (), options)
        if n_cuts == 2:
            return PrepareCall(((SIGNAL, texts[0]), (BACKGROUND, texts[1])), options)
    raise OptionError(
        f"PrepareTrainingAndTestTree cannot be called with {len(args)} arguments of these types",
        code="call",
        expected="(cut, options), (signal cut, background cut, options), (cut, nTrain, nTest) or keywords after the cuts",
    )


def checked_event(values, weight, n_expected: int, place: str) -> tuple[list[float], float]:
    """One event as plain numbers. Raises DataError if its length is not `n_expected`."""
    row = [float(v) for v in values]
    if len(row) != n_expected:
        raise DataError(
            f"{place}: an event of {len(row)} values, but {n_expected} are declared",
            code="event-length",
            expected="the values of all variables, then targets, then spectators",
        )
    return row, float(weight)

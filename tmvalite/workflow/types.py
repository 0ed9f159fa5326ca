"""TMVA's enumerations by their C++ names and values: method types, analysis types, tree types.

Scripts use the names only (`Types.kDL`); the values are TMVA's where they are known (framework 3.2).
"""

from __future__ import annotations

from enum import IntEnum

from tmvalite.errors import OptionError, nearest
from tmvalite.methods import METHODS, OTHERS
from tmvalite.workflow.members import TYPES, TmvaNames

_METHODS = (
    "Variable Cuts Likelihood PDERS HMatrix Fisher KNN CFMlpANN TMlpANN BDT DT RuleFit SVM MLP BayesClassifier FDA Boost "
    "PDEFoam LD Plugins Category DNN DL PyRandomForest PyAdaBoost PyGTB PyKeras PyTorch C50 RSNNS RSVM RXGB "
    "CrossValidation MaxMethod"
).split()

_OURS = [name for name in (*METHODS, *OTHERS) if name not in _METHODS]  # numbered from 1001

_NUMBERED = [*enumerate(_METHODS), *enumerate(_OURS, 1001)]
EMVA = IntEnum("EMVA", [(f"k{name}", i) for i, name in _NUMBERED])
EMVA.__doc__ = "Types of methods by TMVA's numbers; tmvalite has DL, DNN, Category and its own, numbered from 1001."


class EAnalysisType(IntEnum):
    """What is learnt: two classes, targets, or several classes."""

    kClassification = 0
    kRegression = 1
    kMulticlass = 2
    kNoAnalysisType = 3
    kMaxAnalysisType = 4


class ETreeType(IntEnum):
    """Where the events of a tree go."""

    kTraining = 0
    kTesting = 1
    kMaxTreeType = 2
    kValidation = 3
    kTrainingOriginal = 4


_SAMPLES = {ETreeType.kTraining: "train", ETreeType.kTesting: "test"}


class ESBType(IntEnum):
    """Which of the two classes."""

    kSignal = 0
    kBackground = 1
    kSBBoth = 2
    kMaxSBType = 3
    kTrueType = 4


class EVariableTransform(IntEnum):
    """Transformations of variables by TMVA's numbers."""

    kIdentity = 0
    kDecorrelated = 1
    kNormalized = 2
    kPCA = 3
    kRearranged = 4
    kGauss = 5
    kUniform = 6
    kMaxVariableTransform = 7


class Types(TmvaNames):
    """`Types.kDL`, `Types.kClassification`, `Types.kTesting`, ...: all members of the enumerations above."""

    absent = TYPES

    EMVA = EMVA
    EAnalysisType = EAnalysisType
    ETreeType = ETreeType
    ESBType = ESBType
    EVariableTransform = EVariableTransform

    @staticmethod
    def Instance() -> Types:
        """The one object of the class, as TMVA has it."""
        return _INSTANCE

    @staticmethod
    def DestroyInstance() -> None:
        """Nothing: Python keeps it."""

    @staticmethod
    def GetMethodType(method) -> EMVA:
        """The member of the enumeration by its name, `Types.kDL` of "DL". Raises OptionError for another name."""
        return method_type(method)

    @staticmethod
    def GetMethodName(method) -> str:
        """The name of a member of the enumeration, "DL" of `Types.kDL`."""
        return method_type(method).name[1:]


_INSTANCE = Types()

for _enumeration in (EMVA, EAnalysisType, ETreeType, ESBType, EVariableTransform):
    for _member in _enumeration:
        setattr(Types, _member.name, _member)


def method_type(given) -> EMVA:
    """The method type meant by a member of Types, its number, or its name with or without the k.

    Raises
    ------
    OptionError
        Nothing of that name exists.

    >>> method_type("DL") is method_type(Types.kDL) is EMVA.kDL
    True
    """
    if isinstance(given, int) and not isinstance(given, bool):
        if given in EMVA._value2member_map_ and given != EMVA.kMaxMethod:
            return EMVA(given)
        raise OptionError(f"there is no method type number {int(given)}", code="method-unknown")
    text = str(given)
    by_name = {member.name[1:].upper(): member for member in EMVA if member is not EMVA.kMaxMethod}
    key = text.upper()
    if key not in by_name and key.startswith("K"):
        key = key[1:]
    if key in by_name:
        return by_name[key]
    near = nearest(key, by_name)
    hint = f"did you mean Types.{by_name[near].name}?" if near else "deep learning is Types.kDL"
    raise OptionError(f"there is no method type '{text}'", code="method-unknown", hint=hint)


def tree_type(given) -> ETreeType:
    """The tree type meant by a member of ETreeType or by a text holding `train` and/or `test`.

    Both words, neither word, or kMaxTreeType: the event may go to either sample.
    """
    if isinstance(given, str):
        text = given.lower()
        train, test = "train" in text, "test" in text
        if not (train or test) and text.strip():
            raise OptionError(
                f"there is no tree type '{given}'",
                code="tree-type",
                expected=("train", "test", "Types.kTraining", "Types.kTesting"),
            )
        return ETreeType.kMaxTreeType if train == test else ETreeType.kTraining if train else ETreeType.kTesting
    if isinstance(given, int) and given in (0, 1, 2):
        return ETreeType(given)
    raise OptionError(f"{given!r} is no tree type", code="tree-type", expected=("Types.kTraining", "Types.kTesting"))


def sample_name(given) -> str:
    """ "train" or "test" by a tree type. Raises OptionError for one that is no sample of its own."""
    if given not in _SAMPLES:
        raise OptionError(f"{given!r} is no sample", code="tree-type", expected=("Types.kTesting", "Types.kTraining"))
    return _SAMPLES[given]

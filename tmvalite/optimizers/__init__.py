"""The optimizers. One import line for each, in the order in which they are listed: TMVA's by their numbers, then ours."""

# ruff: noqa: I001
from tmvalite.optimizers import sgd as _sgd
from tmvalite.optimizers import adam as _adam
from tmvalite.optimizers import adagrad as _adagrad
from tmvalite.optimizers import rmsprop as _rmsprop
from tmvalite.optimizers import adadelta as _adadelta
from tmvalite.optimizers.base import REGISTRY as OPTIMIZERS, Number, Optimizer, all_fields
from tmvalite.optimizers.regularization import REGULARIZATIONS, Regularization

DEFAULT = "ADAM"  # what TMVA uses where none is written, or one it does not know
FIELDS = all_fields(tuple(OPTIMIZERS.values()))  # of the numbers of all optimizers

__all__ = ["DEFAULT", "FIELDS", "OPTIMIZERS", "REGULARIZATIONS", "Number", "Optimizer", "Regularization"]

"""The losses. One import line for each, in the order in which they are listed: TMVA's by their letters, then ours."""

# ruff: noqa: I001
from tmvalite.losses import crossentropy as _crossentropy
from tmvalite.losses import sumofsquares as _sumofsquares
from tmvalite.losses import mutualexclusive as _mutualexclusive
from tmvalite.losses import hinge as _hinge
from tmvalite.losses import wasserstein as _wasserstein
from tmvalite.losses.base import (
    ANY,
    AUTOENCODER,
    FUNCTION_CODES,
    FUNCTION_OF_CODE,
    IDENTITY,
    PROBABILITIES,
    UNIT,
    Loss,
    Use,
    activation_of,
    is_function,
)
from tmvalite.losses.base import REGISTRY as LOSSES
from tmvalite.losses.objective import Objective, losses_for, objective, reconstruction, trained, trained_kinds, usual

LETTERS: dict[str, str] = {loss.letter: loss.name for loss in LOSSES.values() if loss.letter is not None}

__all__ = [
    "ANY",
    "AUTOENCODER",
    "FUNCTION_CODES",
    "FUNCTION_OF_CODE",
    "IDENTITY",
    "LETTERS",
    "LOSSES",
    "PROBABILITIES",
    "UNIT",
    "Loss",
    "Objective",
    "Use",
    "activation_of",
    "is_function",
    "losses_for",
    "objective",
    "reconstruction",
    "trained",
    "trained_kinds",
    "usual",
]

"""Multilayer perceptrons."""

from __future__ import annotations

from tmvalite.layers.formula import evaluate_width
from tmvalite.standins.base import Mapped, StandIn, register

ACTIVATIONS = {"tanh": "tanh", "sigmoid": "logistic", "relu": "relu", "linear": "identity"}
SOLVERS = {"bfgs": "lbfgs", "bp": "sgd"}


def widths(text: str, n_events: int, n_variables: int) -> tuple[int, ...] | None:
    """HiddenLayers, "N+5,N": formulas in the number of variables."""
    return tuple(evaluate_width(piece, n_variables) for piece in text.split(",") if piece.strip()) or None


@register
class Perceptrons(StandIn):
    """Hidden layers as HiddenLayers has them; variables of equal spread."""

    names = ("MLP", "CFMlpANN", "TMlpANN")
    estimators = {
        "classification": "neural_network:MLPClassifier",
        "multiclass": "neural_network:MLPClassifier",
        "regression": "neural_network:MLPRegressor",
    }
    mapped = (
        Mapped("HiddenLayers", str, "hidden_layer_sizes", widths),
        Mapped("NCycles", int, "max_iter"),
        Mapped("NeuronType", str, "activation", lambda text, n_events, n_variables: ACTIVATIONS.get(text.lower())),
        Mapped("TrainingMethod", str, "solver", lambda text, n_events, n_variables: SOLVERS.get(text.lower())),
    )
    fixed = {"hidden_layer_sizes": (20,), "max_iter": 200, "solver": "lbfgs"}
    scaled = True

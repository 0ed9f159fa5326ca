"""Which loss trains an output and which function turns it into a value, by analysis type; TMVA's letters for both.

Analysis        loss                                                                   value
classification  CROSSENTROPY; SUMOFSQUARES of the value (TMVA trains the raw output)   sigmoid
                MUTUALEXCLUSIVE, if there is an output per class                       softmax
multiclass      MUTUALEXCLUSIVE unless another is asked for                             softmax
regression      SUMOFSQUARES                                                           the output itself
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import Diagnostics, OptionError, Span

ANALYSIS_TYPES = ("classification", "regression", "multiclass")

LOSS_CODES = {"CROSSENTROPY": "C", "SUMOFSQUARES": "R", "MUTUALEXCLUSIVE": "S"}  # letters of the weight file
FUNCTION_CODES = {"identity": "I", "sigmoid": "S", "softmax": "M"}
FUNCTION_OF_CODE = {code: name for name, code in FUNCTION_CODES.items()}

OF_ANALYSIS = {"classification": "sigmoid", "regression": "identity", "multiclass": "softmax"}


@dataclass(frozen=True)
class Objective:
    """What is made of one output.

    strategy : CROSSENTROPY, SUMOFSQUARES or MUTUALEXCLUSIVE, as in ErrorStrategy
    function : "sigmoid", "softmax" or "identity"
    """

    strategy: str
    function: str

    @property
    def loss(self) -> str:
        """Name of the loss kernel."""
        return "SUMOFSQUARES_SIGMOID" if (self.strategy, self.function) == ("SUMOFSQUARES", "sigmoid") else self.strategy


def objective(
    analysis_type: str, strategy: str, *, given: bool, width: int, diagnostics: Diagnostics, span: Span | None = None
) -> Objective:
    """The objective of an output.

    Parameters
    ----------
    analysis_type : str
        One of ANALYSIS_TYPES.
    strategy : str
        ErrorStrategy, or the loss written in an OUTPUT item.
    given : bool
        Whether the user wrote it; a default is replaced without a warning.
    width : int
        Width of the output.
    span : Span, optional
        Where the user wrote it.

    Raises
    ------
    OptionError
        MUTUALEXCLUSIVE in a classification with one output: its softmax would always be 1.
    """
    function = OF_ANALYSIS[analysis_type]
    if analysis_type == "regression":
        if given and strategy != "SUMOFSQUARES":
            diagnostics.warn(
                f"a regression is trained with SUMOFSQUARES, as in TMVA; {strategy} is ignored",
                code="loss-replaced",
                span=span,
                hint="write ErrorStrategy=SUMOFSQUARES",
            )
        return Objective("SUMOFSQUARES", function)
    if analysis_type == "multiclass":
        if not given:
            return Objective("MUTUALEXCLUSIVE", function)
        if strategy == "CROSSENTROPY":
            diagnostics.warn(
                "CROSSENTROPY trains every class by itself, but the values of the classes are made to sum to 1, as in TMVA",
                code="loss-inconsistent",
                span=span,
                hint="write ErrorStrategy=MUTUALEXCLUSIVE",
            )
        return Objective(strategy, function)
    if strategy == "MUTUALEXCLUSIVE":
        if width > 1:
            return Objective(strategy, "softmax")
        raise OptionError(
            "MUTUALEXCLUSIVE needs an output for every class; a classification has one output for both",
            code="loss-classes",
            source=diagnostics.source,
            span=span,
            expected=("CROSSENTROPY", "SUMOFSQUARES"),
            hint="write ErrorStrategy=CROSSENTROPY",
        )
    return Objective(strategy, function)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def softmax(x: np.ndarray) -> np.ndarray:
    """exp(x_i) / sum_j exp(x_j) over the last axis, without overflow."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def apply(function: str, x: np.ndarray) -> np.ndarray:
    """The values of raw outputs x (..., width) in their precision."""
    if function == "identity":
        return x
    return {"sigmoid": sigmoid, "softmax": softmax}[function](x).astype(x.dtype, copy=False)

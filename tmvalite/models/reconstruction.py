"""The reconstruction of an autoencoder's input as a likelihood: which loss has which output function, what it is in nats,
what it can reconstruct, and the error of single events.

What depends on the names of the losses stands here, in outputs.py and in blocks.with_one_sigmoid.
"""

from __future__ import annotations

import math

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import DataError, quoted
from tmvalite.graph import Output
from tmvalite.training.losses import Objective

FUNCTIONS = {"CROSSENTROPY": "sigmoid", "SUMOFSQUARES": "identity", "MUTUALEXCLUSIVE": "softmax"}
ROUNDING = 1e-6  # by which a variable scaled to [0, 1] may lie outside


def reconstructing(loss: str) -> Objective:
    """The objective of an output that reconstructs variables with this loss."""
    return Objective(loss, FUNCTIONS[loss])


def is_gaussian(objective: Objective) -> bool:
    """Whether the output is the mean of a Gaussian, which has a width."""
    return objective.strategy == "SUMOFSQUARES"


def nats(objective: Objective, width: int, sigma: float = 1.0) -> float:
    """What makes the loss of an output, a mean over its values, a negative log-likelihood per event, but for constants.

    CROSSENTROPY is then the sum over the values, SUMOFSQUARES sum (y - o)^2 / (2 sigma^2).
    """
    return {"CROSSENTROPY": width, "SUMOFSQUARES": width / (2.0 * sigma**2), "MUTUALEXCLUSIVE": 1.0}[objective.strategy]


def gaussian_constant(width: int, sigma: float) -> float:
    """width/2 ln(2 pi sigma^2): what SUMOFSQUARES in nats lacks of a Gaussian's negative log-likelihood."""
    return 0.5 * width * math.log(2.0 * math.pi * sigma**2)


def error_of_events(outputs: tuple[Output, ...], functions: tuple[str, ...], x: np.ndarray, raw: np.ndarray, sigma: float):
    """-ln p(x | code) without constants, (N,) float64.

    Parameters
    ----------
    functions : output functions, one for each of `outputs`
    x : (N, V) variables, transformed
    raw : (N, V) outputs before the output function
    sigma : width of a Gaussian decoder
    """
    total, start = np.zeros(len(x)), 0
    for output, function in zip(outputs, functions, strict=True):
        stop = start + output.value.size
        t, o = x[:, start:stop].astype(np.float64), raw[:, start:stop].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            if function == "identity":
                each = (t - o) ** 2 / (2.0 * sigma**2)
            elif function == "sigmoid":
                each = np.maximum(o, 0.0) - o * t + np.log1p(np.exp(-np.abs(o)))
            else:
                top = o.max(axis=1, keepdims=True)
                each = t * (top + np.log(np.exp(o - top).sum(axis=1, keepdims=True)) - o)
        total += output.weight * each.sum(axis=1)
        start = stop
    return total


def check_targets(outputs: tuple[Output, ...], objectives, x: np.ndarray, info: DataSetInfo, *, transformed: bool) -> None:
    """Values that CROSSENTROPY and MUTUALEXCLUSIVE reconstruct are probabilities. Raises DataError naming the variable."""
    start = 0
    for output, objective in zip(outputs, objectives, strict=True):
        stop = start + output.value.size
        part = x[:, start:stop]
        if objective.strategy != "SUMOFSQUARES":
            low, high = part.min(axis=0), part.max(axis=0)
            outside = np.maximum(-low, high - 1.0)
            worst = int(np.argmax(outside))
            if outside[worst] > ROUNDING:
                name, after = quoted(info.variables[start + worst].label), " after VarTransform" if transformed else ""
                lies = f"variable {name} lies between {low[worst]:g} and {high[worst]:g}{after}"
                message = f"{objective.strategy} reconstructs values from 0 to 1, and {lies}"
                hint = "ErrorStrategy=SUMOFSQUARES reconstructs any values; or scale the variables to [0, 1]"
                raise DataError(message, code="target-range", hint=hint)
        if objective.strategy == "MUTUALEXCLUSIVE":
            sums = part.sum(axis=1, dtype=np.float64)
            row = int(np.argmax(np.abs(sums - 1.0)))
            if abs(sums[row] - 1.0) > 1e-3:
                found = f"those of row {row} add up to {sums[row]:g}"
                message = f"MUTUALEXCLUSIVE reconstructs probabilities that add up to 1, and {found}"
                raise DataError(message, code="target-range", hint="CROSSENTROPY takes every variable by itself")
        start = stop

"""The reconstruction of an autoencoder's input as a likelihood: what can be reconstructed, and the error of single events."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import DataError, quoted
from tmvalite.graph import Output
from tmvalite.losses import ANY, PROBABILITIES, Objective

ROUNDING = 1e-6  # by which a variable scaled to [0, 1] may lie outside


def gaussian_constant(width: int, sigma: float) -> float:
    """width/2 ln(2 pi sigma^2): what SUMOFSQUARES in nats lacks of a Gaussian's negative log-likelihood."""
    return 0.5 * width * math.log(2.0 * math.pi * sigma**2)


def error_of_events(outputs: tuple[Output, ...], objectives: Sequence[Objective], x: np.ndarray, raw: np.ndarray, sigma: float):
    """-ln p(x | code) without constants, (N,) float64.

    Parameters
    ----------
    objectives : one for each of `outputs`
    x : (N, V) variables, transformed
    raw : (N, V) outputs before the output function
    sigma : width of a Gaussian decoder
    """
    total, start = np.zeros(len(x)), 0
    for output, objective in zip(outputs, objectives, strict=True):
        stop = start + output.value.size
        t, o = x[:, start:stop].astype(np.float64), raw[:, start:stop].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            total += output.weight * objective.declared.errors(o, t, sigma).sum(axis=1)
        start = stop
    return total


def check_targets(outputs: tuple[Output, ...], objectives, x: np.ndarray, info: DataSetInfo, *, transformed: bool) -> None:
    """Values that some losses reconstruct are probabilities. Raises DataError naming the variable."""
    start = 0
    for output, objective in zip(outputs, objectives, strict=True):
        stop = start + output.value.size
        part = x[:, start:stop]
        if objective.declared.targets != ANY:
            low, high = part.min(axis=0), part.max(axis=0)
            outside = np.maximum(-low, high - 1.0)
            worst = int(np.argmax(outside))
            if outside[worst] > ROUNDING:
                name, after = quoted(info.variables[start + worst].label), " after VarTransform" if transformed else ""
                lies = f"variable {name} lies between {low[worst]:g} and {high[worst]:g}{after}"
                message = f"{objective.strategy} reconstructs values from 0 to 1, and {lies}"
                hint = "ErrorStrategy=SUMOFSQUARES reconstructs any values; or scale the variables to [0, 1]"
                raise DataError(message, code="target-range", hint=hint)
        if objective.declared.targets == PROBABILITIES:
            sums = part.sum(axis=1, dtype=np.float64)
            row = int(np.argmax(np.abs(sums - 1.0)))
            if abs(sums[row] - 1.0) > 1e-3:
                found = f"those of row {row} add up to {sums[row]:g}"
                message = f"{objective.strategy} reconstructs probabilities that add up to 1, and {found}"
                raise DataError(message, code="target-range", hint="CROSSENTROPY takes every variable by itself")
        start = stop

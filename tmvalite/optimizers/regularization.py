"""L1 and L2: terms that keep weights small. Their gradients are added to that of the loss in kernels/optimizer.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Regularization:
    """A term decay * sum over all weights of `size`.

    name : as written in Regularization=; code : TMVA's number, in its weight file, its log, and for the kernel
    size : of one weight matrix, an array
    slope : its derivative, as kernels/optimizer.py has it: that of |w| at 0 is 1
    """

    name: str
    code: int
    formula: str
    size: Callable[[Any], float]
    slope: Callable[[Any], Any]


REGULARIZATIONS = {
    r.name: r
    for r in (
        Regularization("NONE", 0, "0", lambda w: 0.0, lambda w: 0.0 * w),
        Regularization("L1", 1, "sum |w|", lambda w: float(abs(w).sum()), lambda w: 1.0 - 2.0 * (w < 0.0)),
        Regularization("L2", 2, "sum w^2", lambda w: float((w * w).sum()), lambda w: w + w),
    )
}

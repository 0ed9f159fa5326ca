"""What SAMPLE and KL have in common: they read the two heads of a Gaussian encoder."""

from __future__ import annotations

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Shape
from tmvalite.layers.shapes import describe


def check_heads(kind: str, mu: Shape, log_variance: Shape) -> Shape:
    """The common shape of mean and log-variance; raises ShapeError if they are not two vectors of one width."""
    if len(mu) != 1 or mu != log_variance:
        raise ShapeError(
            f"{kind} reads the mean and the log-variance, two vectors of one width, "
            f"not {describe(mu)} and {describe(log_variance)}",
            code="shape-heads",
        )
    return mu

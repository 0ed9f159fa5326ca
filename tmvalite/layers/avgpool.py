"""AVGPOOL: the mean value of every window."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, register
from tmvalite.layers.pool import Pool


@register("AVGPOOL")
@dataclass(frozen=True)
class AvgPool(Pool):
    """y = mean of the values of the window that lie inside the image."""

    examples = (
        Example("AVGPOOL|2|2|1|1", ((3, 5, 6),), (3, 4, 5)),
        Example("AVGPOOL|5|6|1|1", ((3, 5, 6),), (3, 1, 1)),
        Example("AVGPOOL|2|2|2|2|SAME", ((3, 5, 7),), (3, 3, 4)),
    )

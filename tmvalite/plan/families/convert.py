"""Conversions between memory formats."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import transpose
from tmvalite.plan.step import FEATURES, ROWS, Step, Tensor


@dataclass(frozen=True, eq=False)
class Convert(Step):
    """The same values in another memory format."""

    x: Tensor
    y: Tensor
    to: str
    family = "convert"
    formats = (ROWS, FEATURES)

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def encode(self, at):
        return *at(self.x), *at(self.y)

    @property
    def kernel(self):
        return transpose.rows_to_features if self.to == FEATURES else transpose.features_to_rows

    def text(self):
        return f"to {self.to}"

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

    @property
    def kernel(self):
        return transpose.rows_to_features if self.to == FEATURES else transpose.features_to_rows

    def text(self):
        return f"to {self.to}"

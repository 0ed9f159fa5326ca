"""N: a linear map of every input's training range to [-1, 1]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms.base import Input, Transform, TransformRecord, match_inputs, record_inputs
from tmvalite.errors import DataError, NotFittedError

ZERO, ONE, TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


class Normalize(Transform):
    """v' = (v - min) * s * 2 - 1 with s = 1 / (max - min), every step rounded to float32, as TMVA computes it.

    min and max are plain extremes over the training events, weights ignored. Values outside are not clipped. An input
    that is constant becomes 0 for every event (TMVA gives NaN), and its inverse is the constant.

    Attributes
    ----------
    ranges : (S, K, 2) float32
        Minimum and maximum of the K inputs: one set per class, then one for all classes; a single class has one set.
    """

    name, letter, short = "Normalize", "N", "Norm"

    def __init__(self, inputs: tuple[Input, ...], reference: str = "", ranges: np.ndarray | None = None, use: int = -1):
        super().__init__(inputs, reference)
        self.ranges, self._use = ranges, use

    @property
    def fitted(self) -> bool:
        return self.ranges is not None

    def fit(self, columns: Mapping[str, np.ndarray], class_index: np.ndarray, classes: Sequence[str]) -> None:
        if len(class_index) < 2:
            raise DataError("transformation N needs at least 2 training events", code="transform-too-few")
        selected = [columns[one.type][:, one.index] for one in self.inputs]
        groups = [class_index == i for i in range(len(classes))] if len(classes) > 1 else []
        groups.append(np.ones(len(class_index), bool))
        ranges = np.zeros((len(groups), len(selected), 2), np.float32)
        for i, group in enumerate(groups):
            if not group.any():
                raise DataError(f"transformation N: class '{classes[i]}' has no training events", code="transform-too-few")
            for k, values in enumerate(selected):
                ranges[i, k] = values[group].min(), values[group].max()
        with np.errstate(over="ignore"):
            wide = np.flatnonzero(~np.isfinite(ranges[..., 1] - ranges[..., 0]).all(axis=0))
        if len(wide):
            one = self.inputs[wide[0]]
            raise DataError(
                f"transformation N: the range of {one.type.lower()} {one.index} is too wide for float32", code="transform-range"
            )
        self.ranges = ranges
        self._use = list(classes).index(self.reference) if self.reference and len(classes) > 1 else -1

    def _parameters(self, kind: str):
        """Columns, minima, scales (both float32) and which of them are constant, for the inputs of one type."""
        if self.ranges is None:
            raise NotFittedError("transformation N has no parameters yet")
        which, positions = self.positions(kind)
        low, high = self.ranges[self._use, which, 0], self.ranges[self._use, which, 1]
        with np.errstate(over="ignore", divide="ignore"):
            scale = (1.0 / (high - low).astype(np.float64)).astype(np.float32)
        return positions, low, scale, ~np.isfinite(scale)  # a width too small for float32 counts as none

    def apply(self, values: np.ndarray, kind: str) -> None:
        positions, low, scale, constant = self._parameters(kind)
        for j, offset, factor, flat in zip(positions, low, scale, constant, strict=True):
            values[:, j] = ZERO * values[:, j] + ZERO if flat else (values[:, j] - offset) * factor * TWO - ONE  # NaN stays NaN

    def invert(self, values: np.ndarray, kind: str) -> None:
        positions, low, scale, constant = self._parameters(kind)
        for j, offset, factor, flat in zip(positions, low, scale, constant, strict=True):
            values[:, j] = offset if flat else offset + (values[:, j] + ONE) / (factor * TWO)

    def affine(self, kind: str, n: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) scales and offsets in float64: v' = scale * v + offset up to rounding."""
        scale, offset = np.ones(n), np.zeros(n)
        positions, low, factor, constant = self._parameters(kind)
        slope = np.where(constant, 0.0, 2.0 * factor.astype(np.float64))
        scale[positions] = slope
        offset[positions] = np.where(constant, 0.0, -low.astype(np.float64) * slope - 1.0)
        return scale, offset

    def to_record(self, info: DataSetInfo) -> TransformRecord:
        if self.ranges is None:
            raise NotFittedError("transformation N has no parameters yet")
        parameters = {"ranges": self.ranges.astype(np.float64)}
        if self.reference:
            parameters["reference"] = self.reference
        inputs = record_inputs(self.inputs, info)
        return TransformRecord(self.name, inputs, list(inputs), parameters)

    @classmethod
    def from_record(cls, record, info: DataSetInfo) -> Normalize:
        """Raises DataError where the parameters do not fit the inputs or are no numbers."""
        inputs = match_inputs(record.inputs, info, cls.name)
        ranges = np.asarray(record.parameters.get("ranges", ()), np.float64)
        if ranges.ndim != 3 or ranges.shape[0] < 1 or ranges.shape[1:] != (len(inputs), 2):
            raise DataError(
                f"the ranges of transformation Normalize have the shape {ranges.shape}",
                code="transform-parameters",
                expected=f"(sets, {len(inputs)}, 2)",
            )
        with np.errstate(over="ignore"):
            ranges = ranges.astype(np.float32)
        if not np.isfinite(ranges).all() or (ranges[..., 0] > ranges[..., 1]).any():
            raise DataError("a range of transformation Normalize is not a minimum and a maximum", code="transform-parameters")
        reference = record.parameters.get("reference") or ""
        if reference and reference not in info.classes:
            raise DataError(
                f"transformation Normalize is for class '{reference}', which does not exist",
                code="transform-class",
                expected=info.classes,
            )
        use = info.classes.index(reference) if reference and len(ranges) > 1 else -1
        if use >= len(ranges):
            raise DataError(f"transformation Normalize has no parameters of class '{reference}'", code="transform-parameters")
        return cls(inputs, reference, ranges, use)

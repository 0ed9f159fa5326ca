"""What N and S share: the range of every input, and TMVA's element Normalize that holds it."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import Transform
from tmvalite.data.transforms.statistics import RangeGathering
from tmvalite.errors import DataError

ROWS = 1024  # rows that are transformed at a time: they stay in the cache


class RangeTransform(Transform):
    """A transformation of each input by its smallest and largest value over the training events, weights ignored.

    parameters : "ranges" (S, K, 2) float32, minimum and maximum of K inputs in S sets.
    A member has `forward`, or `rows`, and `unscale(v, which, out)` for (N, K) values in float32.
    """

    targets = True
    least_events = 2

    def unscale(self, v: np.ndarray, which, out: np.ndarray) -> None:
        raise NotImplementedError

    @property
    def ranges(self) -> np.ndarray:
        return self.parameters["ranges"]

    def find(self, x, weights, class_index, groups):
        ranges = np.empty((len(groups), x.shape[1], 2), np.float32)
        for found, group in zip(ranges, groups):
            events = x[group]
            found[:, 0], found[:, 1] = events.min(axis=0), events.max(axis=0)
        return self._checked(ranges)

    def gathering(self, n_classes):
        return RangeGathering(n_classes, self._checked)

    def _checked(self, ranges: np.ndarray) -> dict:
        """The parameters; raises DataError where a width is no number of float32."""
        with np.errstate(over="ignore"):
            wide = np.flatnonzero(~np.isfinite(ranges[..., 1] - ranges[..., 0]).all(axis=0))
        if len(wide):
            one = self.inputs[wide[0]]
            raise DataError(
                f"transformation {self.letter}: the range of {one.type.lower()} {one.index} is too wide for float32",
                code="transform-range",
            )
        return {"ranges": ranges}

    def backward(self, source, target, columns, which):
        self.by_blocks(self.unscale, source, target, columns, which)

    def by_blocks(self, step, source, target, columns, which):
        if (np.diff(columns) == 1).all():
            at = slice(columns[0], columns[-1] + 1)
            for row in range(0, len(source), ROWS):
                step(source[row : row + ROWS, at], which, target[row : row + ROWS, at])
            return
        for row in range(0, len(source), ROWS):
            values = source[row : row + ROWS, columns]
            step(values, which, values)
            target[row : row + ROWS, columns] = values

    def to_record(self, info):
        record = super().to_record(info)
        record.parameters["ranges"] = self.ranges.astype(np.float64)
        return record

    @classmethod
    def check_parameters(cls, parameters, n_inputs):
        ranges = np.asarray(parameters.get("ranges", ()), np.float64)
        if ranges.ndim != 3 or ranges.shape[0] < 1 or ranges.shape[1:] != (n_inputs, 2):
            raise DataError(
                f"the ranges of transformation {cls.name} have the shape {ranges.shape}",
                code="transform-parameters",
                expected=f"(sets, {n_inputs}, 2)",
            )
        with np.errstate(over="ignore"):
            ranges = ranges.astype(np.float32)
        if not np.isfinite(ranges).all() or (ranges[..., 0] > ranges[..., 1]).any():
            raise DataError(f"a range of transformation {cls.name} is not a minimum and a maximum", code="transform-parameters")
        parameters["ranges"] = ranges
        return len(ranges)

    @classmethod
    def read_parameters(cls, element):
        ranges = np.empty((element.sets, element.n_inputs, 2))
        for found, entry in zip(ranges, element.by_set("Class", "class sets")):
            for pair, child in zip(found, _old_ranges(element, entry) if element.old else _ranges(element, entry)):
                pair[:] = child.number("Min"), child.number("Max")
        return {"ranges": ranges}

    @classmethod
    def write_parameters(cls, writer, parameters):
        for s, ranges in enumerate(parameters["ranges"]):
            with writer.element("Class", {"ClassIndex": s}), writer.element("Ranges", content=len(ranges) > 0):
                for index, (low, high) in enumerate(ranges):
                    writer.empty("Range", {"Index": index, "Min": float(low), "Max": float(high)})


def _ranges(element, entry) -> list:
    return element.entries(element.part(entry, "Ranges"), "Range", element.n_inputs, "Index", ("Min", "Max"))


def _old_ranges(element, entry) -> list:
    """Before TMVA 4.1: first the variables, then the targets."""
    entry.check_attributes(("ClassIndex",))
    entry.check_children(("Variables", "Targets"))
    n_targets = int(element.attributes.get("NTargets", "0"))
    found = []
    for tag, count in (("Variables", element.n_inputs - n_targets), ("Targets", n_targets)):
        section = entry.optional_child(tag)
        if section is not None or count:
            section = entry.child(tag)
            section.check_attributes(())
            name = section.children[0].tag if section.children else tag.removesuffix("s")
            number = "VarIndex" if tag == "Variables" else "TargetIndex"
            found += element.entries(section, name, count, number, ("Min", "Max"))
    return found


def whole_width(n: int, columns: np.ndarray, values, rest: float) -> np.ndarray:
    """(n,) float32: the values at the columns, `rest` elsewhere."""
    full = np.full(n, rest, np.float32)
    full[columns] = values
    return full

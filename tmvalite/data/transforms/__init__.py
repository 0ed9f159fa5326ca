"""Variable transformations: a chain that is fitted on training events and is part of the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms.base import (
    ALL_CLASSES,
    SPECTATOR,
    TARGET,
    VARIABLE,
    SelectionRecord,
    Transform,
    TransformRecord,
    every,
    select,
)
from tmvalite.data.transforms.normalize import Normalize
from tmvalite.errors import DataError, Diagnostics, OptionError, Source, did_you_mean
from tmvalite.string_utils.syntax import TransformItem, TransformList
from tmvalite.string_utils.transforms import TRANSFORM_NAMES

__all__ = ["SelectionRecord", "Transform", "TransformChain", "TransformRecord"]

AVAILABLE = {"N": Normalize}
_BY_RECORD = {cls.name: cls for cls in AVAILABLE.values()}
# Names in weight files of what can be booked in TMVA but not here yet.
_LATER = {"Decorrelation": "D", "PCA": "P", "Gauss": "G", "Uniform": "U", "Rearrange": "_REARRANGE_"}


class TransformChain:
    """Transformations, applied left to right.

    Attributes
    ----------
    transforms : tuple of Transform
        Identity items are left out.
    info : DataSetInfo
        The data set whose inputs are meant.
    """

    def __init__(self, transforms: Sequence[Transform], info: DataSetInfo):
        self.transforms, self.info = tuple(transforms), info

    @classmethod
    def build(
        cls, items: TransformList, info: DataSetInfo, diagnostics: Diagnostics, where: str = "VarTransform"
    ) -> TransformChain:
        """The chain that a VarTransform names, without parameters.

        Raises
        ------
        OptionError
            A transformation that is not available yet, an unknown class or variable.
        """
        transforms = []
        for item in items.items:
            letter = TRANSFORM_NAMES.get(item.name.text)
            if letter == "I":
                continue
            if letter not in AVAILABLE:
                raise OptionError(
                    f"transformation {item.name.text} is not available yet",
                    code="transform-unavailable",
                    source=items.source,
                    span=item.name.span,
                    where=where,
                    expected=("N", "I", "None"),
                )
            reference = _class_of(item, info, items.source, diagnostics, where)
            if item.selection:
                inputs = select(item.selection, info, items.source, diagnostics, where)
            else:
                inputs = every(info, VARIABLE, TARGET)
            transforms.append(AVAILABLE[letter](inputs, reference))
        return cls(transforms, info)

    @classmethod
    def from_records(cls, records: Sequence, info: DataSetInfo) -> TransformChain:
        """The chain that a weight file states; a record has name, inputs, outputs and parameters as TransformRecord.

        Raises OptionError for a transformation that is not available yet, DataError for one that cannot be understood.
        """
        transforms = []
        for record in records:
            if record.name in _LATER:
                letter = _LATER[record.name]
                raise OptionError(f"transformation {record.name} ({letter}) is not available yet", code="transform-unavailable")
            if record.name not in _BY_RECORD:
                raise DataError(
                    f"there is no transformation '{record.name}'", code="transform-unknown", expected=tuple(_BY_RECORD)
                )
            transforms.append(_BY_RECORD[record.name].from_record(record, info))
        return cls(transforms, info)

    def to_records(self) -> list[TransformRecord]:
        """What a weight file has to state, in the order applied. Raises NotFittedError before `fit`."""
        return [transform.to_record(self.info) for transform in self.transforms]

    def __len__(self) -> int:
        return len(self.transforms)

    @property
    def fitted(self) -> bool:
        return all(transform.fitted for transform in self.transforms)

    @property
    def short_name(self) -> str:
        """The chain in names of folders and histograms: "Id", "Norm", "Norm_Norm"."""
        return "_".join(transform.short for transform in self.transforms) or "Id"

    @property
    def transforms_variables(self) -> bool:
        return any(one.type == VARIABLE for transform in self.transforms for one in transform.inputs)

    @property
    def transforms_targets(self) -> bool:
        return any(one.type == TARGET for transform in self.transforms for one in transform.inputs)

    def fit(self, x, targets=None, class_index=None, weights=None, spectators=None) -> TransformChain:
        """Find all parameters from the training events, each item on what the items before it give.

        Parameters
        ----------
        x : (N, V) float32
        targets : (N, T) float32, optional
        class_index : (N,) int, optional
            All events are of one class without it.
        weights : (N,) float, optional
            Accepted for transformations that look at weights; N does not.
        spectators : (N, S) float, optional
            Needed only where a selection names spectators.

        Returns
        -------
        TransformChain
            This one.
        """
        n = len(x)
        none = np.empty((n, 0), np.float32)
        columns = {
            VARIABLE: _copy(x),
            TARGET: none if targets is None else _copy(targets),
            SPECTATOR: none if spectators is None else _copy(spectators),
        }
        wanted = {one.type for transform in self.transforms for one in transform.inputs}
        for kind, n_declared in (
            (VARIABLE, self.info.n_variables),
            (TARGET, self.info.n_targets),
            (SPECTATOR, self.info.n_spectators),
        ):
            if kind in wanted and columns[kind].shape != (n, n_declared):
                raise DataError(
                    f"{kind.lower()}s of the shape {columns[kind].shape} cannot fit a transformation",
                    code="transform-shape",
                    expected=f"({n}, {n_declared})",
                )
        classes = self.info.classes if class_index is not None else self.info.classes[:1]
        class_index = np.zeros(n, np.int64) if class_index is None else np.asarray(class_index)
        for transform in self.transforms:
            transform.fit(columns, class_index, classes)
            for kind, values in columns.items():
                transform.apply(values, kind)
        return self

    def apply_variables(self, x) -> np.ndarray:
        """(N, V) -> (N, V) float32, a new C-contiguous array. NaN stays NaN."""
        return self._run(x, VARIABLE)

    def apply_targets(self, targets) -> np.ndarray:
        """(N, T) -> (N, T) float32, a new array."""
        return self._run(targets, TARGET)

    def _run(self, values, kind: str) -> np.ndarray:
        values = _copy(values)
        with np.errstate(over="ignore", invalid="ignore"):
            for transform in self.transforms:
                transform.apply(values, kind)
        return values

    def invert_targets(self, targets) -> np.ndarray:
        """Transformed targets (N, T) back in original units, float32. Every item is undone, the last one first."""
        return self._undo(targets, TARGET)

    def invert_variables(self, x) -> np.ndarray:
        """Transformed variables (N, V) back in original units, as `invert_targets`."""
        return self._undo(x, VARIABLE)

    def _undo(self, values, kind: str) -> np.ndarray:
        values = _copy(values)
        with np.errstate(over="ignore", invalid="ignore"):
            for transform in reversed(self.transforms):
                transform.invert(values, kind)
        return values

    def affine(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(V,) scales and offsets in float64, apply_variables(x) = scale * x + offset up to rounding; None if not linear."""
        scale, offset = np.ones(self.info.n_variables), np.zeros(self.info.n_variables)
        for transform in self.transforms:
            if not isinstance(transform, Normalize):
                return None
            factor, shift = transform.affine(VARIABLE, len(scale))
            scale, offset = factor * scale, factor * offset + shift
        return scale, offset

    def __str__(self):
        if not self.transforms:
            return "no transformation"
        lines = []
        for transform in self.transforms:
            of = f"class '{transform.reference}'" if transform.reference else "all classes"
            names = [
                self.info.variables[one.index].internal if one.type == VARIABLE else f"{one.type.lower()} {one.index}"
                for one in transform.inputs
            ]
            shown = ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")
            lines.append(f"{transform.letter} with events of {of}: {shown}")
        return "\n".join(lines)


def _copy(values) -> np.ndarray:
    return np.array(values, np.float32, order="C", copy=True)


def _class_of(item: TransformItem, info: DataSetInfo, source: Source, diagnostics: Diagnostics, where: str) -> str:
    """The class of `N_Signal`, "" for all classes. ROOT forgets it when it reads the weight file, so it is warned about."""
    if item.reference is None or item.reference.text == ALL_CLASSES:
        return ""
    name = item.reference.text
    if name not in info.classes:
        raise OptionError(
            f"there is no class '{name}'",
            code="transform-class",
            source=source,
            span=item.reference.span,
            where=where,
            expected=(*info.classes, ALL_CLASSES),
            hint=did_you_mean(name, info.classes),
        )
    diagnostics.warn(
        f"{item.name.text}_{name}: ROOT would use the ranges of all classes once it has read the weight file",
        code="transform-class",
        source=source,
        span=item.reference.span,
        where=where,
        hint=f"tmvalite uses those of class {name} in training and after reading",
    )
    return name

"""The chain of transformations of a method: built from VarTransform or from a weight file, fitted, applied and undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms.base import ALL_CLASSES, REGISTRY, Transform, TransformRecord, mixed_types, selected, words
from tmvalite.data.transforms.selection import SPECTATOR, TARGET, VARIABLE, every, group_of, select
from tmvalite.errors import DataError, Diagnostics, OptionError, Source, did_you_mean, quoted
from tmvalite.string_utils.syntax import TransformItem, TransformList


def check_transforms(items: TransformList, where: str = "VarTransform") -> list[type[Transform]]:
    """What the items of a VarTransform stand for. Raises OptionError for a word that is not known; words are case-sensitive."""
    known = words()
    for item in items.items:
        text = item.name.text
        if text not in known:
            none = text.upper() == "NONE"
            raise OptionError(
                f"no transformation is called {quoted(text or items.source.text[item.span.start : item.span.stop])}",
                code="transform-unknown",
                source=items.source,
                span=item.name.span if text else item.span,
                where=where,
                expected=tuple(known),
                hint=f"write {where}=None alone for no transformation" if none else did_you_mean(text, (*known, "None")),
            )
    return [known[item.name.text] for item in items.items]


class TransformChain:
    """Transformations, applied left to right. Every one sees what those before it give, in float32.

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
            An unknown transformation, class or variable; inputs that a transformation cannot have.
        """
        transforms = []
        for item, member in zip(items.items, check_transforms(items, where)):
            reference = _class_of(item, info, items.source, diagnostics, where)
            if member.element is None:
                continue
            if item.selection:
                inputs = select(item.selection, info, items.source, diagnostics, where)
            else:
                inputs = every(info, VARIABLE, *([TARGET] if member.targets else []))
            _check_inputs(member, inputs, item, items.source, where)
            transforms.append(member(inputs, reference))
        return cls(transforms, info)

    @classmethod
    def from_records(cls, records: Sequence[TransformRecord], info: DataSetInfo) -> TransformChain:
        """The chain that a weight file states.

        Raises DataError for a transformation that is not known or cannot be understood.
        """
        transforms = []
        for record in records:
            if record.name not in REGISTRY:
                raise DataError(f"there is no transformation '{record.name}'", code="transform-unknown", expected=tuple(REGISTRY))
            transforms.append(REGISTRY[record.name].from_record(record, info))
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
        """The chain in names of folders and histograms: "Id", "Norm", "Gauss_Deco"."""
        return "_".join(transform.short for transform in self.transforms) or "Id"

    @property
    def transforms_variables(self) -> bool:
        return self._touches(VARIABLE)

    @property
    def transforms_targets(self) -> bool:
        return self._touches(TARGET)

    def _touches(self, kind: str) -> bool:
        return any(len(transform.positions(kind)[1]) for transform in self.transforms)

    def fit(self, x, targets=None, class_index=None, weights=None, spectators=None) -> TransformChain:
        """Find all parameters from the training events, each item on what the items before it give.

        Parameters
        ----------
        x : (N, V) float32
        targets : (N, T) float32, optional
        class_index : (N,) int, optional
            All events are of one class without it.
        weights : (N,) float, optional
            1 for every event without it.
        spectators : (N, S) float, optional
            Spectators change no prediction; without them they are left out of the transformations.

        Returns
        -------
        TransformChain
            This one.
        """
        if spectators is None:
            self.leave_out_spectators()
        n = len(x)
        columns = {kind: _rows(values, n) for kind, values in ((VARIABLE, x), (TARGET, targets), (SPECTATOR, spectators))}
        for kind in (VARIABLE, TARGET, SPECTATOR):
            declared = (n, len(group_of(self.info, kind)))
            if self._touches(kind) and columns[kind].shape != declared:
                raise DataError(
                    f"{kind.lower()}s of the shape {columns[kind].shape} cannot fit a transformation",
                    code="transform-shape",
                    expected=str(declared),
                )
        classes = self.info.classes if class_index is not None else self.info.classes[:1]
        class_index = np.zeros(n, np.int64) if class_index is None else np.asarray(class_index)
        weights = np.ones(n) if weights is None else np.asarray(weights, np.float64)
        for position, transform in enumerate(self.transforms):
            transform.fit(columns, class_index, classes, weights)
            if position < len(self.transforms) - 1:
                columns = {kind: self._through([transform], values, kind) for kind, values in columns.items()}
        return self

    def leave_out_spectators(self) -> None:
        """Of transformations that are not fitted yet: spectators change no prediction."""
        kept = [one.without(SPECTATOR) if any(i.type == SPECTATOR for i in one.inputs) else one for one in self.transforms]
        self.transforms = tuple(one for one in kept if one.inputs)

    def inputs_of(self, position: int, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(N, K) float32: what transformation `position` reads of events, after those before it."""
        columns = {VARIABLE: x, TARGET: targets}
        columns = {kind: self._through(self.transforms[:position], values, kind) for kind, values in columns.items()}
        return selected(columns, self.transforms[position].inputs)

    def apply_variables(self, x) -> np.ndarray:
        """(N, V) -> (N, V) float32, a new C-contiguous array. NaN stays NaN."""
        return self._through(self.transforms, x, VARIABLE)

    def one_event(self, target: np.ndarray) -> tuple[np.ndarray, Callable[[], None]]:
        """(x, call): memory (V,) float32 for one event, and a call that puts `apply_variables` of it into target (1, V)."""
        source = np.zeros((1, self.info.n_variables), np.float32)
        between = target if target.dtype == np.float32 else np.empty_like(source)
        calls, current = [], source
        for transform in self.transforms:
            n_chosen = len(transform.positions(VARIABLE)[1])
            if n_chosen:
                if current is source and n_chosen < source.shape[1]:
                    calls.append(partial(np.copyto, between, source))
                    current = between
                calls.append(partial(transform.one(current, between, VARIABLE), 0, 1))
                current = between
        if current is not target:
            calls.append(partial(np.copyto, target, current))

        def call():
            for step in calls:
                step()

        return source[0], calls[0] if len(calls) == 1 else call

    def apply_targets(self, targets) -> np.ndarray:
        """(N, T) -> (N, T) float32, a new array."""
        return self._through(self.transforms, targets, TARGET)

    def invert_targets(self, targets) -> np.ndarray:
        """Transformed targets (N, T) back in original units, float32. Every item is undone, the last one first."""
        return self._through(self.transforms[::-1], targets, TARGET, "invert")

    def invert_variables(self, x) -> np.ndarray:
        """Transformed variables (N, V) back in original units, as `invert_targets`."""
        return self._through(self.transforms[::-1], x, VARIABLE, "invert")

    def _through(self, transforms: Sequence[Transform], values, kind: str, what: str = "apply") -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            source, target = np.ascontiguousarray(values, np.float32), None
            for transform in transforms:
                n_chosen = len(transform.positions(kind)[1])
                if not n_chosen:
                    continue
                if target is None:
                    target = np.empty_like(source) if n_chosen == source.shape[1] else source.copy()
                getattr(transform, what)(source, target, kind)
                source = target
            return np.array(source) if target is None else target

    def as_scaling(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(V,) float32 offset and factor where the chain is one scaling of all variables, as `Transform.as_scaling` says."""
        if len(self.transforms) != 1:
            return None
        return self.transforms[0].as_scaling(self.info.n_variables)

    def onnx(self, forms, x: str) -> str:
        """`apply_variables` in operators of ONNX: the name of (N, V) values to the name of the transformed ones.

        `forms` is a layers.onnx_form.OnnxForms.
        """
        for number, transform in enumerate(self.transforms):
            which, columns = transform.positions(VARIABLE)
            if len(columns):
                forms.scope = f"transform{number}"
                x = transform.onnx(forms, x, columns, which, self.info.n_variables)
        return x

    def onnx_inverse(self, forms, x: str, kind: str) -> str:
        """`invert_variables` or `invert_targets`, likewise."""
        for number, transform in reversed(list(enumerate(self.transforms))):
            which, columns = transform.positions(kind)
            if len(columns):
                forms.scope = f"inverse{number}"
                x = transform.onnx_backward(forms, x, columns, which, len(group_of(self.info, kind)))
        return x

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


def _rows(values, n: int) -> np.ndarray:
    return np.empty((n, 0), np.float32) if values is None else np.ascontiguousarray(values, np.float32)


def _check_inputs(member: type[Transform], inputs, item: TransformItem, source: Source, where: str) -> None:
    span = item.span
    if member.mixes and len({one.type for one in inputs}) > 1:
        raise OptionError(
            f"{item.name.text} cannot mix {mixed_types(inputs)}",
            code="transform-mixed",
            source=source,
            span=span,
            where=where,
            expected="inputs of one type: the targets of an event are not known when it is scored",
            hint=f"write {item.name.text}(_V_)",
        )
    if 0 < len(inputs) < member.least_inputs:
        raise OptionError(
            f"{item.name.text} needs at least {member.least_inputs} inputs",
            code="transform-inputs",
            source=source,
            span=span,
            where=where,
        )


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
        f"{item.name.text}_{name}: ROOT would use the parameters of all classes once it has read the weight file",
        code="transform-class",
        source=source,
        span=item.reference.span,
        where=where,
        hint=f"tmvalite uses those of class {name} in training and after reading",
    )
    return name

"""What a data set is made of: its variables, targets, spectators and classes, and its events."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from tmvalite.errors import DataError, Source, Span
from tmvalite.wrapping import preformatted

# A range that was never filled, as TMVA writes it: smallest above largest.
NO_MINIMUM = float(np.finfo(np.float32).max)
NO_MAXIMUM = -NO_MINIMUM

_TO_UNDERSCORE = str.maketrans({**dict.fromkeys("$&|!%^()'<>?= ", "_"), "`": None})
_QUOTED_NAME = re.compile(r"`([^`]*)`")
_KEPT_OR_BLANK = re.compile(r"""(`[^`]*`|"[^"]*")|\s+""")
_SPELLED = (("::", "_"), ("*", "_T_"), ("/", "_D_"), ("+", "_P_"), ("-", "_M_"), ("[", "_"), ("]", "_"))


def internal_name(label: str) -> str:
    """The label as the name of a branch or histogram, by TMVA's rules: `log(pt)` -> `log_pt_`, `var1+var2` -> `var1_P_var2`."""
    name = label.translate(_TO_UNDERSCORE)
    for old, new in _SPELLED:
        name = name.replace(old, new)
    return name


@dataclass(frozen=True, slots=True)
class VariableInfo:
    """One variable, target or spectator, with the fields that the weight file keeps.

    Attributes
    ----------
    expression : str
        The formula of branches, without blanks.
    label, title, unit : str
        `label := expression`; the label defaults to the expression, the title to the label.
    type : str
        "F", "D", "I", or "F[]" for an element of an array variable.
    internal : str
        Name as a branch; `vars[3]` for element 3 of an array variable.
    minimum, maximum : float
        Range over the training events; minimum above maximum while never filled.
    index : int or None
        Element of an array variable (AddVariablesArray), None for a plain variable.
    source, span : Source, Span
        The declaration as the user wrote it and where the expression stands in it.
    """

    expression: str
    label: str = ""
    title: str = ""
    unit: str = ""
    type: str = "F"
    internal: str = ""
    minimum: float = NO_MINIMUM
    maximum: float = NO_MAXIMUM
    index: int | None = None
    source: Source | None = field(default=None, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)

    def __post_init__(self):
        if not self.label:
            quoted_name = _QUOTED_NAME.fullmatch(self.expression)
            object.__setattr__(self, "label", quoted_name[1] if quoted_name else self.expression)
        if not self.title:
            object.__setattr__(self, "title", self.label)
        if not self.internal:
            object.__setattr__(self, "internal", internal_name(self.label))

    @property
    def has_range(self) -> bool:
        return self.minimum <= self.maximum

    def with_range(self, minimum: float, maximum: float) -> VariableInfo:
        return dataclasses.replace(self, minimum=float(minimum), maximum=float(maximum))


def _without_blanks(text: str) -> str:
    """The text without blanks, but those between back-ticks or quotes."""
    return _KEPT_OR_BLANK.sub(lambda found: found[1] or "", text)


def declare(
    text: str, title: str = "", unit: str = "", type: str = "F", minimum: float = 0.0, maximum: float = 0.0
) -> VariableInfo:
    """A variable from `label := expression` or `expression`, as AddVariable, AddTarget and AddSpectator take it.

    Equal `minimum` and `maximum` mean "not set". Raises DataError for an empty label or expression.

    >>> declare("myvar1 := var1 + var2").expression
    'var1+var2'
    """
    source = Source(text)
    before, colon, after = text.partition(":=")
    label, expression = (before, after) if colon else ("", before)
    start = len(before) + 2 if colon else 0
    span = Span(start, len(text))
    if not expression.strip():
        raise DataError(
            f"the expression of '{text}' is empty",
            code="data-empty-expression",
            source=source,
            span=span,
            expected="'expression' or 'label := expression'",
        )
    if colon and not label.strip():
        raise DataError(
            "the label before ':=' is empty",
            code="data-empty-label",
            source=source,
            span=Span(0, max(1, start)),
            expected="'expression' or 'label := expression'",
        )
    low, high = (NO_MINIMUM, NO_MAXIMUM) if minimum == maximum else (float(minimum), float(maximum))
    return VariableInfo(
        _without_blanks(expression), _without_blanks(label), title, unit, str(type), "", low, high, None, source, span
    )


def declare_array(text: str, size: int, type: str = "F", minimum: float = 0.0, maximum: float = 0.0) -> tuple[VariableInfo, ...]:
    """The `size` variables of AddVariablesArray: one expression and label, titles `[i]`, internal names `expression[i]`."""
    if size < 1:
        raise DataError(
            f"an array of variables needs at least one element, not {size}",
            code="data-array-size",
            source=Source(text),
            span=Span(0, len(text)),
        )
    whole = declare(text, type=type, minimum=minimum, maximum=maximum)
    kind = whole.type if whole.type.endswith("[]") else f"{whole.type}[]"
    return tuple(
        dataclasses.replace(whole, title=f"[{i}]", type=kind, internal=f"{whole.label}[{i}]", index=i) for i in range(size)
    )


@dataclass(frozen=True, slots=True)
class DataSetInfo:
    """The names of a data set. Class 0 is the first class that was declared."""

    variables: tuple[VariableInfo, ...] = ()
    targets: tuple[VariableInfo, ...] = ()
    spectators: tuple[VariableInfo, ...] = ()
    classes: tuple[str, ...] = ()
    name: str = "dataset"

    @classmethod
    def from_names(
        cls,
        variables: Iterable[str],
        targets: Iterable[str] = (),
        spectators: Iterable[str] = (),
        classes: Iterable[str] = (),
        name: str = "dataset",
    ) -> DataSetInfo:
        """Info for columns that come as arrays: each name is kept exactly as expression and label."""
        groups = [tuple(VariableInfo(str(n)) for n in names) for names in (variables, targets, spectators)]
        return cls(*groups, tuple(str(c) for c in classes), name)

    @property
    def n_variables(self) -> int:
        return len(self.variables)

    @property
    def n_targets(self) -> int:
        return len(self.targets)

    @property
    def n_spectators(self) -> int:
        return len(self.spectators)

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def signal_class(self) -> int:
        """Index of the class named Signal, otherwise 0."""
        return self.classes.index("Signal") if "Signal" in self.classes else 0

    def __repr__(self):
        named = ", ".join(v.label if v.index is None else v.internal for v in self.variables[:4]) + (
            ", ..." if self.n_variables > 4 else ""
        )
        groups = ((self.n_targets, "target"), (self.n_spectators, "spectator"))
        more = "".join(f", {n} {what}{'s' * (n != 1)}" for n, what in groups if n)
        variables = f"{self.n_variables} variable{'s' * (self.n_variables != 1)}"
        return f"<{variables} ({named}){more}, classes {', '.join(self.classes)}>"


@dataclass
class Events:
    """A sample of events, in training order.

    Attributes
    ----------
    x : (N, V) float32
        Variables, C-contiguous.
    targets : (N, T) float32
        Regression targets; T may be 0.
    spectators : dict of str to (N,) array
        By internal name, in declared order; integer branches stay int64, everything else is float32.
    weight : (N,) float64
        Event weights; those of a training sample are normalised (NormMode).
    class_index : (N,) int64
    original_weight : (N,) float64
        Weights before normalisation: tree weight times weight expression, rounded to float32.
    """

    x: np.ndarray
    targets: np.ndarray
    spectators: dict[str, np.ndarray]
    weight: np.ndarray
    class_index: np.ndarray
    original_weight: np.ndarray | None = None

    def __post_init__(self):
        if self.original_weight is None:
            self.original_weight = self.weight

    def __len__(self) -> int:
        return len(self.weight)

    def __repr__(self):
        shapes = f"{self.x.shape[1]} variables, {self.targets.shape[1]} targets, {len(self.spectators)} spectators"
        return f"<{len(self)} events, {shapes}, sum of weights {self.weight.sum():g}>"

    def take(self, index) -> Events:
        """The events of a slice, a mask or an array of positions, as a new sample."""
        spectators = {name: values[index] for name, values in self.spectators.items()}
        return Events(
            np.ascontiguousarray(self.x[index]),
            np.ascontiguousarray(self.targets[index]),
            spectators,
            self.weight[index],
            self.class_index[index],
            self.original_weight[index],
        )

    @staticmethod
    def concatenate(parts: Sequence[Events]) -> Events:
        """All events of `parts`, one sample after the other. There must be at least one part."""

        def join(name):
            return np.concatenate([getattr(part, name) for part in parts])

        spectators = {name: np.concatenate([part.spectators[name] for part in parts]) for name in parts[0].spectators}
        return Events(join("x"), join("targets"), spectators, join("weight"), join("class_index"), join("original_weight"))


@dataclass
class DataSet:
    """Training and test samples with their names and the table of how they came about.

    stream : the events that train, a `streaming.StreamedEvents`, where `train` and `test` are drawn parts of what there is
    """

    train: Events
    test: Events
    info: DataSetInfo
    report: object = None
    stream: object = None

    def __repr__(self):
        counts = f"{len(self.train)} training and {len(self.test)} test events"
        return f"<data set '{self.info.name}': {counts}, {repr(self.info)[1:-1]}>"

    def _repr_html_(self) -> str:
        return f"<b>{escape(repr(self)[1:-1])}</b>{preformatted(str(self.report or ''))}"

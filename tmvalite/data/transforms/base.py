"""What a variable transformation is: a file that declares one, and everything that a chain, a file or a log asks of it.

A member is a subclass of `Transform` under `@register`, in a file of its own, and one import line in `__init__.py`. It declares
its words, what it needs, its element in the weight file and examples, and has five methods: `find` (parameters from events),
`prepare` (what can be computed from them once), `forward` (or `rows`), `backward`, and `onnx`; `read_parameters` and
`write_parameters` bring the parameters from and to the file. Nothing else knows its name.

**Inputs and targets together.** A transformation that treats each of its inputs by itself may be given variables, targets and
spectators in one selection; that is the same as one transformation for each of them. One that mixes its inputs (`mixes`) takes
inputs of one type only: the targets of an event that is scored are what is asked for, so variables cannot be computed from
them. A selection that says otherwise is an error when the chain is built. What becomes of spectators changes no prediction;
where a training has no spectators, they are left out of the transformation.

**Parameters** are those of every class and of all classes together, one set each (a data set of one class has one set). The
set that is used is that of the named class, or the last one, for every event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms.rows import Rows, over_rows
from tmvalite.data.transforms.selection import SPECTATOR, TARGET, VARIABLE, Input, SelectionRecord, match_inputs, record_inputs
from tmvalite.data.transforms.statistics import DrawnGathering, Gathering
from tmvalite.errors import DataError, NotFittedError, OptionError

ALL_CLASSES = "AllClasses"
MOST_INPUTS = 1000  # of a transformation that mixes its inputs


@dataclass
class TransformRecord:
    """One transformation of a weight file, in the order applied.

    name : str
        Of the transformation, as it is registered.
    inputs, outputs : list of SelectionRecord
    parameters : dict
        What the transformation's `find` gives; "reference" is the class whose set is used, absent for all classes.
    """

    name: str
    inputs: list[SelectionRecord]
    outputs: list[SelectionRecord]
    parameters: dict = field(default_factory=dict)


@dataclass(eq=False)
class PdfRecord:
    """A PDF element of a weight file (in a transformation, or in MVAPdfs).

    attributes : dict of str to str, int or float
        Name, MinNSmooth, MaxNSmooth, InterpolMethod, KDE_type, KDE_iter, KDE_border, KDE_finefactor.
    histogram : str
        Name of the histogram.
    low, high : float
        XMin and XMax as the file states them.
    contents : (B,) float64
        Bin contents.
    edges : (B + 1,) float64 or None
        Bin edges; None for B equal bins between low and high.
    """

    attributes: dict[str, str | int | float]
    histogram: str
    low: float
    high: float
    contents: np.ndarray
    edges: np.ndarray | None = None


@dataclass(frozen=True)
class Element:
    """The <Transform> element of a transformation.

    name : its attribute Name
    mark : (attribute, value) that tells transformations of one Name apart, or None; always written
    unmarked : whether an element without the marking attribute is this one
    other_names : Names that are read as well
    remark : what a user is warned of when such a file is written
    """

    name: str
    mark: tuple[str, str] | None = None
    unmarked: bool = True
    other_names: tuple[str, ...] = ()
    remark: str = ""


class Transform:
    """One transformation of a chain: float32 in, float32 out, columns that it does not select stay as they are.

    Attributes
    ----------
    inputs : tuple of Input
        What it reads and writes.
    reference : str
        The class whose parameters are used, "" for those of all classes together.
    parameters : dict or None
        None before `fit`.
    """

    name: ClassVar[str]  # as registered; also that of the record
    words: ClassVar[tuple[str, ...]]  # as written in VarTransform, the letter first
    short: ClassVar[str]  # part of the names of folders and histograms
    help: ClassVar[str]  # one line for tables
    element: ClassVar[Element | None]
    tmva: ClassVar[bool] = False  # TMVA has it
    targets: ClassVar[bool] = False  # without a selection it takes the targets too
    mixes: ClassVar[bool] = False  # an output depends on several inputs
    least_inputs: ClassVar[int] = 1
    least_events: ClassVar[int] = 1
    examples: ClassVar[tuple[str, ...]] = ()  # values of VarTransform, for variables a, b, c and a target t

    def __init__(self, inputs: tuple[Input, ...], reference: str = "", parameters: dict | None = None, use: int = -1):
        self.inputs, self.reference, self.parameters, self.use = inputs, reference, parameters, use
        self._positions: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        if parameters is not None:
            self.prepare()

    @property
    def letter(self) -> str:
        return self.words[0]

    @property
    def fitted(self) -> bool:
        return self.parameters is not None

    def positions(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """(K,) int64: which inputs are of this type, and their positions among the variables, targets or spectators."""
        if kind not in self._positions:  # asked for with every event
            chosen = [(k, one.index) for k, one in enumerate(self.inputs) if one.type == kind]
            which, columns = np.array(chosen, np.int64).reshape(-1, 2).T
            self._positions[kind] = np.ascontiguousarray(which), np.ascontiguousarray(columns)
        return self._positions[kind]

    # ---- what a member declares

    def find(self, x: np.ndarray, weights: np.ndarray, class_index: np.ndarray, groups: Sequence[np.ndarray | slice]) -> dict:
        """The parameters, from the selected inputs of all events.

        x (N, K) float32; weights (N,) float64; class_index (N,) int64; groups: the events of every set, the last one all.
        """
        raise NotImplementedError

    def gathering(self, n_classes: int) -> Gathering:
        """What finds the parameters of events that come block after block; by default `find`, from a drawn part of them."""
        return DrawnGathering(n_classes, self.find)

    def prepare(self) -> None:
        """Compute from `parameters` and `use` what `forward` and `backward` need. Raises DataError where they cannot be."""

    def forward(self, source: np.ndarray, target: np.ndarray, columns: np.ndarray, which: np.ndarray) -> None:
        """target[:, columns] from source[:, columns], (N, V) float32; `which` inputs they are. May be the same array."""
        over_rows(len(source), self.rows(source, target, columns, which))

    def rows(self, source: np.ndarray, target: np.ndarray, columns: np.ndarray, which: np.ndarray) -> Rows:
        """What a member may have in the place of `forward`: a call (start, stop) that does it for these rows, prepared, so that a
        loop over single events pays for the event alone."""

        def call(start, stop):
            with np.errstate(over="ignore", invalid="ignore"):
                self.forward(source[start:stop], target[start:stop], columns, which)

        return call

    def backward(self, source: np.ndarray, target: np.ndarray, columns: np.ndarray, which: np.ndarray) -> None:
        """What `forward` did, undone."""
        raise NotImplementedError

    def onnx(self, forms, x: str, columns: np.ndarray, which: np.ndarray, n: int) -> str:
        """`forward` in operators of ONNX (layers/onnx_form.py): x, the name of (N, n) values, to the name of the result."""
        raise NotImplementedError

    def onnx_backward(self, forms, x: str, columns: np.ndarray, which: np.ndarray, n: int) -> str:
        """`backward` likewise. Raises OptionError where it has no form."""
        message = f"the inverse of the transformation {self.letter} has no form in ONNX"
        raise OptionError(message, code="onnx-operator", hint=f"transform variables only: VarTransform={self.letter}(_V_)")

    @classmethod
    def read_parameters(cls, element) -> dict:
        """The parameters of a <Transform> element; see io/transforms_xml.py for what `element` offers."""
        raise NotImplementedError

    @classmethod
    def write_parameters(cls, writer, parameters: dict) -> None:
        """Write them into the element, with what io/transforms_xml.py offers."""
        raise NotImplementedError

    @classmethod
    def check_parameters(cls, parameters: dict, n_inputs: int) -> int:
        """Number of sets. Raises DataError where the parameters do not fit the inputs or are no numbers."""
        raise NotImplementedError

    def as_scaling(self, n_variables: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(V,) float32 offset and factor if the variables become ((v - offset) * factor) * 2 - 1, each step in float32.

        A network computes that itself while it loads its events, with the same bits. None for everything else.
        """
        return None

    # ---- the same for all

    def fit(self, columns: dict[str, np.ndarray], class_index: np.ndarray, classes: Sequence[str], weights: np.ndarray) -> None:
        """Find the parameters for every class and for all together.

        columns : (N, V), (N, T) and (N, S) float32 by type, already transformed by what stands before in the chain.
        Raises DataError where there are too few events.
        """
        n = len(class_index)
        if n < self.least_events:
            raise DataError(
                f"transformation {self.letter} needs at least {self.least_events} training events", code="transform-too-few"
            )
        groups: list[np.ndarray | slice] = [class_index == i for i in range(len(classes))] if len(classes) > 1 else []
        for name, group in zip(classes, groups):
            if not group.any():
                raise DataError(f"transformation {self.letter}: class '{name}' has no training events", code="transform-too-few")
        x = selected(columns, self.inputs)
        self.take_over(self.find(x, weights, class_index, [*groups, slice(None)]), classes)

    def take_over(self, parameters: dict, classes: Sequence[str]) -> None:
        """Work with these parameters, of every class and of all."""
        self.parameters = parameters
        self.use = list(classes).index(self.reference) if self.reference and len(classes) > 1 else -1
        self.prepare()

    def apply(self, source: np.ndarray, target: np.ndarray, kind: str) -> None:
        """Transform the inputs of one type, (N, V) float32; the other columns of target are left alone."""
        self._run(self.forward, source, target, kind)

    def invert(self, source: np.ndarray, target: np.ndarray, kind: str) -> None:
        """Undo `apply`."""
        self._run(self.backward, source, target, kind)

    def one(self, source: np.ndarray, target: np.ndarray, kind: str) -> Rows:
        """`apply` for one event in memory (1, V), prepared: a call (0, 1)."""
        if not self.fitted:
            raise NotFittedError(f"transformation {self.letter} has no parameters yet")
        which, columns = self.positions(kind)
        return self.rows(source, target, columns, which)

    def _run(self, step: Callable, source, target, kind: str) -> None:
        if not self.fitted:
            raise NotFittedError(f"transformation {self.letter} has no parameters yet")
        which, columns = self.positions(kind)
        if len(columns) and len(source):
            step(source, target, columns, which)

    def without(self, kind: str) -> Transform:
        """This transformation, not fitted, without its inputs of a type."""
        return type(self)(tuple(one for one in self.inputs if one.type != kind), self.reference)

    def to_record(self, info: DataSetInfo) -> TransformRecord:
        if not self.fitted:
            raise NotFittedError(f"transformation {self.letter} has no parameters yet")
        parameters = dict(self.parameters)
        if self.reference:
            parameters["reference"] = self.reference
        inputs = record_inputs(self.inputs, info)
        return TransformRecord(self.name, inputs, list(inputs), parameters)

    @classmethod
    def from_record(cls, record: TransformRecord, info: DataSetInfo) -> Transform:
        """Raises DataError where the record does not fit the data set, or itself."""
        inputs = match_inputs(record.inputs, info, cls.name)
        if cls.mixes and len({one.type for one in inputs}) > 1:
            raise DataError(f"transformation {cls.name} mixes {mixed_types(inputs)}", code="transform-mixed")
        parameters = {name: value for name, value in record.parameters.items() if name != "reference"}
        sets = cls.check_parameters(parameters, len(inputs))
        reference = record.parameters.get("reference") or ""
        if reference and reference not in info.classes:
            raise DataError(
                f"transformation {cls.name} is for class '{reference}', which does not exist",
                code="transform-class",
                expected=info.classes,
            )
        use = info.classes.index(reference) if reference and sets > 1 else -1
        if use >= sets:
            raise DataError(f"transformation {cls.name} has no parameters of class '{reference}'", code="transform-parameters")
        return cls(inputs, reference, parameters, use)


def mixed_types(inputs: Sequence[Input]) -> str:
    """ "variables and targets": the types among the inputs."""
    kinds = [kind for kind in (VARIABLE, TARGET, SPECTATOR) if any(one.type == kind for one in inputs)]
    return " and ".join(f"{kind.lower()}s" for kind in kinds)


def selected(columns: dict[str, np.ndarray], inputs: Sequence[Input]) -> np.ndarray:
    """(N, K) float32: the inputs side by side; the array itself where they are all of its columns."""
    if len({one.type for one in inputs}) == 1:
        values, chosen = columns[inputs[0].type], [one.index for one in inputs]
        return values if chosen == list(range(values.shape[1])) else np.ascontiguousarray(values[:, chosen])
    return np.stack([columns[one.type][:, one.index] for one in inputs], axis=1)


REGISTRY: dict[str, type[Transform]] = {}


def register(cls: type[Transform]) -> type[Transform]:
    """Class decorator: make the transformation known under its name and its words."""
    missing = [part for part in ("name", "words", "short", "help", "element") if not hasattr(cls, part)]
    if missing:
        raise TypeError(f"{cls.__name__} in {cls.__module__} declares no {', '.join(missing)}")
    if cls.element is not None and cls.forward is Transform.forward and cls.rows is Transform.rows:
        raise TypeError(f"{cls.__name__} in {cls.__module__} has neither `forward` nor `rows`")
    taken = {word for other in REGISTRY.values() for word in other.words}
    if cls.name in REGISTRY or taken & set(cls.words):
        raise ValueError(f"two transformations are called {cls.name} or {', '.join(cls.words)}")
    REGISTRY[cls.name] = cls
    return cls


def words() -> dict[str, type[Transform]]:
    """Every word that VarTransform knows, with what it stands for, in the order of the import lines."""
    return {word: cls for cls in REGISTRY.values() for word in cls.words}

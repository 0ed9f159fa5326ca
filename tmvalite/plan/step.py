"""What a plan is made of: tensors (planned values) and steps (one kernel call over a tile of events).

A step belongs to one of a few families (plan/families); what the planner must know of it are traits, never a layer's
name. Its kernel says what stands in its descriptor, by name (kernels/family.descriptor): the step has fields or properties
of these names, and from them follow its descriptor, what it reads and writes, whether it may work in place, and which
parameters it uses. So a family states its fields, how it differentiates, and which kernel runs it.

Formats: "rows" is (events, elements) row-major; "features" is (elements, events), the events of a tile contiguous.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from tmvalite.kernels import combine
from tmvalite.kernels._jit import Family
from tmvalite.kernels.family import descriptor

ROWS, FEATURES = "rows", "features"


@dataclass(frozen=True, eq=False)
class Tensor:
    """A planned value: `size` elements per event, or in all where not `per_event`. `label` names it in the printed plan."""

    size: int
    label: str
    shape: tuple[int, ...] = ()
    per_event: bool = True


@dataclass(frozen=True)
class Slot:
    """Where one trained matrix lies in the flat vector: offset, TMVA shape, whether stored transposed.

    `trained` is False for running statistics and for what a plan leaves as it is.
    `stride`, if not 0, is the distance between the rows as they are stored, for matrices that are columns of a wider one.
    """

    node: str
    name: str
    shape: tuple[int, int]
    offset: int
    transposed: bool = False
    decays: bool = False
    trained: bool = True
    stride: int = 0

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def stop(self) -> int:
        """Behind its last element."""
        rows, columns = self.shape[::-1] if self.transposed else self.shape
        return self.offset + (rows - 1) * (self.stride or columns) + columns

    def view(self, flat: np.ndarray) -> np.ndarray:
        """The matrix in TMVA's orientation, as a view into a vector that is laid out like the parameters."""
        rows, columns = self.shape[::-1] if self.transposed else self.shape
        step = (self.stride or columns) * flat.itemsize
        part = np.lib.stride_tricks.as_strided(flat[self.offset : self.stop], (rows, columns), (step, flat.itemsize))
        return part.T if self.transposed else part


class Tape:
    """Collects the backward steps and knows the gradient of every tensor."""

    def __init__(self):
        self.steps: list[Step] = []
        self._gradients: dict[Tensor, Tensor] = {}
        self.wanted: set[Tensor] = set()  # tensors whose gradient somebody needs

    def gradient(self, tensor: Tensor) -> Tensor | None:
        return self._gradients.get(tensor)

    def target(self, tensor: Tensor) -> tuple[Tensor, bool]:
        """Where a contribution to the gradient of `tensor` goes, and whether it adds to what is there."""
        known = self._gradients.get(tensor)
        if known is not None:
            return known, True
        made = self._gradients[tensor] = Tensor(tensor.size, f"d {tensor.label}", tensor.shape)
        return made, False

    def hand_over(self, tensor: Tensor, gradient: Tensor) -> None:
        """Give `gradient`, which nobody needs any more, as a contribution to the gradient of `tensor`."""
        known = self._gradients.get(tensor)
        if known is None:
            self._gradients[tensor] = gradient
        else:
            self.steps.append(AddTo(gradient, known))


class Derived:
    """A property of a step that follows from the columns of its kernel; the first one asked for brings all of them."""

    def __init__(self, text: str):
        self.__doc__ = text

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, step, owner):
        if step is None:
            return self
        step.derive()
        return step.__dict__[self.name]


FAMILIES: dict[str, type[Step]] = {}  # all families by name; layers stand below the plan and cannot import them


@dataclass(frozen=True, eq=False)
class Step:
    """Base of the families.

    What follows from the kernel's columns is stated only by a family whose kernel does not name them, or that knows better.
    """

    family: ClassVar[str] = ""
    formats: ClassVar[tuple[str, ...]] = (ROWS,)  # the memory formats it can work in, all operands alike
    elementwise: ClassVar[bool] = False
    batch_wide: ClassVar[bool] = False  # runs once per batch, when all shares have come here
    training_only: ClassVar[bool] = False  # not there when scoring
    identity_when_scoring: ClassVar[bool] = False  # scoring takes its input x for its output y
    begins_gradient: ClassVar[bool] = False  # a term of the loss with a gradient of its own, written in the forward pass
    whole_rows: ClassVar[int] = 1  # of how many events a tile must be a multiple, so that bits do not depend on it
    splits: ClassVar[bool] = False  # its kernel does a part of the work when run[PARTS] says so
    by_event: ClassVar[bool] = False  # events large, the rest small: gains where few of them stay in a cache from step to step
    hidden_state: ClassVar[bool] = False  # writes numbers that are no tensors; never left out as useless
    stays: ClassVar[tuple[Tensor, ...]] = ()  # results of which it writes a part, and the rest must stay
    kernel: ClassVar[Family]  # the compiled family that runs it

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        FAMILIES[cls.__name__] = cls

    @classmethod
    def build(cls, **fields) -> Step | list[Step]:
        """The step, or the steps, that a layer asks for by the name of the family."""
        return cls(**fields)

    # ------------------------------------------------------------------ what follows from the columns of the kernel

    columns = Derived(
        "What the kernel says of its descriptor; nothing where it does not name columns: then the family writes it."
    )
    reads = Derived("Tensors whose values it needs.")
    writes = Derived("Tensors that it overwrites, its results first, its scratch memory last.")
    slots = Derived("Parameters that it reads.")
    gradient_slots = Derived(
        "Parameters whose gradient it writes; then `first_use` says that it overwrites in the first tile of a share."
    )
    in_place = Derived("(output, input) that may share memory when the input dies here, or None.")

    def derive(self) -> None:
        """Work out all of these."""
        columns = self.kernel.columns or NO_COLUMNS
        names, read, overwritten, parameters, end = columns.facts
        values = self.fields(names)
        reads, writes = values[:read], values[read:overwritten]
        if None in reads or None in writes:
            reads, writes = tuple(filter(None, reads)), tuple(filter(None, writes))
        slots = tuple(filter(None, values[overwritten:parameters])) if parameters > overwritten else ()
        gradient_slots = tuple(filter(None, values[parameters:])) if end > parameters else ()
        if columns.adds:
            flags = self.fields(tuple(columns.adds.values()))
            reads += tuple(tensor for tensor, adds in zip(self.fields(tuple(columns.adds)), flags) if adds and tensor)
        known = self.__dict__
        known["columns"], known["writes"], known["slots"], known["gradient_slots"] = columns, writes, slots, gradient_slots
        known["reads"] = (*reads, *self.stays) if self.stays else reads
        known["in_place"] = tuple(self.fields(columns.in_place)) if columns.in_place else None

    def fields(self, names: tuple[str, ...]) -> tuple[Any, ...]:
        """What belongs into the columns of these names: a tensor or None for an operand; a Slot, a number or None for others."""
        try:
            return _getter(names)(self)
        except AttributeError as error:
            step, kernel = type(self).__name__, self.kernel.function.__name__
            raise LookupError(f"{step} lacks '{error.name}', which is among the columns of its kernel {kernel}") from None

    def numbers(self, at) -> dict[str, Any]:
        """Columns that are no fields, by name; `at` is what `encode` gets."""
        return {}

    def encode(self, at) -> tuple[int, ...]:
        """The descriptor behind the kernel's address; `at(tensor)` gives offset and size of an operand."""
        columns, given, row = self.columns, self.numbers(at), []
        for tensor in self.fields(columns.operands):
            row += ABSENT if tensor is None else at(tensor)
        if given:
            values = [given[name] if name in given else self.fields((name,))[0] for name in columns.numbers]
        else:
            values = self.fields(columns.numbers)
        row += [value if type(value) is int else as_integer(value) for value in values]
        if columns.geometry:
            row += given["geometry"] if "geometry" in given else self.fields(("geometry",))[0]
        return tuple(row)

    # ------------------------------------------------------------------ what a family states

    def differentiate(self, tape: Tape) -> None:
        """Append the steps that turn the gradient of the outputs into those of the inputs."""
        raise NotImplementedError

    def update_early(self) -> Step:
        """The same step, updating parameters whose gradient it alone writes, if it can and if that pays: `updated_slots`."""
        return self

    @property
    def updated_slots(self) -> tuple[Slot, ...]:
        """Parameters that it updates itself where a batch is one tile."""
        return ()

    def batch_scratch(self, rows: int) -> int:
        """Float64 numbers of scratch memory that a batch-wide step needs for a batch of `rows` events."""
        return 0

    @property
    def copies(self) -> tuple[tuple[int, int, int, int], ...]:
        """Transposed copies of parameters that it reads: (from, to, rows, columns)."""
        return ()

    @property
    def spare_copies(self) -> tuple[tuple[int, int, int, int], ...]:
        """Transposed copies that it reads where run[COPIED] says that they are there, and can do without."""
        return ()

    def flops(self) -> int:
        """Arithmetic per event, a multiply-add counted as two."""
        return self.writes[0].size if self.writes else 0

    def text(self) -> str:
        return ""

    def for_scoring(self) -> Step:
        """The same step where no backward pass follows."""
        return self

    def take_padding(self, x: Tensor, pads: tuple[int, int, int, int], name: str) -> Step | None:
        """The same step reading x, which lacks the zeros that its input has at the (top, bottom, left, right), or None.

        Negative numbers are rows and columns that x has and the present input lacks; `name` is the item that gave them.
        """
        return None

    def substitute(self, mapping: dict[Tensor, Tensor]) -> Step:
        """The same step on other tensors."""
        changes = {
            name: mapping[value] for name, value in self.__dict__.items() if isinstance(value, Tensor) and value in mapping
        }
        return replace(self, **changes) if changes else self


NO_COLUMNS = descriptor().of
ABSENT = (-1, 0)  # the columns of an operand that is not there


def as_integer(value: Slot | float | None) -> int:
    """A column: offset of a parameter (-1: none), a whole number, or the bits of a float64."""
    if isinstance(value, Slot):
        return value.offset
    if value is None:
        return -1
    return struct.unpack("=q", struct.pack("=d", value))[0] if isinstance(value, float) else int(value)


@cache
def _getter(names: tuple[str, ...]):
    """The attributes of these names of an object, as a tuple."""
    get = attrgetter(*names) if names else None
    return get if len(names) > 1 else (lambda step: (get(step),)) if names else (lambda step: ())


@dataclass(frozen=True, eq=False)
class AddTo(Step):
    """y += x, both whole."""

    x: Tensor
    y: Tensor
    family = "copy"
    kernel = combine.copy_values
    formats = (ROWS, FEATURES)
    elementwise = True
    start, to, repeat, accumulate = 0, 0, 1, True
    in_place = None

    width = property(lambda self: self.x.size)

    def text(self):
        return "adds"

"""What a plan is made of: tensors (planned values) and steps (one kernel call over a tile of events).

A step belongs to one of a few families (plan/families); what the planner must know of it are traits, never a layer's
name: which tensors it reads and writes, in which memory format, what its backward reads, whether it may work in place,
how it differentiates, which kernel runs it and how its descriptor is written.

Formats: "rows" is (events, elements) row-major; "features" is (elements, events), the events of a tile contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tmvalite.kernels import combine
from tmvalite.kernels._jit import Family

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


@dataclass(frozen=True, eq=False)
class Step:
    """Base of the families. `reads` and `writes` are derived from the fields of each family."""

    family: ClassVar[str] = ""
    formats: ClassVar[tuple[str, ...]] = (ROWS,)  # the memory formats it can work in, all operands alike
    elementwise: ClassVar[bool] = False
    batch_wide: ClassVar[bool] = False  # runs once per batch, when all shares have come here
    training_only: ClassVar[bool] = False  # not there when scoring
    identity_when_scoring: ClassVar[bool] = False  # scoring takes its input x for its output y
    begins_gradient: ClassVar[bool] = False  # a term of the loss with a gradient of its own, written in the forward pass
    splits: ClassVar[bool] = False  # its kernel does a part of the work when run[PARTS] says so
    hidden_state: ClassVar[bool] = False  # writes numbers that are no tensors; never left out as useless

    @property
    def reads(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    @property
    def writes(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Trained parameters that the forward pass reads."""
        return ()

    @property
    def gradient_slots(self) -> tuple[Slot, ...]:
        """Parameters whose gradient it writes; then `first_use` says that it overwrites in the first tile of a share."""
        return ()

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

    @property
    def in_place(self) -> tuple[Tensor, Tensor] | None:
        """(output, input) that may share memory when the input dies here."""
        return None

    def differentiate(self, tape: Tape) -> None:
        """Append the steps that turn the gradient of the outputs into those of the inputs."""
        raise NotImplementedError

    @property
    def kernel(self) -> Family:
        """The compiled family that runs this step."""
        raise NotImplementedError

    def encode(self, at) -> tuple[int, ...]:
        """The descriptor behind the kernel's address; `at(tensor)` gives offset and size of an operand."""
        raise NotImplementedError

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


@dataclass(frozen=True, eq=False)
class AddTo(Step):
    """y += x, both whole."""

    x: Tensor
    y: Tensor
    family = "copy"
    kernel = combine.copy_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.x, self.y))
    writes = property(lambda self: (self.y,))

    def encode(self, at):
        return *at(self.x), *at(self.y), 0, 0, self.x.size, 1, 1

    def text(self):
        return "adds"

"""What every step of a plan is called with, and how it finds its operands.

    family(d, run, arena, theta, copies, grad) -> float64

d: the step's descriptor, int64; d[0] is the family's address, the rest is the family's own. run: what is true for this
call, int64 (columns below). arena: memory of the planned tensors. theta: parameters; copies: transposed weights, laid
out alike; grad: this share's gradient, laid out alike. Returns a contribution to the loss, 0 for most.

An operand takes two columns of a descriptor: its offset in the arena and its elements per event. Events begin at row
run[ROW0] of the tensor, so the same step runs over a tile in an arena of its own or over a part of a whole batch.

A family names its columns once, with `descriptor`; the kernel reads d[NAMES.x], the plan fills what has that name, and
plan/verify.py compares the two.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from ._jit import address_of, doubles_at, kernel, shift


@dataclass(frozen=True)
class Columns:
    """What a family says of its descriptor; `descriptor` makes it and explains the parts."""

    operands: tuple[str, ...]
    numbers: tuple[str, ...]
    geometry: tuple[str, ...]
    writes: tuple[str, ...]
    changes: tuple[str, ...]
    adds: Mapping[str, str]
    scratch: tuple[str, ...]
    parameters: tuple[str, ...]
    gradients: tuple[str, ...]
    in_place: tuple[str, ...]

    def __post_init__(self):
        tensors = {*self.writes, *self.changes, *self.adds, *self.scratch, *self.in_place}
        single = {*self.adds.values(), *self.parameters, *self.gradients}
        unknown = (tensors - set(self.operands)) | (single - set(self.numbers))
        if unknown:
            raise ValueError(f"not among the columns: {' '.join(sorted(unknown))}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of every column behind that of the kernel's address."""
        pairs = (name for operand in self.operands for name in (operand, f"{operand}_size"))
        return (*pairs, *self.numbers, *self.geometry)

    @cached_property
    def read(self) -> tuple[str, ...]:
        """The operands that the kernel reads whatever stands in the other columns."""
        return tuple(name for name in self.operands if name not in (*self.writes, *self.adds, *self.scratch))

    @cached_property
    def overwritten(self) -> tuple[str, ...]:
        """The operands that it writes, its results first, its scratch memory last."""
        results = (*self.writes, *self.changes, *self.adds)
        return (*(name for name in self.operands if name in results), *self.scratch)

    @cached_property
    def facts(self) -> tuple[tuple[str, ...], int, int, int, int]:
        """Names of what is read, what is overwritten, the parameters and the gradients, and where each of them ends."""
        parts = (self.read, self.overwritten, self.parameters, self.gradients)
        return tuple(name for part in parts for name in part), *accumulate(map(len, parts))


def descriptor(
    operands: str = "",
    numbers: str = "",
    geometry: tuple[str, ...] = (),
    *,
    writes: str = "",
    changes: str = "",
    adds: Mapping[str, str] | None = None,
    scratch: str = "",
    parameters: str = "",
    gradients: str = "",
    in_place: str = "",
) -> tuple[int, ...]:
    """The columns of a descriptor: operands, then single numbers, then a block with columns of its own (`geometry`).

    Gives a tuple of their places with names, which a kernel may read as a global: numba takes it for constants. An operand x
    has two of them, x (its offset) and x_size; `geometry` is the place where the block begins.

    operands : tensors, which the kernel reads unless they are named below; one that is not there has offset -1
    numbers : single columns: sizes, flags, numbers of draws, offsets of parameters (-1: none), bits of float64
    writes, changes : operands that it overwrites; that it reads and overwrites
    adds : operands that it overwrites, or adds to where the column named here is set
    scratch : operands that mean nothing outside of a call; parameters, gradients : numbers that are offsets into theta, grad
    in_place : output and input that may lie in the same memory

    Examples
    --------
    >>> PRODUCT = descriptor("x y", "weights bias", writes="y", parameters="weights bias")
    >>> PRODUCT.x, PRODUCT.x_size, PRODUCT.y, PRODUCT.weights
    (1, 2, 3, 5)
    >>> PRODUCT.of.names
    ('x', 'x_size', 'y', 'y_size', 'weights', 'bias')
    """
    lists = (text.split() for text in (writes, changes, scratch, parameters, gradients, in_place))
    written, changed, working, read, summed, pair = map(tuple, lists)
    of = Columns(
        operands=tuple(operands.split()),
        numbers=tuple(numbers.split()),
        geometry=tuple(geometry),
        writes=written,
        changes=changed,
        adds=dict(adds or {}),
        scratch=working,
        parameters=read,
        gradients=summed,
        in_place=pair,
    )
    names = (*of.names[: len(of.names) - len(geometry)], *(("geometry",) if geometry else ()))
    places = type("Places", (namedtuple("Places", names),), {"__slots__": (), "of": of})
    return places(*range(1, len(names) + 1))


COLUMNS = (
    "ROWS",  # events of this call
    "ROW0",  # first of them in the arena
    "FIRST",  # and in the batch
    "FRESH",  # whether gradients of parameters start from zero
    "TRAINING",  # 1 when training, 0 when evaluating or scoring
    "STEP",  # step of the epoch
    "EPOCH",
    "TIME",  # optimisation steps since the phase began
    "COUNT",  # events of the batch
    "KEYS",  # address, int64: two key words per draw, a place where random numbers are drawn
    "SETTINGS",  # address, float64: the run-time number of each draw: dropout rate, temperature, level
    "LOSS_SCALES",  # address, float64: weight of every term of the loss
    "TERMS",  # address, float64: sums of the terms, unweighted, of this share
    "OUT",  # address of the caller's results
    "OUT_WIDTH",
    "STATE",  # address, float64: batch statistics of this share
    "STATES",  # address: those of the first share
    "STATE_SIZE",  # numbers per share
    "SHARES",  # shares of this batch
    "BATCH_STATE",  # address, float64: statistics of the whole batch
    "ARENA_STRIDE",  # elements from the arena of a share to that of the next, for batch-wide steps
    "COPIED",  # whether all transposed copies are up to date, or only those that no step can do without
    "SCRATCH",  # address, float64: memory that a batch-wide step may use
    "PART",  # which of several threads passes a step that is split, from 0
    "PARTS",  # how many of them; 0 and 1 are the whole step
    "EARLY",  # whether these events are the whole batch, so that a step may update parameters as soon as it has their gradient
    "CONTEXT",  # address of the context (kernels/context.py)
)
RUN_SIZE = 32
(
    ROWS,
    ROW0,
    FIRST,
    FRESH,
    TRAINING,
    STEP,
    EPOCH,
    TIME,
    COUNT,
    KEYS,
    SETTINGS,
    LOSS_SCALES,
    TERMS,
    OUT,
    OUT_WIDTH,
    STATE,
    STATES,
    STATE_SIZE,
    SHARES,
    BATCH_STATE,
    ARENA_STRIDE,
    COPIED,
    SCRATCH,
    PART,
    PARTS,
    EARLY,
    CONTEXT,
) = range(len(COLUMNS))


@kernel
def part_of(n, block, run):
    """First and last + 1 of the n elements that belong to this call of a split step: whole blocks."""
    parts, blocks = max(run[PARTS], 1), (n + block - 1) // block
    return blocks * run[PART] // parts * block, min(n, blocks * (run[PART] + 1) // parts * block)


@kernel
def operand(d, column, run, arena):
    """Pointer to the first event of the operand whose offset and size stand at `column`."""
    return shift(arena, d[column] + run[ROW0] * d[column + 1])


@kernel
def float_at(d, column):
    """A float64 in a descriptor."""
    return doubles_at(address_of(shift(d, column)))[0]

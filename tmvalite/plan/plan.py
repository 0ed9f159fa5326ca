"""The plan: graph -> steps -> offsets -> descriptor tables. Immutable; runs any number of events."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tmvalite.graph.check import require_lowering
from tmvalite.graph.ir import Graph
from tmvalite.kernels._jit import VECTOR_BYTES
from tmvalite.kernels.execute import STEP_WIDTH
from tmvalite.losses import IDENTITY, activation_of
from tmvalite.wrapping import WIDTH, preformatted, wrapped

from .buffers import ALIGNMENT, assign_offsets
from .families.copy import Store
from .families.loss import LossStep
from .families.map import Map
from .families.padding import fold_padding
from .families.softmax import Softmax
from .formats import insert_conversions
from .groups import WHOLE, find_groups, outside
from .lowering import Draw, Lowering, Term
from .step import Slot, Step, Tape, Tensor
from .verify import verify_plan

ARENA_BYTES = 384 * 1024  # what one tile may fill: it stays in the second cache beside the weights
# the same where groups of steps pass it a few events at a time: it stays in the third one; rows then, and how much more than the
# parameters the other steps may touch
MOST_BYTES, MOST_GROUPED_ROWS, BESIDE = 16 * 1024 * 1024, 128, 2.5
LEAST_ROWS, MOST_ROWS = 32, 96  # 96: whole register blocks on every machine
SHARE_FLOPS, SHARE_USES = 10_000_000, 200  # arithmetic worth a share of its own, in all and for each number of its gradient
MOST_SHARES, FEW_SHARES = 8, 2
SMALL_GRADIENT = 2**17  # elements
SPARE_TILES = 2  # up to so many tiles a batch, weights are transposed where they are used
SHARE_ROWS = 16  # fewer events do not pay for a gradient of their own


@dataclass(frozen=True)
class Placement:
    """Where the tensors of a plan lie in an arena that holds `rows` events: offsets, elements in all, and the descriptors.

    table : (steps, STEP_WIDTH) int64, column 0 left for the addresses of the kernels; tables : arrays that it points to.
    """

    rows: int
    offsets: dict[Tensor, int]
    size: int
    table: np.ndarray
    tables: tuple[np.ndarray, ...] = ()


class Encoding:
    """What a step writes its descriptor with: at(tensor) gives offset and size; lanes and itemsize of the precision."""

    def __init__(self, offsets: dict[Tensor, int], itemsize: int):
        self.offsets, self.itemsize, self.lanes = offsets, itemsize, VECTOR_BYTES // itemsize
        self.tables: list[np.ndarray] = []

    def __call__(self, tensor: Tensor) -> tuple[int, int]:
        return self.offsets[tensor], tensor.size

    def table(self, array: np.ndarray) -> int:
        """Address of an int64 array, which the placement keeps alive."""
        self.tables.append(array)
        return array.ctypes.data


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps and sizes for one graph, precision and purpose.

    steps : forward steps, then backward ones from `boundary` on
    segments : (start, stop, end) ranges of the steps; start to stop run tile by tile, stop to end once per batch
    tile : rows of a tile; given : the tensors that the executor fills (event, targets, weights)
    slots : the parameters; size : elements of the flat parameter vector; ranges : (start, stop, decays) of the trained
    parts; late_ranges : those that no step updates itself
    transposes : (from, to, rows, columns) of weight copies, the first `needed` of them indispensable
    draws : the places where random numbers are drawn; terms : what layers add to the loss, behind the outputs
    state_size : float64 numbers of batch statistics
    flops : arithmetic per event and pass
    """

    graph: Graph
    precision: str
    purpose: str
    steps: tuple[Step, ...]
    boundary: int
    segments: tuple[tuple[int, int, int], ...]
    tile: int
    given: tuple[Tensor, ...]
    slots: tuple[Slot, ...]
    size: int
    ranges: np.ndarray
    late_ranges: np.ndarray
    transposes: np.ndarray
    needed: int
    draws: tuple[Draw, ...]
    terms: tuple[Term, ...]
    state_size: int
    flops: int

    @property
    def whole_batch(self) -> bool:
        """Whether an arena must hold a whole share, because steps in between need all events of a batch."""
        return len(self.segments) > 1

    @cached_property
    def placement(self) -> Placement:
        """For one tile."""
        return self.place(self.tile)

    def place(self, rows: int) -> Placement:
        """Lay the tensors out for `rows` events."""
        offsets, size = assign_offsets(self.steps, self.given, rows, self.ranges_for(rows))
        table = np.zeros((len(self.steps), STEP_WIDTH), np.int64)
        at = Encoding(offsets, np.dtype(self.precision).itemsize)
        for row, step in zip(table, self.steps):
            code = step.encode(at)
            row[1 : 1 + len(code)] = code
        table.flags.writeable = False
        return Placement(rows=rows, offsets=offsets, size=size, table=table, tables=tuple(at.tables))

    def ranges_for(self, rows: int) -> tuple[tuple[int, int, int], ...]:
        """The ranges (start, stop, end) of steps that events pass in several parts, in an arena for so many of them."""
        segments = self.segments if rows != self.tile else ()
        return tuple((start, stop, stop) for start, stop, events in self._groups if events != WHOLE) + segments

    @cached_property
    def _groups(self) -> list[tuple[int, int, int]]:
        return find_groups(self.steps, self.boundary, self.tile, np.dtype(self.precision).itemsize)

    @property
    def groups(self) -> np.ndarray:
        """(steps, 2) int64: where the group that begins with a step ends, and how many events pass it at a time (0: all)."""
        out = np.zeros((len(self.steps), 2), np.int64)
        for start, stop, events in self._groups:
            out[start:stop] = stop, events
        return out

    @property
    def splits(self) -> np.ndarray:
        """(steps,) int64, 1 for steps that several threads may share."""
        return np.array([step.splits for step in self.steps], np.int64)

    @property
    def pays_to_split(self) -> bool:
        """Whether steps that several threads share are most of the arithmetic, and large enough for the threads to meet."""
        split = sum(step.flops() for step in self.steps if step.splits)
        return self.size > SMALL_GRADIENT and 2 * split > self.flops

    def transposes_for(self, batches: np.ndarray) -> np.ndarray:
        """The copies that pay for batches (start, stop, shares, ...): the spare ones only if several tiles use them."""
        tiles = [shares * -(-(stop - start) // (shares * self.tile)) for start, stop, shares, *_ in batches.tolist()]
        return self.transposes if max(tiles) > SPARE_TILES else self.transposes[: self.needed]

    @property
    def most_shares(self) -> int:
        """Gradients that a batch may have: few where one of them does not fit the second cache."""
        return MOST_SHARES if self.size <= SMALL_GRADIENT else FEW_SHARES

    def shares(self, rows: int) -> int:
        """Into how many shares a batch is cut: a function of graph and batch size only.

        Twice as many must have four times as much to do: every share has a gradient, which fills caches and is summed.
        """
        worth, shares = rows * self.flops // max(SHARE_FLOPS, SHARE_USES * self.size), 1
        while 2 * shares * shares <= worth and 2 * shares <= min(self.most_shares, rows // SHARE_ROWS):
            shares *= 2
        return shares

    def __str__(self):
        item = np.dtype(self.precision).itemsize
        rows = [("step", "family", "writes", "offset", "kFLOP", "detail")]
        for i, step in enumerate(self.steps):
            result = step.writes[0] if step.writes else None
            rows.append(
                (
                    f"{'b' if i >= self.boundary else 'f'}{i}",
                    step.family,
                    f"{result.label} [{result.size}]" if result else "-",
                    str(self.placement.offsets[result]) if result else "-",
                    f"{step.flops() / 1000:.3f}",
                    step.text(),
                )
            )
        widths = [max(len(row[c]) for row in rows) for c in range(5)]
        below = sum(widths) + 2 * len(widths)
        lines = wrapped(f"{self._head}, tiles of {self.tile} events, arena {self.placement.size * item} bytes")
        for row in rows:
            line = "  ".join(cell.ljust(w) for cell, w in zip(row, (*widths, 0))).rstrip()
            lines += wrapped(line, 0, below) if len(line) > WIDTH else [line]
        return "\n".join(lines)

    @property
    def _head(self) -> str:
        steps, parameters = len(self.steps), sum(slot.size for slot in self.slots)
        return f"plan to {self.purpose}, {self.precision}: {steps} steps, {parameters} parameters, {self.flops} FLOP per event"

    def __repr__(self):
        return f"<{self._head}>"

    def _repr_html_(self) -> str:
        return preformatted(str(self))


def make_plan(
    graph: Graph,
    *,
    precision: str = "float32",
    purpose: str = "train",
    losses: tuple[str, ...] = (),
    output_functions: tuple[str, ...] = (),
    within: Plan | None = None,
    trained: tuple[str, ...] | None = None,
) -> Plan:
    """Plan a graph to "train" (with `losses`, one per output), to "score" (with `output_functions`, one per output), or to give
    the "terms" that its layers add to the loss, event by event.

    within : a plan of a larger network, by the same names, over whose parameters this one works
    trained : names of the blocks that are trained, the others stay as they are; None for all

    Raises OptionError when a layer's kernels do not exist yet.
    """
    require_lowering(graph)
    known = None if within is None else {(slot.node, slot.name): slot for slot in within.slots}
    low = Lowering(known, trained)
    tensors = low.lower_graph(graph)
    low.steps = fold_padding(low.steps, {tensors[output.value] for output in graph.outputs})
    steps, given = list(low.steps), (tensors[""],)
    if purpose != "train":
        results = [tensors[output.value] for output in graph.outputs] if purpose == "score" else _given_terms(low)
        steps, results = _scoring_steps(steps, results)
        steps += _finish(results, output_functions or ("identity",) * len(results))
        steps = _useful(steps, ())
        boundary = len(steps)
    else:
        width = sum(out.value.size for out in graph.outputs)
        given += (Tensor(width, "targets"), Tensor(1, "weights"))
        tape = _find_wanted(steps)
        steps += _losses(graph, tensors, losses, low.terms, given, tape)
        boundary = len(steps)
        for step in reversed(low.steps):
            if step.begins_gradient or any(tape.gradient(t) is not None for t in step.writes):
                step.differentiate(tape)
        backward = _useful(tape.steps, steps)
        steps += _mark_early_updates(_mark_first_uses(backward))
    steps, boundary = insert_conversions(steps, boundary)
    early = {slot.offset for step in steps for slot in step.updated_slots}
    copies = sorted({c for step in steps for c in step.copies})
    spare = sorted({c for step in steps for c in step.spare_copies}.difference(copies))
    ranges = _ranges(low.slots)
    plan = Plan(
        graph=graph,
        precision=precision,
        purpose=purpose,
        steps=tuple(steps),
        boundary=boundary,
        segments=_segments(steps),
        tile=_tile_rows(tuple(steps), boundary, given, precision, low.size),
        given=given,
        slots=tuple(low.slots),
        size=low.size if within is None else within.size,
        ranges=ranges,
        late_ranges=_ranges([slot for slot in low.slots if slot.offset not in early]) if early else ranges,
        transposes=np.array(copies + spare, np.int64).reshape(-1, 4),
        needed=len(copies),
        draws=tuple(low.draws),
        terms=tuple(low.terms),
        state_size=low.state_size,
        flops=sum(step.flops() for step in steps),
    )
    if os.environ.get("TMVALITE_VERIFY"):
        verify_plan(plan)
    return plan


def _given_terms(low) -> list[Tensor]:
    return [term.x for term in low.terms if term.x is not None and not term.reported]


def _useful(steps, others) -> list[Step]:
    """The steps without those whose results nobody uses: neither they themselves nor `others`, nor a trained parameter."""
    needed = {tensor for step in others for tensor in step.reads}
    kept = []
    for step in reversed(steps):
        trains = any(slot.trained for slot in step.gradient_slots)
        ends = not step.writes and not step.gradient_slots  # results handed over, losses
        if trains or ends or step.hidden_state or any(tensor in needed for tensor in step.writes):
            needed.update(step.reads)
            kept.append(step)
    return kept[::-1]


def _scoring_steps(steps, results):
    """The forward steps without those that only training has, and the results; values that fall away are replaced."""
    replaced: dict[Tensor, Tensor] = {}
    out = []
    for step in steps:
        if step.identity_when_scoring:
            replaced[step.y] = replaced.get(step.x, step.x)
        elif not step.training_only:
            out.append(step.substitute(replaced).for_scoring())
    return out, [replaced.get(tensor, tensor) for tensor in results]


def _finish(results, functions):
    """Output functions, and the results handed over."""
    steps, column = [], 0
    for x, function in zip(results, functions, strict=True):
        if function != IDENTITY:
            y = Tensor(x.size, f"{function}({x.label})", x.shape)
            steps.append(Softmax(x, y, x.size) if function == "softmax" else Map(x, y, activation_of(function).name))
            x = y
        steps.append(Store(x, column))
        column += x.size
    return steps


def _losses(graph, tensors, losses, terms, given, tape):
    """One loss per output and the terms of layers, each writing the gradient with which the backward pass begins."""
    steps, column = [], 0
    for slot, (output, kind) in enumerate(zip(graph.outputs, losses)):
        x = tensors[output.value]
        grad, add = tape.target(x) if x in tape.wanted else (None, False)
        steps.append(LossStep(x, *given[1:], kind, column, slot, grad, add))
        column += x.size
    for slot, term in enumerate(terms, len(graph.outputs)):
        if term.x is not None:
            wanted = term.x in tape.wanted and not term.reported
            grad, add = tape.target(term.x) if wanted else (None, False)
            steps.append(LossStep(term.x, *given[1:], term.kind, 0, slot, grad, add))
    return steps


def _find_wanted(steps) -> Tape:
    """A tape that knows which tensors depend on parameters."""
    tape = Tape()
    for step in steps:
        if any(slot.trained for slot in step.slots) or any(t in tape.wanted for t in step.reads):
            tape.wanted.update(step.writes)
    return tape


def _mark_first_uses(steps):
    """The first step that writes the gradient of a parameter overwrites; others of the same parameter add."""
    seen, out = set(), []
    for step in steps:
        offsets = {slot.offset for slot in step.gradient_slots}
        if offsets & seen:
            step = replace(step, first_use=False)
        seen |= offsets
        out.append(step)
    return out


def _mark_early_updates(steps):
    """Steps that alone write the gradient of a parameter update it if they can. Whoever reads the parameter comes before."""
    writers = Counter([slot.offset for step in steps for slot in step.gradient_slots])
    return [
        step.update_early() if step.gradient_slots and all(writers[s.offset] == 1 for s in step.gradient_slots) else step
        for step in steps
    ]


def _segments(steps) -> tuple[tuple[int, int, int], ...]:
    """Cut the steps behind every run of batch-wide ones."""
    out, at = [], 0
    while at < len(steps):
        start = stop = at
        while stop < len(steps) and not steps[stop].batch_wide:
            stop += 1
        end = stop
        while end < len(steps) and steps[end].batch_wide:
            end += 1
        out.append((start, stop, end))
        at = end
    return tuple(out)


def _tile_rows(steps, boundary, given, precision, size) -> int:
    """As many as the second cache holds, or as keep a tile smaller than `size` parameters, which every tile goes through.

    What only groups of steps need is not counted, since they pass a few events at a time.
    """
    item = np.dtype(precision).itemsize
    most, (_, sixteen_rows) = MOST_ROWS, assign_offsets(steps, given, ALIGNMENT)
    groups = find_groups(steps, boundary, MOST_ROWS, item)
    if any(events != WHOLE for *_, events in groups):
        size, most = BESIDE * size, min(MOST_GROUPED_ROWS, int(MOST_BYTES // (sixteen_rows / ALIGNMENT * item)))
        sixteen_rows = ALIGNMENT * sum(t.size for t in outside(steps, groups) if t.per_event)
    rows = int(max(LEAST_ROWS, min(most, max(ARENA_BYTES, size * item) // (sixteen_rows / ALIGNMENT * item))))
    return rows - rows % max(step.whole_rows for step in steps)


def _ranges(slots) -> np.ndarray:
    """Trained parts of the flat vector, neighbours of the same kind joined."""
    out: list[list[int]] = []
    for slot in sorted(slots, key=lambda slot: slot.offset):
        if not slot.trained:
            continue
        stop = slot.stop
        if out and out[-1][2] == slot.decays and slot.offset - out[-1][1] < ALIGNMENT:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([slot.offset, stop, int(slot.decays)])
    return np.array(out, np.int64).reshape(-1, 3)

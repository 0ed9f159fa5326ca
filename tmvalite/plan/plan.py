"""The plan: graph -> steps -> offsets -> descriptor tables. Immutable; runs any number of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.graph.check import require_lowering
from tmvalite.graph.ir import Graph
from tmvalite.kernels.execute import STEP_WIDTH

from .buffers import ALIGNMENT, assign_offsets
from .families.copy import Store
from .families.loss import Loss
from .families.map import Map
from .families.product import Product, ProductWeights
from .families.random import Dropout
from .families.softmax import Softmax
from .formats import insert_conversions
from .lowering import Lowering
from .step import Slot, Step, Tape, Tensor

ARENA_BYTES = 384 * 1024  # what one tile may fill: it stays in the second cache beside the weights
LEAST_ROWS, MOST_ROWS = 32, 64
SHARE_FLOPS = 10_000_000  # arithmetic worth a share of its own
MOST_SHARES = 8


@dataclass(frozen=True)
class Plan:
    """Descriptor tables and sizes for one graph, precision and purpose.

    table : (steps, STEP_WIDTH) int64, forward steps first, column 0 left for the addresses of the kernels
    tile : rows that one arena holds; arena_size : its elements; inputs, targets, weights : offsets of the tiles that
    the executor fills; slots : the parameters; size : elements of the flat parameter vector; ranges : (start, stop,
    decays) of the trained parts; transposes : (from, to, rows, columns) of weight copies for the backward pass;
    drops : node and rate of every dropout slot; flops : arithmetic per event and pass.
    """

    graph: Graph
    precision: str
    purpose: str
    steps: tuple[Step, ...]
    boundary: int
    offsets: dict[Tensor, int]
    table: np.ndarray
    tile: int
    arena_size: int
    inputs: int
    targets: int
    weights: int
    slots: tuple[Slot, ...]
    size: int
    ranges: np.ndarray
    transposes: np.ndarray
    drops: tuple[tuple[str, float], ...]
    flops: int

    def shares(self, rows: int) -> int:
        """Into how many shares a batch is cut: a function of graph and batch size only."""
        worth, shares = rows * self.flops // SHARE_FLOPS, 1
        while shares * 2 <= min(worth, MOST_SHARES, rows):
            shares *= 2
        return shares

    def __str__(self):
        item = np.dtype(self.precision).itemsize
        rows = [("step", "family", "writes", "offset", "MFLOP/1000 events", "detail")]
        for i, step in enumerate(self.steps):
            result = step.writes[0] if step.writes else None
            rows.append(
                (
                    f"{'b' if i >= self.boundary else 'f'}{i}",
                    step.family,
                    f"{result.label} [{result.size}]" if result else "-",
                    str(self.offsets[result]) if result else "-",
                    f"{step.flops() / 1000:.3f}",
                    step.text(),
                )
            )
        widths = [max(len(row[c]) for row in rows) for c in range(5)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, (*widths, 0))).rstrip() for row in rows]
        head = (
            f"plan to {self.purpose}, {self.precision}: {len(self.steps)} steps, {sum(s.size for s in self.slots)} parameters, "
            f"{self.flops} FLOP per event, tiles of {self.tile} events, arena {self.arena_size * item} bytes"
        )
        return "\n".join([head, *lines])


def make_plan(
    graph: Graph,
    *,
    precision: str = "float32",
    purpose: str = "train",
    losses: tuple[str, ...] = (),
    output_functions: tuple[str, ...] = (),
) -> Plan:
    """Plan a graph to "train" (with `losses`, one per output) or to "score" (with `output_functions`: sigmoid, softmax,
    identity, one per output).

    Raises OptionError when a layer's kernels do not exist yet.
    """
    require_lowering(graph)
    low = Lowering()
    tensors = low.lower_graph(graph)
    event = tensors[""]
    steps, column, extra = list(low.steps), 0, ()
    if purpose == "score":
        steps = _without_dropout(steps, tensors)
        for output, function in zip(graph.outputs, output_functions):
            x = tensors[output.value]
            if function != "identity":
                y = Tensor(x.size, f"{function}({x.label})", x.shape)
                steps.append(Softmax(x, y, x.size) if function == "softmax" else Map(x, y, "SIGMOID"))
                x = y
            steps.append(Store(x, column))
            column += x.size
        boundary = len(steps)
    else:
        tape = _find_wanted(steps)
        width = sum(out.value.size for out in graph.outputs)
        extra = (Tensor(width, "targets"), Tensor(1, "weights"))
        for slot, (output, kind) in enumerate(zip(graph.outputs, losses)):
            x = tensors[output.value]
            grad, add = tape.target(x) if x in tape.wanted else (None, False)
            steps.append(Loss(x, *extra, kind, column, slot, grad, add))
            column += x.size
        boundary = len(steps)
        for step in reversed(low.steps):
            if any(tape.gradient(t) is not None for t in step.writes):
                step.differentiate(tape)
        steps += _mark_first_uses(tape.steps)
    steps, boundary = insert_conversions(steps, boundary)
    given = (event, *extra)
    tile = _tile_rows(steps, given, precision)
    offsets, arena = assign_offsets(steps, given, tile)
    table = np.zeros((len(steps), STEP_WIDTH), np.int64)
    for row, step in zip(table, steps):
        code = step.encode(lambda tensor: (offsets[tensor], tensor.size))
        row[1 : 1 + len(code)] = code
    table.flags.writeable = False
    copies = [
        (s.weights.offset, s.weights.offset, s.x.size, s.y.size)
        for s in steps
        if isinstance(s, Product) and not s.narrow and purpose == "train"
    ]
    return Plan(
        graph,
        precision,
        purpose,
        tuple(steps),
        boundary,
        offsets,
        table,
        tile,
        arena,
        offsets[event],
        *([offsets[tensor] for tensor in extra] or (0, 0)),
        tuple(low.slots),
        low.size,
        _ranges(low.slots),
        np.array(copies, np.int64).reshape(-1, 4),
        tuple(low.drops),
        sum(step.flops() for step in steps),
    )


def _without_dropout(steps, tensors):
    """Scoring: dropout gives its input."""
    replaced: dict[Tensor, Tensor] = {}
    out = []
    for step in steps:
        if isinstance(step, Dropout):
            replaced[step.y] = replaced.get(step.x, step.x)
        else:
            out.append(step.substitute(replaced))
    for name, tensor in tensors.items():
        tensors[name] = replaced.get(tensor, tensor)
    return out


def _find_wanted(steps) -> Tape:
    """A tape that knows which tensors depend on parameters."""
    tape = Tape()
    for step in steps:
        if isinstance(step, Product) or any(t in tape.wanted for t in step.reads):
            tape.wanted.update(step.writes)
    return tape


def _mark_first_uses(steps):
    """The first step that writes a weight gradient overwrites; others of the same weights add."""
    seen, out = set(), []
    for step in steps:
        if isinstance(step, ProductWeights):
            if step.weights.offset in seen:
                step = ProductWeights(step.x, step.grad, step.weights, step.bias, step.narrow, False)
            seen.add(step.weights.offset)
        out.append(step)
    return out


def _tile_rows(steps, given, precision) -> int:
    _, sixteen_rows = assign_offsets(steps, given, ALIGNMENT)
    row_bytes = sixteen_rows / ALIGNMENT * np.dtype(precision).itemsize
    return int(max(LEAST_ROWS, min(MOST_ROWS, ARENA_BYTES // row_bytes)))


def _ranges(slots) -> np.ndarray:
    """Trained parts of the flat vector, neighbours of the same kind joined."""
    out: list[list[int]] = []
    for slot in slots:
        if not slot.trained:
            continue
        stop = slot.offset + slot.size
        if out and out[-1][2] == slot.decays and slot.offset - out[-1][1] < ALIGNMENT:
            out[-1][1] = stop
        else:
            out.append([slot.offset, stop, int(slot.decays)])
    return np.array(out, np.int64).reshape(-1, 3)

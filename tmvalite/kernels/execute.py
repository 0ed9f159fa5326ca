"""The compiled program that walks the descriptors of a plan. Nothing is compiled per network.

A plan (tmvalite/plan) is a table of int64 rows, one row a step: the address of a family and its operands. A batch is
cut into shares, a share into tiles of rows that stay in the first caches; the steps run one after the other over a tile.

`execute` has three tasks. SCORE: forward over all rows, results into `out`. EVALUATE: forward and loss. TRAIN: whole
optimisation steps. All threads call it together, each with its own arena and the same `context`, a table of int64
sizes and addresses (columns below); the arrays behind the addresses are kept alive by training/network.py, which also
checks every size before a call.

Same bits for any number of threads: shares depend on the batch size only, every share has its own gradient, and the
sums over shares follow one tree.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from . import family, optimizer
from ._jit import address_of, doubles_at, entry_point, integers_at, is_null, kernel, number, pointer, pointer_at, shift
from .threads import barrier
from .transpose import transpose

SCORE, EVALUATE, TRAIN = range(3)
STEP_WIDTH = 32

# columns of the context
_COLUMNS = (
    "STEPS_TABLE FORWARD_STEPS ALL_STEPS TILE INPUT TARGET_TILE WEIGHT_TILE THETA COPIES GRADS SIZE TARGETS TARGET_WIDTH "
    "WEIGHTS ORDER BATCHES STEPS FIRST_STEP EPOCH TIME OPTIMIZER REGULARIZATION FIRST_MOMENT SECOND_MOMENT SCALARS RANGES "
    "RANGE_COUNT TRANSPOSES TRANSPOSE_COUNT DROPS DROP_SCALES LOSS_SCALES SHARE_LOSSES LOSSES SYNC THREADS NORMALISE "
    "MINIMUM FACTOR BLOCK"
).split()
CONTEXT = {name: i for i, name in enumerate(_COLUMNS)}
CONTEXT_SIZE = len(_COLUMNS)
(
    C_STEPS_TABLE,
    C_FORWARD_STEPS,
    C_ALL_STEPS,
    C_TILE,
    C_INPUT,
    C_TARGET_TILE,
    C_WEIGHT_TILE,
    C_THETA,
    C_COPIES,
    C_GRADS,
    C_SIZE,
    C_TARGETS,
    C_TARGET_WIDTH,
    C_WEIGHTS,
    C_ORDER,
    C_BATCHES,
    C_STEPS,
    C_FIRST_STEP,
    C_EPOCH,
    C_TIME,
    C_OPTIMIZER,
    C_REGULARIZATION,
    C_FIRST_MOMENT,
    C_SECOND_MOMENT,
    C_SCALARS,
    C_RANGES,
    C_RANGE_COUNT,
    C_TRANSPOSES,
    C_TRANSPOSE_COUNT,
    C_DROPS,
    C_DROP_SCALES,
    C_LOSS_SCALES,
    C_SHARE_LOSSES,
    C_LOSSES,
    C_SYNC,
    C_THREADS,
    C_NORMALISE,
    C_MINIMUM,
    C_FACTOR,
    C_BLOCK,
) = range(CONTEXT_SIZE)


@intrinsic
def _call_family(typingctx, address, d, run, arena, theta, copies, grad):
    """Call the family at `address`."""

    def codegen(context, builder, signature, args):
        function = ir.FunctionType(ir.DoubleType(), [a.type for a in args[1:]])
        return builder.call(builder.inttoptr(args[0], function.as_pointer()), args[1:])

    return types.float64(types.int64, d, d, arena, arena, arena, arena), codegen


@kernel
def run_steps(table, start, stop, run, arena, theta, copies, grad):
    """Run steps `start` to `stop` of a table; returns the sum of the losses met."""
    total = 0.0
    for s in range(start, stop):
        d = shift(table, s * STEP_WIDTH)
        total += _call_family(d[0], d, run, arena, theta, copies, grad)
    return total


@kernel
def load_rows(rows, width, x, order, first, y, normalise, minimum, factor):
    """Gather events into the input tile, normalised to [-1, 1] as TMVA's N does when `normalise` is set."""
    one, two = number(y[0], 1.0), number(y[0], 2.0)
    for r in range(rows):
        index = first + r if is_null(order) else order[first + r]
        source, target = shift(x, index * width), shift(y, r * width)
        if normalise:
            for i in range(width):
                target[i] = (source[i] - minimum[i]) * factor[i] * two - one
        else:
            for i in range(width):
                target[i] = source[i]


@kernel
def spoil_rows(rows, width, x, out, out_width):
    """Rows of `out` become NaN where the row of x has a value that is not finite."""
    zero = number(x[0], 0.0)
    bad = 0
    for i in range(rows * width):
        bad |= 0 if x[i] - x[i] == zero else 1
    if bad:
        for r in range(rows):
            row, spoiled = shift(x, r * width), 0
            for i in range(width):
                spoiled |= 0 if row[i] - row[i] == zero else 1
            if spoiled:
                target = shift(out, r * out_width)
                for i in range(out_width):
                    target[i] = number(x[0], np.nan)


@kernel
def optimise(thread, threads, shares, t, context, theta, like):
    """Sum the shares' gradients and update this thread's slice of the parameters."""
    size, ranges = context[C_SIZE], integers_at(context[C_RANGES])
    grads = pointer_at(context[C_GRADS], like)
    first, second = pointer_at(context[C_FIRST_MOMENT], like), pointer_at(context[C_SECOND_MOMENT], like)
    scalars = doubles_at(context[C_SCALARS])
    lines = (size + 15) // 16  # slices end on cache lines
    low, high = lines * thread // threads * 16, min(size, lines * (thread + 1) // threads * 16)
    decay = number(theta[0], scalars[optimizer.DECAY])
    for r in range(context[C_RANGE_COUNT]):  # start stop decays
        start, stop = max(low, ranges[3 * r]), min(high, ranges[3 * r + 1])
        if start < stop:
            n, g = stop - start, shift(grads, start)
            optimizer.add_shares(shares, size, n, g)
            if ranges[3 * r + 2]:
                optimizer.add_decay(context[C_REGULARIZATION], decay, n, shift(theta, start), g)
            optimizer.update(
                context[C_OPTIMIZER], scalars, t, n, shift(theta, start), g, shift(first, start), shift(second, start)
            )


@kernel
def refresh_copies(thread, threads, context, theta, like):
    """Transposed copies of the weights that backward steps read: (in, out) -> (out, in)."""
    copies, table = pointer_at(context[C_COPIES], like), integers_at(context[C_TRANSPOSES])
    for i in range(thread, context[C_TRANSPOSE_COUNT], threads):  # from to rows columns
        d = shift(table, 4 * i)
        transpose(d[2], d[3], shift(theta, d[0]), d[3], shift(copies, d[1]), d[2])


def _signature(element):
    integer = types.int64
    return (integer, integer, integer[::1], integer[::1], element[::1], element[:, ::1], element[:, ::1])


@entry_point(_signature)
def execute(task, thread, context, call, work, x, out):
    """Run a task as thread number `thread`.

    call (RUN_SIZE,) and work: this thread's run block and arena; x (N, D) events; out (N, outputs) for SCORE.
    """
    ctx, run = pointer(context, 0), pointer(call, 0)
    arena = pointer(work, 0)
    data, results = pointer(x, 0), pointer(out, 0)
    width, out_width = x.shape[1], out.shape[1]
    threads, tile, size = ctx[C_THREADS], ctx[C_TILE], ctx[C_SIZE]
    theta = pointer_at(ctx[C_THETA], arena)
    copies, grads = pointer_at(ctx[C_COPIES], arena), pointer_at(ctx[C_GRADS], arena)
    inputs, target_tile, weight_tile = (
        shift(arena, ctx[C_INPUT]),
        shift(arena, ctx[C_TARGET_TILE]),
        shift(arena, ctx[C_WEIGHT_TILE]),
    )
    targets, weights, target_width = pointer_at(ctx[C_TARGETS], arena), pointer_at(ctx[C_WEIGHTS], arena), ctx[C_TARGET_WIDTH]
    minimum, factor = pointer_at(ctx[C_MINIMUM], arena), pointer_at(ctx[C_FACTOR], arena)
    order, batches = integers_at(ctx[C_ORDER] if task == TRAIN else 0), integers_at(ctx[C_BATCHES])
    losses, unit_losses, sync = doubles_at(ctx[C_LOSSES]), doubles_at(ctx[C_SHARE_LOSSES]), integers_at(ctx[C_SYNC])
    table, training = integers_at(ctx[C_STEPS_TABLE]), task == TRAIN
    steps = ctx[C_ALL_STEPS] if training else ctx[C_FORWARD_STEPS]
    block = tile if task == SCORE else ctx[C_BLOCK]
    run[family.ROW0], run[family.TRAINING], run[family.EPOCH] = 0, training, ctx[C_EPOCH]
    run[family.DROPS], run[family.DROP_SCALES], run[family.LOSS_SCALES] = ctx[C_DROPS], ctx[C_DROP_SCALES], ctx[C_LOSS_SCALES]
    run[family.OUT_WIDTH] = out_width

    # A unit of work is a share of a batch when training, else a block of rows.
    for step in range(ctx[C_STEPS] if training else 1):
        start, count, units = 0, x.shape[0], (x.shape[0] + block - 1) // block
        if training:
            batch = shift(batches, 3 * step)  # start stop shares
            start, count, units = batch[0], batch[1] - batch[0], batch[2]
        run[family.STEP], run[family.COUNT] = ctx[C_FIRST_STEP] + step, count
        for unit in range(thread, units, threads):
            low, high = unit * block, min(count, (unit + 1) * block)
            if training:
                low, high = count * unit // units, count * (unit + 1) // units
            grad = shift(grads, unit * size if training else 0)
            total = 0.0
            for first in range(low, high, tile):
                n = min(tile, high - first)
                load_rows(n, width, data, order, start + first, inputs, ctx[C_NORMALISE], minimum, factor)
                if task != SCORE:
                    load_rows(n, target_width, targets, order, start + first, target_tile, 0, minimum, factor)
                    load_rows(n, 1, weights, order, start + first, weight_tile, 0, minimum, factor)
                run[family.ROWS], run[family.FIRST], run[family.FRESH] = n, first, first == low
                run[family.OUT] = address_of(shift(results, first * out_width if task == SCORE else 0))
                total += run_steps(table, 0, steps, run, arena, theta, copies, grad)
                if task == SCORE:
                    spoil_rows(n, width, shift(data, first * width), shift(results, first * out_width), out_width)
            if task != SCORE:
                unit_losses[unit] = total
        if training:
            barrier(threads, sync)
            optimise(thread, threads, units, ctx[C_TIME] + step + 1, ctx, theta, arena)
            barrier(threads, sync)
            refresh_copies(thread, threads, ctx, theta, arena)
            if thread == 0:
                total = 0.0
                for unit in range(units):
                    total += unit_losses[unit]
                losses[step] = total / count
            barrier(threads, sync)

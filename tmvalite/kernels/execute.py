"""The compiled program that walks the descriptors of a plan. Nothing is compiled per network.

A plan (tmvalite/plan) is a table of int64 rows, one row a step: the address of a family and its operands. A batch is
cut into shares, a share into tiles of rows that stay in the first caches; the steps run one after the other over a tile.
Steps that need the whole batch (batch statistics) end a segment: all tiles of all shares pass it, then those steps run
once. With several segments every share has an arena that holds all its rows, else every thread one for a tile.

`execute` has three tasks. SCORE: forward over all rows, results into `out`. EVALUATE: forward and loss. TRAIN: whole
optimisation steps. All threads call it together, each with its own arena and the same `context`, a table of int64
sizes and addresses (kernels/context.py); the arrays behind the addresses are kept alive by training/network.py, which also
checks every size before a call.

Same bits for any number of threads: shares depend on the batch size only, every share has its own gradient, and the
sums over shares follow one tree. A process may do some of the shares of a batch, and leave the update to another one.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from . import context as c
from . import family, optimizer
from ._jit import address_of, doubles_at, entry_point, integers_at, is_null, kernel, number, pointer, pointer_at, shift
from .denormals import flush_denormals, restore_denormals
from .threads import barrier
from .transpose import transpose

SCORE, EVALUATE, TRAIN = range(3)
STEP_WIDTH = 32


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
def run_groups(table, groups, start, stop, run, arena, theta, copies, grad):
    """As `run_steps`; steps of a group run over a few events of the tile one after the other, before the next few."""
    total, s = 0.0, start
    n, row, first, fresh = run[family.ROWS], run[family.ROW0], run[family.FIRST], run[family.FRESH]
    while s < stop:
        end, few = min(groups[2 * s], stop), groups[2 * s + 1]
        for r in range(0, n, few if few else n):
            run[family.ROWS], run[family.ROW0], run[family.FIRST] = min(few if few else n, n - r), row + r, first + r
            run[family.FRESH] = fresh and r == 0
            total += run_steps(table, s, end, run, arena, theta, copies, grad)
        s = end
    run[family.ROWS], run[family.ROW0], run[family.FIRST], run[family.FRESH] = n, row, first, fresh
    return total


@kernel
def run_steps_together(table, splits, start, stop, run, arena, theta, copies, grad, sync):
    """As `run_steps`, by several threads: a step with `splits` by all of them, each its part, the others by the first."""
    total = 0.0
    barrier(run[family.PARTS], sync)
    for s in range(start, stop):
        d = shift(table, s * STEP_WIDTH)
        if splits[s] or run[family.PART] == 0:
            total += _call_family(d[0], d, run, arena, theta, copies, grad)
        barrier(run[family.PARTS], sync)
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
def optimise(thread, threads, shares, t, late, context, theta, grads):
    """Sum the shares' gradients and update this thread's slice of the parameters; `late`: of those that no step has updated."""
    size, ranges = context[c.SIZE], integers_at(context[c.LATE_RANGES if late else c.RANGES])
    lines = (size + 15) // 16  # slices end on cache lines
    low, high = lines * thread // threads * 16, min(size, lines * (thread + 1) // threads * 16)
    for r in range(context[c.LATE_COUNT if late else c.RANGE_COUNT]):  # start stop decays
        start, stop = max(low, ranges[3 * r]), min(high, ranges[3 * r + 1])
        if start < stop:
            g = shift(grads, start)
            optimizer.add_shares(shares, size, stop - start, g)
            optimizer.update_range(context, t, start, stop - start, ranges[3 * r + 2], g, theta)


@kernel
def refresh_copies(thread, threads, context, theta, like):
    """Transposed copies of the weights that backward steps read: (in, out) -> (out, in)."""
    copies, table = pointer_at(context[c.COPIES], like), integers_at(context[c.TRANSPOSES])
    for i in range(thread, context[c.TRANSPOSE_COUNT], threads):  # from to rows columns
        d = shift(table, 4 * i)
        transpose(d[2], d[3], shift(theta, d[0]), d[3], shift(copies, d[1]), d[2])


@kernel
def clear(n, x):
    for i in range(n):
        x[i] = 0.0


@kernel
def sum_terms(units, n, count, unit_terms, terms):
    """The mean per event of every term of the loss, from the sums of the shares."""
    for t in range(n):
        total = 0.0
        for unit in range(units):
            total += unit_terms[unit * n + t]
        terms[t] = total / count


def _signature(element):
    integer = types.int64
    return (integer, integer, integer[::1], integer[::1], element[::1], element[:, ::1], element[:, ::1])


@kernel
def even_tile(n, tile):
    """Rows of a tile where n events are cut into as few tiles as may be, about equally long."""
    tiles = max(1, (n + tile - 1) // tile)
    return max(1, (n + tiles - 1) // tiles)


@kernel
def load_tile(rows, x, width, order, first, run, ctx, arena, with_targets):
    """Fill the tensors that a plan is given: the events and, when there is a loss, targets and weights."""
    minimum, factor = pointer_at(ctx[c.MINIMUM], arena), pointer_at(ctx[c.FACTOR], arena)
    row = run[family.ROW0]
    load_rows(rows, width, x, order, first, shift(arena, ctx[c.INPUT] + row * width), ctx[c.NORMALISE], minimum, factor)
    if with_targets:
        wide = ctx[c.TARGET_WIDTH]
        targets, weights = pointer_at(ctx[c.TARGETS], arena), pointer_at(ctx[c.WEIGHTS], arena)
        load_rows(rows, wide, targets, order, first, shift(arena, ctx[c.TARGET_TILE] + row * wide), 0, minimum, factor)
        load_rows(rows, 1, weights, order, first, shift(arena, ctx[c.WEIGHT_TILE] + row), 0, minimum, factor)


@entry_point(_signature)
def execute(task, thread, context, call, work, x, out):
    """Run a task as thread number `thread`.

    call (RUN_SIZE,) and work: this thread's run block and arena; x (N, D) events; out (N, outputs) for SCORE.
    """
    word = flush_denormals()
    ctx, run = pointer(context, 0), pointer(call, 0)
    memory, data, results = pointer(work, 0), pointer(x, 0), pointer(out, 0)
    width, out_width = x.shape[1], out.shape[1]
    threads, tile, size, stride = ctx[c.THREADS], ctx[c.TILE], ctx[c.SIZE], ctx[c.ARENA_STRIDE]
    theta = pointer_at(ctx[c.THETA], memory)
    copies, grads = pointer_at(ctx[c.COPIES], memory), pointer_at(ctx[c.GRADS], memory)
    order, batches = integers_at(ctx[c.ORDER] if task == TRAIN else 0), integers_at(ctx[c.BATCHES])
    losses, unit_losses, sync = doubles_at(ctx[c.LOSSES]), doubles_at(ctx[c.UNIT_LOSSES]), integers_at(ctx[c.SYNC])
    terms, term_count = doubles_at(ctx[c.TERMS]), ctx[c.TERM_COUNT]
    table, segments, training = integers_at(ctx[c.STEPS_TABLE]), integers_at(ctx[c.SEGMENTS]), task == TRAIN
    splits, shared = integers_at(ctx[c.SPLITS]), pointer_at(ctx[c.SHARED_ARENA], memory)
    groups = integers_at(ctx[c.GROUPS])
    block = tile if task == SCORE else ctx[c.BLOCK]
    run[family.ROW0], run[family.TRAINING], run[family.EPOCH] = 0, training, ctx[c.EPOCH]
    run[family.KEYS], run[family.SETTINGS], run[family.LOSS_SCALES] = ctx[c.KEYS], ctx[c.SETTINGS], ctx[c.LOSS_SCALES]
    run[family.STATES], run[family.STATE_SIZE], run[family.BATCH_STATE] = ctx[c.STATES], ctx[c.STATE_SIZE], ctx[c.BATCH_STATE]
    run[family.OUT_WIDTH], run[family.ARENA_STRIDE], run[family.SCRATCH] = out_width, stride, ctx[c.SCRATCH]
    run[family.COPIED], run[family.EARLY], run[family.CONTEXT] = ctx[c.COPIED], 0, address_of(ctx)

    # A unit of work is a share of a batch when training, else a block of rows.
    for step in range(ctx[c.STEPS] if training else 1):
        start, count, units = 0, x.shape[0], (x.shape[0] + block - 1) // block
        mine, end = 0, units
        if training:
            batch = shift(batches, 5 * step)  # start stop shares, and the first and last + 1 of them that are done here
            start, count, units, mine, end = batch[0], batch[1] - batch[0], batch[2], batch[3], batch[4]
        run[family.STEP], run[family.TIME] = ctx[c.FIRST_STEP] + step, ctx[c.TIME] + step
        run[family.COUNT], run[family.SHARES] = count, units
        # with one share for several threads they pass its steps side by side
        together = training and threads > 1 and units == 1
        leads = thread == 0 or not together
        run[family.EARLY] = training and units == 1 and count <= tile
        run[family.PART], run[family.PARTS] = thread if together else 0, threads if together else 1
        for segment in range(ctx[c.SEGMENT_COUNT] if training else 1):
            steps = shift(segments, 3 * segment)  # start stop end
            stop = steps[1] if training else ctx[c.FORWARD_STEPS]
            for unit in range(mine if together else mine + thread, end, threads):
                at = unit - mine
                low, high = unit * block, min(count, (unit + 1) * block)
                if training:
                    low, high = count * unit // units, count * (unit + 1) // units
                arena = shared if together else shift(memory, at * stride)
                grad = shift(grads, at * size if training else 0)
                run[family.STATE] = ctx[c.STATES] + 8 * at * ctx[c.STATE_SIZE]
                total = unit_losses[at] if segment else 0.0
                run[family.TERMS] = ctx[c.UNIT_TERMS] + 8 * at * term_count
                if segment == 0 and task != SCORE and leads:
                    clear(term_count, doubles_at(run[family.TERMS]))
                even = even_tile(high - low, tile)
                for first in range(low, high, even):
                    n = min(even, high - first)
                    run[family.ROWS], run[family.FIRST], run[family.FRESH] = n, ctx[c.FIRST_ROW] + first, first == low
                    run[family.ROW0] = first - low if stride else 0
                    if segment == 0 and leads:
                        load_tile(n, data, width, order, start + first, run, ctx, arena, task != SCORE)
                    result = shift(results, first * out_width if task == SCORE else 0)
                    run[family.OUT] = address_of(result)
                    if together:
                        total += run_steps_together(table, splits, steps[0], stop, run, arena, theta, copies, grad, sync)
                    else:
                        total += run_groups(table, groups, steps[0], stop, run, arena, theta, copies, grad)
                    if task == SCORE:
                        spoil_rows(n, width, shift(data, first * width), result, out_width)
                if task != SCORE and leads:
                    unit_losses[at] = total
            if training and stop < steps[2]:
                barrier(threads, sync)
                if thread == 0:  # what these steps add to the loss counts for the first share
                    run[family.TERMS] = ctx[c.UNIT_TERMS]
                    unit_losses[0] += run_steps(table, stop, steps[2], run, memory, theta, copies, grads)
                barrier(threads, sync)
        if training:
            barrier(threads, sync)
            optimise(thread, threads, end - mine, ctx[c.TIME] + step + 1, run[family.EARLY] != 0, ctx, theta, grads)
            barrier(threads, sync)
            refresh_copies(thread, threads, ctx, theta, memory)
            if thread == 0:
                total = 0.0
                for at in range(end - mine):
                    total += unit_losses[at]
                losses[step] = total / count
                sum_terms(end - mine, term_count, count, doubles_at(ctx[c.UNIT_TERMS]), shift(terms, step * term_count))
            barrier(threads, sync)
    restore_denormals(word)

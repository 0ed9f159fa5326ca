"""The one compiled program: it walks the descriptors of a plan. Nothing is compiled per network.

A plan (tmvalite/plan) is two tables of int64 rows, forward and backward, one row a step: the operation, then offsets
into the arena or the parameters, widths and flags (see `run_steps`). A batch is cut into shares, a share into tiles of
rows that stay in the first caches; every step runs over one tile.

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

from . import combine, optimizer
from ._jit import entry_point, inlined_kernel, is_null, kernel, null, pointer, pointer_at, shift
from .activation import activation_backward, activation_forward, number, softmax_backward, softmax_forward
from .loss import loss
from .product import product, product_dot, product_transposed, transpose
from .random import dropout
from .threads import barrier

SCORE, EVALUATE, TRAIN = range(3)

# operations: first column of a step
(PRODUCT, PRODUCT_DATA, PRODUCT_WEIGHTS, MAP, MAP_GRAD, ADD, ADD_PRODUCT, COPY, DROPOUT, SOFTMAX, SOFTMAX_GRAD, LOSS, TO_FEATURES,
 TO_ROWS, STORE) = range(15)
STEP_WIDTH = 12

# columns of the context
_COLUMNS = (
    "FORWARD FORWARD_STEPS BACKWARD BACKWARD_STEPS TILE INPUT TARGET_TILE WEIGHT_TILE "
    "THETA COPIES GRADS SIZE TARGETS TARGET_WIDTH WEIGHTS ORDER BATCHES STEPS FIRST_STEP EPOCH TIME "
    "OPTIMIZER REGULARIZATION FIRST_MOMENT SECOND_MOMENT SCALARS RANGES RANGE_COUNT TRANSPOSES TRANSPOSE_COUNT "
    "DROPS DROP_SCALES LOSS_SCALES SHARE_LOSSES LOSSES SYNC THREADS NORMALISE MINIMUM FACTOR BLOCK"
).split()
CONTEXT = {name: i for i, name in enumerate(_COLUMNS)}
CONTEXT_SIZE = len(_COLUMNS)
(C_FORWARD, C_FORWARD_STEPS, C_BACKWARD, C_BACKWARD_STEPS, C_TILE, C_INPUT, C_TARGET_TILE, C_WEIGHT_TILE,
 C_THETA, C_COPIES, C_GRADS, C_SIZE, C_TARGETS, C_TARGET_WIDTH, C_WEIGHTS, C_ORDER, C_BATCHES, C_STEPS, C_FIRST_STEP, C_EPOCH,
 C_TIME, C_OPTIMIZER, C_REGULARIZATION, C_FIRST_MOMENT, C_SECOND_MOMENT, C_SCALARS, C_RANGES, C_RANGE_COUNT, C_TRANSPOSES,
 C_TRANSPOSE_COUNT, C_DROPS, C_DROP_SCALES, C_LOSS_SCALES, C_SHARE_LOSSES, C_LOSSES, C_SYNC, C_THREADS, C_NORMALISE, C_MINIMUM, C_FACTOR,
 C_BLOCK) = range(CONTEXT_SIZE)


def _address_of(kind):
    @intrinsic
    def at(typingctx, address):
        def codegen(context, builder, signature, args):
            element = ir.IntType(64) if kind == types.int64 else ir.DoubleType()
            return builder.inttoptr(args[0], element.as_pointer())

        return types.CPointer(kind)(types.int64), codegen

    return at


integers_at = _address_of(types.int64)
doubles_at = _address_of(types.float64)


@inlined_kernel
def run_steps(table, steps, rows, arena, theta, copies, grad, overwrite, first_row, step, epoch, drops, drop_scales,
              batch_size, loss_scales, target_tile, target_width, weight_tile, out, out_width, training):
    """Run `steps` rows of a table over one tile of `rows` events; returns the sum of the losses met.

    overwrite: whether weight gradients start from zero (first tile of a share). drops: per dropout slot two key words
    and the threshold of its rate; drop_scales: 1/(1 - rate). first_row: place of the tile in its batch.
    """
    total = 0.0
    for s in range(steps):
        d = shift(table, s * STEP_WIDTH)
        op = d[0]
        if op == PRODUCT:  # x w b y in out narrow
            x, y, wide, out_size = shift(arena, d[1]), shift(arena, d[4]), d[5], d[6]
            bias = shift(theta, d[3]) if d[3] >= 0 else null(theta)
            if d[7]:
                product_dot(rows, out_size, wide, x, wide, shift(theta, d[2]), wide, y, out_size, bias)
            else:
                product(rows, out_size, wide, x, wide, shift(theta, d[2]), out_size, y, out_size, bias, 0)
        elif op == PRODUCT_DATA:  # grad_y w grad_x in out narrow accumulate
            g, result, wide, out_size = shift(arena, d[1]), shift(arena, d[3]), d[4], d[5]
            w = shift(theta, d[2]) if d[6] else shift(copies, d[2])
            product(rows, wide, out_size, g, out_size, w, wide, result, wide, result if d[7] else null(result), wide)
        elif op == PRODUCT_WEIGHTS:  # x grad_y w b in out narrow first_use
            x, g, wide, out_size = shift(arena, d[1]), shift(arena, d[2]), d[5], d[6]
            w = shift(grad, d[3])
            fresh = overwrite and d[8]
            if d[7]:
                product_transposed(out_size, wide, rows, g, out_size, x, wide, w, wide, null(w) if fresh else w, wide)
            else:
                product_transposed(wide, out_size, rows, x, wide, g, out_size, w, out_size, null(w) if fresh else w, out_size)
            if d[4] >= 0:
                b = shift(grad, d[4])
                if fresh:
                    zero = number(b[0], 0.0)
                    for i in range(out_size):
                        b[i] = zero
                combine.sum_rows(rows, out_size, g, b)
        elif op == MAP:  # x y width code
            if d[1] != d[2]:
                combine.copy(rows * d[3], shift(arena, d[1]), shift(arena, d[2]))
            activation_forward(d[4], rows * d[3], shift(arena, d[2]))
        elif op == MAP_GRAD:  # saved grad width code
            activation_backward(d[4], rows * d[3], shift(arena, d[1]), shift(arena, d[2]))
        elif op == ADD:  # a b y width
            if d[1] != d[3]:
                combine.copy(rows * d[4], shift(arena, d[1]), shift(arena, d[3]))
            combine.add(rows * d[4], shift(arena, d[2]), shift(arena, d[3]))
        elif op == ADD_PRODUCT:  # a b y width accumulate
            a, b, y = shift(arena, d[1]), shift(arena, d[2]), shift(arena, d[3])
            if d[5]:
                combine.add_product(rows * d[4], a, b, y)
            else:
                combine.copy(rows * d[4], a, y)
                combine.multiply(rows * d[4], b, y)
        elif op == COPY:  # x ldx y ldy width accumulate repeat
            x, y, lines = shift(arena, d[1]), shift(arena, d[3]), rows * d[7]
            if d[6]:
                if d[2] == d[5] and d[4] == d[5]:
                    combine.add(lines * d[5], x, y)
                else:
                    combine.add_columns(lines, d[5], x, d[2], y, d[4])
            elif d[1] != d[3]:
                if d[2] == d[5] and d[4] == d[5]:
                    combine.copy(lines * d[5], x, y)
                else:
                    combine.copy_columns(lines, d[5], x, d[2], y, d[4])
        elif op == DROPOUT:  # x y width slot
            if d[1] != d[2]:
                combine.copy(rows * d[3], shift(arena, d[1]), shift(arena, d[2]))
            slot = shift(drops, 3 * d[4])
            if training and slot[2] > 0:
                scale = number(theta[0], drop_scales[d[4]])
                dropout(rows, d[3], first_row, step, epoch, slot[0], slot[1], slot[2], scale, shift(arena, d[2]))
        elif op == SOFTMAX:  # x y size width
            if d[1] != d[2]:
                combine.copy(rows * d[3], shift(arena, d[1]), shift(arena, d[2]))
            softmax_forward(rows * d[3] // d[4], d[4], shift(arena, d[2]))
        elif op == SOFTMAX_GRAD:  # saved grad size width
            softmax_backward(rows * d[3] // d[4], d[4], shift(arena, d[1]), shift(arena, d[2]))
        elif op == LOSS:  # o width column code slot grad accumulate
            g = shift(arena, d[6]) if training and d[6] >= 0 else null(arena)
            scale = loss_scales[d[5]]
            total += scale * loss(d[4], rows, d[2], shift(arena, d[1]), shift(arena, target_tile + d[3]), target_width,
                                  shift(arena, weight_tile), scale / batch_size, g, d[7] != 0)
        elif op == TO_FEATURES:  # x y width
            transpose(rows, d[3], shift(arena, d[1]), d[3], shift(arena, d[2]), rows)
        elif op == TO_ROWS:  # x y width
            transpose(d[3], rows, shift(arena, d[1]), rows, shift(arena, d[2]), d[3])
        elif op == STORE:  # o width column
            combine.copy_columns(rows, d[2], shift(arena, d[1]), d[2], shift(out, d[3]), out_width)
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


@inlined_kernel
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
            optimizer.update(context[C_OPTIMIZER], scalars, t, n, shift(theta, start), g, shift(first, start), shift(second, start))


@inlined_kernel
def refresh_copies(thread, threads, context, theta, like):
    """Transposed copies of the weights that backward steps read: (in, out) -> (out, in)."""
    copies, table = pointer_at(context[C_COPIES], like), integers_at(context[C_TRANSPOSES])
    for i in range(thread, context[C_TRANSPOSE_COUNT], threads):  # from to rows columns
        d = shift(table, 4 * i)
        transpose(d[2], d[3], shift(theta, d[0]), d[3], shift(copies, d[1]), d[2])


def _signature(element):
    integer = types.int64
    return (integer, integer, integer[::1], element[::1], element[:, ::1], element[:, ::1])


@entry_point(_signature)
def execute(task, thread, context, work, x, out):
    """Run a task as thread number `thread`. work: this thread's arena; x (N, D) events; out (N, outputs) for SCORE."""
    ctx = pointer(context, 0)
    arena = pointer(work, 0)
    data, results = pointer(x, 0), pointer(out, 0)
    width, out_width = x.shape[1], out.shape[1]
    threads, tile, size = ctx[C_THREADS], ctx[C_TILE], ctx[C_SIZE]
    theta = pointer_at(ctx[C_THETA], arena)
    copies, grads = pointer_at(ctx[C_COPIES], arena), pointer_at(ctx[C_GRADS], arena)
    drops, drop_scales, loss_scales = integers_at(ctx[C_DROPS]), doubles_at(ctx[C_DROP_SCALES]), doubles_at(ctx[C_LOSS_SCALES])
    inputs, target_tile, weight_tile = shift(arena, ctx[C_INPUT]), ctx[C_TARGET_TILE], ctx[C_WEIGHT_TILE]
    targets, weights, target_width = pointer_at(ctx[C_TARGETS], arena), pointer_at(ctx[C_WEIGHTS], arena), ctx[C_TARGET_WIDTH]
    minimum, factor = pointer_at(ctx[C_MINIMUM], arena), pointer_at(ctx[C_FACTOR], arena)
    order, batches = integers_at(ctx[C_ORDER] if task == TRAIN else 0), integers_at(ctx[C_BATCHES])
    losses, unit_losses, sync = doubles_at(ctx[C_LOSSES]), doubles_at(ctx[C_SHARE_LOSSES]), integers_at(ctx[C_SYNC])
    training = task == TRAIN
    block = tile if task == SCORE else ctx[C_BLOCK]

    # One loop for all tasks, so that the steps are compiled once: a unit is a share of a batch when training, else a
    # block of rows.
    for step in range(ctx[C_STEPS] if training else 1):
        start, count, units = 0, x.shape[0], (x.shape[0] + block - 1) // block
        if training:
            batch = shift(batches, 3 * step)  # start stop shares
            start, count, units = batch[0], batch[1] - batch[0], batch[2]
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
                    load_rows(n, target_width, targets, order, start + first, shift(arena, target_tile), 0, minimum, factor)
                    load_rows(n, 1, weights, order, start + first, shift(arena, weight_tile), 0, minimum, factor)
                result = shift(results, first * out_width if task == SCORE else 0)
                for part in range(2 if training else 1):
                    table = integers_at(ctx[C_BACKWARD if part else C_FORWARD])
                    steps = ctx[C_BACKWARD_STEPS if part else C_FORWARD_STEPS]
                    total += run_steps(table, steps, n, arena, theta, copies, grad, first == low, first,
                                       ctx[C_FIRST_STEP] + step, ctx[C_EPOCH], drops, drop_scales, float(count), loss_scales,
                                       target_tile, target_width, weight_tile, result, out_width, training)
                if task == SCORE:
                    spoil_rows(n, width, shift(data, first * width), result, out_width)
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

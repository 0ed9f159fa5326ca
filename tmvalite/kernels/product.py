"""Matrix products: C = init + A B in three forms, all row-major with leading dimensions, all without a library.

Every element of C is one chain of fused multiply-adds over k in increasing order, started from `init` (null: zero; a
row with leading dimension 0: a bias; C itself: accumulate). Which tile computes it does not matter, so its bits depend
neither on the number of rows nor on how a batch was cut. `product_dot` (few columns) uses 16 fixed chains and a fixed
tree instead; the caller chooses between the forms by the layer's shape alone, never by the number of rows.

Tiles are rows x vectors blocks of accumulators held in registers; one LLVM function each, picked by a switch.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES, family, integers_at, is_null, kernel, library, null, number, shift, stack, uses
from .family import CONTEXT, COPIED, EARLY, FRESH, PART, ROWS, TIME, operand, part_of
from .optimizer import update, update_range
from .transpose import transpose
from .vector import I64, Vectors, counted_loop, i64, lanes_of, new_function, switch_call

# vectors in a tile -> most rows, chosen so that accumulators, the loaded vectors and the broadcast fit the registers
if VECTOR_BYTES == 64:  # 32 registers
    MOST_ROWS = {1: 12, 2: 8, 3: 7, 4: 6, 8: 2}
    WIDEST, UNROLL = 4, 1
else:  # 16 registers
    MOST_ROWS = {1: 8, 2: 6, 3: 4, 4: 2, 8: 1}
    WIDEST, UNROLL = 3, 4
ROWS1, ROWS2, ROWS3, ROWS4, ROWS8 = (MOST_ROWS[v] for v in (1, 2, 3, 4, 8))
MASKED = VECTOR_BYTES == 64  # narrower machines pay 20 cycles for a masked store: there only where it is needed
DOT_LANES = 16  # partial sums of the dot form, on every machine
DOT_ROWS = {1: 8, 2: 8, 3: 5, 4: 4} if VECTOR_BYTES == 64 else {1: 4, 2: 2, 3: 1, 4: 1}
DOT1, DOT2, DOT3, DOT4 = (DOT_ROWS[c] for c in (1, 2, 3, 4))

# Where the operands of a product do not fit the first cache (the bits do not depend on any of these)
STEP = 256  # terms that are summed for all rows before the next ones
DEPTH = 128  # the same where B is transposed on the way
PANEL = DEPTH * WIDEST * VECTOR_BYTES  # bytes of so many rows of a tile
GATHER_COLUMNS = 512  # columns from which rows are far apart
LARGE = 2**16  # elements of a matrix from which a transposed copy may cost more than it saves
PART_COLUMNS, PART_ROWS = 4 * WIDEST * VECTOR_BYTES // 4, 24  # a thread's part of a product is a multiple of so many
GATHER_TERMS, GATHER_VECTORS = 64, 8  # terms and vectors of a row of A that are copied together
SUMMED = 4  # vectors of a row that are summed together
GATHERED = GATHER_TERMS * GATHER_VECTORS * VECTOR_BYTES  # their bytes


def _initial(builder, vectors, init, leading, rows, columns, masks):
    """Accumulators loaded from `init`, or zero where init is null; as phis."""
    before = builder.block
    load, start = builder.append_basic_block("init"), builder.append_basic_block("start")
    builder.cbranch(builder.icmp_unsigned("==", init, ir.Constant(init.type, None)), start, load)
    builder.position_at_end(load)
    loaded = [
        vectors.load(builder.gep(init, [builder.add(builder.mul(leading, i64(r)), i64(c * vectors.lanes))]), masks[c])
        for r in range(rows)
        for c in range(columns)
    ]
    builder.branch(start)
    builder.position_at_end(start)
    phis = []
    for value in loaded:
        phi = builder.phi(vectors.type)
        phi.add_incoming(vectors.zero, before)
        phi.add_incoming(value, load)
        phis.append(phi)
    return phis


def _tile(module, element, rows: int, columns: int, transposed: bool):
    """void(k, A, lda, B, ldb, C, ldc, init, ldi, last): one tile; `last` lanes of the last vector are real."""
    name = f"product_{'tn' if transposed else 'nn'}_{element}_{VECTOR_BYTES}_{rows}x{columns}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, p, I64, p, I64, p, I64, I64])
    if function.blocks:
        return function
    k, a, lda, b, ldb, c, ldc, init, ldi, last = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    edge = [None] * (columns - 1) + [vectors.first(last)]
    load_masks = edge if MASKED else [None] * columns
    sums = _initial(builder, vectors, init, ldi, rows, columns, load_masks)
    starts = [builder.gep(a, [i64(r) if transposed else builder.mul(lda, i64(r))]) for r in range(rows)]

    def one(index, sums):
        row = builder.gep(b, [builder.mul(index, ldb)])
        loaded = [vectors.load(builder.gep(row, [i64(v * vectors.lanes)]), load_masks[v]) for v in range(columns)]
        at = builder.mul(index, lda) if transposed else index
        out = list(sums)
        for r in range(rows):
            factor = vectors.broadcast(builder.load(builder.gep(starts[r], [at])))
            for v in range(columns):
                out[r * columns + v] = vectors.fma(factor, loaded[v], out[r * columns + v])
        return out

    def several(index, sums):
        for u in range(UNROLL):
            sums = one(builder.add(index, i64(u)), sums)
        return sums

    index, sums = counted_loop(builder, i64(0), k, UNROLL, sums, several)
    if UNROLL > 1:
        index, sums = counted_loop(builder, index, k, 1, sums, one)

    def write(masks):
        for r in range(rows):
            for v in range(columns):
                where = builder.gep(c, [builder.add(builder.mul(ldc, i64(r)), i64(v * vectors.lanes))])
                vectors.store(sums[r * columns + v], where, masks[v])

    if MASKED:
        write(edge)
    else:
        with builder.if_else(builder.icmp_signed(">=", last, i64(vectors.lanes))) as (full, partial):
            with full:
                write([None] * columns)
            with partial:
                write(edge)
    builder.ret_void()
    return function


def _dot_tile(module, element, rows: int, columns: int):
    """void(k, A, lda, B, ldb, C, ldc, bias): rows x columns dot products along k in DOT_LANES chains and one tree."""
    name = f"product_dot_{element}_{VECTOR_BYTES}_{rows}x{columns}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, p, I64, p, I64, p])
    if function.blocks:
        return function
    k, a, lda, b, ldb, c, ldc, bias = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    # one logical vector of DOT_LANES lanes; LLVM splits it over as many registers as the host needs
    vectors = Vectors(builder, element, DOT_LANES)
    a_rows = [builder.gep(a, [builder.mul(lda, i64(r))]) for r in range(rows)]
    b_rows = [builder.gep(b, [builder.mul(ldb, i64(q))]) for q in range(columns)]

    def one(index, sums, mask=None):
        right = [vectors.load(builder.gep(q, [index]), mask) for q in b_rows]
        out = list(sums)
        for r in range(rows):
            left = vectors.load(builder.gep(a_rows[r], [index]), mask)
            for q in range(columns):
                out[r * columns + q] = vectors.fma(left, right[q], out[r * columns + q])
        return out

    index, sums = counted_loop(builder, i64(0), k, DOT_LANES, [vectors.zero] * (rows * columns), one)
    sums = one(index, sums, vectors.first(builder.sub(k, index)))
    # the tree: halves are added, two outputs sharing one vector, until every output is one lane
    width = DOT_LANES
    while width > 1:
        width //= 2
        halves = [[j for j in range(2 * DOT_LANES) if j % (2 * width) // width == h] for h in (0, 1)]
        merged = []
        for g in range(0, len(sums), 2):
            other = sums[g + 1] if g + 1 < len(sums) else ir.Constant(vectors.type, ir.Undefined)
            merged.append(builder.fadd(vectors.shuffle(sums[g], other, halves[0]), vectors.shuffle(sums[g], other, halves[1])))
        sums = merged
    has_bias = builder.icmp_unsigned("!=", bias, ir.Constant(p, None))
    for r in range(rows):
        for q in range(columns):
            lane = r * columns + q
            total = builder.extract_element(sums[lane // DOT_LANES], ir.Constant(ir.IntType(32), lane % DOT_LANES))
            where = builder.gep(c, [builder.add(builder.mul(ldc, i64(r)), i64(q))])
            builder.store(total, where)
    with builder.if_then(has_bias):
        for r in range(rows):
            for q in range(columns):
                where = builder.gep(c, [builder.add(builder.mul(ldc, i64(r)), i64(q))])
                builder.store(builder.fadd(builder.load(where), builder.load(builder.gep(bias, [i64(q)]))), where)
    builder.ret_void()
    return function


def _tile_cases(builder, element, args, transposed):
    return {
        columns * 32 + rows: (_tile(builder.module, element, rows, columns, transposed), args)
        for columns, most in MOST_ROWS.items()
        for rows in range(1, most + 1)
    }


_I = types.int64


def _piece_signature(element):
    a = types.CPointer(element)
    return types.void(_I, _I, _I, a, _I, a, _I, a, _I, a, _I)


@intrinsic
def _emit_nn(typingctx, rows, columns, k, a, lda, b, ldb, c, ldc, init, ldi, last):
    def codegen(context, builder, signature, args):
        selector = builder.or_(builder.shl(args[1], i64(5)), args[0])
        switch_call(builder, selector, _tile_cases(builder, args[3].type.pointee, args[2:], False))
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a, _I, _I), codegen


@intrinsic
def _emit_tn(typingctx, rows, columns, k, a, lda, b, ldb, c, ldc, init, ldi, last):
    def codegen(context, builder, signature, args):
        selector = builder.or_(builder.shl(args[1], i64(5)), args[0])
        switch_call(builder, selector, _tile_cases(builder, args[3].type.pointee, args[2:], True))
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a, _I, _I), codegen


@intrinsic
def _emit_dot(typingctx, rows, columns, k, a, lda, b, ldb, c, ldc, bias):
    def codegen(context, builder, signature, args):
        element = args[3].type.pointee
        cases = {
            q * 32 + r: (_dot_tile(builder.module, element, r, q), args[2:])
            for q, most in DOT_ROWS.items()
            for r in range(1, most + 1)
        }
        switch_call(builder, builder.or_(builder.shl(args[1], i64(5)), args[0]), cases)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a), codegen


@kernel
def _most_rows(vectors):
    return ROWS1 if vectors == 1 else ROWS2 if vectors == 2 else ROWS3 if vectors == 3 else ROWS4 if vectors == 4 else ROWS8


@kernel
def _vectors_of_tile(left, rows):
    """How many of the `left` vectors the next tile takes: rows few, 8 at a time; else an even split into at most WIDEST."""
    if rows <= ROWS8 and left >= 8:
        return 8
    tiles = (left + WIDEST - 1) // WIDEST
    return (left + tiles - 1) // tiles


@library(_piece_signature)
def product_nn(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """`product` in one go."""
    lanes = lanes_of(a)
    total = (n + lanes - 1) // lanes
    zero = is_null(init)
    j = 0
    while j < total:
        vectors = _vectors_of_tile(total - j, m)
        most = _most_rows(vectors)
        column = j * lanes
        last = min(lanes, n - column - (vectors - 1) * lanes)
        blocks = (m + most - 1) // most
        low, more, i = m // blocks, m % blocks, 0
        for block in range(blocks):
            rows = low + 1 if block < more else low
            start = init if zero else shift(init, i * ldi + column)
            target = shift(c, i * ldc + column)
            _emit_nn(rows, vectors, k, shift(a, i * lda), lda, shift(b, column), ldb, target, ldc, start, ldi, last)
            i += rows
        j += vectors


@library(_piece_signature)
def product_tn(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """`product_transposed` in one go."""
    lanes = lanes_of(a)
    total = (n + lanes - 1) // lanes
    zero = is_null(init)
    j = 0
    while j < total:
        vectors = _vectors_of_tile(total - j, m)
        most = _most_rows(vectors)
        column = j * lanes
        last = min(lanes, n - column - (vectors - 1) * lanes)
        blocks = (m + most - 1) // most
        low, more, i = m // blocks, m % blocks, 0
        for block in range(blocks):
            rows = low + 1 if block < more else low
            start = init if zero else shift(init, i * ldi + column)
            target = shift(c, i * ldc + column)
            _emit_tn(rows, vectors, k, shift(a, i), lda, shift(b, column), ldb, target, ldc, start, ldi, last)
            i += rows
        j += vectors


@intrinsic
def _product_piece(typingctx, m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    def codegen(context, builder, signature, args):
        product_nn.call(builder, args[3].type.pointee, args)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a, _I), codegen


@intrinsic
def _transposed_piece(typingctx, m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    def codegen(context, builder, signature, args):
        product_tn.call(builder, args[3].type.pointee, args)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a, _I), codegen


@library(lambda e: types.void(_I, _I, _I, *[types.CPointer(e), _I] * 3, types.CPointer(e)))
def product_dots(rows, columns, k, a, lda, b, ldb, c, ldc, bias):
    """All tiles of `product_dot`."""
    _emit_dot(rows, columns, k, a, lda, b, ldb, c, ldc, bias)


@intrinsic
def _dot_tile_call(typingctx, rows, columns, k, a, lda, b, ldb, c, ldc, bias):
    def codegen(context, builder, signature, args):
        product_dots.call(builder, args[3].type.pointee, args)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a), codegen


@intrinsic
def copy_vector(typingctx, x, y):
    """One vector from x to y."""

    def codegen(context, builder, signature, args):
        vectors = Vectors(builder, args[0].type.pointee)
        vectors.store(vectors.load(args[0]), args[1])
        return context.get_dummy_value()

    return types.none(x, y), codegen


@kernel
def product(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[m, k] B[k, n]. `init` null for zero; ldi 0 repeats one row (a bias). Overwrites C."""
    # A tile that walked down a long B would load every row of it from another page: a piece of B serves all rows of A
    # first, while C waits for the next piece.
    step = STEP if k > STEP and m > ROWS3 else k
    start, ld = init, ldi
    for first in range(0, k, step):
        _product_piece(m, n, min(step, k - first), shift(a, first), lda, shift(b, first * ldb), ldb, c, ldc, start, ld)
        start, ld = c, ldc


@kernel
def product_of_transpose(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[m, k] B[n, k]^T, B being transposed panel by panel on the way. Otherwise as `product`, same bits."""
    columns, kept = WIDEST * lanes_of(a), stack(PANEL, a)
    for j in range(0, n, columns):
        wide, target = min(columns, n - j), shift(c, j)
        start, ld = init if is_null(init) else shift(init, j), ldi
        for first in range(0, k, DEPTH):
            depth = min(DEPTH, k - first)
            transpose(wide, depth, shift(b, j * ldb + first), ldb, kept, wide)
            _product_piece(m, wide, depth, shift(a, first), lda, kept, wide, target, ldc, start, ld)
            start, ld = target, ldc


@kernel
def product_transposed(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[k, m]^T B[k, n]: weight gradients, k being the events. Otherwise as `product`."""
    # Rows of a wide A lie in few sets of the cache: then some of its columns at a time are copied together, and C, which
    # is larger than the cache, is gone through once.
    if m <= GATHER_COLUMNS or k > GATHER_TERMS:
        _transposed_piece(m, n, k, a, lda, b, ldb, c, ldc, init, ldi)
        return
    lanes, wide = lanes_of(a), GATHER_VECTORS * lanes_of(a)
    kept = stack(GATHERED, a)
    for column in range(0, m, wide):
        count = min(wide, m - column)
        for i in range(k):
            for v in range(0, count, lanes):
                copy_vector(shift(a, i * lda + column + v), shift(kept, i * wide + v))
        start = init if is_null(init) else shift(init, column * ldi)
        _transposed_piece(count, n, k, kept, wide, b, ldb, shift(c, column * ldc), ldc, start, ldi)


@kernel
def product_dot(m, n, k, a, lda, b, ldb, c, ldc, bias):
    """C[m, n] = A[m, k] B[n, k]^T + bias[n] (null for none): few columns, both operands read along k. Overwrites C."""
    zero = is_null(bias)
    for j in range(0, n, 4):
        columns = min(4, n - j)
        most = DOT1 if columns == 1 else DOT2 if columns == 2 else DOT3 if columns == 3 else DOT4
        row = bias if zero else shift(bias, j)
        for i in range(0, m, most):
            _dot_tile_call(
                min(most, m - i), columns, k, shift(a, i * lda), lda, shift(b, j * ldb), ldb, shift(c, i * ldc + j), ldc, row
            )


def _sum_function(module, element, columns: int):
    """void(rows, x, width, y, last): some vectors of `sum_rows`; `last` lanes of the last one are real."""
    name = f"sum_rows_{element}_{VECTOR_BYTES}_{columns}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, p, I64])
    if function.blocks:
        return function
    rows, x, width, y, last = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    masks = [None] * (columns - 1) + [vectors.first(last)]
    at = [i64(v * vectors.lanes) for v in range(columns)]

    def one(index, sums):
        row = builder.gep(x, [builder.mul(index, width)])
        loaded = [vectors.load(builder.gep(row, [a]), mask) for a, mask in zip(at, masks)]
        return [builder.fadd(total, value) for total, value in zip(sums, loaded)]

    start = [vectors.load(builder.gep(y, [a]), mask) for a, mask in zip(at, masks)]
    _, sums = counted_loop(builder, i64(0), rows, 1, start, one)
    for total, a, mask in zip(sums, at, masks):
        vectors.store(total, builder.gep(y, [a]), mask)
    builder.ret_void()
    return function


@intrinsic
def _sum_vectors(typingctx, columns, rows, x, width, y, last):
    def codegen(context, builder, signature, args):
        element = args[2].type.pointee
        cases = {n: (_sum_function(builder.module, element, n), args[1:]) for n in (1, SUMMED)}
        switch_call(builder, args[0], cases)
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, x, i, x, i), codegen


@kernel
def sum_rows(rows, width, x, y):
    """y[:] += sum over r of x[r, :], one row after the other."""
    lanes = lanes_of(x)
    j = 0
    while j < width:
        columns = SUMMED if width - j >= SUMMED * lanes else 1
        _sum_vectors(columns, rows, shift(x, j), width, shift(y, j), min(lanes, width - j - (columns - 1) * lanes))
        j += columns * lanes


@uses(product_nn)
@family
def product_forward(d, run, arena, theta, copies, grad):
    """y = x W + b: x y w b. W is (in, out). Split by columns of y."""
    low, high = part_of(d[4], PART_COLUMNS, run)
    x, y, w = operand(d, 1, run, arena), shift(operand(d, 3, run, arena), low), shift(theta, d[5] + low)
    bias = shift(theta, d[6] + low) if d[6] >= 0 else null(theta)
    product(run[ROWS], high - low, d[2], x, d[2], w, d[4], y, d[4], bias, 0)
    return 0.0


@uses(product_dots)
@family
def narrow_forward(d, run, arena, theta, copies, grad):
    """y = x W^T + b for few outputs: x y w b. W is (out, in)."""
    x, y, w = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(theta, d[5])
    bias = shift(theta, d[6]) if d[6] >= 0 else null(theta)
    product_dot(run[ROWS], d[4], d[2], x, d[2], w, d[2], y, d[4], bias)
    return 0.0


@uses(product_nn)
@family
def product_backward_data(d, run, arena, theta, copies, grad):
    """grad_x (+)= grad_y W: grad_y grad_x w narrow accumulate spare.

    W (out, in) is theta itself when narrow, else a copy; where the copy is spare and there is none, W is transposed on
    the way. Split by columns of grad_x.
    """
    low, high = part_of(d[4], PART_COLUMNS, run)
    g, result = operand(d, 1, run, arena), shift(operand(d, 3, run, arena), low)
    init = result if d[7] else null(result)
    if d[8] and not run[COPIED]:
        w = shift(theta, d[5] + low * d[2])
        product_of_transpose(run[ROWS], high - low, d[2], g, d[2], w, d[2], result, d[4], init, d[4])
    else:
        w = shift(theta if d[6] else copies, d[5] + low)
        product(run[ROWS], high - low, d[2], g, d[2], w, d[4], result, d[4], init, d[4])
    return 0.0


@kernel
def _update_weights(d, run, low, high, x, g, theta, w):
    """The rows `low` to `high` of W after one step. Their gradient lives in the first cache only, in the memory of w."""
    context, wide, out = integers_at(run[CONTEXT]), d[2], d[4]
    for row in range(low, high, PART_ROWS):
        rows = min(PART_ROWS, high - row)
        product_transposed(rows, out, run[ROWS], shift(x, row), wide, g, out, w, out, null(w), out)
        update_range(context, run[TIME] + 1, d[5] + row * out, rows * out, d[10], w, theta)


@uses(product_tn, update)
@family
def product_backward_weights(d, run, arena, theta, copies, grad):
    """grad_W (+)= x^T grad_y, grad_b (+)= sum grad_y: x grad_y w b narrow first_use early decays.

    Split by rows of W unless narrow. Where `early` is set, and run[EARLY], W is updated instead.
    """
    x, g, w = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(grad, d[5])
    wide, out = d[2], d[4]
    fresh = run[FRESH] and d[8]
    low, high = part_of(wide, PART_ROWS, run)
    if d[7]:
        product_transposed(out, wide, run[ROWS], g, out, x, wide, w, wide, null(w) if fresh else w, wide)
    elif d[9] and run[EARLY]:
        _update_weights(d, run, low, high, x, g, theta, shift(w, low * out))
    else:
        x, w = shift(x, low), shift(w, low * out)
        product_transposed(high - low, out, run[ROWS], x, wide, g, out, w, out, null(w) if fresh else w, out)
    if d[6] >= 0 and run[PART] == 0:
        b = shift(grad, d[6])
        if fresh:
            zero = number(b[0], 0.0)
            for i in range(out):
                b[i] = zero
        sum_rows(run[ROWS], out, g, b)
    return 0.0

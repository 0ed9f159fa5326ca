"""Register blocks of matrix products, as explicit-vector code: the inner loops of kernels/product.py.

Tiles are rows x vectors blocks of accumulators held in registers; one LLVM function each, picked by a switch. Every element
is one chain of fused multiply-adds over k in increasing order; in the dot form it is 16 chains and one tree.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES, is_null, kernel, library, shift
from .vector import I64, Vectors, counted_loop, i64, lane_count, lanes_of, new_function, switch_call

# vectors in a tile -> most rows, chosen so that accumulators, the loaded vectors and the broadcast fit the registers
if VECTOR_BYTES == 64:  # 32 registers
    MOST_ROWS = {1: 12, 2: 8, 3: 7, 4: 6, 8: 2}
    WIDEST, UNROLL = 4, 1
else:  # 16 registers
    MOST_ROWS = {1: 8, 2: 6, 3: 4, 4: 2, 8: 1}
    WIDEST, UNROLL = 3, 4
ROWS1, ROWS2, ROWS3, ROWS4, ROWS8 = (MOST_ROWS[v] for v in (1, 2, 3, 4, 8))
# whether tiles have a form of their own for terms side by side, whose addresses are constants: with few registers that pays
SIDE_BY_SIDE = (False,) if VECTOR_BYTES == 64 else (False, True)
# vectors of tiles that have a form whose last vector is half as long, for what ends in its first half: some machines multiply
# 64 bytes in two goes
HALVED = (3, 4) if VECTOR_BYTES == 64 else ()
MASKED = VECTOR_BYTES == 64  # narrower machines pay 20 cycles for a masked store: there only where it is needed
DOT_LANES = 16  # partial sums of the dot form, on every machine
DOT_ROWS = {1: 8, 2: 8, 3: 5, 4: 4} if VECTOR_BYTES == 64 else {1: 4, 2: 2, 3: 1, 4: 1}
DOT1, DOT2, DOT3, DOT4 = (DOT_ROWS[c] for c in (1, 2, 3, 4))
# rows of B by which a tile looks ahead: they lie too far apart for the machine to see what comes. Costs more with few registers
AHEAD = 8 if VECTOR_BYTES == 64 else 0
SUMMED = 4  # vectors of a row that are summed together
_I = types.int64


def _initial(builder, of, init, leading, rows, masks):
    """Accumulators of every row, with the lanes that `of` says, loaded from `init`, or zero where init is null."""

    def load():
        return [
            vectors.load(builder.gep(init, [builder.add(builder.mul(leading, i64(r)), i64(c * of[0].lanes))]), masks[c])
            for r in range(rows)
            for c, vectors in enumerate(of)
        ]

    return of[0].unless_null(init, load)


def _tile(module, element, rows: int, columns: int, side_by_side: bool, halved: bool = False):
    """void(k, A, row, term, B, ldb, C, ldc, init, ldi, last): one tile; `last` lanes of the last vector are real.

    side_by_side : `term` is 1; halved : `last` is at most half a vector
    """
    name = f"product_{element}_{VECTOR_BYTES}_{rows}x{columns}" + "_side_by_side" * side_by_side + "_halved" * halved
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, I64, p, I64, p, I64, p, I64, I64])
    if function.blocks:
        return function
    k, a, row_step, term, b, ldb, c, ldc, init, ldi, last = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    whole = Vectors(builder, element)
    of = [whole] * (columns - 1) + [Vectors(builder, element, whole.lanes // 2) if halved else whole]
    edge = [None] * (columns - 1) + [of[-1].first(last)]
    load_masks = edge if MASKED else [None] * columns
    sums = _initial(builder, of, init, ldi, rows, load_masks)
    starts = [builder.gep(a, [builder.mul(row_step, i64(r))]) for r in range(rows)]

    def one(index, sums):
        row = builder.gep(b, [builder.mul(index, ldb)])
        loaded = [of[v].load(builder.gep(row, [i64(v * whole.lanes)]), load_masks[v]) for v in range(columns)]
        for v in range(0, columns if AHEAD else 0, 2):  # neighbouring lines come in pairs
            whole.prefetch(builder.gep(row, [builder.add(builder.mul(ldb, i64(AHEAD)), i64(v * whole.lanes))]))
        at = index if side_by_side else builder.mul(index, term)
        out = list(sums)
        for r in range(rows):
            factor = builder.load(builder.gep(starts[r], [at]))
            factors = [whole.broadcast(factor)] * (columns - 1) + [of[-1].broadcast(factor)]
            for v in range(columns):
                out[r * columns + v] = of[v].fma(factors[v], loaded[v], out[r * columns + v])
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
                where = builder.gep(c, [builder.add(builder.mul(ldc, i64(r)), i64(v * whole.lanes))])
                of[v].store(sums[r * columns + v], where, masks[v])

    if MASKED:
        write(edge)
    else:
        with builder.if_else(builder.icmp_signed(">=", last, i64(whole.lanes))) as (full, partial):
            with full:
                write([None] * columns)
            with partial:
                write(edge)
    builder.ret_void()
    return function


@intrinsic
def _emit_tile(typingctx, rows, columns, k, a, row, term, b, ldb, c, ldc, init, ldi, last):
    def codegen(context, builder, signature, args):
        cases = {
            half * 1024 + side * 512 + v * 32 + r: (_tile(builder.module, args[3].type.pointee, r, v, side, half), args[2:])
            for side in SIDE_BY_SIDE
            for v, most in MOST_ROWS.items()
            for half in ((False, True) if v in HALVED else (False,))
            for r in range(1, most + 1)
        }
        selector = builder.or_(builder.shl(args[1], i64(5)), args[0])
        if len(SIDE_BY_SIDE) > 1:
            side = builder.zext(builder.icmp_signed("==", args[5], i64(1)), I64)
            selector = builder.or_(selector, builder.shl(side, i64(9)))
        if HALVED:
            lanes = lane_count(args[3].type.pointee)
            known = [builder.icmp_signed("==", args[1], i64(v)) for v in HALVED]
            half = builder.and_(builder.or_(*known), builder.icmp_signed("<=", args[-1], i64(lanes // 2)))
            selector = builder.or_(selector, builder.shl(builder.zext(half, I64), i64(10)))
        switch_call(builder, selector, cases)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, _I, a, _I, a, _I, a, _I, _I), codegen


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


@library(lambda e: types.void(_I, _I, _I, types.CPointer(e), _I, _I, *[types.CPointer(e), _I] * 3))
def product_piece(m, n, k, a, row, term, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A B[k, n] in one go; A's element (r, i) is r * row + i * term elements from its first."""
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
            _emit_tile(rows, vectors, k, shift(a, i * row), row, term, shift(b, column), ldb, target, ldc, start, ldi, last)
            i += rows
        j += vectors


@intrinsic
def piece(typingctx, m, n, k, a, row, term, b, ldb, c, ldc, init, ldi):
    """Call `product_piece`, which the caller `uses`."""

    def codegen(context, builder, signature, args):
        product_piece.call(builder, args[3].type.pointee, args)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, _I, a, _I, a, _I, a, _I), codegen


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


@library(lambda e: types.void(_I, _I, _I, *[types.CPointer(e), _I] * 3, types.CPointer(e)))
def product_dots(rows, columns, k, a, lda, b, ldb, c, ldc, bias):
    """All tiles of the dot form."""
    _emit_dot(rows, columns, k, a, lda, b, ldb, c, ldc, bias)


@intrinsic
def dot_tile(typingctx, rows, columns, k, a, lda, b, ldb, c, ldc, bias):
    """Call `product_dots`, which the caller `uses`."""

    def codegen(context, builder, signature, args):
        product_dots.call(builder, args[3].type.pointee, args)
        return context.get_dummy_value()

    return types.none(_I, _I, _I, a, _I, a, _I, a, _I, a), codegen


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

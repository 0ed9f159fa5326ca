"""The gradient of MAXPOOL for the usual windows, 2x2 and 3x3 of stride 1 or 2, one channel at a time, in explicit vectors.

What wins a window is found again from the image, in two halves: r[h, q], the largest of the taps of row h for windows of
column q, and the largest of these over the rows of a window. The gradient of a window goes to the first row whose r equals
the window's value; what a row got from all windows over it goes to its first tap that equals r. So a window costs
comparisons with `rows` + `columns` values instead of rows x columns, and of equal values the first one row by row wins.

`share_out` sweeps down a block of columns with the rows of a window in registers and leaves, for every tap column j, what
the pixels j columns right of a window's first one get; `gather` adds these for every pixel, by rising j. Windows that do
not overlap need no second pass. Both write every element as a whole: blocks at the end of a line overlap the one before.
Every pixel is the sum of its windows by rising p, then by rising j, whatever the vectors.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES
from .vector import I32, I64, Vectors, counted_loop, i64, new_function, switch_call

WINDOWS = ((2, 1), (2, 2), (3, 1), (3, 2))  # rows = columns, and stride, with code of their own
MARGIN = 2  # empty columns behind every line of shares


def _block_starts(builder, n, lanes, body):
    """Emit body(start) for blocks of a line of n >= lanes values; the last one ends at n. One block, at 0, for shorter lines."""

    def block(index, _):
        start, last = builder.mul(index, i64(lanes)), builder.sub(n, i64(lanes))
        last = builder.select(builder.icmp_signed("<", last, i64(0)), i64(0), last)
        body(builder.select(builder.icmp_signed("<=", start, last), start, last))
        return []

    count = builder.sdiv(builder.add(n, i64(lanes - 1)), i64(lanes))
    counted_loop(builder, i64(0), count, 1, [], block)


def _first_lanes(builder, vectors, count):
    """Mask of the first `count` lanes, from 32-bit numbers: made anew in every round of a loop, it must be cheap."""
    numbers = ir.Constant(ir.VectorType(I32, vectors.lanes), list(range(vectors.lanes)))
    return builder.icmp_signed("<", numbers, vectors.broadcast(builder.trunc(count, I32)))


def _interleaved(vectors, even, odd):
    """Two vectors of the elements of both in turn."""
    n = vectors.lanes
    return [vectors.shuffle(even, odd, [half * n // 2 + i // 2 + (n if i % 2 else 0) for i in range(n)]) for half in (0, 1)]


def _share_out(module, element, size: int, stride: int):
    """void(p_count, q_count, x, pitch, u, shares, line, plane, out, out_pitch): windows of `size` x `size` over one channel.

    u[p, q] : gradient of a window, lines of q_count
    shares[j, h, q] : given to pixel (h, q stride + j), planes `plane` and lines `line` apart; where windows overlap
    out[h, w] : gradient of the pixels under windows, lines out_pitch apart; where they do not
    """
    p = element.as_pointer()
    name = f"share_out_{element}_{VECTOR_BYTES}_{size}_{stride}"
    function = new_function(module, __name__, name, [I64, I64, p, I64, p, p, I64, I64, p, I64])
    if function.blocks:
        return function
    p_count, q_count, x, pitch, u, shares, line, plane, out, out_pitch = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    lanes, real = vectors.lanes, _first_lanes(builder, vectors, q_count)
    even, odd = list(range(0, 2 * lanes, 2)), list(range(1, 2 * lanes, 2))

    def taps(row, start):
        first = builder.gep(x, [builder.add(builder.mul(row, pitch), builder.mul(start, i64(stride)))])
        if stride == 1:
            return [vectors.load(builder.gep(first, [i64(j)])) for j in range(size)]
        low, high = vectors.load(first), vectors.load(builder.gep(first, [i64(lanes)]))
        found = [vectors.shuffle(low, high, even), vectors.shuffle(low, high, odd)]
        if size == 3:  # the second of each pair from the odd elements, so that nothing is read behind the line
            low, high = (vectors.load(builder.gep(first, [i64(1 + half * lanes)])) for half in (0, 1))
            found.append(vectors.shuffle(low, high, odd))
        return found

    def largest(values):
        top = values[0]
        for value in values[1:]:
            top = builder.select(builder.fcmp_ordered(">", value, top), value, top)
        return top

    def give(values, top, rest):
        """`rest` cut into what each of the values gets: the first that equals `top` takes all."""
        given = []
        for value in values[:-1]:
            hit = builder.fcmp_ordered("==", value, top)
            given.append(builder.select(hit, rest, vectors.zero))
            rest = builder.select(hit, vectors.zero, rest)
        return [*given, rest]

    def finish(row, start, values, top, total):
        given = give(values, top, total)
        if size > stride:
            at = builder.gep(shares, [builder.add(builder.mul(row, line), start)])
            for j, share in enumerate(given):
                vectors.store(share, builder.gep(at, [builder.mul(plane, i64(j))]))
            return
        at = builder.gep(out, [builder.add(builder.mul(row, out_pitch), builder.mul(start, i64(stride)))])
        for half, mixed in enumerate(_interleaved(vectors, *given)):
            vectors.store(mixed, builder.gep(at, [i64(half * lanes)]))

    def block(start):
        kept = size - stride  # rows that the next window has too
        above = [taps(i64(i), start) for i in range(kept)]
        tops = [largest(values) for values in above]
        held = above[0] if (size, stride) == (3, 2) else []  # shuffles that would be done twice

        def window(index, state):
            tops, totals = list(state[:kept]), [*state[kept : 2 * kept], *[vectors.zero] * stride]
            row, values = builder.mul(index, i64(stride)), {}
            if held:
                values[0] = list(state[2 * kept :])
            for i in range(kept, size):
                values[i] = taps(builder.add(row, i64(i)), start)
                tops.append(largest(values[i]))
            gradient = vectors.load(builder.gep(u, [builder.add(builder.mul(index, q_count), start)]), real)
            totals = [builder.fadd(a, b) for a, b in zip(totals, give(tops, largest(tops), gradient))]
            for i in range(stride):
                at = builder.add(row, i64(i))
                finish(at, start, values.get(i) or taps(at, start), tops[i], totals[i])
            return [*tops[stride:], *totals[stride:], *(values[stride] if held else [])]

        _, state = counted_loop(builder, i64(0), p_count, 1, [*tops, *[vectors.zero] * kept, *held], window)
        for i in range(kept):
            at = builder.add(builder.mul(p_count, i64(stride)), i64(i))
            finish(at, start, taps(at, start), state[i], state[kept + i])

    _block_starts(builder, q_count, lanes, block)
    builder.ret_void()
    return function


def _gather(module, element, size: int, stride: int, left: int):
    """void(rows, groups, shares, line, plane, out, out_pitch): out[h, w] = sum over j of shares[j, h, (w + left - j) / stride].

    groups >= one vector: a line of `out` has groups * stride pixels. Shares beyond a line of windows are zero.
    """
    p = element.as_pointer()
    name = f"gather_{element}_{VECTOR_BYTES}_{size}_{stride}_{left}"
    function = new_function(module, __name__, name, [I64, I64, p, I64, I64, p, I64])
    if function.blocks:
        return function
    rows, groups, shares, line, plane, out, out_pitch = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)

    def row(h, _):
        def block(start):
            at = builder.gep(shares, [builder.add(builder.mul(h, line), start)])
            sums = []
            for phase in range(stride):
                total = None
                for j in range((phase + left) % stride, size, stride):
                    column = builder.add(builder.mul(plane, i64(j)), i64((phase + left - j) // stride))
                    share = vectors.load(builder.gep(at, [column]))
                    total = share if total is None else builder.fadd(total, share)
                sums.append(total)
            target = builder.gep(out, [builder.add(builder.mul(h, out_pitch), builder.mul(start, i64(stride)))])
            for i, value in enumerate(sums if stride == 1 else _interleaved(vectors, *sums)):
                vectors.store(value, builder.gep(target, [i64(i * vectors.lanes)]))

        _block_starts(builder, groups, vectors.lanes, block)
        return []

    counted_loop(builder, i64(0), rows, 1, [], row)
    builder.ret_void()
    return function


def _copy_lines(module, element):
    """void(lines, n, x, x_pitch, y, y_pitch): y = x, lines of n values."""
    p = element.as_pointer()
    function = new_function(module, __name__, f"copy_lines_{element}_{VECTOR_BYTES}", [I64, I64, p, I64, p, I64])
    if function.blocks:
        return function
    lines, n, x, x_pitch, y, y_pitch = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)

    def line(h, _):
        source, target = builder.gep(x, [builder.mul(h, x_pitch)]), builder.gep(y, [builder.mul(h, y_pitch)])

        def block(start):
            vectors.store(vectors.load(builder.gep(source, [start])), builder.gep(target, [start]))

        def one(i, _):
            builder.store(builder.load(builder.gep(source, [i])), builder.gep(target, [i]))
            return []

        with builder.if_else(builder.icmp_signed(">=", n, i64(vectors.lanes))) as (long, short):
            with long:
                _block_starts(builder, n, vectors.lanes, block)
            with short:
                counted_loop(builder, i64(0), n, 1, [], one)
        return []

    counted_loop(builder, i64(0), lines, 1, [], line)
    builder.ret_void()
    return function


@intrinsic
def share_out(typingctx, window, p_count, q_count, x, pitch, u, shares, line, plane, out, out_pitch):
    """`_share_out` for window = 4 size + stride."""

    def codegen(context, builder, signature, args):
        element = args[3].type.pointee
        made = {(size, stride): _share_out(builder.module, element, size, stride) for size, stride in WINDOWS}
        switch_call(builder, args[0], {4 * size + stride: (made[size, stride], args[1:]) for size, stride in WINDOWS})
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, i, x, i, x, x, i, i, x, i), codegen


@intrinsic
def gather(typingctx, window, left, rows, groups, shares, line, plane, out, out_pitch):
    """`_gather` for window = 4 size + stride, the windows beginning `left` pixels before the line of `out`."""

    def codegen(context, builder, signature, args):
        window, left, rows, groups, shares, *rest = args
        cases = {}
        for size, stride in WINDOWS:
            for odd in range(stride if size > stride else 0):
                whole = builder.gep(shares, [builder.sdiv(left, i64(stride))])
                made = _gather(builder.module, shares.type.pointee, size, stride, odd)
                cases[16 * odd + 4 * size + stride] = (made, [rows, groups, whole, *rest])
        odd = builder.and_(left, builder.sub(builder.and_(window, i64(3)), i64(1)))  # left % stride
        switch_call(builder, builder.add(window, builder.mul(odd, i64(16))), cases)
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, i, i, shares, i, i, shares, i), codegen


@intrinsic
def copy_lines(typingctx, lines, n, x, x_pitch, y, y_pitch):
    """`_copy_lines`."""

    def codegen(context, builder, signature, args):
        builder.call(_copy_lines(builder.module, args[2].type.pointee), args)
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, x, i, x, i), codegen

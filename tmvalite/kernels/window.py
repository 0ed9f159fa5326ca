"""One line of windows over an image, in explicit vectors: the inner loops of pooling.

Forward, a line of outputs q < n reads the taps x[i ld + s q + j], i < rows, j < columns, of windows that lie wholly inside
(`max_row`, `mean_row`, `winner_row`). Backward is a gather: a line of pixels sums what the windows over it were given
(`spread_row`), so that every pixel is written once. Strides s of 1 and 2; other strides and the few windows at a padded
edge are plain loops in kernels/pool.py, with the same order of additions and therefore the same bits.

A line of n values takes the widest vectors that fit into n; the last vector overlaps the one before, which writes the same
values twice and needs no mask. Vectors of stride 2 are two loads and a shuffle.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES
from .vector import I64, Vectors, counted_loop, i64, lane_count, new_function, switch_call

NARROWEST = 2  # lanes of the narrowest vector that is tried before plain loops


def _widths(element) -> list[int]:
    """Lane counts that have code of their own, widest first."""
    lanes, out = lane_count(element), []
    while lanes >= NARROWEST and len(out) < 3:
        out.append(lanes)
        lanes //= 2
    return out


@intrinsic
def row_lanes(typingctx, p, n):
    """Lanes of the vectors that a line of n values is worked in; 1: none fits."""

    def codegen(context, builder, signature, args):
        result = i64(1)
        for lanes in reversed(_widths(args[0].type.pointee)):
            result = builder.select(builder.icmp_signed(">=", args[1], i64(lanes)), i64(lanes), result)
        return result

    return types.int64(p, types.int64), codegen


def _blocks(builder, n, lanes, body):
    """Emit body(start) for every vector of a line; the last one ends at n."""

    def block(index, _):
        start, last = builder.mul(index, i64(lanes)), builder.sub(n, i64(lanes))
        body(builder.select(builder.icmp_signed("<=", start, last), start, last))
        return []

    count = builder.sdiv(builder.add(n, i64(lanes - 1)), i64(lanes))
    counted_loop(builder, i64(0), count, 1, [], block)


def _number(builder, vectors, integer):
    """An int64 as a vector of equal numbers."""
    return vectors.broadcast(builder.sitofp(integer, vectors.element))


def _window_row(module, element, lanes: int, stride: int, kind: str):
    """void(n, rows, columns, x, ld, y, first, divisor): one line of windows.

    kind "max": y = largest tap, NaN if one is NaN; "mean": sum of the taps, row by row, over `divisor`; "winner": number
    (first + i) columns + j of the first tap, row by row, that is the largest.
    """
    p = element.as_pointer()
    name = f"tmvalite_window_{kind}_{element}_{lanes}_{stride}_{VECTOR_BYTES}"
    function = new_function(module, name, [I64, I64, I64, p, I64, p, I64, element])
    if function is None:
        return module.globals[name]
    n, rows, columns, x, ld, y, first, divisor = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element, lanes)
    even, odd = list(range(0, 2 * lanes, 2)), list(range(1, 2 * lanes, 2))

    def take(state, value, number):
        if kind == "mean":
            return [builder.fadd(state[0], value)]
        # A value takes over if it is larger, or if it is NaN, which nothing is larger than.
        larger = builder.or_(builder.fcmp_ordered(">", value, state[0]), builder.fcmp_unordered("uno", value, value))
        out = [builder.select(larger, value, state[0])]
        return out + [builder.select(larger, _number(builder, vectors, number), state[1])] if kind == "winner" else out

    def block(start):
        base = builder.gep(x, [builder.mul(start, i64(stride))])

        def row(i, state):
            line = builder.gep(base, [builder.mul(i, ld)])
            k0 = builder.mul(builder.add(first, i), columns)

            def taps(j, state, count):
                where, number = builder.gep(line, [j]), builder.add(k0, j)
                low = vectors.load(where)
                if stride == 1:
                    return take(state, low, number)
                high = vectors.load(builder.gep(where, [i64(lanes)]))
                state = take(state, vectors.shuffle(low, high, even), number)
                return take(state, vectors.shuffle(low, high, odd), builder.add(number, i64(1))) if count == 2 else state

            j, state = counted_loop(builder, i64(0), columns, stride, state, lambda j, state: taps(j, state, stride))
            if stride > 1:
                j, state = counted_loop(builder, j, columns, 1, state, lambda j, state: taps(j, state, 1))
            return state

        if kind == "mean":
            state = [vectors.zero]
        else:  # the first tap, which is met again and changes nothing
            low = vectors.load(base)
            state = [low if stride == 1 else vectors.shuffle(low, vectors.load(builder.gep(base, [i64(lanes)])), even)]
            if kind == "winner":
                state.append(_number(builder, vectors, builder.mul(first, columns)))
        _, state = counted_loop(builder, i64(0), rows, 1, state, row)
        result = builder.fdiv(state[0], vectors.broadcast(divisor)) if kind == "mean" else state[-1]
        vectors.store(result, builder.gep(y, [start]))

    _blocks(builder, n, lanes, block)
    builder.ret_void()
    return function


def _window_intrinsic(kind: str):
    @intrinsic
    def window_row(typingctx, lanes, stride, n, rows, columns, x, ld, y, first, divisor):
        def codegen(context, builder, signature, args):
            element = args[5].type.pointee
            cases = {
                2 * width + stride: (_window_row(builder.module, element, width, stride, kind), args[2:])
                for width in _widths(element)
                for stride in (1, 2)
            }
            switch_call(builder, builder.add(builder.mul(args[0], i64(2)), args[1]), cases)
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, i, i, i, x, i, y, i, x.dtype), codegen

    return window_row


max_row = _window_intrinsic("max")  # each: (lanes, stride, n, rows, columns, x, ld, y, first, divisor)
mean_row = _window_intrinsic("mean")
winner_row = _window_intrinsic("winner")


def _spread_row(module, element, lanes: int, stride: int, chosen: bool):
    """void(n, count, pitch, u, winners, k0, step, columns, left, y): y[w] = sum of u[t, q] over windows (t, q) over pixel w.

    n: vectors of `stride` neighbouring pixels in a line. t < count: the lines of windows that reach this line of pixels,
    the first with the tap row k0 / columns, each next one with `step` / columns rows less. Window q covers pixels
    s q - left + j, j < columns. With `chosen` a window counts only if its winner is the tap on this pixel.
    """
    p = element.as_pointer()
    name = f"tmvalite_spread_{'chosen' if chosen else 'all'}_{element}_{lanes}_{stride}_{VECTOR_BYTES}"
    function = new_function(module, name, [I64, I64, I64, p, p, I64, I64, I64, I64, p])
    if function is None:
        return module.globals[name]
    n, count, pitch, u, winners, k0, step, columns, left, y = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element, lanes)

    def block(start):
        sums = []
        for phase in range(stride):
            shifted = builder.add(left, i64(phase))

            def line(t, state, shifted=shifted):
                at = builder.add(builder.mul(t, pitch), start)
                number = builder.sub(k0, builder.mul(t, step))

                def tap(j, state):
                    q = builder.add(at, builder.ashr(builder.sub(shifted, j), i64(stride - 1)))
                    value = vectors.load(builder.gep(u, [q]))
                    if chosen:
                        winner = vectors.load(builder.gep(winners, [q]))
                        hit = builder.fcmp_ordered("==", winner, _number(builder, vectors, builder.add(number, j)))
                        value = builder.select(hit, value, vectors.zero)
                    return [builder.fadd(state[0], value)]

                begin = i64(0) if stride == 1 else builder.and_(shifted, i64(1))
                return counted_loop(builder, begin, builder.add(columns, i64(stride - 1)), stride, state, tap)[1]

            sums.append(counted_loop(builder, i64(0), count, 1, [vectors.zero], line)[1][0])
        if stride == 1:
            vectors.store(sums[0], builder.gep(y, [start]))
            return
        for half in range(2):
            mixed = [half * lanes // 2 + i // 2 + (lanes if i % 2 else 0) for i in range(lanes)]
            where = builder.add(builder.mul(start, i64(2)), i64(half * lanes))
            vectors.store(vectors.shuffle(sums[0], sums[1], mixed), builder.gep(y, [where]))

    _blocks(builder, n, lanes, block)
    builder.ret_void()
    return function


def _spread_intrinsic(chosen: bool):
    @intrinsic
    def spread_row(typingctx, lanes, stride, n, count, pitch, u, winners, k0, step, columns, left, y):
        def codegen(context, builder, signature, args):
            element = args[5].type.pointee
            cases = {
                2 * width + stride: (_spread_row(builder.module, element, width, stride, chosen), args[2:])
                for width in _widths(element)
                for stride in (1, 2)
            }
            switch_call(builder, builder.add(builder.mul(args[0], i64(2)), args[1]), cases)
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, i, i, i, u, u, i, i, i, i, u), codegen

    return spread_row


spread_all = _spread_intrinsic(False)  # each: (lanes, stride, n, count, pitch, u, winners, k0, step, columns, left, y)
spread_chosen = _spread_intrinsic(True)

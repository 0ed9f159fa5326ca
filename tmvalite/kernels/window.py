"""One line of windows over an image, in explicit vectors: the inner loops of pooling.

Forward, a line of outputs q < n reads the taps x[i ld + s q + j], i < rows, j < columns, of windows that lie wholly inside
(`max_row`, `mean_row`, `winner_row`). Backward is a gather: a line of pixels sums what the windows over it were given
(`spread_row`), so that every pixel is written once. The few windows at a padded edge are plain loops in kernels/pool.py,
with the same order of additions and therefore the same bits.

A line of n values takes the widest vectors that fit into n; the last vector overlaps the one before, which writes the same
values twice and needs no mask. Stride 2 is two loads and a shuffle. Windows of 2 and 3 columns are written out: a loop over
so few taps costs more than the taps.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES
from .vector import I32, I64, Vectors, counted_loop, element_size, i64, lane_count, new_function, switch_call

NARROWEST = 16  # bytes of the narrowest vectors; shorter lines take plain loops
COLUMNS = (2, 3, 0)  # window columns with code of their own; 0: any number
ANY_STRIDE = 3  # case of the strides above 2


def _widths(element) -> list[int]:
    """Lane counts that have code of their own, widest first."""
    lanes, out = lane_count(element), []
    while lanes * element_size(element) >= NARROWEST:
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


def _constant(vectors, value):
    return ir.Constant(vectors.type, [float(value)] * vectors.lanes)


def _strided(builder, vectors, where, stride):
    """Vector of every `stride`-th element."""
    value = ir.Constant(vectors.type, ir.Undefined)
    for lane in range(vectors.lanes):
        element = builder.load(builder.gep(where, [builder.mul(stride, i64(lane))]))
        value = builder.insert_element(value, element, ir.Constant(I32, lane))
    return value


def _window_row(module, element, lanes: int, stride: int, fixed: int, kind: str):
    """void(n, rows, columns, x, ld, y, first, divisor, step): one line of windows `step` = `stride` pixels apart.

    kind "max": y = largest tap, NaN if one is NaN; "mean": sum of the taps, row by row, over `divisor`; "winner": number
    (first + i) columns + j of the first tap, row by row, that is the largest. `fixed`: number of columns, 0 for any.
    """
    p = element.as_pointer()
    name = f"window_{kind}_{element}_{lanes}_{stride}_{fixed}_{VECTOR_BYTES}"
    function = new_function(module, __name__, name, [I64, I64, I64, p, I64, p, I64, element, I64])
    if function.blocks:
        return function
    n, rows, columns, x, ld, y, first, divisor, step = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element, lanes)
    even, odd = list(range(0, 2 * lanes, 2)), list(range(1, 2 * lanes, 2))

    def loaded(where, count):
        """Taps at `where` and, with stride 2 and count 2, behind it."""
        if stride == 1:
            return [vectors.load(where)]
        if stride == ANY_STRIDE:
            return [_strided(builder, vectors, where, step)]
        low, high = vectors.load(where), vectors.load(builder.gep(where, [i64(lanes)]))
        return [vectors.shuffle(low, high, lanes_) for lanes_ in (even, odd)[:count]]

    def take(state, value, number):
        if kind == "mean":
            return [builder.fadd(state[0], value)]
        larger = builder.fcmp_ordered(">", value, state[0])
        if kind == "winner":
            return [builder.select(larger, value, state[0]), builder.select(larger, number(), state[1])]
        # NaN takes over too, and then stays, since nothing is larger
        larger = builder.or_(larger, builder.fcmp_unordered("uno", value, value))
        return [builder.select(larger, value, state[0])]

    def block(start):
        base = builder.gep(x, [builder.mul(start, step)])

        def row(i, state):
            line = builder.gep(base, [builder.mul(i, ld)])
            k0 = _number(builder, vectors, builder.mul(builder.add(first, i), columns)) if kind == "winner" else None
            together = 2 if stride == 2 else 1  # taps that one load brings
            if fixed:
                for j in range(0, fixed, together):
                    for m, value in enumerate(loaded(builder.gep(line, [i64(j)]), min(together, fixed - j))):
                        state = take(state, value, lambda at=j + m: builder.fadd(k0, _constant(vectors, at)))
                return state

            def taps(j, state, count):
                for m, value in enumerate(loaded(builder.gep(line, [j]), count)):
                    state = take(state, value, lambda m=m: builder.fadd(k0, _number(builder, vectors, builder.add(j, i64(m)))))
                return state

            j, state = counted_loop(builder, i64(0), columns, together, state, lambda j, state: taps(j, state, together))
            if together > 1:
                j, state = counted_loop(builder, j, columns, 1, state, lambda j, state: taps(j, state, 1))
            return state

        # "max" begins with the first tap, which is met again and changes nothing
        state = [vectors.zero] if kind == "mean" else loaded(base, 1)
        if kind == "winner":
            state.append(_number(builder, vectors, builder.mul(first, columns)))
        _, state = counted_loop(builder, i64(0), rows, 1, state, row)
        result = builder.fdiv(state[0], vectors.broadcast(divisor)) if kind == "mean" else state[-1]
        vectors.store(result, builder.gep(y, [start]))

    _blocks(builder, n, lanes, block)
    builder.ret_void()
    return function


def _selected(builder, lanes, stride, columns):
    """The case for these numbers, as `_cases` counts them."""
    wide = builder.icmp_signed(">", stride, i64(2))
    fixed = i64(0)
    for count in COLUMNS:
        fixed = builder.select(builder.icmp_signed("==", columns, i64(count)), i64(count), fixed)
    stride, fixed = builder.select(wide, i64(ANY_STRIDE), stride), builder.select(wide, i64(0), fixed)
    return builder.add(builder.mul(lanes, i64(16)), builder.add(builder.mul(stride, i64(4)), fixed))


def _cases(element, make, args, strides):
    return {
        16 * lanes + 4 * stride + fixed: (make(lanes, stride, fixed), args)
        for lanes in _widths(element)
        for stride in strides
        for fixed in (COLUMNS if stride != ANY_STRIDE else (0,))
    }


def _window_intrinsic(kind: str):
    @intrinsic
    def window_row(typingctx, lanes, n, rows, columns, x, ld, y, first, divisor, stride):
        def codegen(context, builder, signature, args):
            module, element = builder.module, args[4].type.pointee

            def make(lanes, stride, fixed):
                return _window_row(module, element, lanes, stride, fixed, kind)

            selected = _selected(builder, args[0], args[9], args[3])
            switch_call(builder, selected, _cases(element, make, args[1:], (1, 2, ANY_STRIDE)))
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, i, i, x, i, x, i, x.dtype, i), codegen

    return window_row


max_row = _window_intrinsic("max")  # each: (lanes, n, rows, columns, x, ld, y, first, divisor, stride)
mean_row = _window_intrinsic("mean")
winner_row = _window_intrinsic("winner")


def _spread_row(module, element, lanes: int, stride: int, fixed: int, chosen: bool):
    """void(n, count, u, u_pitch, winners, pitch, k0, step, columns, left, y): y[w] = sum of u[t, q] over windows on pixel w.

    n: vectors of `stride` neighbouring pixels in a line. t < count: the lines of windows that reach this line of pixels,
    the first with the tap row k0 / columns, each next one with `step` / columns rows less. Window q covers pixels
    s q - left + j, j < columns. With `chosen` a window counts only if its winner is the tap on this pixel; pixels at the ends
    of a line meet up to `columns` windows beyond it, which must have no winner, or u = 0 without `chosen`.
    """
    p = element.as_pointer()
    name = f"spread_{'chosen' if chosen else 'all'}_{element}_{lanes}_{stride}_{fixed}_{VECTOR_BYTES}"
    function = new_function(module, __name__, name, [I64, I64, p, I64, p, I64, I64, I64, I64, I64, p])
    if function.blocks:
        return function
    n, count, u, u_pitch, winners, pitch, k0, step, columns, left, y = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element, lanes)

    def block(start):
        sums = []
        for phase in range(stride):
            # taps j = begin + s m; window q = pixel / s + back - m
            shifted = builder.add(left, i64(phase))
            begin = i64(0) if stride == 1 else builder.and_(shifted, i64(1))
            back = builder.add(start, builder.ashr(shifted, i64(stride - 1)))

            def line(t, state, begin=begin, back=back):
                at, best = (builder.add(builder.mul(t, size), back) for size in (u_pitch, pitch))
                number = builder.add(builder.sub(k0, builder.mul(t, step)), begin)
                number = _number(builder, vectors, number) if chosen else None

                def tap(m, state, further):
                    value = vectors.load(builder.gep(u, [builder.sub(at, m)]))
                    if chosen:
                        winner = vectors.load(builder.gep(winners, [builder.sub(best, m)]))
                        hit = builder.fcmp_ordered("==", winner, builder.fadd(number, further()))
                        value = builder.select(hit, value, vectors.zero)
                    return [builder.fadd(state[0], value)]

                if fixed and stride == 1:
                    for m in range(fixed):
                        state = tap(i64(m), state, lambda m=m: _constant(vectors, m))
                    return state
                taps = columns if stride == 1 else builder.ashr(builder.add(builder.sub(columns, begin), i64(1)), i64(1))
                if fixed:  # one tap always, the second where the phase has it
                    state = tap(i64(0), state, lambda: vectors.zero)
                    rest = i64(1)
                else:
                    rest = i64(0)

                def further(m, state):
                    return tap(m, state, lambda: _number(builder, vectors, builder.mul(m, i64(stride))))

                if fixed == 2:
                    return state
                return counted_loop(builder, rest, taps, 1, state, further)[1]

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
    def spread_row(typingctx, lanes, stride, n, count, u, u_pitch, winners, pitch, k0, step, columns, left, y):
        def codegen(context, builder, signature, args):
            module, element = builder.module, args[4].type.pointee

            def make(lanes, stride, fixed):
                return _spread_row(module, element, lanes, stride, fixed, chosen)

            selected = _selected(builder, args[0], args[1], args[10])
            switch_call(builder, selected, _cases(element, make, args[2:], (1, 2)))
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, i, i, u, i, u, i, i, i, i, i, u), codegen

    return spread_row


# each: (lanes, stride, n, count, u, u_pitch, winners, pitch, k0, step, columns, left, y)
spread_all = _spread_intrinsic(False)
spread_chosen = _spread_intrinsic(True)

"""One line of windows over an image, in explicit vectors: the inner loops of pooling.

A line of outputs q < n reads the taps x[i ld + s q + j], i < rows, j < columns, of windows that lie wholly inside (`max_row`,
`mean_row`). The few windows at a padded edge are plain loops in kernels/pool.py, with the same order of additions and
therefore the same bits.

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


def _strided(builder, vectors, where, stride):
    """Vector of every `stride`-th element."""
    value = ir.Constant(vectors.type, ir.Undefined)
    for lane in range(vectors.lanes):
        element = builder.load(builder.gep(where, [builder.mul(stride, i64(lane))]))
        value = builder.insert_element(value, element, ir.Constant(I32, lane))
    return value


def _window_row(module, element, lanes: int, stride: int, fixed: int, kind: str):
    """void(n, rows, columns, x, ld, y, divisor, step): one line of windows `step` = `stride` pixels apart.

    kind "max": y = largest tap, NaN if one is NaN; "mean": sum of the taps, row by row, over `divisor`. `fixed`: number of
    columns, 0 for any.
    """
    p = element.as_pointer()
    name = f"window_{kind}_{element}_{lanes}_{stride}_{fixed}_{VECTOR_BYTES}"
    function = new_function(module, __name__, name, [I64, I64, I64, p, I64, p, element, I64])
    if function.blocks:
        return function
    n, rows, columns, x, ld, y, divisor, step = function.args
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

    def take(state, value):
        if kind == "mean":
            return [builder.fadd(state[0], value)]
        larger = builder.fcmp_ordered(">", value, state[0])
        # NaN takes over too, and then stays, since nothing is larger
        larger = builder.or_(larger, builder.fcmp_unordered("uno", value, value))
        return [builder.select(larger, value, state[0])]

    def block(start):
        base = builder.gep(x, [builder.mul(start, step)])

        def row(i, state):
            line = builder.gep(base, [builder.mul(i, ld)])
            together = 2 if stride == 2 else 1  # taps that one load brings
            if fixed:
                for j in range(0, fixed, together):
                    for value in loaded(builder.gep(line, [i64(j)]), min(together, fixed - j)):
                        state = take(state, value)
                return state

            def taps(j, state, count):
                for value in loaded(builder.gep(line, [j]), count):
                    state = take(state, value)
                return state

            j, state = counted_loop(builder, i64(0), columns, together, state, lambda j, state: taps(j, state, together))
            if together > 1:
                j, state = counted_loop(builder, j, columns, 1, state, lambda j, state: taps(j, state, 1))
            return state

        # "max" begins with the first tap, which is met again and changes nothing
        state = [vectors.zero] if kind == "mean" else loaded(base, 1)
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
    def window_row(typingctx, lanes, n, rows, columns, x, ld, y, divisor, stride):
        def codegen(context, builder, signature, args):
            module, element = builder.module, args[4].type.pointee

            def make(lanes, stride, fixed):
                return _window_row(module, element, lanes, stride, fixed, kind)

            selected = _selected(builder, args[0], args[8], args[3])
            switch_call(builder, selected, _cases(element, make, args[1:], (1, 2, ANY_STRIDE)))
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, i, i, x, i, x, x.dtype, i), codegen

    return window_row


max_row = _window_intrinsic("max")  # both: (lanes, n, rows, columns, x, ld, y, divisor, stride)
mean_row = _window_intrinsic("mean")

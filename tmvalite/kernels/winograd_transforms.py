"""Transforms of kernels/winograd.py: tiles of an image, of filters and of products, every channel by itself, in vectors.

A transform is a matrix applied to the rows and then to the columns of a tile of numbers. Matrices of 0, 1 and 1/2 stand as they
are (`_combine`); those of F(4, 3) as formulas that share sums between two rows each.

F(4, 3) interpolates at the points 0, +-A, +-B and infinity. The usual ones, 0, +-1, +-2, lose two bits of the sums; these, which
lie about evenly around 1, lose less than one (root mean square of 64 channels of 3x3 taps: 7.6e-7, plain sums 4.2e-7, the usual
points 1.8e-6). Source: Lavin and Gray, arXiv:1509.09308; that points matter, Barabasz et al., arXiv:1803.10986.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES
from .lanes import LaneMath, Lanes
from .vector import I64, Vectors, counted_loop, i64, new_function, switch_call

# what is done: 3x3 in tiles of 2x2, 5x5 of stride 2 from the large image to the small one, and from the small one to the large
# one, 3x3 in tiles of 4x4
PLAIN, GATHER, SPREAD, LARGE = range(4)
# of each kind, along one axis: pixels of input that a tile reads, from one tile to the next, pixels of output that it gives,
# positions, taps
REACH, STRIDE, SIDE, EDGE, TAPS = (4, 7, 4, 6), (2, 4, 2, 4), (2, 2, 4, 4), (4, 7, 7, 6), (3, 5, 5, 3)

INPUT = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1))  # B^T
FILTER = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))  # G
OUTPUT = ((1, 1, 1, 0), (0, 1, -1, 1))  # A^T
OUTPUT_GRADIENT = ((1, 0), (0.5, 0.5), (0.5, -0.5), (0, 1))  # A with the halves of G
FILTER_GRADIENT = ((1, 1, 1, 0), (0, 1, -1, 0), (0, 1, 1, 1))  # G^T without them
# the same of 5 taps: four positions of even pixels and taps, three of odd ones
GATHER_INPUT = (
    (1, 0, 0, 0, -1, 0, 0), (0, 0, 1, 0, 1, 0, 0), (0, 0, -1, 0, 1, 0, 0), (0, 0, -1, 0, 0, 0, 1),
    (0, 1, 0, -1, 0, 0, 0), (0, 0, 0, 1, 0, 0, 0), (0, 0, 0, -1, 0, 1, 0),
)  # fmt: skip
GATHER_FILTER = (
    (1, 0, 0, 0, 0), (0.5, 0, 0.5, 0, 0.5), (0.5, 0, -0.5, 0, 0.5), (0, 0, 0, 0, 1),
    (0, 1, 0, 0, 0), (0, 1, 0, 1, 0), (0, 0, 0, 1, 0),
)  # fmt: skip
GATHER_OUTPUT = ((1, 1, 1, 0, 1, 1, 0), (0, 1, -1, 1, 0, 1, 1))
GATHER_OUTPUT_GRADIENT = (*OUTPUT_GRADIENT, (1, 0), (1, 1), (0, 1))
GATHER_FILTER_GRADIENT = (
    (1, 1, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 1, 0), (0, 1, -1, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1, 1), (0, 1, 1, 1, 0, 0, 0),
)  # fmt: skip
SPREAD_INPUT = (*INPUT, (0, 1, -1, 0), (0, 0, 1, 0), (0, 0, -1, 1))  # taps backwards, else the same filters
SPREAD_OUTPUT = ((1, 1, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 1, 0), (0, 1, -1, 1, 0, 0, 0), (0, 0, 0, 0, 0, 1, 1))


# F(4, 3): (rows of the result, formula of them), one tuple a transform
A, B = 0.625, 1.5  # exact, as are their squares
A2, B2, SUM, PRODUCT = A * A, B * B, A * A + B * B, A * A * B * B
AT_ZERO, AT_A, AT_B = 1 / PRODUCT, 1 / (2 * A2 * (A2 - B2)), 1 / (2 * B2 * (B2 - A2))  # what the filter's rows are multiplied by


def _pair(m, even, odd, factor):
    """Of the points +factor and -factor."""
    return m.fma(factor, odd, even), m.fma(-factor, odd, even)


def _input_at(point, other):
    return lambda m, x: _pair(m, m.fma(-other, x[2], x[4]), m.fma(-other, x[1], x[3]), point)


LARGE_INPUT = (  # B^T
    ((0,), lambda m, x: (m.fma(PRODUCT, x[0], m.fma(-SUM, x[2], x[4])),)),
    ((1, 2), _input_at(A, B2)),
    ((3, 4), _input_at(B, A2)),
    ((5,), lambda m, x: (m.fma(PRODUCT, x[1], m.fma(-SUM, x[3], x[5])),)),
)
LARGE_FILTER = (  # G
    ((0,), lambda m, w: (w[0] * AT_ZERO,)),
    ((1, 2), lambda m, w: _pair(m, m.fma(A2 * AT_A, w[2], w[0] * AT_A), w[1], A * AT_A)),
    ((3, 4), lambda m, w: _pair(m, m.fma(B2 * AT_B, w[2], w[0] * AT_B), w[1], B * AT_B)),
    ((5,), lambda m, w: (w[2],)),
)


def _even_rows(m, p):
    near, far = p[1] + p[2], p[3] + p[4]
    return p[0] + near + far, m.fma(B2, far, near * A2)


def _odd_rows(m, p):
    near, far = p[1] - p[2], p[3] - p[4]
    return m.fma(B, far, near * A), m.fma(B2 * B, far, m.fma(A2 * A, near, p[5]))


LARGE_OUTPUT = (((0, 2), _even_rows), ((1, 3), _odd_rows))  # A^T
LARGE_OUTPUT_GRADIENT = (  # A
    ((0,), lambda m, y: (y[0],)),
    ((1, 2), lambda m, y: _pair(m, m.fma(A2, y[2], y[0]), m.fma(A2, y[3], y[1]), A)),
    ((3, 4), lambda m, y: _pair(m, m.fma(B2, y[2], y[0]), m.fma(B2, y[3], y[1]), B)),
    ((5,), lambda m, y: (y[3],)),
)


def _even_taps(m, p):
    near, far = p[1] + p[2], p[3] + p[4]
    first = m.fma(AT_B, far, m.fma(AT_A, near, p[0] * AT_ZERO))
    return first, m.fma(B2 * AT_B, far, m.fma(A2 * AT_A, near, p[5]))


LARGE_FILTER_GRADIENT = (  # G^T
    ((0, 2), _even_taps),
    ((1,), lambda m, p: (m.fma(B * AT_B, p[3] - p[4], (p[1] - p[2]) * (A * AT_A)),)),
)


def _combine(vectors, coefficients, values):
    """Sum of c v, those of positive c first; the c of a row that are not 0 have one size, which multiplies the sum."""
    builder, total = vectors.builder, None
    for c, value in sorted(zip(coefficients, values), key=lambda pair: pair[0] < 0):
        if c and total is None:
            total = value()
        elif c:
            total = (builder.fadd if c > 0 else builder.fsub)(total, value())
    size = max(abs(c) for c in coefficients)
    return total if size == 1 else builder.fmul(total, ir.Constant(vectors.type, [size] * vectors.lanes))


def _of_matrix(matrix, order):
    """A matrix as (rows, formula) pairs, in the order in which rows that share numbers come together."""
    return tuple(((row,), matrix[row]) for row in order)


def _apply(math, formula, count, value):
    """The rows of the result that a formula, or a row of a matrix, gives from the `count` numbers value(i)."""
    if callable(formula):
        given = {}

        class Numbers:
            def __getitem__(self, i):
                if i not in given:
                    given[i] = Lanes(math, value(i))
                return given[i]

        return [lanes.value for lanes in formula(math, Numbers())]
    return [_combine(math.vectors, formula, [lambda i=i: value(i) for i in range(count)])]


def _transform_function(module, element, name, size, parts, extra):
    """void(tiles, x, step, row, column, y, step, row, column, channels, bias): y = M x M^T for every channel of many tiles.

    Tiles of size x size numbers are `step` apart, and their numbers i, j are i row + j column elements from the first. parts:
    (rows, formula) pairs; rows that share numbers come together, which keeps what is loaded within the registers (of more than
    4 x 4 numbers, nothing is kept). extra: "bias" adds bias[channel], "add" what is in y.
    """
    name = f"winograd_{name}_{extra}_{element}_{VECTOR_BYTES}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, I64, I64, p, I64, I64, I64, I64, p])
    if function.blocks:
        return function
    tiles, x, x_step, x_row, x_column, y, y_step, y_row, y_column, channels, bias = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    math, height = LaneMath(vectors), sum(len(rows) for rows, _ in parts)

    def places(row, column, n):
        lines, columns = ([builder.mul(step, i64(i)) for i in range(n)] for step in (row, column))
        return [[builder.add(line, at) for at in columns] for line in lines]

    sources, targets = places(x_row, x_column, size), places(y_row, y_column, height)

    def one_tile(tile, carried):
        source, target = (builder.gep(start, [builder.mul(tile, step)]) for start, step in ((x, x_step), (y, y_step)))

        def one_vector(channel, carried):
            x_at, y_at, loaded = builder.gep(source, [channel]), builder.gep(target, [channel]), {}

            def pixel(i, j):
                if size > 4 or (i, j) not in loaded:
                    loaded[i, j] = vectors.load(builder.gep(x_at, [sources[i][j]]))
                return loaded[i, j]

            start = vectors.load(builder.gep(bias, [channel])) if extra == "bias" else None
            for rows, formula in parts:
                columns = [_apply(math, formula, size, lambda i, j=j: pixel(i, j)) for j in range(size)]
                for a, line in zip(rows, zip(*columns)):
                    for others, second in parts:
                        for b, value in zip(others, _apply(math, second, size, lambda j, line=line: line[j])):
                            where = builder.gep(y_at, [targets[a][b]])
                            if extra == "bias":
                                value = builder.fadd(value, start)
                            if extra == "add":
                                value = builder.fadd(vectors.load(where), value)
                            vectors.store(value, where)
            return []

        counted_loop(builder, i64(0), channels, vectors.lanes, [], one_vector)
        return []

    counted_loop(builder, i64(0), tiles, 1, [], one_tile)
    builder.ret_void()
    return function


def _transform(kinds, extra=""):
    """The transform of every kind, called (kind, tiles, x, step, row, column, y, step, row, column, channels, bias).

    kinds : {kind: (name, numbers of a tile along one axis, parts)}
    """

    @intrinsic
    def transform(typingctx, kind, tiles, x, x_step, row, column, y, y_step, y_row, y_column, channels, bias):
        def codegen(context, builder, signature, args):
            element = args[2].type.pointee
            cases = {k: (_transform_function(builder.module, element, *made, extra), args[1:]) for k, made in kinds.items()}
            switch_call(builder, args[0], cases)
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, i, x, i, i, i, y, i, i, i, i, bias), codegen

    return transform


_FILTERS = {
    PLAIN: ("filter", 3, _of_matrix(FILTER, (1, 2, 0, 3))),
    GATHER: ("gather_filter", 5, _of_matrix(GATHER_FILTER, (1, 2, 0, 3, 5, 4, 6))),
    LARGE: ("large_filter", 3, LARGE_FILTER),
}
_OUTPUTS = {
    PLAIN: ("output", 4, _of_matrix(OUTPUT, (0, 1))),
    GATHER: ("gather_output", 7, _of_matrix(GATHER_OUTPUT, (0, 1))),
    SPREAD: ("spread_output", 7, _of_matrix(SPREAD_OUTPUT, (0, 2, 1, 3))),
    LARGE: ("large_output", 6, LARGE_OUTPUT),
}
transform_input = _transform(
    {
        PLAIN: ("input", 4, _of_matrix(INPUT, (1, 2, 0, 3))),
        GATHER: ("gather_input", 7, _of_matrix(GATHER_INPUT, (0, 1, 2, 3, 4, 5, 6))),
        SPREAD: ("spread_input", 4, _of_matrix(SPREAD_INPUT, (5, 4, 1, 2, 0, 3, 6))),
        LARGE: ("large_input", 6, LARGE_INPUT),
    }
)
transform_filters = _transform(_FILTERS | {SPREAD: _FILTERS[GATHER]})
transform_output = _transform(_OUTPUTS)
transform_output_with_bias = _transform(_OUTPUTS, "bias")
transform_output_gradient = _transform(
    {
        PLAIN: ("output_gradient", 2, _of_matrix(OUTPUT_GRADIENT, (1, 2, 0, 3))),
        GATHER: ("gather_output_gradient", 2, _of_matrix(GATHER_OUTPUT_GRADIENT, (0, 4, 1, 5, 2, 3, 6))),
        LARGE: ("large_output_gradient", 4, LARGE_OUTPUT_GRADIENT),
    }
)
add_filter_gradient = _transform(
    {
        PLAIN: ("filter_gradient", 4, _of_matrix(FILTER_GRADIENT, (1, 2, 0))),
        GATHER: ("gather_filter_gradient", 7, _of_matrix(GATHER_FILTER_GRADIENT, (0, 2, 4, 1, 3))),
        LARGE: ("large_filter_gradient", 6, LARGE_FILTER_GRADIENT),
    },
    "add",
)

"""Convolutions with fewer products than filters have taps: 3x3 of stride 1, and 5x5 of stride 2 both ways. Winograd's F(2, 3).

The output is cut into tiles. With the matrices below a tile of 2x2 pixels is

    y = A^T [ (G w G^T) o (B^T x B) ] A        x: pixels of the input, w: filter, o: element by element

so the sum over channels becomes a matrix product (tiles x channels in) (channels in x channels out) for every position
of the bracket: 16 instead of 36 for 3x3. Along one axis a 5x5 filter of stride 2 is a filter of 3 on the even pixels, F(2, 3),
and one of 2 on the odd ones, F(2, 2): 7 products instead of 10, 49 instead of 100 in both directions. Spread, it gives tiles
of 4x4 pixels whose even and odd ones come from those two. The gradient of the filter is the transpose of all that:
G^T [ (A dy A^T) o (B^T x B) ] G, summed over the tiles of an event.
Source: Lavin and Gray, arXiv:1509.09308, section 4.1; the last row of B^T and of A have the other sign here.

Inside, pixels hold their channels side by side, so that every transform is arithmetic on whole vectors and nothing is
shuffled but where an event comes in and goes out. Every number is one fixed sequence of operations on one tile (or, for
gradients, a chain over the tiles of one event after the other), so bits depend on no cut of the batch.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES, family, is_null, kernel, null, shift, uses
from .convolution import fill_zero
from .convolution_tiles import add_sum
from .family import FRESH, ROWS, descriptor, operand
from .product import product, product_transposed
from .product_tiles import product_piece
from .transpose import transpose
from .vector import I64, Vectors, counted_loop, i64, lanes_of, new_function

CHANNELS = 16  # channels of a pixel are filled up to a multiple of this: whole vectors on every machine
GAP = 16  # elements between the matrices of two positions: without, the stores of a tile would go to one set of the cache

# what is done: 3x3, 5x5 of stride 2 from the large image to the small one, and from the small one to the large one
PLAIN, GATHER, SPREAD = range(3)
# of each kind, along one axis: pixels of input that a tile reads, from one tile to the next, pixels of output that it gives,
# positions, taps
REACH, STRIDE, SIDE, EDGE, TAPS = (4, 7, 4), (2, 4, 2), (2, 2, 4), (4, 7, 7), (3, 5, 5)

# The columns of a descriptor from its geometry on: what is done; channels and size of the input (of the large image) and of
# the output (of the small one); zeros above and left of the input; rows of tiles that are done together; whether the
# filters' inner channels belong to the output, and whether taps are read backwards; where in the scratch memory the
# transformed input, products, pixels of the output, filters and filters by tap begin.
GEOMETRY = (
    "KIND SOURCE HEIGHT WIDTH TARGET OUT_HEIGHT OUT_WIDTH TOP LEFT BLOCK SWAPPED FLIPPED "
    "AT_INPUT AT_PRODUCTS AT_OUTPUT AT_FILTERS AT_TAPS"
).split()
(
    KIND, SOURCE, HEIGHT, WIDTH, TARGET, OUT_HEIGHT, OUT_WIDTH, TOP, LEFT, BLOCK, SWAPPED, FLIPPED,
    AT_INPUT, AT_PRODUCTS, AT_OUTPUT, AT_FILTERS, AT_TAPS,
) = range(len(GEOMETRY))  # fmt: skip

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


def _transform_function(module, element, name, matrix, order, extra):
    """void(channels, x, row, column, y, row, column, bias): y = matrix x matrix^T for every channel of a tile.

    Numbers i, j of a tile are i row + j column elements from its first. `order`: of the rows of y; those that share rows of
    x come together, which keeps what is loaded within the registers (of 7 x 7 numbers, nothing is kept). extra: "bias" adds
    bias[channel], "add" what is in y.
    """
    name = f"winograd_{name}_{extra}_{element}_{VECTOR_BYTES}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, I64, I64, p, I64, I64, p])
    if function.blocks:
        return function
    channels, x, x_row, x_column, y, y_row, y_column, bias = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors, size = Vectors(builder, element), len(matrix[0])

    def places(start, row, column, rows, columns):
        lines = [builder.gep(start, [builder.mul(row, i64(i))]) for i in range(rows)]
        return [[builder.gep(line, [builder.mul(column, i64(j))]) for j in range(columns)] for line in lines]

    sources, targets = places(x, x_row, x_column, size, size), places(y, y_row, y_column, len(matrix), len(matrix))

    def one(channel, carried):
        loaded = {}

        def pixel(i, j):
            if size > 4 or (i, j) not in loaded:
                loaded[i, j] = vectors.load(builder.gep(sources[i][j], [channel]))
            return loaded[i, j]

        start = vectors.load(builder.gep(bias, [channel])) if extra == "bias" else None
        for a in order:
            line = [_combine(vectors, matrix[a], [lambda i=i, j=j: pixel(i, j) for i in range(size)]) for j in range(size)]
            for b, coefficients in enumerate(matrix):
                value = _combine(vectors, coefficients, [lambda v=v: v for v in line])
                where = builder.gep(targets[a][b], [channel])
                if extra == "bias":
                    value = builder.fadd(value, start)
                if extra == "add":
                    value = builder.fadd(vectors.load(where), value)
                vectors.store(value, where)
        return []

    counted_loop(builder, i64(0), channels, vectors.lanes, [], one)
    builder.ret_void()
    return function


def _transform(name, matrix, order, extra=""):
    @intrinsic
    def transform(typingctx, channels, x, row, column, y, y_row, y_column, bias):
        def codegen(context, builder, signature, args):
            function = _transform_function(builder.module, args[1].type.pointee, name, matrix, order, extra)
            builder.call(function, args)
            return context.get_dummy_value()

        i = types.int64
        return types.none(i, x, i, i, y, i, i, bias), codegen

    return transform


# each: (channels, x, row, column, y, row, column, bias)
_input = _transform("input", INPUT, (1, 2, 0, 3))
_filter = _transform("filter", FILTER, (1, 2, 0, 3))
_output = _transform("output", OUTPUT, (0, 1))
_output_with_bias = _transform("output", OUTPUT, (0, 1), "bias")
_output_gradient = _transform("output_gradient", OUTPUT_GRADIENT, (1, 2, 0, 3))
_add_filter_gradient = _transform("filter_gradient", FILTER_GRADIENT, (1, 2, 0), "add")
_gather_input = _transform("gather_input", GATHER_INPUT, (0, 1, 2, 3, 4, 5, 6))
_gather_filter = _transform("gather_filter", GATHER_FILTER, (1, 2, 0, 3, 5, 4, 6))
_gather_output = _transform("gather_output", GATHER_OUTPUT, (0, 1))
_gather_output_with_bias = _transform("gather_output", GATHER_OUTPUT, (0, 1), "bias")
_gather_output_gradient = _transform("gather_output_gradient", GATHER_OUTPUT_GRADIENT, (0, 4, 1, 5, 2, 3, 6))
_add_gather_filter_gradient = _transform("gather_filter_gradient", GATHER_FILTER_GRADIENT, (0, 2, 4, 1, 3), "add")
_spread_input = _transform("spread_input", SPREAD_INPUT, (5, 4, 1, 2, 0, 3, 6))
_spread_output = _transform("spread_output", SPREAD_OUTPUT, (0, 2, 1, 3))
_spread_output_with_bias = _transform("spread_output", SPREAD_OUTPUT, (0, 2, 1, 3), "bias")


@kernel
def _tiles(g):
    """Rows of tiles, and tiles of a row."""
    side = SIDE[g[KIND]]
    return (g[OUT_HEIGHT] + side - 1) // side, (g[OUT_WIDTH] + side - 1) // side


@kernel
def _framed(g, tiles):
    """Pixels along an axis of the input with its zeros, for so many tiles."""
    return STRIDE[g[KIND]] * (tiles - 1) + REACH[g[KIND]]


@kernel
def _wide(channels):
    return (channels + CHANNELS - 1) // CHANNELS * CHANNELS


@kernel
def _pixels(channels, height, width, x, row, y):
    """Planes x (channels, height, width) to pixels y with their channels side by side, `row` elements in a row."""
    for i in range(height):
        transpose(channels, width, shift(x, i * width), height * width, shift(y, i * row), _wide(channels))


@kernel
def _fill_halo(g, tiles, x, halo):
    """The input of an event as pixels inside its zeros."""
    row = _framed(g, tiles) * _wide(g[SOURCE])
    _pixels(g[SOURCE], g[HEIGHT], g[WIDTH], x, row, shift(halo, g[TOP] * row + g[LEFT] * _wide(g[SOURCE])))


@kernel
def _transform_input(g, tiles, first, rows, halo, v, plane):
    """The rows of tiles from `first` on: v[position, tile, channel]."""
    wide, step, kind = _wide(g[SOURCE]), STRIDE[g[KIND]], g[KIND]
    row = _framed(g, tiles) * wide
    for t in range(rows * tiles):
        source, target = shift(halo, step * ((first + t // tiles) * row + t % tiles * wide)), shift(v, t * wide)
        if kind == PLAIN:
            _input(wide, source, row, wide, target, 4 * plane, plane, halo)
        elif kind == GATHER:
            _gather_input(wide, source, row, wide, target, 7 * plane, plane, halo)
        else:
            _spread_input(wide, source, row, wide, target, 7 * plane, plane, halo)


@kernel
def _transform_output(g, tiles, rows, m, plane, bias, out):
    """Tiles of the output as pixels, from the products m[position, tile, channel]. bias may be null."""
    wide, side, kind = _wide(g[TARGET]), SIDE[g[KIND]], g[KIND]
    row = side * tiles * wide
    for t in range(rows * tiles):
        source, target = shift(m, t * wide), shift(out, side * (t // tiles * row + t % tiles * wide))
        if is_null(bias):
            if kind == PLAIN:
                _output(wide, source, 4 * plane, plane, target, row, wide, m)
            elif kind == GATHER:
                _gather_output(wide, source, 7 * plane, plane, target, row, wide, m)
            else:
                _spread_output(wide, source, 7 * plane, plane, target, row, wide, m)
        elif kind == PLAIN:
            _output_with_bias(wide, source, 4 * plane, plane, target, row, wide, bias)
        elif kind == GATHER:
            _gather_output_with_bias(wide, source, 7 * plane, plane, target, row, wide, bias)
        else:
            _spread_output_with_bias(wide, source, 7 * plane, plane, target, row, wide, bias)


@kernel
def _transform_output_gradient(g, tiles, first, rows, out, m, plane):
    """The rows of tiles from `first` on of the gradient of the output: m[position, tile, channel]."""
    wide = _wide(g[TARGET])
    row = 2 * tiles * wide
    for t in range(rows * tiles):
        source, target = shift(out, 2 * ((first + t // tiles) * row + t % tiles * wide)), shift(m, t * wide)
        if g[KIND] == PLAIN:
            _output_gradient(wide, source, row, wide, target, 4 * plane, plane, m)
        else:
            _gather_output_gradient(wide, source, row, wide, target, 7 * plane, plane, m)


@kernel
def _filters_by_tap(g, w, taps):
    """The filters as they are stored (outer, inner, tap) to taps (inner, tap, outer)."""
    inner, outer = (g[TARGET], g[SOURCE]) if g[SWAPPED] else (g[SOURCE], g[TARGET])
    count = TAPS[g[KIND]] ** 2
    transpose(outer, count * inner, w, count * inner, taps, _wide(outer))


@kernel
def _transform_filters(g, w, taps, scratch, u):
    """u[position, channel in, channel out]. taps and scratch: memory for the filters by tap and for one more u."""
    inner, outer = (g[TARGET], g[SOURCE]) if g[SWAPPED] else (g[SOURCE], g[TARGET])
    wide, k = _wide(outer), TAPS[g[KIND]]
    step, last = (-wide, (k * k - 1) * wide) if g[FLIPPED] else (wide, 0)
    target = scratch if g[SWAPPED] else u
    plane, out_plane = inner * wide + GAP, outer * _wide(inner) + GAP
    fill_zero(k * k * inner * wide, taps)
    _filters_by_tap(g, w, taps)
    for c in range(inner):
        source = shift(taps, k * k * c * wide + last)
        if k == 3:
            _filter(wide, source, 3 * step, step, shift(target, c * wide), 4 * plane, plane, taps)
        else:
            _gather_filter(wide, source, 5 * step, step, shift(target, c * wide), 7 * plane, plane, taps)
    if g[SWAPPED]:
        positions = EDGE[g[KIND]] ** 2
        fill_zero(positions * out_plane, u)
        for p in range(positions):
            transpose(inner, outer, shift(scratch, p * plane), wide, shift(u, p * out_plane), _wide(inner))


CORRELATE = descriptor("x y tiled", "weights bias", GEOMETRY, writes="y", scratch="tiled", parameters="weights bias")


@uses(product_piece)
@family(CORRELATE)
def winograd_correlate(d, run, arena, theta, copies, grad):
    """y = b + w correlated with x: x y scratch w b geometry. No b is -1."""
    x, y, scratch = operand(d, CORRELATE.x, run, arena), operand(d, CORRELATE.y, run, arena), shift(arena, d[CORRELATE.tiled])
    g = shift(d, CORRELATE.geometry)
    bias, lanes = shift(theta, d[CORRELATE.bias]) if d[CORRELATE.bias] >= 0 else null(theta), lanes_of(x)
    (tile_rows, tiles), side = _tiles(g), SIDE[g[KIND]]
    wide, out_wide, pixels = _wide(g[SOURCE]), _wide(g[TARGET]), g[OUT_HEIGHT] * g[OUT_WIDTH]
    v, m, out = shift(scratch, g[AT_INPUT]), shift(scratch, g[AT_PRODUCTS]), shift(scratch, g[AT_OUTPUT])
    u, u_plane = shift(scratch, g[AT_FILTERS]), g[SOURCE] * out_wide + GAP
    v_plane, m_plane = g[BLOCK] * tiles * wide + GAP, g[BLOCK] * tiles * out_wide + GAP
    _transform_filters(g, shift(theta, d[CORRELATE.weights]), scratch, shift(scratch, g[AT_TAPS]), u)
    fill_zero(_framed(g, tile_rows) * _framed(g, tiles) * wide, scratch)
    for r in range(run[ROWS]):
        _fill_halo(g, tiles, shift(x, r * d[CORRELATE.x_size]), scratch)
        for first in range(0, tile_rows, g[BLOCK]):
            rows = min(g[BLOCK], tile_rows - first)
            _transform_input(g, tiles, first, rows, scratch, v, v_plane)
            for p in range(EDGE[g[KIND]] ** 2):
                a, b, c = shift(v, p * v_plane), shift(u, p * u_plane), shift(m, p * m_plane)
                product(rows * tiles, out_wide, g[SOURCE], a, wide, b, out_wide, c, out_wide, null(c), 0)
            _transform_output(g, tiles, rows, m, m_plane, bias, out)
            for i in range(min(side * rows, g[OUT_HEIGHT] - side * first)):
                # few channels at a time: a line of the cache is then written whole before another takes its place
                for c in range(0, g[TARGET], lanes):
                    line = shift(y, r * d[CORRELATE.y_size] + c * pixels + (side * first + i) * g[OUT_WIDTH])
                    source = shift(out, i * side * tiles * out_wide + c)
                    transpose(g[OUT_WIDTH], min(lanes, g[TARGET] - c), source, out_wide, line, pixels)
    return 0.0


GRADIENT = descriptor(
    "image small tiled", "weights bias bias_of_image first_use", GEOMETRY, scratch="tiled", gradients="weights bias"
)


@uses(product_piece)
@family(GRADIENT)
def winograd_gradient(d, run, arena, theta, copies, grad):
    """grad_w += windows of x times g, grad_b += sums: x g scratch w b of-x first_use geometry.

    x are the large images, g the small ones. of-x: the bias belongs to x. One event after the other adds its own sums.
    """
    x, small = operand(d, GRADIENT.image, run, arena), operand(d, GRADIENT.small, run, arena)
    scratch, g = shift(arena, d[GRADIENT.tiled]), shift(d, GRADIENT.geometry)
    w, fresh = shift(grad, d[GRADIENT.weights]), run[FRESH] and d[GRADIENT.first_use]
    (tile_rows, tiles), k = _tiles(g), TAPS[g[KIND]]
    wide, out_wide = _wide(g[SOURCE]), _wide(g[TARGET])
    inner, outer = (g[TARGET], g[SOURCE]) if g[SWAPPED] else (g[SOURCE], g[TARGET])
    outer_wide, out_row = _wide(outer), 2 * tiles * out_wide
    v, m, out = shift(scratch, g[AT_INPUT]), shift(scratch, g[AT_PRODUCTS]), shift(scratch, g[AT_OUTPUT])
    u, taps = shift(scratch, g[AT_FILTERS]), shift(scratch, g[AT_TAPS])
    v_plane, m_plane = g[BLOCK] * tiles * wide + GAP, g[BLOCK] * tiles * out_wide + GAP
    u_plane = inner * outer_wide + GAP
    # the sums go on from what the tile of events before has left, so its size does not matter
    fill_zero(k * k * inner * outer_wide, taps)
    if not fresh:
        _filters_by_tap(g, w, taps)
    fill_zero(_framed(g, tile_rows) * _framed(g, tiles) * wide, scratch)
    fill_zero(2 * tile_rows * out_row, out)
    planes, plane = (g[SOURCE], g[HEIGHT] * g[WIDTH]) if d[GRADIENT.bias_of_image] else (g[TARGET], g[OUT_HEIGHT] * g[OUT_WIDTH])
    if fresh and d[GRADIENT.bias] >= 0:
        fill_zero(planes, shift(grad, d[GRADIENT.bias]))
    for r in range(run[ROWS]):
        image, gradient = shift(x, r * d[GRADIENT.image_size]), shift(small, r * d[GRADIENT.small_size])
        _fill_halo(g, tiles, image, scratch)
        _pixels(g[TARGET], g[OUT_HEIGHT], g[OUT_WIDTH], gradient, out_row, out)
        for first in range(0, tile_rows, g[BLOCK]):
            rows = min(g[BLOCK], tile_rows - first)
            count = rows * tiles
            _transform_input(g, tiles, first, rows, scratch, v, v_plane)
            _transform_output_gradient(g, tiles, first, rows, out, m, m_plane)
            for p in range(EDGE[g[KIND]] ** 2):
                a, b, c = shift(v, p * v_plane), shift(m, p * m_plane), shift(u, p * u_plane)
                start = c if first else null(c)
                if g[SWAPPED]:
                    product_transposed(inner, outer_wide, count, b, out_wide, a, wide, c, outer_wide, start, outer_wide)
                else:
                    product_transposed(inner, outer_wide, count, a, wide, b, out_wide, c, outer_wide, start, outer_wide)
        for c in range(inner):
            source, tap = shift(u, c * outer_wide), shift(taps, k * k * c * outer_wide)
            if k == 3:
                _add_filter_gradient(outer_wide, source, 4 * u_plane, u_plane, tap, 3 * outer_wide, outer_wide, u)
            else:
                _add_gather_filter_gradient(outer_wide, source, 7 * u_plane, u_plane, tap, 5 * outer_wide, outer_wide, u)
        if d[GRADIENT.bias] >= 0:
            summed = image if d[GRADIENT.bias_of_image] else gradient
            for c in range(planes):
                add_sum(plane, shift(summed, c * plane), shift(grad, d[GRADIENT.bias] + c))
    transpose(k * k * inner, outer, taps, outer_wide, w, k * k * inner)
    return 0.0

"""Convolutions with fewer products than filters have taps: 3x3 of stride 1, and 5x5 of stride 2 both ways, by Winograd's tiles.

The output is cut into tiles. With the matrices of winograd_transforms.py a tile of 2x2 pixels, F(2, 3), is

    y = A^T [ (G w G^T) o (B^T x B) ] A        x: pixels of the input, w: filter, o: element by element

so the sum over channels becomes a matrix product (tiles x channels in) (channels in x channels out) for every position of
the bracket: 16 instead of 36 for 3x3, and 36 instead of 144 for tiles of 4x4 pixels, F(4, 3). Along one axis a 5x5 filter of
stride 2 is a filter of 3 on the even pixels, F(2, 3), and one of 2 on the odd ones, F(2, 2): 7 products instead of 10, 49
instead of 100 in both directions. Spread, it gives tiles of 4x4 pixels whose even and odd ones come from those two. The
gradient of the filter is the transpose of all that: G^T [ (A dy A^T) o (B^T x B) ] G, summed over the tiles of an event.
Source: Lavin and Gray, arXiv:1509.09308, section 4.1; the last row of B^T and of A have the other sign here.

Inside, pixels hold their channels side by side, so that every transform is arithmetic on whole vectors and nothing is
shuffled but where an event comes in and goes out. Every number is one fixed sequence of operations on one tile (or, for
gradients, a chain over the tiles of one event after the other), so bits depend on no cut of the batch.
"""

from __future__ import annotations

from ._jit import family, is_null, kernel, null, shift, uses
from .convolution import fill_zero
from .convolution_tiles import add_sum
from .family import FRESH, ROWS, descriptor, operand
from .product import STEP, product, product_transposed
from .product_tiles import WIDEST, product_piece
from .transpose import transpose
from .vector import lanes_of
from .winograd_transforms import (
    EDGE,
    REACH,
    SIDE,
    STRIDE,
    TAPS,
    add_filter_gradient,
    transform_filters,
    transform_input,
    transform_output,
    transform_output_gradient,
    transform_output_with_bias,
)

CHANNELS = 16  # channels of a pixel are filled up to a multiple of this: whole vectors on every machine
GAP = 16  # elements between the matrices of two positions: without, the stores of a tile would go to one set of the cache

# The columns of a descriptor from its geometry on: what is done; channels and size of the input (of the large image) and of
# the output (of the small one); zeros above and left of the input; rows of tiles, and events, that are done together, and
# inner channels of the gradient of the filters; whether the filters' inner channels belong to the output, and whether taps
# are read backwards; where in the scratch memory the transformed input, products, pixels of the output, filters and filters
# by tap begin.
GEOMETRY = (
    "KIND SOURCE HEIGHT WIDTH TARGET OUT_HEIGHT OUT_WIDTH TOP LEFT BLOCK EVENTS GROUP SWAPPED FLIPPED "
    "AT_INPUT AT_PRODUCTS AT_OUTPUT AT_FILTERS AT_TAPS"
).split()
(
    KIND, SOURCE, HEIGHT, WIDTH, TARGET, OUT_HEIGHT, OUT_WIDTH, TOP, LEFT, BLOCK, EVENTS, GROUP, SWAPPED, FLIPPED,
    AT_INPUT, AT_PRODUCTS, AT_OUTPUT, AT_FILTERS, AT_TAPS,
) = range(len(GEOMETRY))  # fmt: skip


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
def _pixels(channels, height, width, x, first, rows, row, y):
    """Rows of planes x (channels, height, width) to pixels y with their channels side by side, `row` elements in a row.

    `rows` of them from row `first` on; those outside the planes are zero.
    """
    for i in range(rows):
        target = shift(y, i * row)
        if 0 <= first + i < height:
            transpose(channels, width, shift(x, (first + i) * width), height * width, target, _wide(channels))
        else:
            fill_zero(width * _wide(channels), target)


@kernel
def _fill_halo(g, tiles, x, first, rows, halo):
    """The input of some rows of tiles of an event, as pixels inside its zeros."""
    wide = _wide(g[SOURCE])
    start, row = STRIDE[g[KIND]] * first - g[TOP], _framed(g, tiles) * wide
    _pixels(g[SOURCE], g[HEIGHT], g[WIDTH], x, start, _framed(g, rows), row, shift(halo, g[LEFT] * wide))


@kernel
def _input_tiles(g, tiles, rows, halo, v, plane):
    """Rows of tiles: v[position, tile, channel]."""
    wide, step, edge = _wide(g[SOURCE]), STRIDE[g[KIND]], EDGE[g[KIND]]
    row = _framed(g, tiles) * wide
    for i in range(rows):
        source, target = shift(halo, step * i * row), shift(v, i * tiles * wide)
        transform_input(g[KIND], tiles, source, step * wide, row, wide, target, wide, edge * plane, plane, wide, halo)


@kernel
def _output_tiles(g, tiles, rows, m, plane, bias, out):
    """Tiles of the output as pixels, from the products m[position, tile, channel]. bias may be null."""
    wide, side, edge = _wide(g[TARGET]), SIDE[g[KIND]], EDGE[g[KIND]]
    row = side * tiles * wide
    for i in range(rows):
        source, target = shift(m, i * tiles * wide), shift(out, side * i * row)
        if is_null(bias):
            transform_output(g[KIND], tiles, source, wide, edge * plane, plane, target, side * wide, row, wide, wide, m)
        else:
            transform_output_with_bias(
                g[KIND], tiles, source, wide, edge * plane, plane, target, side * wide, row, wide, wide, bias
            )


@kernel
def _output_gradient_tiles(g, tiles, rows, out, m, plane):
    """Rows of tiles of the gradient of the output: m[position, tile, channel]."""
    wide, side, edge = _wide(g[TARGET]), SIDE[g[KIND]], EDGE[g[KIND]]
    row = side * tiles * wide
    for i in range(rows):
        source, target = shift(out, side * i * row), shift(m, i * tiles * wide)
        transform_output_gradient(g[KIND], tiles, source, side * wide, row, wide, target, wide, edge * plane, plane, wide, m)


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
    edge = EDGE[g[KIND]]
    transform_filters(
        g[KIND], inner, shift(taps, last), k * k * wide, k * step, step, target, wide, edge * plane, plane, wide, taps
    )
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
    most = g[EVENTS] * g[BLOCK] * tiles
    v_plane, m_plane = most * wide + GAP, most * out_wide + GAP
    _transform_filters(g, shift(theta, d[CORRELATE.weights]), scratch, shift(scratch, g[AT_TAPS]), u)
    fill_zero(_framed(g, g[BLOCK]) * _framed(g, tiles) * wide, scratch)
    if out_wide <= min(wide, WIDEST * lanes) and g[SOURCE] <= STEP:
        # a tile of the product holds whole rows of it: they may take the place of the rows that it was made from
        m, m_plane = v, v_plane
    for r in range(0, run[ROWS], g[EVENTS]):
        events = min(g[EVENTS], run[ROWS] - r)
        for first in range(0, tile_rows, g[BLOCK]):  # once where there are several events
            rows = min(g[BLOCK], tile_rows - first)
            count = rows * tiles
            for e in range(events):
                _fill_halo(g, tiles, shift(x, (r + e) * d[CORRELATE.x_size]), first, rows, scratch)
                _input_tiles(g, tiles, rows, scratch, shift(v, e * count * wide), v_plane)
            for p in range(EDGE[g[KIND]] ** 2):
                a, b, c = shift(v, p * v_plane), shift(u, p * u_plane), shift(m, p * m_plane)
                product(events * count, out_wide, g[SOURCE], a, wide, b, out_wide, c, out_wide, null(c), 0)
            for e in range(events):
                _output_tiles(g, tiles, rows, shift(m, e * count * out_wide), m_plane, bias, out)
                target = shift(y, (r + e) * d[CORRELATE.y_size] + side * first * g[OUT_WIDTH])
                for i in range(min(side * rows, g[OUT_HEIGHT] - side * first)):
                    # few channels at a time: a line of the cache is then written whole before another takes its place
                    for c in range(0, g[TARGET], lanes):
                        line = shift(target, c * pixels + i * g[OUT_WIDTH])
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
    outer_wide, side = _wide(outer), SIDE[g[KIND]]
    out_row, edge = side * tiles * out_wide, EDGE[g[KIND]]
    v, m, out = shift(scratch, g[AT_INPUT]), shift(scratch, g[AT_PRODUCTS]), shift(scratch, g[AT_OUTPUT])
    u, taps = shift(scratch, g[AT_FILTERS]), shift(scratch, g[AT_TAPS])
    v_plane, m_plane = g[BLOCK] * tiles * wide + GAP, g[BLOCK] * tiles * out_wide + GAP
    group = g[GROUP]
    u_plane = group * outer_wide + GAP
    # the sums go on from what the tile of events before has left, so its size does not matter
    fill_zero(k * k * inner * outer_wide, taps)
    if not fresh:
        _filters_by_tap(g, w, taps)
    fill_zero(_framed(g, g[BLOCK]) * _framed(g, tiles) * wide, scratch)
    fill_zero(side * g[BLOCK] * out_row, out)
    planes, plane = (g[SOURCE], g[HEIGHT] * g[WIDTH]) if d[GRADIENT.bias_of_image] else (g[TARGET], g[OUT_HEIGHT] * g[OUT_WIDTH])
    if fresh and d[GRADIENT.bias] >= 0:
        fill_zero(planes, shift(grad, d[GRADIENT.bias]))
    for r in range(run[ROWS]):
        image, gradient = shift(x, r * d[GRADIENT.image_size]), shift(small, r * d[GRADIENT.small_size])
        for first in range(0, tile_rows, g[BLOCK]):
            rows = min(g[BLOCK], tile_rows - first)
            count = rows * tiles
            _fill_halo(g, tiles, image, first, rows, scratch)
            _input_tiles(g, tiles, rows, scratch, v, v_plane)
            _pixels(g[TARGET], g[OUT_HEIGHT], g[OUT_WIDTH], gradient, side * first, side * rows, out_row, out)
            _output_gradient_tiles(g, tiles, rows, out, m, m_plane)
            for channel in range(0, inner, group):  # one group where there are several blocks
                channels = min(group, inner - channel)
                for p in range(edge * edge):
                    a, b, c = shift(v, p * v_plane), shift(m, p * m_plane), shift(u, p * u_plane)
                    start = c if first else null(c)
                    if g[SWAPPED]:
                        product_transposed(
                            channels, outer_wide, count, shift(b, channel), out_wide, a, wide, c, outer_wide, start, outer_wide
                        )
                    else:
                        product_transposed(
                            channels, outer_wide, count, shift(a, channel), wide, b, out_wide, c, outer_wide, start, outer_wide
                        )
                if first + rows == tile_rows:
                    add_filter_gradient(
                        g[KIND],
                        channels,
                        u,
                        outer_wide,
                        edge * u_plane,
                        u_plane,
                        shift(taps, k * k * channel * outer_wide),
                        k * k * outer_wide,
                        k * outer_wide,
                        outer_wide,
                        outer_wide,
                        u,
                    )
        if d[GRADIENT.bias] >= 0:
            summed = image if d[GRADIENT.bias_of_image] else gradient
            for c in range(planes):
                add_sum(plane, shift(summed, c * plane), shift(grad, d[GRADIENT.bias] + c))
    transpose(k * k * inner, outer, taps, outer_wide, w, k * k * inner)
    return 0.0

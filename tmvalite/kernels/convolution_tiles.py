"""Register blocks of convolutions, as explicit-vector code: the inner loops of kernels/convolution.py.

A correlation is a product of filters and shifted images. Where a matrix product steps through B by its leading
dimension, a convolution looks the place of the next row up: a table gives, for every term of the sum (an input channel
and a tap of the filter), the offset of the shifted image; the filter values are packed in the order of the table.
Strides, padding, phases and transposition are the business of whoever writes the table (plan/families/windows.py); here
is one loop for all.

Correlation tile: `rows` output channels x `columns` vectors of neighbouring pixels. Every pixel is one chain of fused
multiply-adds in the order of the table, from the bias or zero, so its bits depend neither on tile nor vector width.

Gradient tile: `rows` planes x `columns` taps, summed over the pixels of one event in groups of 32 bytes, on every machine:
pixel j of a group goes to lane j, and one tree adds the lanes. Machines with vectors of 64 bytes keep two planes in each.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES, is_null, kernel, shift
from .vector import I64, Vectors, counted_loop, element_size, i64, new_function, switch_call

# rows in a tile -> most columns: accumulators, one row of operands and one broadcast fit the registers
if VECTOR_BYTES == 64:  # 32 registers
    MOST_COLUMNS = {1: 8, 2: 8, 3: 6, 4: 5, 5: 4, 6: 4, 7: 3, 8: 3}
    EVEN, PREFERRED = 8, (8, 5, 6)
else:  # 16 registers
    MOST_COLUMNS = {1: 8, 2: 5, 3: 3, 4: 3, 5: 2, 6: 2}
    EVEN, PREFERRED = 4, (4, 5, 6)
PREFERRED1, PREFERRED2, PREFERRED3 = PREFERRED
if VECTOR_BYTES == 64:  # rows of a gradient tile, alone or in pairs of two, and most columns
    GRADIENT_COLUMNS = {1: 9, 2: 9, 4: 9, 6: 5, 8: 5}
else:
    GRADIENT_COLUMNS = MOST_COLUMNS
MOST, MOST_GRADIENT = (tuple(table.get(rows, 0) for rows in range(9)) for table in (MOST_COLUMNS, GRADIENT_COLUMNS))
PAIRED = VECTOR_BYTES == 64
BLOCK = 12  # vectors of pixels that all output channels are computed for before the next ones
GROUP_BYTES = 32  # bytes of one group of pixels in a gradient tile, on every machine


def _pair(builder, table, index):
    """The two numbers of entry `index` of a table of pairs."""
    at = builder.shl(index, i64(1))
    return builder.load(builder.gep(table, [at])), builder.load(builder.gep(table, [builder.or_(at, i64(1))]))


def _bias(builder, vectors, bias, rows):
    """One start value per row: all lanes bias[row], or zero where bias is null."""
    return vectors.unless_null(bias, lambda: [vectors.broadcast(builder.load(builder.gep(bias, [i64(r)]))) for r in range(rows)])


def _correlation_tile(module, element, rows: int, columns: int):
    """void(k, terms, w, x, places, y, plane, bias, last): see `correlate_planes`; `last` lanes of the last vector count."""
    name = f"correlation_{element}_{VECTOR_BYTES}_{rows}x{columns}"
    p, table = element.as_pointer(), I64.as_pointer()
    function = new_function(module, __name__, name, [I64, table, p, p, table, p, I64, p, I64])
    if function.blocks:
        return function
    k, terms, w, x, places, y, plane, bias, last = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    at = [_pair(builder, places, i64(c)) for c in range(columns)]
    images = [builder.gep(x, [source]) for source, _ in at]
    start = _bias(builder, vectors, bias, rows)

    def one(index, sums):
        image_at = builder.load(builder.gep(terms, [index]))
        factors = builder.gep(w, [builder.mul(index, i64(rows))])
        loaded = [vectors.load(builder.gep(image, [image_at])) for image in images]
        out = list(sums)
        for r in range(rows):
            factor = vectors.broadcast(builder.load(builder.gep(factors, [i64(r)])))
            for c in range(columns):
                out[r * columns + c] = vectors.fma(factor, loaded[c], out[r * columns + c])
        return out

    _, sums = counted_loop(builder, i64(0), k, 1, [start[r] for r in range(rows) for _ in range(columns)], one)

    def write(mask):
        for r in range(rows):
            for c in range(columns):
                where = builder.gep(y, [builder.add(builder.mul(plane, i64(r)), at[c][1])])
                vectors.store(sums[r * columns + c], where, mask if c == columns - 1 else None)

    with builder.if_else(builder.icmp_signed(">=", last, i64(vectors.lanes))) as (full, partial):
        with full:
            write(None)
        with partial:
            write(vectors.first(last))
    builder.ret_void()
    return function


def _gradient_tile(module, element, rows: int, columns: int):
    """void(count, places, g, plane, x, taps, out, row): see `correlation_gradient`."""
    name = f"correlation_gradient_{element}_{VECTOR_BYTES}_{rows}x{columns}"
    p, table = element.as_pointer(), I64.as_pointer()
    function = new_function(module, __name__, name, [I64, table, p, I64, p, table, p, I64])
    if function.blocks:
        return function
    count, places, g, plane, x, taps, out, row = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    group = Vectors(builder, element, GROUP_BYTES // element_size(element))
    together = 2 if PAIRED and rows > 1 else 1  # planes in a vector
    vectors, pairs = Vectors(builder, element, group.lanes * together), rows // together
    at = [_pair(builder, taps, i64(c)) for c in range(columns)]
    images = [builder.gep(x, [source]) for source, _ in at]
    planes = [builder.gep(g, [builder.mul(plane, i64(r))]) for r in range(rows)]

    def side_by_side(groups):
        return groups[0] if together == 1 else vectors.shuffle(*groups, list(range(vectors.lanes)))

    def one(index, sums):
        image_at, plane_at = _pair(builder, places, index)
        right = [side_by_side([group.load(builder.gep(image, [image_at]))] * together) for image in images]
        out = list(sums)
        for i in range(pairs):
            left = side_by_side([group.load(builder.gep(planes[i * together + j], [plane_at])) for j in range(together)])
            for c in range(columns):
                out[i * columns + c] = vectors.fma(left, right[c], out[i * columns + c])
        return out

    _, sums = counted_loop(builder, i64(0), count, 1, [vectors.zero] * (pairs * columns), one)
    if together == 2:
        halves = [list(range(group.lanes)), list(range(group.lanes, vectors.lanes))]
        sums = [
            group.shuffle(sums[i * columns + c], sums[i * columns + c], half)
            for i in range(pairs)
            for half in halves
            for c in range(columns)
        ]
    for i, total in enumerate(group.sums_of_lanes(sums)):
        where = builder.gep(out, [builder.add(builder.mul(row, i64(i // columns)), at[i % columns][1])])
        builder.store(builder.fadd(builder.load(where), total), where)
    builder.ret_void()
    return function


CHAINS = 4  # vectors summed side by side in a plane, to hide the latency of an addition


def _sum_function(module, element):
    """void(n, x, out): out[0] += sum of x[:n], in CHAINS vectors of GROUP_BYTES and one tree, on every machine alike."""
    name = f"sum_{element}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [I64, p, p])
    if function.blocks:
        return function
    n, x, out = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element, GROUP_BYTES // element_size(element))

    def several(index, sums):
        loaded = [vectors.load(builder.gep(x, [builder.add(index, i64(c * vectors.lanes))])) for c in range(CHAINS)]
        return [builder.fadd(a, b) for a, b in zip(sums, loaded)]

    def one(index, sums):
        return [builder.fadd(sums[0], vectors.load(builder.gep(x, [index]))), *sums[1:]]

    index, sums = counted_loop(builder, i64(0), n, CHAINS * vectors.lanes, [vectors.zero] * CHAINS, several)
    index, sums = counted_loop(builder, index, n, vectors.lanes, sums, one)
    rest = vectors.load(builder.gep(x, [index]), vectors.first(builder.sub(n, index)))
    a, b, c, d = builder.fadd(sums[0], rest), *sums[1:]
    (total,) = vectors.sums_of_lanes([builder.fadd(builder.fadd(a, b), builder.fadd(c, d))])
    builder.store(builder.fadd(builder.load(out), total), out)
    builder.ret_void()
    return function


def _cases(make, table, builder, element, args):
    return {
        columns * 32 + rows: (make(builder.module, element, rows, columns), args)
        for rows, most in table.items()
        for columns in range(1, most + 1)
    }


@intrinsic
def _correlation(typingctx, rows, columns, k, terms, w, x, places, y, plane, bias, last):
    def codegen(context, builder, signature, args):
        selector = builder.or_(builder.shl(args[1], i64(5)), args[0])
        switch_call(builder, selector, _cases(_correlation_tile, MOST_COLUMNS, builder, args[4].type.pointee, args[2:]))
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, i, terms, w, x, places, y, i, bias, i), codegen


@intrinsic
def _gradient(typingctx, rows, columns, count, places, g, plane, x, taps, out, row):
    def codegen(context, builder, signature, args):
        selector = builder.or_(builder.shl(args[1], i64(5)), args[0])
        switch_call(builder, selector, _cases(_gradient_tile, GRADIENT_COLUMNS, builder, args[4].type.pointee, args[2:]))
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, i, i, places, g, i, x, taps, out, i), codegen


@intrinsic
def add_sum(typingctx, n, x, out):
    """out[0] += sum of x[:n], in a fixed order."""

    def codegen(context, builder, signature, args):
        builder.call(_sum_function(builder.module, args[1].type.pointee), args)
        return context.get_dummy_value()

    return types.none(types.int64, x, out), codegen


@kernel
def _rows_of_tile(rows, left):
    """How many of the `left` rows the next tile takes, of `rows` in all: 4, 5 or 6 at a time, else an even split."""
    if rows % PREFERRED1 == 0:
        return PREFERRED1
    if rows % PREFERRED2 == 0:
        return PREFERRED2
    if rows % PREFERRED3 == 0:
        return PREFERRED3
    tiles = (left + EVEN - 1) // EVEN
    return (left + tiles - 1) // tiles


@kernel
def pack_filters(rows, k, terms, w, row, packed):
    """packed: for every tile of rows, for every term, w[r row + term] of its rows side by side: as a tile reads them."""
    r = 0
    while r < rows:
        height = _rows_of_tile(rows, rows - r)
        target = shift(packed, r * k)
        for t in range(k):
            source = shift(w, r * row + terms[t])
            for i in range(height):
                target[t * height + i] = source[i * row]
        r += height


@kernel
def correlate_planes(rows, k, terms, packed, x, places, count, last, y, plane, bias):
    """y[r, place] = bias[r] + sum over k terms of packed[r, term] x[place + term]: `rows` planes of output.

    terms: (k,) offsets in x; packed: see `pack_filters`; places: (count, 2) offsets in x and y of one vector each, in
    increasing order. A vector may reach into the next place, which is written later; `last` is how many pixels of the
    last one are real. bias may be null. x may be read up to one vector past its end.
    """
    # The windows of a block of places stay in the first cache, while the filters stream through it.
    for first in range(0, count, BLOCK):
        end, r = min(count, first + BLOCK), 0
        while r < rows:
            height = _rows_of_tile(rows, rows - r)
            most = MOST[height]
            tiles = (end - first + most - 1) // most
            low, more, c = (end - first) // tiles, (end - first) % tiles, first
            start = bias if is_null(bias) else shift(bias, r)
            for tile in range(tiles):
                width = low + 1 if tile < more else low
                real = last if c + width == count else 1 << 20
                at, out = shift(places, 2 * c), shift(y, r * plane)
                _correlation(height, width, k, terms, shift(packed, r * k), x, at, out, plane, start, real)
                c += width
            r += height


@kernel
def _rows_of_gradient_tile(rows, left):
    """As `_rows_of_tile`, with an even number where planes come in pairs."""
    if not PAIRED:
        return _rows_of_tile(rows, left)
    if left == 1:
        return 1
    tiles = (left + EVEN - 1) // EVEN
    height = (left + tiles - 1) // tiles
    return (height + 1) // 2 * 2 if left > EVEN else height // 2 * 2


@kernel
def correlation_gradient(rows, taps, count, places, g, plane, x, table, out, row):
    """out[r row + tap] += sum over places of g[r plane + place] x[place + tap]: one event's part of a filter gradient.

    places: (count, 2) offsets in x and g of groups of pixels; table: (taps, 2) offsets in x and out. Pixels of a group
    that are not real must be zero in g and finite in x.
    """
    r = 0
    while r < rows:
        height = _rows_of_gradient_tile(rows, rows - r)
        most = MOST_GRADIENT[height]
        tiles = (taps + most - 1) // most
        low, more, c = taps // tiles, taps % tiles, 0
        for tile in range(tiles):
            width = low + 1 if tile < more else low
            _gradient(height, width, count, places, shift(g, r * plane), plane, x, shift(table, 2 * c), shift(out, r * row), row)
            c += width
        r += height
